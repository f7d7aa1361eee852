"""Groups of RAM users, and who is in them."""

import pytest

from admit.core.validity import MINUTE
from tests.callers import Callers, refused, statement


def test_a_group_is_shown_listed_and_changed(callers: Callers) -> None:
    """a group is shown, listed and changed"""
    made = callers.ram("CreateGroup", GroupName="dba", Comments="databases")["Group"]
    assert made["GroupId"].startswith("g-")
    assert set(made) == {"GroupId", "GroupName", "Comments", "CreateDate"}
    shown = callers.ram("GetGroup", GroupName="dba")["Group"]
    assert shown == made | {"UpdateDate": made["CreateDate"]}
    listed = callers.ram("ListGroups")
    assert (listed["Groups"], listed["IsTruncated"]) == ({"Group": [shown]}, False)

    callers.system.advance(MINUTE)
    changed = callers.ram("UpdateGroup", GroupName="dba", NewGroupName="DBA")["Group"]
    assert (changed["GroupName"], changed["Comments"]) == ("DBA", "databases")
    assert changed["UpdateDate"] > changed["CreateDate"]
    assert "Comments" not in callers.ram("UpdateGroup", GroupName="DBA", NewComments="")["Group"]


def test_a_group_that_cannot_be_is_refused(callers: Callers) -> None:
    """a group that cannot be is refused"""
    callers.ram("CreateGroup", GroupName="dba")
    callers.ram("CreateGroup", GroupName="ops")
    assert refused(callers.ram, "CreateGroup", GroupName="DBA") == (409, "EntityAlreadyExists.Group")
    taken = refused(callers.ram, "UpdateGroup", GroupName="ops", NewGroupName="dba")
    assert taken == (409, "EntityAlreadyExists.Group")
    assert refused(callers.ram, "GetGroup", GroupName="none") == (404, "EntityNotExist.Group")
    assert refused(callers.ram, "GetGroup", GroupName="a b") == (
        400,
        "InvalidParameter.GroupName.InvalidChars",
    )
    long = refused(callers.ram, "UpdateGroup", GroupName="ops", NewComments="x" * 129)
    assert long == (400, "InvalidParameter.NewComments.Length")
    assert refused(callers.ram, "ListGroups", MaxItems=101) == (400, "InvalidParameter.MaxItems")


def test_members_are_listed_from_both_sides(callers: Callers) -> None:
    """members are listed from both sides"""
    made = callers.ram("CreateGroup", GroupName="dba", Comments="databases")["Group"]
    for name in ("carol", "alice", "bob"):
        callers.ram("CreateUser", UserName=name, DisplayName=name.title())
        callers.system.advance(MINUTE)
        callers.ram("AddUserToGroup", UserName=name, GroupName="dba")

    first = callers.ram("ListUsersForGroup", GroupName="dba", MaxItems=2)
    assert first["Users"]["User"] == [
        {"UserName": "carol", "DisplayName": "Carol", "JoinDate": "2026-05-28T20:27:40Z"},
        {"UserName": "alice", "DisplayName": "Alice", "JoinDate": "2026-05-28T20:28:40Z"},
    ]
    assert first["IsTruncated"] is True
    rest = callers.ram("ListUsersForGroup", GroupName="dba", MaxItems=2, Marker=first["Marker"])
    assert [each["UserName"] for each in rest["Users"]["User"]] == ["bob"]
    assert rest["IsTruncated"] is False

    groups = callers.ram("ListGroupsForUser", UserName="bob")["Groups"]
    assert groups == {
        "Group": [
            {
                "GroupId": made["GroupId"],
                "GroupName": "dba",
                "Comments": "databases",
                "JoinDate": "2026-05-28T20:29:40Z",
            }
        ]
    }


def test_a_user_joins_and_leaves_once(callers: Callers) -> None:
    """a user joins and leaves once"""
    callers.ram("CreateUser", UserName="alice")
    callers.ram("CreateGroup", GroupName="dba")
    both = {"UserName": "alice", "GroupName": "dba"}

    callers.ram("AddUserToGroup", **both)
    assert refused(callers.ram, "AddUserToGroup", **both) == (409, "EntityAlreadyExists.User.Group")
    callers.ram("RemoveUserFromGroup", **both)
    assert refused(callers.ram, "RemoveUserFromGroup", **both) == (404, "EntityNotExist.User.Group")
    assert callers.ram("ListUsersForGroup", GroupName="dba")["Users"] == {"User": []}
    assert callers.ram("ListGroupsForUser", UserName="alice")["Groups"] == {"Group": []}


@pytest.mark.parametrize("action", ["AddUserToGroup", "RemoveUserFromGroup"])
def test_both_a_user_and_a_group_must_be_there(callers: Callers, action: str) -> None:
    """both a user and a group must be there"""
    callers.ram("CreateUser", UserName="alice")
    callers.ram("CreateGroup", GroupName="dba")
    assert refused(callers.ram, action, UserName="bob", GroupName="dba") == (404, "EntityNotExist.User")
    assert refused(callers.ram, action, UserName="alice", GroupName="ops") == (404, "EntityNotExist.Group")


def test_a_user_is_in_five_groups_at_most(callers: Callers) -> None:
    """a user is in five groups at most"""
    callers.ram("CreateUser", UserName="alice")
    for number in range(6):
        callers.ram("CreateGroup", GroupName=f"g-{number}")
    for number in range(5):
        callers.ram("AddUserToGroup", UserName="alice", GroupName=f"g-{number}")
    sixth = refused(callers.ram, "AddUserToGroup", UserName="alice", GroupName="g-5")
    assert sixth == (409, "LimitExceeded.User.Group")


def test_a_group_in_use_is_not_deleted(callers: Callers) -> None:
    """a group in use is not deleted"""
    callers.ram("CreateUser", UserName="alice")
    callers.ram("CreateGroup", GroupName="dba")
    callers.ram("AddUserToGroup", UserName="alice", GroupName="dba")
    callers.policy("all", statement("Allow", "*"))
    callers.attach("all", group="dba")

    assert refused(callers.ram, "DeleteGroup", GroupName="dba") == (409, "DeleteConflict.Group.User")
    callers.ram("RemoveUserFromGroup", UserName="alice", GroupName="dba")
    assert refused(callers.ram, "DeleteGroup", GroupName="dba") == (409, "DeleteConflict.Group.Policy")
    callers.ram("DetachPolicyFromGroup", GroupName="dba", PolicyName="all", PolicyType="Custom")
    callers.ram("DeleteGroup", GroupName="dba")
    assert refused(callers.ram, "GetGroup", GroupName="dba") == (404, "EntityNotExist.Group")
