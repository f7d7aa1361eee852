"""Groups of accounts, and what their members gain."""

import pytest

from tests.services.eiam.company import Company, ids
from tests.system import System

GROUP_NOT_FOUND = (404, "ResourceNotFound.Group")


@pytest.fixture
def company(system: System) -> Company:
    """An instance with nobody in it."""
    return Company(system)


def _get(company: Company, group: str) -> dict[str, object]:
    told: dict[str, object] = company.call("GetGroup", GroupId=group)["Group"]
    return told


def test_a_group_is_told_as_it_was_made(company: Company) -> None:
    group = company.group("dba", Description="databases")

    assert len(group) == len("group_") + 26
    assert _get(company, group) == {
        "InstanceId": company.id,
        "GroupId": group,
        "GroupName": "dba",
        "GroupExternalId": group,
        "GroupSourceType": "build_in",
        "GroupSourceId": company.id,
        "Description": "databases",
        "CreateTime": company.system.clock.now(),
        "UpdateTime": company.system.clock.now(),
    }


def test_groups_are_listed_as_asked(company: Company) -> None:
    dba, dbb = company.group("dba", GroupExternalId="erp-1"), company.group("dbb")
    sales = company.group("sales")

    def listed(**filters: object) -> list[str]:
        return ids(company.call("ListGroups", **filters), "Groups", "GroupId")

    assert listed() == [dba, dbb, sales]
    assert listed(GroupName="dba") == [dba]
    assert listed(GroupName="db") == []
    assert listed(GroupNameStartsWith="db") == [dba, dbb]
    assert listed(GroupNameStartsWith="_") == []
    assert listed(GroupIds=[sales, dba]) == [dba, sales]
    assert listed(GroupExternalId="erp-1") == [dba]
    assert listed(PageSize=1, PageNumber=2) == [dbb]
    assert listed(PageNumber=5) == []
    assert company.call("ListGroups", PageSize=1)["TotalCount"] == 3


def test_what_an_update_leaves_out_or_empty_stays_as_it_is(company: Company) -> None:
    group = company.group("dba", GroupExternalId="erp-1")
    assert not company.changes("UpdateGroup", GroupId=group)
    assert not company.changes("UpdateGroup", GroupId=group, GroupName="", GroupExternalId="")

    company.call("UpdateGroup", GroupId=group, GroupName="data", GroupExternalId="erp-2")
    told = _get(company, group)
    assert (told["GroupName"], told["GroupExternalId"]) == ("data", "erp-2")
    assert company.group("other", GroupExternalId="erp-1")


def test_the_remarks_on_a_group_are_replaced_and_taken_away(company: Company) -> None:
    group = company.group("dba", Description="databases")
    company.call("UpdateGroupDescription", GroupId=group, Description="more")
    assert _get(company, group)["Description"] == "more"
    company.call("UpdateGroupDescription", GroupId=group)
    assert "Description" not in _get(company, group)


def test_an_external_id_is_taken_once(company: Company) -> None:
    company.group("dba", GroupExternalId="erp-1")
    other = company.group("dba")
    duplicated = (403, "ResourceDuplicated.GroupExternalId")
    assert company.refusal("CreateGroup", GroupName="x", GroupExternalId="erp-1") == duplicated
    assert company.refusal("UpdateGroup", GroupId=other, GroupExternalId="erp-1") == duplicated


def test_accounts_join_and_leave_again_and_again(company: Company) -> None:
    alice, bob, carol = company.user("alice"), company.user("bob"), company.user("carol")
    group = company.group("dba")
    members = {"GroupId": group, "UserIds": [alice, bob, alice]}
    assert company.changes("AddUsersToGroup", **members)
    assert not company.changes("AddUsersToGroup", **members)
    company.call("AddUsersToGroup", GroupId=group, UserIds=[bob, carol])

    answer = company.call("ListUsersForGroup", GroupId=group, PageSize=2)
    assert answer["TotalCount"] == 3
    assert answer["Users"][0] == {
        "UserId": alice,
        "GroupMemberRelationSourceType": "build_in",
        "GroupMemberRelationSourceId": company.id,
    }
    chosen = company.call("ListUsersForGroup", GroupId=group, UserIds=[carol, "user_x"])
    assert ids(chosen, "Users", "UserId") == [carol]

    assert company.changes("RemoveUsersFromGroup", **members)
    assert not company.changes("RemoveUsersFromGroup", **members)
    assert ids(company.call("ListUsersForGroup", GroupId=group), "Users", "UserId") == [carol]


