"""Authorizing accounts, groups and units to use applications, and what is decided for people."""

from typing import Any

import pytest

from tests.services.eiam.company import Company, ids
from tests.system import System

WAYS = {
    "User": (
        "UserId",
        "AuthorizeApplicationToUsers",
        "RevokeApplicationFromUsers",
        "ListUsersForApplication",
    ),
    "Group": (
        "GroupId",
        "AuthorizeApplicationToGroups",
        "RevokeApplicationFromGroups",
        "ListGroupsForApplication",
    ),
    "OrganizationalUnit": (
        "OrganizationalUnitId",
        "AuthorizeApplicationToOrganizationalUnits",
        "RevokeApplicationFromOrganizationalUnits",
        "ListOrganizationalUnitsForApplication",
    ),
}
"""For each kind of holder: its parameter and the operations that authorize, revoke and list."""


@pytest.fixture
def company(system: System) -> Company:
    """An instance with nobody in it."""
    return Company(system)


def _holder(company: Company, kind: str) -> str:
    """A holder of this kind that alice is, or is in."""
    sales = company.unit("Sales")
    alice = company.user("alice", company.unit("East", sales))
    return {"User": alice, "Group": company.group("dba", alice), "OrganizationalUnit": sales}[kind]


@pytest.mark.parametrize("kind", WAYS)
def test_an_authorization_gives_access_until_it_is_revoked(company: Company, kind: str) -> None:
    name, authorize, revoke, listing = WAYS[kind]
    holder, wiki = _holder(company, kind), company.application("wiki")
    company.user("bob")
    both = {"ApplicationId": wiki, f"{name}s": [holder]}
    assert company.reason("alice", wiki) == "not granted"

    assert company.changes(authorize, **both)
    assert not company.changes(authorize, **both)
    assert company.may("alice", wiki)
    assert not company.may("bob", wiki)
    answer = company.call(listing, ApplicationId=wiki)
    assert answer[f"{kind}s"] == [{name: holder, "ApplicationRoles": []}]
    assert answer["TotalCount"] == 1

    assert company.changes(revoke, **both)
    assert not company.changes(revoke, **both)
    assert not company.may("alice", wiki)
    assert company.call(listing, ApplicationId=wiki)["TotalCount"] == 0


@pytest.mark.parametrize("kind", WAYS)
def test_one_unknown_holder_keeps_all_from_being_authorized(company: Company, kind: str) -> None:
    name, authorize, revoke, _ = WAYS[kind]
    holder, wiki = _holder(company, kind), company.application("wiki")
    for action in (authorize, revoke):
        refusal = company.refusal(action, ApplicationId=wiki, **{f"{name}s": [holder, "x"]})
        assert refusal == (404, f"ResourceNotFound.{kind}")


@pytest.mark.parametrize("kind", WAYS)
def test_wrong_applications_roles_and_numbers_are_refused(company: Company, kind: str) -> None:
    name, authorize, revoke, listing = WAYS[kind]
    holder, wiki = _holder(company, kind), company.application("wiki")
    for action in (authorize, revoke):
        holders: dict[str, Any] = {f"{name}s": [holder]}
        assert company.refusal(action, ApplicationId="app_x", **holders) == (
            404,
            "ResourceNotFound.Application",
        )
        role = {"ApplicationRoleId": "app_role_x"}
        assert company.refusal(action, ApplicationId=wiki, **holders, **role) == (
            404,
            "ResourceNotFound.ApplicationRole",
        )
        many = {f"{name}s": [f"x{number}" for number in range(101)]}
        assert company.refusal(action, ApplicationId=wiki, **many) == (400, f"InvalidParameter.{name}s")
        assert company.refusal(action, ApplicationId=wiki) == (400, f"MissingParameter.{name}s")
    assert company.refusal(listing, ApplicationId="app_x") == (404, "ResourceNotFound.Application")
    assert company.refusal(listing, ApplicationId=wiki, ApplicationRoleId="x") == (
        404,
        "ResourceNotFound.ApplicationRole",
    )


