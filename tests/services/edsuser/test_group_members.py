"""Joining and leaving user groups."""

from typing import Any

import pytest

from admit.core.validity import MINUTE
from tests.services.edsuser.directory import Directory
from tests.system import Refused


@pytest.fixture
def staff(directory: Directory) -> Directory:
    """adam, alice, bob."""
    directory.add("adam", "alice", "bob")
    return directory


def test_users_join_and_leave(staff: Directory):
    group = staff.group("design", "alice", "bob")

    staff.call("UserBatchQuitGroup", GroupId=group, EndUserIds=["alice", "adam"])

    assert staff.members(group) == ["bob"]


def test_joining_again_and_leaving_from_outside_change_nothing(staff: Directory):
    group = staff.group("design", "alice")
    before = staff.system.revision()

    staff.call("UserBatchJoinGroup", GroupId=group, EndUserIds=["alice", "alice"])
    staff.call("UserBatchQuitGroup", GroupId=group, EndUserIds=["bob"])
    staff.call("UserBatchJoinGroup", GroupId=group)

    assert staff.system.revision() == before


@pytest.mark.parametrize("action", ["UserBatchJoinGroup", "UserBatchQuitGroup"])
@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"EndUserIds": ["bob", "alice", "nobody"]}, 404, "UserNotFound"),
        ({"GroupId": "ug-1", "EndUserIds": ["bob"]}, 404, "GroupNotFound"),
        ({"GroupId": None}, 400, "MissingParameter.GroupId"),
        ({"EndUserIds": [f"user_{n}" for n in range(101)]}, 400, "InvalidParameter.EndUserIds"),
    ],
)
def test_it_happens_to_all_or_to_none(
    staff: Directory, action: str, parameters: dict[str, Any], status: int, code: str
):
    group = staff.group("design", "alice")
    before = staff.system.revision()

    with pytest.raises(Refused) as refused:
        staff.call(action, **{"GroupId": group, **parameters})

    assert (refused.value.status, refused.value.code) == (status, code)
    assert staff.members(group) == ["alice"]
    assert staff.system.revision() == before


def test_members_are_told_in_the_order_they_joined(staff: Directory):
    group = staff.group("design", "bob")
    staff.system.advance(MINUTE)
    staff.call("UserBatchJoinGroup", GroupId=group, EndUserIds=["alice"])

    bob, alice = staff.call("DescribeGroupUser", GroupId=group)["Users"]

    assert (bob["EndUserId"], alice["EndUserId"]) == ("bob", "alice")
    assert bob["GmtJoinGroup"] < alice["GmtJoinGroup"]
    assert alice["GmtCreated"] == bob["GmtJoinGroup"]
    assert (alice["Email"], alice["NickName"]) == ("alice@example.com", "alice")


@pytest.mark.parametrize("asked", [{}, {"Filter": "*example.com"}])
def test_members_are_listed_in_pages(staff: Directory, asked: dict[str, str]):
    group = staff.group("design", "alice", "bob", "adam")

    first = staff.call("DescribeGroupUser", GroupId=group, MaxResults=2, **asked)
    last = staff.call("DescribeGroupUser", GroupId=group, NextToken=first["NextToken"], MaxResults=2, **asked)

    # Who joins in one call stands in the order of coming into being.
    assert [[user["EndUserId"] for user in page["Users"]] for page in (first, last)] == [
        ["adam", "alice"],
        ["bob"],
    ]
    assert "NextToken" not in last


def test_members_are_found_by_name_or_address(staff: Directory):
    group = staff.group("design", "alice", "bob", "adam")
    staff.call("ModifyUser", EndUserId="bob", Email="al@example.com")

    assert staff.members(group, Filter="al*") == ["alice", "bob"]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({}, 400, "MissingParameter.GroupId"),
        ({"GroupId": "ug-1"}, 404, "GroupNotFound"),
    ],
)
def test_members_of_no_group_are_not_told(staff: Directory, asked: dict[str, str], status: int, code: str):
    with pytest.raises(Refused) as refused:
        staff.call("DescribeGroupUser", **asked)

    assert (refused.value.status, refused.value.code) == (status, code)
