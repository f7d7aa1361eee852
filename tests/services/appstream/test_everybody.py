"""Delivery groups that let every user in: what is decided, explained and listed says so too."""

from typing import Any

import pytest

from admit.core.validity import MINUTE
from tests.services.appstream.conftest import Streaming
from tests.system import System

OPEN, CLOSED = '{"SkipUserAuthCheck":true}', '{"SkipUserAuthCheck":false}'


@pytest.fixture
def office(streaming: Streaming) -> Streaming:
    """A delivery group that lets every user in, and another that does not."""
    streaming.create("Office", SecurityPolicy=OPEN)
    streaming.create("Vault", SecurityPolicy=CLOSED)
    return streaming


def check(system: System, person: str, group: str = "Office", **more: Any) -> dict[str, Any]:
    asked = {"Person": person, "Resource": f"delivery-group:{group}"}
    decision: dict[str, Any] = system.call("admit", "CheckAccess", **asked, **more)["Decision"]
    return decision


def who(system: System, group: str = "Office", **more: Any) -> list[str]:
    answer = system.call("admit", "ListWho", Resource=f"delivery-group:{group}", **more)
    return [each["Name"] for each in answer["People"]]


def what(system: System, person: str, **more: Any) -> list[str]:
    return [each["Label"] for each in system.call("admit", "ListWhat", Person=person, **more)["Resources"]]


def set_policy(streaming: Streaming, policy: str, group: str = "Office") -> None:
    groups = streaming.call("ListAppInstanceGroup", PageNumber=1, PageSize=10)["AppInstanceGroupModels"]
    (found,) = (each for each in groups if each["AppInstanceGroupName"] == group)
    streaming.call(
        "ModifyAppInstanceGroupAttribute",
        AppInstanceGroupId=found["AppInstanceGroupId"],
        SecurityPolicy=policy,
    )


def test_whoever_would_be_let_in_is_decided_to_be(office: Streaming) -> None:
    decision = check(office.system, "bob")

    assert (decision["Allowed"], decision["Reason"]) == (True, "granted")
    labels = [step["Label"] for step in decision["Path"]]
    assert labels == ["bob", "user:bob", "account:account", "delivery-group:Office"]
    assert check(office.system, "bob", "Vault")["Reason"] == "not granted"


def test_everybody_is_listed(office: Streaming) -> None:
    assert who(office.system) == ["alice", "bob", "carol"]
    assert who(office.system, "Vault") == []
    assert "delivery-group:Office" in what(office.system, "bob")
    assert "delivery-group:Vault" not in what(office.system, "bob")


def test_the_explanation_shows_the_way_every_user_has(office: Streaming) -> None:
    asked = {"Person": "bob", "Resource": "delivery-group:Office"}
    told = office.system.call("admit", "ExplainAccess", **asked)

    (path,) = told["Paths"]
    assert [step["Label"] for step in path["Steps"]][-2:] == ["account:account", "delivery-group:Office"]


def test_a_locked_user_is_not_let_in_with_all_others(office: Streaming) -> None:
    office.directory.call("LockUsers", Users=["bob"])

    assert check(office.system, "bob")["Reason"] == "disabled"
    assert who(office.system) == ["alice", "carol"]
    assert what(office.system, "bob") == []


def test_people_without_a_user_in_the_account_are_not_everybody(office: Streaming) -> None:
    bastion = office.system.call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"]
    user = {"Source": "Local", "UserName": "eve", "Password": "Correct-Horse-7"}
    office.system.call("yundun-bastionhost", "CreateUser", InstanceId=bastion, **user)

    assert check(office.system, "eve")["Reason"] == "not granted"
    assert "eve" not in who(office.system)


def test_the_past_knows_when_every_user_was_let_in(office: Streaming) -> None:
    system = office.system
    opened = system.clock.now()
    system.advance(MINUTE)
    set_policy(office, CLOSED)
    system.advance(MINUTE)
    office.directory.add("dave")

    assert check(system, "bob")["Reason"] == "not granted"
    assert check(system, "bob", At=opened)["Allowed"]
    assert who(system) == []
    assert who(system, At=opened) == ["alice", "bob", "carol"]
    assert "delivery-group:Office" in what(system, "bob", At=opened)
    asked = {"Person": "bob", "Resource": "delivery-group:Office"}
    assert system.call("admit", "ExplainAccess", **asked)["Decision"]["Reason"] == "has ended"


def test_saying_the_same_twice_changes_nothing(office: Streaming) -> None:
    before = office.system.revision()
    set_policy(office, OPEN)

    assert office.system.revision() == before


def test_a_group_that_is_gone_lets_nobody_in(office: Streaming) -> None:
    groups = office.call("ListAppInstanceGroup", PageNumber=1, PageSize=10)["AppInstanceGroupModels"]
    for group in groups:
        office.call("DeleteAppInstanceGroup", AppInstanceGroupId=group["AppInstanceGroupId"])

    assert what(office.system, "bob") == []
