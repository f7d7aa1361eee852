"""Lists of RAM that change while they are read page by page."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.callers import Callers, document, statement, trust

ALL = document(statement("Allow", "*"))
TAG = '[{"Key":"k"}]'


def _user(callers: Callers, name: str) -> None:
    callers.ram("CreateUser", UserName=name)


def _group(callers: Callers, name: str) -> None:
    callers.ram("CreateGroup", GroupName=name)


def _role(callers: Callers, name: str) -> None:
    callers.ram("CreateRole", RoleName=name, AssumeRolePolicyDocument=trust(callers.arn("root")))


def _policy(callers: Callers, name: str) -> None:
    callers.ram("CreatePolicy", PolicyName=name, PolicyDocument=ALL, Tag=TAG)


def _member(callers: Callers, name: str) -> None:
    if not callers.ram("ListGroups")["Groups"]["Group"]:
        callers.ram("CreateGroup", GroupName="dba")
    callers.ram("CreateUser", UserName=name)
    callers.ram("AddUserToGroup", UserName=name, GroupName="dba")


@dataclass(frozen=True)
class Listed:
    """A list, and how what is in it comes and goes."""

    action: str
    answer: tuple[str, str, str]
    """The fields that lead to the name of an entry."""
    make: Callable[[Callers, str], None]
    delete: str
    narrowed: dict[str, str] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)


USERS, POLICIES = ("Users", "User", "UserName"), ("Policies", "Policy", "PolicyName")
DBA = {"GroupName": "dba"}
LISTS = {
    "users": Listed("ListUsers", USERS, _user, "DeleteUser"),
    "groups": Listed("ListGroups", ("Groups", "Group", "GroupName"), _group, "DeleteGroup"),
    "roles": Listed("ListRoles", ("Roles", "Role", "RoleName"), _role, "DeleteRole"),
    "policies": Listed("ListPolicies", POLICIES, _policy, "DeletePolicy", {"PolicyType": "Custom"}),
    "tagged policies": Listed("ListPolicies", POLICIES, _policy, "DeletePolicy", {"Tag": TAG}),
    "members": Listed("ListUsersForGroup", USERS, _member, "RemoveUserFromGroup", DBA, DBA),
}


@pytest.mark.parametrize("listed", LISTS)
def test_a_list_that_changes_while_it_is_read_neither_skips_nor_repeats(
    callers: Callers, listed: str
) -> None:
    about = LISTS[listed]
    whole, one, name = about.answer
    for number in range(6):
        about.make(callers, f"thing-{number}")

    def page(marker: str | None) -> tuple[list[str], str | None]:
        answer = callers.ram(about.action, MaxItems=2, Marker=marker, **about.narrowed)
        assert answer["IsTruncated"] == ("Marker" in answer)
        return [each[name] for each in answer[whole][one]], answer.get("Marker")

    first, marker = page(None)
    # What was shown goes, also the last of it, where the next page begins; and something comes.
    for gone in first:
        callers.ram(about.delete, **{name: gone}, **about.inside)
    about.make(callers, "thing-6")
    second, marker = page(marker)
    third, marker = page(marker)
    last, marker = page(marker)

    assert first == ["thing-0", "thing-1"]
    assert second + third + last == [f"thing-{number}" for number in range(2, 7)]
    assert marker is None
