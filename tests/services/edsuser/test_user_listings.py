"""Listing convenience users."""

from typing import Any

import pytest

from tests.services.edsuser.directory import Directory
from tests.system import Refused


@pytest.fixture
def staff(directory: Directory) -> Directory:
    """adam, alice, bob and carol; alice and bob in design, bob locked, carol with another address."""
    directory.add("adam", "alice", "bob")
    directory.call("CreateUsers", Users=[{"EndUserId": "carol", "Email": "Am@another.org", "OrgId": ROOT}])
    directory.call("LockUsers", Users=["bob"])
    return directory


ROOT = "org-aliyun-wy-org-id"


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["adam", "alice", "bob", "carol"]),
        ({"EndUserIds": ["carol", "alice", "nobody"]}, ["alice", "carol"]),
        ({"ExcludeEndUserIds": ["carol", "alice"]}, ["adam", "bob"]),
        ({"EndUserIds": ["carol", "alice"], "ExcludeEndUserIds": ["carol"]}, ["alice"]),
        ({"Filter": "a*m"}, ["adam", "alice"]),
        ({"Filter": "a*"}, ["adam", "alice", "carol"]),
        ({"Filter": "*another.org"}, ["carol"]),
        ({"Filter": "lic"}, ["alice"]),
        ({"Filter": "?lice"}, []),
        ({"Filter": ".*"}, []),
        ({"Filter": "a*", "EndUserIds": ["alice", "bob"]}, ["alice"]),
        ({"Status": 0}, ["adam", "alice", "carol"]),
        ({"Status": 9}, ["bob"]),
        ({"Status": 11}, []),
        ({"OrgId": ROOT}, ["carol"]),
        ({"OrgId": "org-1"}, []),
        ({"GroupId": "ug-1"}, []),
        ({"ExcludeGroupId": "ug-1"}, ["adam", "alice", "bob", "carol"]),
        ({"ShowExtras": '{"AssignedResourceCount":"x"}'}, ["adam", "alice", "bob", "carol"]),
    ],
)
def test_a_user_must_match_all_that_is_asked(staff: Directory, asked: dict[str, Any], names: list[str]):
    answer = staff.call("DescribeUsers", **asked)

    assert [user["EndUserId"] for user in answer["Users"]] == names
    assert answer["Count"] == len(names)
    assert "NextToken" not in answer


def test_members_of_a_group_are_found_and_those_outside(staff: Directory):
    design = staff.group("design", "alice", "bob")

    assert staff.names(GroupId=design) == ["alice", "bob"]
    assert staff.names(ExcludeGroupId=design) == ["adam", "carol"]
    assert staff.names(GroupId=design, Status=9) == ["bob"]


@pytest.mark.parametrize("asked", [{}, {"Filter": "*"}])
def test_pages_follow_each_other(staff: Directory, asked: dict[str, str]):
    pages, token = [], None
    for _ in range(3):
        answer = staff.call("DescribeUsers", MaxResults=2, NextToken=token, **asked)
        pages.append([user["EndUserId"] for user in answer["Users"]])
        token = answer.get("NextToken", "")
        assert answer["Count"] == 4
        if not token:
            break

    assert pages == [["adam", "alice"], ["bob", "carol"]]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"NextToken": "elsewhere"}, "InvalidParameter.NextToken"),
        ({"MaxResults": 501}, "InvalidParameter.MaxResults"),
        ({"MaxResults": 0}, "InvalidParameter.MaxResults"),
        ({"FilterMap": '{"a":"b"}'}, "InvalidParameter.FilterMap"),
        ({"FilterWithAssignedResource": '{"a":"b"}'}, "InvalidParameter.FilterWithAssignedResource"),
        ({"FilterWithAssignedResources": '{"a":true}'}, "InvalidParameter.FilterWithAssignedResources"),
    ],
)
def test_what_cannot_be_asked_is_told(staff: Directory, asked: dict[str, Any], code: str):
    with pytest.raises(Refused) as refused:
        staff.call("DescribeUsers", **asked)

    assert (refused.value.status, refused.value.code) == (400, code)


def test_a_user_comes_with_groups_and_names(staff: Directory):
    staff.call(
        "CreateUsers",
        IsLocalAdmin=True,
        Users=[{"EndUserId": "dave", "Phone": "13811111111", "RealNickName": "Dave D.", "Remark": "r"}],
    )
    design, dba = staff.group("design", "dave"), staff.group("dba", "dave")

    told = staff.one("dave")

    assert told["Groups"] == [
        {"GroupId": design, "GroupName": "design"},
        {"GroupId": dba, "GroupName": "dba"},
    ]
    assert (told["NickName"], told["RealNickName"], told["Remark"]) == ("Dave D.", "Dave D.", "r")
    assert (told["EnableAdminAccess"], told["Status"], told["OwnerType"]) == (True, 0, "Normal")
    assert isinstance(told["Id"], int)
    assert staff.one("alice")["NickName"] == "alice"
    assert staff.one("bob")["Status"] == 9
