"""Names that somebody chose: shown to others, they command no terminal and pretend no other line."""

import pytest

from tests.callers import refused
from tests.system import System


@pytest.fixture
def instance(system: System) -> str:
    return str(system.call("eiam", "ListInstances")["Instances"][0]["InstanceId"])


def application(system: System, instance: str, name: str) -> str:
    """An application of a name that is open to everyone."""
    made = system.call(
        "eiam",
        "CreateApplication",
        InstanceId=instance,
        ApplicationName=name,
        ApplicationSourceType="urn:alibaba:idaas:app:source:standard",
        SsoType="oidc",
    )
    app = {"InstanceId": instance, "ApplicationId": made["ApplicationId"]}
    system.call("eiam", "UpdateApplicationAuthorizationType", **app, AuthorizationType="default_all")
    return str(made["ApplicationId"])


@pytest.mark.parametrize(
    "name",
    ["\x1b[2J\x1b[1;1Hroot", "one\ntwo", "a\tb", "\x9b31mred", "wiki\u202egnp", "\u2028next", "\x7f"],
)
def test_a_label_can_be_printed_whatever_the_name_is(system: System, instance: str, name: str) -> None:
    root = system.call("eiam", "GetRootOrganizationalUnit", InstanceId=instance)["OrganizationalUnit"]
    unit = root["OrganizationalUnitId"]
    system.call("eiam", "CreateUser", InstanceId=instance, Username="alice", PrimaryOrganizationalUnitId=unit)
    app = application(system, instance, name)
    (told,) = system.call("admit", "ListWhat", Person="alice")["Resources"]
    decision = system.call("admit", "CheckAccess", Person="alice", Resource=f"app:{app}")["Decision"]

    assert told["Name"] == name
    for text in (told["Label"], decision["Text"], *(step["Label"] for step in decision["Path"])):
        assert text.isprintable()


@pytest.mark.parametrize("pattern", ["%", "_", "w%", "wik_", "\\", "*", "?", "["])
def test_no_character_of_a_search_stands_for_others(system: System, instance: str, pattern: str) -> None:
    application(system, instance, "wiki")
    found = system.call("eiam", "ListApplications", InstanceId=instance, ApplicationName=pattern)
    assert found["TotalCount"] == 0
    application(system, instance, f"{pattern}1")
    found = system.call("eiam", "ListApplications", InstanceId=instance, ApplicationName=pattern)
    assert [app["ApplicationName"] for app in found["Applications"]] == [f"{pattern}1"]


def test_a_name_is_another_in_another_case(system: System) -> None:
    """Letters look alike in many scripts: what decides are the characters, and nothing is folded together."""
    users = [{"EndUserId": "alice", "OwnerType": "CreateFromManager"}]
    system.call("eds-user", "CreateUsers", Users=users)
    for name in ("Alice", "ALICE", "alic\u0435", "alice\u200b", "alice "):
        refusal = refused(system.call, "admit", "CheckAccess", Person=name, Resource="host:x")
        assert refusal == (404, "EntityNotExist")