def test_the_groups_of_an_account_are_listed_in_pages(company: Company) -> None:
    alice = company.user("alice")
    groups = [company.group(name, alice) for name in ("a", "b", "c")]
    first = company.call("ListGroupsForUser", UserId=alice, PageSize=2)
    rest = company.call("ListGroupsForUser", UserId=alice, PageSize=2, PageNumber=2)
    assert ids(first, "Groups", "GroupId") + ids(rest, "Groups", "GroupId") == groups
    assert (first["TotalCount"], rest["Groups"][0]["GroupMemberRelationSourceType"]) == (3, "build_in")
    assert company.call("ListGroupsForUser", UserId=alice, PageNumber=3)["Groups"] == []


def test_one_unknown_account_keeps_all_out(company: Company) -> None:
    alice, group = company.user("alice"), company.group("dba")
    for action in ("AddUsersToGroup", "RemoveUsersFromGroup"):
        assert company.refusal(action, GroupId=group, UserIds=[alice, "user_x"]) == (
            404,
            "ResourceNotFound.User",
        )


@pytest.mark.parametrize(
    ("action", "parameters", "status", "code"),
    [
        ("CreateGroup", {}, 400, "MissingParameter.GroupName"),
        ("CreateGroup", {"GroupName": "x" * 65}, 400, "InvalidParameter.GroupName"),
        ("CreateGroup", {"GroupName": "x", "Description": "x" * 257}, 400, "InvalidParameter.Description"),
        ("GetGroup", {"GroupId": "group_x"}, *GROUP_NOT_FOUND),
        ("UpdateGroup", {"GroupId": "group_x"}, *GROUP_NOT_FOUND),
        ("UpdateGroupDescription", {"GroupId": "group_x"}, *GROUP_NOT_FOUND),
        ("DeleteGroup", {"GroupId": "group_x"}, *GROUP_NOT_FOUND),
        ("AddUsersToGroup", {"GroupId": "group_x", "UserIds": ["user_x"]}, *GROUP_NOT_FOUND),
        ("AddUsersToGroup", {"GroupId": "group_x"}, 400, "MissingParameter.UserIds"),
        (
            "AddUsersToGroup",
            {"GroupId": "group_x", "UserIds": [f"user_{n}" for n in range(101)]},
            400,
            "InvalidParameter.UserIds",
        ),
        ("RemoveUsersFromGroup", {"GroupId": "group_x", "UserIds": ["user_x"]}, *GROUP_NOT_FOUND),
        ("ListUsersForGroup", {"GroupId": "group_x"}, *GROUP_NOT_FOUND),
        ("ListGroupsForUser", {"UserId": "user_x"}, 404, "ResourceNotFound.User"),
    ],
)
def test_a_wrong_call_is_told_and_changes_nothing(
    company: Company, action: str, parameters: dict[str, object], status: int, code: str
) -> None:
    assert company.refusal(action, **parameters) == (status, code)


def test_members_have_what_the_group_is_authorized_to_until_it_is_deleted(company: Company) -> None:
    alice, bob = company.user("alice"), company.user("bob")
    group, wiki = company.group("dba", alice, bob), company.application("wiki")
    company.call("AuthorizeApplicationToGroups", ApplicationId=wiki, GroupIds=[group])
    assert company.may("alice", wiki)

    company.call("RemoveUsersFromGroup", GroupId=group, UserIds=[alice])
    assert (company.may("alice", wiki), company.may("bob", wiki)) == (False, True)

    company.call("DeleteGroup", GroupId=group)
    assert not company.may("bob", wiki)
    assert company.refusal("GetGroup", GroupId=group) == GROUP_NOT_FOUND
    assert company.call("ListGroupsForApplication", ApplicationId=wiki)["TotalCount"] == 0
    assert company.get_user(bob)["Groups"] == []
