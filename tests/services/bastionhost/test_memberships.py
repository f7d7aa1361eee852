"""Who is in which user group."""

import json

import pytest

from admit.core.access import Reason
from tests.services.bastionhost.people import Bastion
from tests.system import Refused, System


@pytest.fixture
def bastion(system: System) -> Bastion:
    return Bastion(system)


def change(bastion: Bastion, action: str, group: str, *users: str) -> list[str]:
    """The result codes of adding or removing users."""
    results = bastion.call(action, UserGroupId=group, UserIds=json.dumps(users))["Results"]
    assert [(each["UserId"], each["UserGroupId"]) for each in results] == [(user, group) for user in users]
    return [each["Code"] for each in results]


def groups(bastion: Bastion, user: str, **more: str) -> list[str]:
    answer = bastion.call(
        "ListUserGroupsForUser", UserId=user, **{"PageNumber": "1", "PageSize": "20", **more}
    )
    return [group["UserGroupName"] for group in answer["UserGroups"]]


def test_a_member_may_use_what_the_group_may_until_removed(bastion: Bastion) -> None:
    group, host = bastion.group("dba"), bastion.host()
    alice, bob = bastion.ram_user("alice", "1"), bastion.ram_user("bob", "2")
    bastion.call("AttachHostAccountsToUserGroup", UserGroupId=group, Hosts=json.dumps([{"HostId": host}]))

    assert change(bastion, "AddUsersToGroup", group, alice) == ["OK"]
    assert bastion.decision("alice", host).allowed
    assert bastion.decision("bob", host).reason is Reason.NOT_GRANTED

    assert change(bastion, "AddUsersToGroup", group, bob) == ["OK"]
    assert change(bastion, "RemoveUsersFromGroup", group, alice) == ["OK"]
    assert bastion.decision("alice", host).reason is Reason.NOT_GRANTED
    assert bastion.decision("bob", host).allowed
    assert bastion.names(UserGroupId=group, PageSize="50") == ["bob"]


def test_each_user_is_told_apart(bastion: Bastion) -> None:
    group, alice = bastion.group("dba"), bastion.ram_user("alice", "1")
    asked = (alice, alice, "999", "x", "", group)
    rest = [
        "OBJECT_AlREADY_EXISTS",
        "OBJECT_NOT_FOUND",
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        "OBJECT_NOT_FOUND",
    ]

    assert change(bastion, "AddUsersToGroup", group, *asked) == ["OK", *rest]
    assert change(bastion, "RemoveUsersFromGroup", group, *asked) == ["OK", *rest]


@pytest.mark.parametrize("action", ["AddUsersToGroup", "RemoveUsersFromGroup"])
def test_a_group_that_does_not_exist_is_told_for_each_user(bastion: Bastion, action: str) -> None:
    alice = bastion.ram_user("alice", "1")
    before = bastion.system.revision()
    assert change(bastion, action, "999", alice, "998") == ["OBJECT_NOT_FOUND"] * 2
    assert change(bastion, action, "x", alice) == ["INVALID_ARGUMENT"]
    assert bastion.system.revision() == before


@pytest.mark.parametrize("ids", ["[]", "7", "alice", '["1"', "[true]", json.dumps(["1"] * 101)])
@pytest.mark.parametrize("action", ["AddUsersToGroup", "RemoveUsersFromGroup"])
def test_a_list_of_ids_is_json_of_1_to_100_texts(bastion: Bastion, action: str, ids: str) -> None:
    with pytest.raises(Refused) as refused:
        bastion.call(action, UserGroupId=bastion.group("dba"), UserIds=ids)
    assert (refused.value.status, refused.value.code) == (400, "InvalidParameter")


def test_a_hundred_ids_are_taken_and_numbers_read_as_ids(bastion: Bastion) -> None:
    group, alice = bastion.group("dba"), bastion.ram_user("alice", "1")
    ids = [int(alice), *range(900_000, 900_099)]
    results = bastion.call("AddUsersToGroup", UserGroupId=group, UserIds=json.dumps(ids))["Results"]
    assert [each["Code"] for each in results] == ["OK"] + ["OBJECT_NOT_FOUND"] * 99
    assert results[0]["UserId"] == alice


@pytest.mark.parametrize("missing", ["UserGroupId", "UserIds"])
def test_what_is_mandatory_is_asked_for(bastion: Bastion, missing: str) -> None:
    given = {"UserGroupId": "1", "UserIds": '["1"]', missing: None}
    with pytest.raises(Refused) as refused:
        bastion.call("AddUsersToGroup", **given)
    assert refused.value.code == f"MissingParameter.{missing}"


def test_the_groups_of_a_user_are_listed(bastion: Bastion) -> None:
    alice, bob = bastion.ram_user("alice", "1"), bastion.ram_user("bob", "2")
    dba, ops = bastion.group("dba", Comment="x"), bastion.group("ops")
    bastion.group("nobody")
    change(bastion, "AddUsersToGroup", ops, alice, bob)
    change(bastion, "AddUsersToGroup", dba, alice)

    answer = bastion.call("ListUserGroupsForUser", UserId=alice, PageNumber="1", PageSize="20")

    assert answer["Count"] == 2
    assert answer["UserGroups"][0] == {"UserGroupId": dba, "UserGroupName": "dba", "Comment": "x"}
    assert groups(bastion, alice) == ["dba", "ops"]
    assert groups(bastion, bob) == ["ops"]
    assert groups(bastion, alice, Keyword="p") == ["ops"]
    assert groups(bastion, alice, Keyword="%") == []


def test_the_groups_of_a_user_are_paged_unless_all_are_asked_for(bastion: Bastion) -> None:
    alice = bastion.ram_user("alice", "1")
    for n in range(3):
        change(bastion, "AddUsersToGroup", bastion.group(f"g{n}"), alice)

    assert groups(bastion, alice, PageSize="2") == ["g0", "g1"]
    assert groups(bastion, alice, PageSize="2", PageNumber="2") == ["g2"]
    assert groups(bastion, alice, PageSize="2", PageNumber="3") == []
    assert groups(bastion, alice, PageSize="2", PageNumber="3", PagingOff="True") == ["g0", "g1", "g2"]
    assert groups(bastion, alice, PageSize="2", PagingOff="false") == ["g0", "g1"]


def test_the_groups_of_nobody_are_not_found(bastion: Bastion) -> None:
    with pytest.raises(Refused) as refused:
        groups(bastion, "999")
    assert (refused.value.status, refused.value.code) == (404, "UserNotFound")