def test_the_holders_of_an_application_are_listed_in_pages_and_by_id(company: Company) -> None:
    wiki = company.application("wiki")
    users = [company.user(name) for name in ("alice", "bob", "carol")]
    groups = [company.group(name) for name in ("a", "b", "c")]
    units = [company.unit(name) for name in ("A", "B", "C")]
    for (kind, (name, authorize, _, listing)), holders in zip(
        WAYS.items(), (users, groups, units), strict=True
    ):
        company.call(authorize, ApplicationId=wiki, **{f"{name}s": holders})
        first = company.call(listing, ApplicationId=wiki, PageSize=2)
        rest = company.call(listing, ApplicationId=wiki, PageSize=2, PageNumber=2)
        chosen = company.call(listing, ApplicationId=wiki, **{f"{name}s": [holders[1], "x"]})
        assert ids(first, f"{kind}s", name) + ids(rest, f"{kind}s", name) == holders
        assert (first["TotalCount"], ids(chosen, f"{kind}s", name)) == (3, [holders[1]])
        assert company.call(listing, ApplicationId=wiki, PageNumber=9)[f"{kind}s"] == []


def test_who_has_two_ways_keeps_access_when_one_is_gone(company: Company) -> None:
    alice = company.user("alice")
    group, wiki = company.group("dba", alice), company.application("wiki")
    company.call("AuthorizeApplicationToUsers", ApplicationId=wiki, UserIds=[alice])
    company.call("AuthorizeApplicationToGroups", ApplicationId=wiki, GroupIds=[group])

    company.call("RevokeApplicationFromUsers", ApplicationId=wiki, UserIds=[alice])
    assert company.may("alice", wiki)
    company.call("RemoveUsersFromGroup", GroupId=group, UserIds=[alice])
    assert not company.may("alice", wiki)


def test_a_unit_gives_access_to_those_below_it_and_not_to_those_beside(company: Company) -> None:
    sales, wiki = company.unit("Sales"), company.application("wiki")
    east = company.unit("East", sales)
    company.user("alice", company.unit("Shop", east))
    company.user("bob", company.unit("Support"))
    company.user("carol", OrganizationalUnitIds=[east])
    company.user("dave")
    company.call(
        "AuthorizeApplicationToOrganizationalUnits", ApplicationId=wiki, OrganizationalUnitIds=[sales]
    )
    assert [name for name in ("alice", "bob", "carol", "dave") if company.may(name, wiki)] == [
        "alice",
        "carol",
    ]
    path = company.decision("alice", wiki).because
    assert [link.target.kind.word for link in path] == ["user", "unit", "unit", "unit", "application"]


# -- the root unit and everyone ----------------------------------------------------------------------


def _open(company: Company, wiki: str, to: str) -> None:
    company.call("UpdateApplicationAuthorizationType", ApplicationId=wiki, AuthorizationType=to)


def test_a_root_unit_authorized_by_name_stays_so_when_everyone_is_not_anymore(company: Company) -> None:
    company.user("alice")
    wiki = company.application("wiki")
    root = {"ApplicationId": wiki, "OrganizationalUnitIds": [company.root]}
    _open(company, wiki, "default_all")
    company.call("AuthorizeApplicationToOrganizationalUnits", **root)

    _open(company, wiki, "authorize_required")
    assert company.may("alice", wiki)
    company.call("RevokeApplicationFromOrganizationalUnits", **root)
    assert not company.may("alice", wiki)


def test_revoking_from_the_root_unit_does_not_close_what_is_open_to_everyone(company: Company) -> None:
    company.user("alice")
    wiki = company.application("wiki")
    root = {"ApplicationId": wiki, "OrganizationalUnitIds": [company.root]}
    company.call("AuthorizeApplicationToOrganizationalUnits", **root)
    _open(company, wiki, "default_all")
    company.call("RevokeApplicationFromOrganizationalUnits", **root)
    assert company.may("alice", wiki)
    _open(company, wiki, "authorize_required")
    assert not company.may("alice", wiki)


def test_the_root_unit_is_listed_only_if_authorized_by_name(company: Company) -> None:
    wiki = company.application("wiki")
    _open(company, wiki, "default_all")

    def listed() -> tuple[int, int]:
        units = company.call("ListOrganizationalUnitsForApplication", ApplicationId=wiki)
        held = company.call("ListApplicationsForOrganizationalUnit", OrganizationalUnitId=company.root)
        return units["TotalCount"], held["TotalCount"]

    assert listed() == (0, 0)
    company.call(
        "AuthorizeApplicationToOrganizationalUnits", ApplicationId=wiki, OrganizationalUnitIds=[company.root]
    )
    assert listed() == (1, 1)


