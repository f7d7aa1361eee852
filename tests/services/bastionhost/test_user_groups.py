"""User groups of a bastion host: made, shown, listed, changed, removed."""

import json

import pytest

from admit.core.access import Reason
from tests.services.bastionhost.people import Bastion
from tests.system import Refused, System


@pytest.fixture
def bastion(system: System) -> Bastion:
    return Bastion(system)


def refused(bastion: Bastion, action: str, **parameters: object) -> tuple[int, str]:
    """Status and code of a call that must fail and change nothing."""
    before = bastion.system.revision()
    with pytest.raises(Refused) as failure:
        bastion.call(action, **parameters)
    assert bastion.system.revision() == before
    return failure.value.status, failure.value.code


def shown(bastion: Bastion, group: str) -> dict[str, object]:
    found: dict[str, object] = bastion.call("GetUserGroup", UserGroupId=group)["UserGroup"]
    return found


def test_a_group_is_shown_as_it_was_made(bastion: Bastion) -> None:
    group = bastion.group("dba", Comment="on call")
    assert group.isdigit()
    assert shown(bastion, group) == {"UserGroupId": group, "UserGroupName": "dba", "Comment": "on call"}


def test_a_name_is_taken_once_and_free_again(bastion: Bastion) -> None:
    group = bastion.group("dba")
    assert refused(bastion, "CreateUserGroup", UserGroupName="dba") == (400, "UserGroupAlreadyExists")
    bastion.call("DeleteUserGroup", UserGroupId=group)
    assert bastion.group("dba") != group


@pytest.mark.parametrize(
    "wrong", [{"UserGroupName": "x" * 129}, {"UserGroupName": "a\x07b"}, {"Comment": "x" * 501}], ids=str
)
def test_what_is_not_valid_is_refused(bastion: Bastion, wrong: dict[str, str]) -> None:
    assert refused(bastion, "CreateUserGroup", **{"UserGroupName": "dba", **wrong}) == (
        400,
        "InvalidParameter",
    )


def test_a_group_needs_a_name(bastion: Bastion) -> None:
    assert refused(bastion, "CreateUserGroup") == (400, "MissingParameter.UserGroupName")


@pytest.mark.parametrize("length", [1, 128])
def test_a_name_may_be_as_short_and_as_long_as_documented(bastion: Bastion, length: int) -> None:
    assert shown(bastion, bastion.group("g" * length))["UserGroupName"] == "g" * length


def test_groups_are_listed_with_how_many_are_in_them(bastion: Bastion) -> None:
    dba, ops = bastion.group("dba"), bastion.group("ops", Comment="x")
    alice, bob = bastion.ram_user("alice", "1"), bastion.ram_user("bob", "2")
    bastion.call("AddUsersToGroup", UserGroupId=ops, UserIds=json.dumps([alice, bob]))

    answer = bastion.call("ListUserGroups")

    assert answer["TotalCount"] == 2
    assert answer["UserGroups"] == [
        {"UserGroupId": dba, "UserGroupName": "dba", "Comment": "", "MemberCount": 0},
        {"UserGroupId": ops, "UserGroupName": "ops", "Comment": "x", "MemberCount": 2},
    ]


def test_groups_are_found_by_their_exact_name(bastion: Bastion) -> None:
    bastion.group("dba")
    bastion.group("dba2")

    def names(name: str) -> list[str]:
        answer = bastion.call("ListUserGroups", UserGroupName=name)
        assert answer["TotalCount"] == len(answer["UserGroups"])
        return [group["UserGroupName"] for group in answer["UserGroups"]]

    assert names("dba") == ["dba"]
    assert names("DBA") == []
    assert names("") == ["dba", "dba2"]


def test_groups_are_paged_by_twenty(bastion: Bastion) -> None:
    for n in range(21):
        bastion.group(f"g{n}")

    pages = [bastion.call("ListUserGroups", PageNumber=str(n)) for n in (1, 2, 3)]

    assert [len(page["UserGroups"]) for page in pages] == [20, 1, 0]
    assert {page["TotalCount"] for page in pages} == {21}
    assert len(bastion.call("ListUserGroups", PageSize="100")["UserGroups"]) == 21
    assert refused(bastion, "ListUserGroups", PageSize="101") == (400, "InvalidParameter")


def test_what_is_left_out_stays_as_it_is(bastion: Bastion) -> None:
    group = bastion.group("dba", Comment="on call")

    bastion.call("ModifyUserGroup", UserGroupId=group, UserGroupName="admins")
    assert shown(bastion, group) == {"UserGroupId": group, "UserGroupName": "admins", "Comment": "on call"}
    bastion.call("ModifyUserGroup", UserGroupId=group, Comment="")
    assert shown(bastion, group)["Comment"] == ""
    assert bastion.group("dba") != group


def test_a_group_is_not_renamed_to_another(bastion: Bastion) -> None:
    bastion.group("dba")
    ops = bastion.group("ops")
    assert refused(bastion, "ModifyUserGroup", UserGroupId=ops, UserGroupName="dba", Comment="x") == (
        400,
        "UserGroupAlreadyExists",
    )
    assert shown(bastion, ops)["Comment"] == ""


def test_renaming_a_group_to_itself_changes_nothing(bastion: Bastion) -> None:
    group = bastion.group("dba")
    before = bastion.system.revision()
    bastion.call("ModifyUserGroup", UserGroupId=group, UserGroupName="dba")
    assert bastion.system.revision() == before


def test_an_unknown_group_is_told_as_gone_to_terraform(bastion: Bastion) -> None:
    alice = bastion.ram_user("alice", "1")
    for action in ("GetUserGroup", "ModifyUserGroup", "DeleteUserGroup"):
        for group in ("999", "no number", alice):
            with pytest.raises(Refused) as failure:
                bastion.call(action, UserGroupId=group)
            assert (failure.value.status, failure.value.code) == (404, "UserGroupNotFound")
            assert "OBJECT_NOT_FOUND" in failure.value.message


def test_a_deleted_group_takes_its_grants_along_and_leaves_its_users(bastion: Bastion) -> None:
    group, host, alice = bastion.group("dba"), bastion.host(), bastion.ram_user("alice", "1")
    bastion.call("AddUsersToGroup", UserGroupId=group, UserIds=json.dumps([alice]))
    bastion.call("AttachHostAccountsToUserGroup", UserGroupId=group, Hosts=json.dumps([{"HostId": host}]))
    assert bastion.decision("alice", host).allowed

    bastion.call("DeleteUserGroup", UserGroupId=group)

    assert bastion.names() == ["alice"]
    assert bastion.decision("alice", host).reason is Reason.NOT_GRANTED
    assert bastion.call("ListUserGroups")["UserGroups"] == []
