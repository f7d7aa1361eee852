"""RAM policies."""

import json
from typing import Any

import pytest

from admit.core.system_policies import SYSTEM_POLICIES
from admit.core.validity import MINUTE
from tests.callers import Callers, document, refused, statement, trust

ALL = document(statement("Allow", "*"))


def test_a_policy_is_shown_with_its_document(callers: Callers) -> None:
    """a policy is shown with its document"""
    made = callers.ram("CreatePolicy", PolicyName="all", PolicyDocument=ALL, Description="all of it")[
        "Policy"
    ]
    assert made == {
        "PolicyName": "all",
        "PolicyType": "Custom",
        "DefaultVersion": "v1",
        "Description": "all of it",
        "CreateDate": "2026-05-28T20:26:40Z",
    }
    shown = callers.ram("GetPolicy", PolicyName="all", PolicyType="Custom")
    assert shown["Policy"] == made | {
        "UpdateDate": made["CreateDate"],
        "PolicyDocument": ALL,
        "AttachmentCount": 0,
    }
    assert shown["DefaultPolicyVersion"] == {
        "VersionId": "v1",
        "IsDefaultVersion": True,
        "PolicyDocument": ALL,
        "CreateDate": made["CreateDate"],
    }


def test_the_system_policies_are_there_from_the_first(callers: Callers) -> None:
    """the system policies are there from the first"""
    listed = callers.ram("ListPolicies", PolicyType="System")["Policies"]["Policy"]
    assert [each["PolicyName"] for each in listed] == [each.name for each in SYSTEM_POLICIES]
    assert listed[0]["AttachmentCount"] == 0
    assert listed[0]["Tags"] == {"Tag": []}

    shown = callers.ram("GetPolicy", PolicyName="AdministratorAccess", PolicyType="System")
    assert json.loads(shown["Policy"]["PolicyDocument"])["Statement"][0]["Action"] == ["*"]
    versions = callers.ram("ListPolicyVersions", PolicyName="AdministratorAccess", PolicyType="System")
    assert len(versions["PolicyVersions"]["PolicyVersion"]) == 1


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("DeletePolicy", {}),
        ("UpdatePolicyDescription", {"NewDescription": "mine"}),
        ("CreatePolicyVersion", {"PolicyDocument": ALL}),
        ("SetDefaultPolicyVersion", {"VersionId": "v1"}),
        ("DeletePolicyVersion", {"VersionId": "v1"}),
        ("GetPolicy", {"PolicyType": "Custom"}),
    ],
)
def test_a_system_policy_is_not_the_accounts_to_change(
    callers: Callers, action: str, parameters: dict[str, str]
) -> None:
    """a system policy is not the account's to change"""
    before = callers.system.revision()
    refusal = refused(callers.ram, action, PolicyName="AdministratorAccess", **parameters)
    assert refusal == (404, "EntityNotExist.Policy")
    assert callers.system.revision() == before


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"PolicyName": "x" * 129}, 400, "InvalidParameter.PolicyName.Length"),
        ({"PolicyName": "all_of_it"}, 400, "InvalidParameter.PolicyName.InvalidChars"),
        ({"Description": "x" * 1025}, 400, "InvalidParameter.Description.Length"),
        ({"PolicyDocument": " " * 6145}, 400, "InvalidParameter.PolicyDocument.Length"),
        ({"PolicyDocument": "{}"}, 400, "MalformedPolicyDocument"),
        ({"PolicyDocument": "not JSON"}, 400, "MalformedPolicyDocument"),
        ({"PolicyDocument": trust("acs:ram::1:root")}, 400, "MalformedPolicyDocument"),
        ({"PolicyName": "taken"}, 409, "EntityAlreadyExists.Policy"),
        ({"PolicyName": "administratoraccess"}, 409, "EntityAlreadyExists.Policy"),
        ({"Tag": [{"Key": "team"}] * 2}, 400, "InvalidParameter.Tag"),
        ({"Tag": [{"Key": f"k{number}"} for number in range(21)]}, 400, "InvalidParameter.Tag.Length"),
        ({"Tag": [{"Key": "x" * 129}]}, 400, "InvalidParameter.Tag.Length"),
        ({"Tag": [{"Key": "team", "Value": "x" * 257}]}, 400, "InvalidParameter.Tag.Length"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(
    callers: Callers, parameters: dict[str, Any], status: int, code: str
) -> None:
    """a policy that cannot be is refused"""
    callers.policy("taken", statement("Allow", "*"))
    before = callers.system.revision()
    asked = {"PolicyName": "all", "PolicyDocument": ALL, **parameters}
    assert refused(callers.ram, "CreatePolicy", **asked) == (status, code)
    assert callers.system.revision() == before


def test_a_policy_type_that_is_none_is_refused(callers: Callers) -> None:
    """a policy type that is none is refused"""
    asked = {"PolicyName": "AdministratorAccess", "PolicyType": "system"}
    assert refused(callers.ram, "GetPolicy", **asked) == (400, "InvalidParameter.PolicyType")


def test_policies_are_listed_by_type_and_by_tag(callers: Callers) -> None:
    """policies are listed by type and by tag"""
    tags = {"one": '[{"Key":"team","Value":"dba"},{"Key":"tier"}]', "two": '[{"Key":"team","Value":"ops"}]'}
    for name, given in tags.items():
        callers.ram("CreatePolicy", PolicyName=name, PolicyDocument=ALL, Tag=given)
    callers.policy("three", statement("Allow", "*"))

    assert _listed(callers, PolicyType="Custom") == ["one", "two", "three"]
    assert _listed(callers)[-3:] == ["one", "two", "three"]
    assert _listed(callers, Tag='[{"Key":"team"}]') == ["one", "two"]
    assert _listed(callers, Tag='[{"Key":"team","Value":"ops"}]') == ["two"]
    assert _listed(callers, Tag='[{"Key":"team","Value":"dba"},{"Key":"tier"}]') == ["one"]
    assert _listed(callers, Tag='[{"Key":"Team"}]') == []
    shown = callers.ram("ListPolicies", Tag='[{"Key":"tier"}]')["Policies"]["Policy"][0]
    assert shown["Tags"]["Tag"] == [
        {"TagKey": "team", "TagValue": "dba"},
        {"TagKey": "tier", "TagValue": ""},
    ]


def test_policies_are_listed_page_by_page(callers: Callers) -> None:
    """policies are listed page by page"""
    for name in ("one", "two", "three"):
        callers.ram("CreatePolicy", PolicyName=name, PolicyDocument=ALL, Tag='[{"Key":"k"}]')
    for narrowed in ({"PolicyType": "Custom"}, {"Tag": '[{"Key":"k"}]'}):
        first = callers.ram("ListPolicies", MaxItems=2, **narrowed)
        assert [each["PolicyName"] for each in first["Policies"]["Policy"]] == ["one", "two"]
        rest = callers.ram("ListPolicies", MaxItems=2, Marker=first["Marker"], **narrowed)
        assert [each["PolicyName"] for each in rest["Policies"]["Policy"]] == ["three"]
        assert rest["IsTruncated"] is False
        assert "Marker" not in rest


def test_a_description_is_changed_and_taken_away(callers: Callers) -> None:
    """a description is changed and taken away"""
    callers.policy("all", statement("Allow", "*"))
    callers.system.advance(MINUTE)
    changed = callers.ram("UpdatePolicyDescription", PolicyName="all", NewDescription="new")["Policy"]
    assert changed["Description"] == "new"
    assert changed["UpdateDate"] > changed["CreateDate"]
    assert "Description" not in callers.ram("UpdatePolicyDescription", PolicyName="all")["Policy"]


def test_a_policy_in_use_is_not_deleted(callers: Callers) -> None:
    """a policy in use is not deleted"""
    callers.policy("all", statement("Allow", "*"))
    callers.ram("CreateUser", UserName="alice")
    callers.ram("CreateGroup", GroupName="dba")
    callers.role("admin", trust(callers.arn("root")))
    holders = {"User": "alice", "Group": "dba", "Role": "admin"}
    for word, name in holders.items():
        callers.attach("all", **{word.lower(): name})
    assert callers.ram("GetPolicy", PolicyName="all", PolicyType="Custom")["Policy"]["AttachmentCount"] == 3
    assert callers.ram("ListPolicies", PolicyType="Custom")["Policies"]["Policy"][0]["AttachmentCount"] == 3

    codes = ("DeleteConflict.Policy.User", "DeleteConflict.Policy.Group", "DeleteConflict.Role.Policy")
    for (word, name), code in zip(holders.items(), codes, strict=True):
        assert refused(callers.ram, "DeletePolicy", PolicyName="all") == (409, code)
        detached = {f"{word}Name": name, "PolicyName": "all", "PolicyType": "Custom"}
        callers.ram(f"DetachPolicyFrom{word}", **detached)
    callers.ram("DeletePolicy", PolicyName="all")
    assert refused(callers.ram, "DeletePolicy", PolicyName="all") == (404, "EntityNotExist.Policy")
    callers.policy("all", statement("Allow", "*"))


def test_versions_are_in_the_way_of_deletion_unless_they_are_to_go_too(callers: Callers) -> None:
    """versions are in the way of deletion unless they are to go too"""
    callers.policy("all", statement("Allow", "*"))
    callers.ram("CreatePolicyVersion", PolicyName="all", PolicyDocument=ALL)
    conflict = refused(callers.ram, "DeletePolicy", PolicyName="all", CascadingDelete="False")
    assert conflict == (409, "DeleteConflict.Policy.Version")
    callers.ram("DeletePolicy", PolicyName="all", CascadingDelete=True)


def _listed(callers: Callers, **narrowed: str) -> list[str]:
    return [each["PolicyName"] for each in callers.ram("ListPolicies", **narrowed)["Policies"]["Policy"]]