# -- what a holder has -------------------------------------------------------------------------------


def test_the_applications_of_an_account_tell_how_it_came_to_them(company: Company) -> None:
    sales = company.unit("Sales")
    alice = company.user("alice", company.unit("East", sales))
    group = company.group("dba", alice)
    own, shared, grouped, placed, everyones, others = (
        company.application(name) for name in ("own", "shared", "grouped", "placed", "everyones", "others")
    )
    for application in (own, shared):
        company.call("AuthorizeApplicationToUsers", ApplicationId=application, UserIds=[alice])
    for application in (shared, grouped):
        company.call("AuthorizeApplicationToGroups", ApplicationId=application, GroupIds=[group])
    company.call(
        "AuthorizeApplicationToOrganizationalUnits", ApplicationId=placed, OrganizationalUnitIds=[sales]
    )
    _open(company, everyones, "default_all")
    company.call("DisableApplication", ApplicationId=own)
    company.call("DisableUser", UserId=alice)

    def listed(**more: Any) -> list[tuple[str, bool, bool]]:
        answer = company.call("ListApplicationsForUser", UserId=alice, **more)
        return [
            (each["ApplicationId"], each["HasDirectAuthorization"], each["HasInheritAuthorization"])
            for each in answer["Applications"]
        ]

    assert listed() == [(own, True, False), (shared, True, True)]
    everything = [
        (own, True, False),
        (shared, True, True),
        (grouped, False, True),
        (placed, False, True),
        (everyones, False, True),
    ]
    assert listed(QueryMode="IncludeInherit") == everything
    assert listed(QueryMode="IncludeInherit", PageSize=2, PageNumber=2) == everything[2:4]
    assert listed(QueryMode="IncludeInherit", ApplicationIds=[placed, others]) == everything[3:4]
    assert listed(PageNumber=5) == []
    assert (
        company.call("ListApplicationsForUser", UserId=alice, QueryMode="IncludeInherit")["TotalCount"] == 5
    )


def test_the_applications_of_groups_and_units_are_their_own(company: Company) -> None:
    sales, group = company.unit("Sales"), company.group("dba")
    east = company.unit("East", sales)
    wiki, mail = company.application("wiki"), company.application("mail")
    for application in (wiki, mail):
        company.call("AuthorizeApplicationToGroups", ApplicationId=application, GroupIds=[group])
    company.call(
        "AuthorizeApplicationToOrganizationalUnits", ApplicationId=wiki, OrganizationalUnitIds=[sales]
    )

    held = company.call("ListApplicationsForGroup", GroupId=group)
    assert held["Applications"][0] == {
        "ApplicationId": wiki,
        "ApplicationRoles": [],
        "HasDirectAuthorization": True,
        "HasInheritAuthorization": False,
    }
    assert (ids(held, "Applications", "ApplicationId"), held["TotalCount"]) == ([wiki, mail], 2)
    chosen = company.call("ListApplicationsForGroup", GroupId=group, ApplicationIds=[mail], PageSize=1)
    assert ids(chosen, "Applications", "ApplicationId") == [mail]
    placed = company.call("ListApplicationsForOrganizationalUnit", OrganizationalUnitId=sales)
    assert placed["Applications"] == [{"ApplicationId": wiki, "ApplicationRoles": []}]
    below = company.call("ListApplicationsForOrganizationalUnit", OrganizationalUnitId=east)
    assert (below["Applications"], below["TotalCount"]) == ([], 0)


@pytest.mark.parametrize(
    ("action", "parameters", "status", "code"),
    [
        ("ListApplicationsForUser", {"UserId": "x"}, 404, "ResourceNotFound.User"),
        ("ListApplicationsForUser", {"UserId": "x", "QueryMode": "All"}, 400, "InvalidParameter.QueryMode"),
        ("ListApplicationsForGroup", {"GroupId": "x"}, 404, "ResourceNotFound.Group"),
        (
            "ListApplicationsForOrganizationalUnit",
            {"OrganizationalUnitId": "x"},
            404,
            "ResourceNotFound.OrganizationalUnit",
        ),
    ],
)
def test_a_wrong_listing_is_refused(
    company: Company, action: str, parameters: dict[str, object], status: int, code: str
) -> None:
    assert company.refusal(action, **parameters) == (status, code)
