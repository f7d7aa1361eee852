"""User groups of convenience users."""

from typing import Any

import pytest

from tests.services.edsuser.directory import Directory
from tests.system import Refused


def test_a_group_is_made_changed_and_removed(directory: Directory):
    made = directory.call("CreateGroup", GroupName="design", Description="All designers")["GroupId"]
    (first,) = directory.call("DescribeGroups")["Groups"]
    directory.call("ModifyGroup", GroupId=made, NewGroupName="art")
    (renamed,) = directory.call("DescribeGroups")["Groups"]
    directory.call("ModifyGroup", GroupId=made, NewGroupName="art", Description="")
    (bare,) = directory.call("DescribeGroups")["Groups"]
    directory.call("RemoveGroup", GroupId=made)

    assert made.startswith("ug-")
    assert (first["GroupId"], first["GroupName"], first["UserCount"]) == (made, "design", 0)
    assert first["CreateTime"].endswith("+00:00")
    assert (renamed["GroupName"], renamed["Description"]) == ("art", "All designers")
    assert "Description" not in bare
    assert directory.call("DescribeGroups") | {"RequestId": ""} == {"RequestId": "", "Count": 0, "Groups": []}


def test_a_name_is_held_by_one_group(directory: Directory):
    design, _ = directory.group("design"), directory.group("art")

    with pytest.raises(Refused) as created:
        directory.call("CreateGroup", GroupName="design")
    with pytest.raises(Refused) as renamed:
        directory.call("ModifyGroup", GroupId=design, NewGroupName="art")

    assert {(each.value.status, each.value.code) for each in (created, renamed)} == {
        (400, "ExistedGroupName")
    }


def test_groups_are_listed_in_pages_with_their_sizes(directory: Directory):
    directory.add("alice", "bob")
    ids = [directory.group(f"group-{number}") for number in range(12)]
    directory.call("UserBatchJoinGroup", GroupId=ids[1], EndUserIds=["alice", "bob"])

    first = directory.call("DescribeGroups")
    second = directory.call("DescribeGroups", PageNumber=2)
    past = directory.call("DescribeGroups", PageNumber=3)
    large = directory.call("DescribeGroups", PageSize=200)

    assert [len(page["Groups"]) for page in (first, second, past, large)] == [10, 2, 0, 12]
    assert {page["Count"] for page in (first, second, past, large)} == {12}
    assert [group["GroupId"] for group in large["Groups"]] == ids
    assert large["Groups"][1]["UserCount"] == 2


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"GroupName": "esig"}, ["design"]),
        ({"GroupName": "a"}, ["art", "dba"]),
        ({"GroupId": "ug-1"}, []),
        ({"LoginPolicyId": "lp-1"}, []),
        ({"IdpId": "idp-1"}, []),
        ({"TransferFileNeedApproval": True}, []),
        ({"TransferFileNeedApproval": False}, ["design", "art", "dba"]),
        ({"ExcludeAttachedLoginPolicyGroups": True}, ["design", "art", "dba"]),
    ],
)
def test_a_group_must_match_what_is_asked(directory: Directory, asked: dict[str, Any], names: list[str]):
    for name in ("design", "art", "dba"):
        directory.group(name)

    answer = directory.call("DescribeGroups", **asked)

    assert [group["GroupName"] for group in answer["Groups"]] == names
    assert answer["Count"] == len(names)


def test_several_groups_go_together_or_not_at_all(directory: Directory):
    design, art = directory.group("design"), directory.group("art")

    with pytest.raises(Refused) as refused:
        directory.call("RemoveGroup", GroupId=design, GroupIds=[art, "ug-1"])
    left = directory.call("DescribeGroups")["Count"]
    directory.call("RemoveGroup", GroupId=design, GroupIds=[art, design])

    assert (refused.value.status, refused.value.code) == (404, "GroupNotFound")
    assert (left, directory.call("DescribeGroups")["Count"]) == (2, 0)


@pytest.mark.parametrize(
    ("action", "parameters", "status", "code"),
    [
        ("CreateGroup", {}, 400, "MissingParameter.GroupName"),
        ("CreateGroup", {"GroupName": "x" * 129}, 400, "InvalidParameter.GroupName"),
        ("CreateGroup", {"GroupName": "a\nb"}, 400, "InvalidParameter.GroupName"),
        ("CreateGroup", {"GroupName": "a", "ParentGroupId": "ug-1"}, 400, "InvalidParameter.ParentGroupId"),
        ("ModifyGroup", {"GroupId": "ug-1", "NewGroupName": "a"}, 404, "GroupNotFound"),
        ("ModifyGroup", {"GroupId": "ug-1"}, 400, "MissingParameter.NewGroupName"),
        ("RemoveGroup", {"GroupId": "ug-1"}, 404, "GroupNotFound"),
        ("RemoveGroup", {}, 400, "MissingParameter.GroupId"),
        ("DescribeGroups", {"PageSize": 201}, 400, "InvalidParameter.PageSize"),
    ],
)
def test_what_cannot_be_done_is_told(
    directory: Directory, action: str, parameters: dict[str, str], status: int, code: str
):
    with pytest.raises(Refused) as refused:
        directory.call(action, **parameters)

    assert (refused.value.status, refused.value.code) == (status, code)
    assert directory.call("DescribeGroups")["Count"] == 0


def test_members_stay_when_their_group_goes(directory: Directory):
    directory.add("alice")
    group = directory.group("design", "alice")

    directory.call("RemoveGroup", GroupIds=[group])

    assert directory.one("alice")["Groups"] == []
