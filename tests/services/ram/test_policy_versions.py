"""Versions of RAM policies."""

import pytest

from tests.callers import Callers, document, refused, statement

NOTHING = document(statement("Deny", "*"))


@pytest.fixture
def versioned(callers: Callers) -> Callers:
    """A system with a policy named all."""
    callers.policy("all", statement("Allow", "*"))
    return callers


def _versions(callers: Callers) -> list[tuple[str, bool]]:
    answer = callers.ram("ListPolicyVersions", PolicyName="all", PolicyType="Custom")
    return [
        (each["VersionId"], each["IsDefaultVersion"]) for each in answer["PolicyVersions"]["PolicyVersion"]
    ]


def test_a_new_version_waits_until_it_is_put_in_force(versioned: Callers) -> None:
    """a new version waits until it is put in force"""
    key = versioned.user("alice")
    versioned.attach("all", user="alice")
    made = versioned.ram("CreatePolicyVersion", PolicyName="all", PolicyDocument=NOTHING)["PolicyVersion"]
    assert made == {
        "VersionId": "v2",
        "IsDefaultVersion": False,
        "PolicyDocument": NOTHING,
        "CreateDate": "2026-05-28T20:26:40Z",
    }
    asked = {"PolicyName": "all", "PolicyType": "Custom", "VersionId": "v2"}
    assert versioned.ram("GetPolicyVersion", **asked)["PolicyVersion"] == made
    versioned.ram("ListUsers", key)

    versioned.ram("SetDefaultPolicyVersion", PolicyName="all", VersionId="v2")
    assert refused(versioned.ram, "ListUsers", key) == (403, "NoPermission")
    assert _versions(versioned) == [("v1", False), ("v2", True)]
    shown = versioned.ram("GetPolicy", PolicyName="all", PolicyType="Custom")
    assert shown["Policy"]["PolicyDocument"] == shown["DefaultPolicyVersion"]["PolicyDocument"] == NOTHING

    versioned.ram("SetDefaultPolicyVersion", PolicyName="all", VersionId="v1")
    versioned.ram("ListUsers", key)


def test_a_version_may_be_in_force_at_once(versioned: Callers) -> None:
    """a version may be in force at once"""
    versioned.ram("CreatePolicyVersion", PolicyName="all", PolicyDocument=NOTHING, SetAsDefault="True")
    assert _versions(versioned) == [("v1", False), ("v2", True)]


def test_the_sixth_version_needs_the_oldest_to_go(versioned: Callers) -> None:
    """the sixth version needs the oldest to go"""
    asked = {"PolicyName": "all", "PolicyDocument": NOTHING}
    for _ in range(4):
        versioned.ram("CreatePolicyVersion", **asked)
    full = (409, "LimitExceeded.Policy.Version")
    assert refused(versioned.ram, "CreatePolicyVersion", **asked) == full
    assert refused(versioned.ram, "CreatePolicyVersion", RotateStrategy="None", **asked) == full

    rotate = "DeleteOldestNonDefaultVersionWhenLimitExceeded"
    made = versioned.ram("CreatePolicyVersion", RotateStrategy=rotate, **asked)["PolicyVersion"]
    assert made["VersionId"] == "v6"
    assert [each for each, _ in _versions(versioned)] == ["v1", "v3", "v4", "v5", "v6"]


def test_every_version_but_the_one_in_force_can_be_deleted(versioned: Callers) -> None:
    """every version but the one in force can be deleted"""
    versioned.ram("CreatePolicyVersion", PolicyName="all", PolicyDocument=NOTHING)
    default = refused(versioned.ram, "DeletePolicyVersion", PolicyName="all", VersionId="v1")
    assert default == (409, "DeleteConflict.Policy.Version.Default")
    versioned.ram("DeletePolicyVersion", PolicyName="all", VersionId="v2")
    assert _versions(versioned) == [("v1", True)]
    made = versioned.ram("CreatePolicyVersion", PolicyName="all", PolicyDocument=NOTHING)["PolicyVersion"]
    assert made["VersionId"] == "v3"


@pytest.mark.parametrize("action", ["GetPolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion"])
def test_a_version_that_is_not_there_is_refused(versioned: Callers, action: str) -> None:
    """a version that is not there is refused"""
    for version, refusal in (
        ("v9", (404, "EntityNotExist.Policy.Version")),
        ("9", (400, "InvalidParameter.VersionId.Format")),
        ("v1\n", (400, "InvalidParameter.VersionId.Format")),
    ):
        asked = {"PolicyName": "all", "PolicyType": "Custom", "VersionId": version}
        assert refused(versioned.ram, action, **asked) == refusal
    gone = {"PolicyName": "none", "PolicyType": "Custom", "VersionId": "v1"}
    assert refused(versioned.ram, action, **gone) == (404, "EntityNotExist.Policy")


def test_a_malformed_version_is_refused(versioned: Callers) -> None:
    """a malformed version is refused"""
    for text, code in (
        ("{}", "MalformedPolicyDocument"),
        (" " * 6145, "InvalidParameter.PolicyDocument.Length"),
    ):
        asked = {"PolicyName": "all", "PolicyDocument": text}
        assert refused(versioned.ram, "CreatePolicyVersion", **asked) == (400, code)
    assert _versions(versioned) == [("v1", True)]
