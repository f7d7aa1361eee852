"""Organizational units: the tree, and who stands where in it."""

from collections.abc import Callable
from typing import Any

import pytest

from admit.core.links import Kind
from admit.store import things
from tests.callers import Callers, statement
from tests.services.eiam.company import Company, ids
from tests.system import Refused, System

UNIT_NOT_FOUND = (404, "ResourceNotFound.OrganizationalUnit")


@pytest.fixture
def company(system: System) -> Company:
    """An instance with nobody in it."""
    return Company(system)


def _parents(company: Company, unit: str) -> list[str]:
    answer = company.call("ListOrganizationalUnitParents", OrganizationalUnitId=unit)
    return ids(answer, "Parents", "OrganizationalUnitId")


def test_the_root_unit_is_there_from_the_start(company: Company) -> None:
    assert company.call("GetRootOrganizationalUnit")["OrganizationalUnit"] == {
        "InstanceId": company.id,
        "OrganizationalUnitId": company.root,
        "OrganizationalUnitName": "root",
        "CreateTime": company.system.clock.now(),
        "UpdateTime": company.system.clock.now(),
    }
    root = company.call("GetOrganizationalUnit", OrganizationalUnitId=company.root)["OrganizationalUnit"]
    assert root["Leaf"] is True
    assert "ParentId" not in root


def test_a_unit_is_told_as_it_was_made(company: Company) -> None:
    sales = company.unit("Sales", OrganizationalUnitExternalId="erp-1", Description="sells")
    east = company.unit("East", sales)

    now = company.system.clock.now()
    assert company.call("GetOrganizationalUnit", OrganizationalUnitId=sales)["OrganizationalUnit"] == {
        "InstanceId": company.id,
        "OrganizationalUnitId": sales,
        "OrganizationalUnitName": "Sales",
        "OrganizationalUnitExternalId": "erp-1",
        "OrganizationalUnitSourceType": "build_in",
        "OrganizationalUnitSourceId": company.id,
        "ParentId": company.root,
        "Leaf": False,
        "Description": "sells",
        "CreateTime": now,
        "UpdateTime": now,
    }
    unit = company.call("GetOrganizationalUnit", OrganizationalUnitId=east)["OrganizationalUnit"]
    assert (unit["ParentId"], unit["Leaf"], unit["OrganizationalUnitExternalId"]) == (sales, True, east)


def test_the_units_above_come_nearest_first(company: Company) -> None:
    sales = company.unit("Sales")
    east = company.unit("East", sales)
    answer = company.call("ListOrganizationalUnitParents", OrganizationalUnitId=east)
    assert answer["Parents"] == [
        {"OrganizationalUnitId": sales, "ParentId": company.root},
        {"OrganizationalUnitId": company.root},
    ]
    assert _parents(company, company.root) == []


def test_units_are_listed_as_asked(company: Company) -> None:
    sales, support = company.unit("Sales"), company.unit("Support")
    east, west = company.unit("East", sales), company.unit("West", sales)

    def listed(**filters: object) -> list[str]:
        answer = company.call("ListOrganizationalUnits", **filters)
        return ids(answer, "OrganizationalUnits", "OrganizationalUnitId")

    assert listed() == [company.root, sales, support, east, west]
    assert listed(ParentId=sales) == [east, west]
    assert listed(ParentId=company.root) == [sales, support]
    assert listed(OrganizationalUnitName="Sales") == [sales]
    assert listed(OrganizationalUnitName="Sale") == []
    assert listed(OrganizationalUnitNameStartsWith="S") == [sales, support]
    assert listed(OrganizationalUnitIds=[west, "ou_x"]) == [west]
    assert listed(PageSize=2, PageNumber=2) == [support, east]
    assert listed(PageNumber=9) == []
    assert company.call("ListOrganizationalUnits", PageSize=1)["TotalCount"] == 5
    assert company.refusal("ListOrganizationalUnits", ParentId="ou_x") == UNIT_NOT_FOUND


def test_a_unit_is_renamed_and_described(company: Company) -> None:
    sales = company.unit("Sales")
    company.call("UpdateOrganizationalUnit", OrganizationalUnitId=sales, OrganizationalUnitName="Trade")
    company.call("UpdateOrganizationalUnitDescription", OrganizationalUnitId=sales, Description="sells")
    assert not company.changes("UpdateOrganizationalUnit", OrganizationalUnitId=sales)
    unit = company.call("GetOrganizationalUnit", OrganizationalUnitId=sales)["OrganizationalUnit"]
    assert (unit["OrganizationalUnitName"], unit["Description"]) == ("Trade", "sells")

    company.call("UpdateOrganizationalUnitDescription", OrganizationalUnitId=sales)
    unit = company.call("GetOrganizationalUnit", OrganizationalUnitId=sales)["OrganizationalUnit"]
    assert "Description" not in unit


def test_an_external_id_is_taken_once(company: Company) -> None:
    company.unit("Sales", OrganizationalUnitExternalId="erp-1")
    named = {"OrganizationalUnitName": "Support", "ParentId": company.root}
    assert company.refusal("CreateOrganizationalUnit", OrganizationalUnitExternalId="erp-1", **named) == (
        403,
        "ResourceDuplicated.OrganizationalUnitExternalId",
    )


def test_a_unit_moves_with_everything_below_it(company: Company) -> None:
    sales, support = company.unit("Sales"), company.unit("Support")
    east = company.unit("East", sales)
    move = {"OrganizationalUnitId": sales, "ParentId": support}
    assert company.changes("UpdateOrganizationalUnitParentId", **move)
    assert not company.changes("UpdateOrganizationalUnitParentId", **move)
    assert _parents(company, east) == [sales, support, company.root]


def test_no_unit_is_moved_into_itself(company: Company) -> None:
    sales = company.unit("Sales")
    east = company.unit("East", sales)
    for unit, parent in ((sales, east), (sales, sales)):
        assert company.refusal(
            "UpdateOrganizationalUnitParentId", OrganizationalUnitId=unit, ParentId=parent
        ) == (400, "InvalidParameter.ParentId")
    assert company.refusal(
        "UpdateOrganizationalUnitParentId", OrganizationalUnitId=company.root, ParentId=sales
    ) == (400, "UnsupportedAction.RootOrganizationalUnit")


def test_only_an_empty_unit_is_deleted(company: Company) -> None:
    sales = company.unit("Sales")
    east = company.unit("East", sales)
    alice = company.user("alice", east)
    not_empty = (400, "UnsupportedAction.OrganizationalUnitNotEmpty")
    assert company.refusal("DeleteOrganizationalUnit", OrganizationalUnitId=sales) == not_empty
    assert company.refusal("DeleteOrganizationalUnit", OrganizationalUnitId=east) == not_empty
    assert company.refusal("DeleteOrganizationalUnit", OrganizationalUnitId=company.root) == (
        400,
        "UnsupportedAction.RootOrganizationalUnit",
    )

    company.call("DeleteUser", UserId=alice)
    company.call("DeleteOrganizationalUnit", OrganizationalUnitId=east)
    company.call("DeleteOrganizationalUnit", OrganizationalUnitId=sales)
    assert company.refusal("GetOrganizationalUnit", OrganizationalUnitId=sales) == UNIT_NOT_FOUND


def test_a_unit_is_deleted_with_all_below_it_and_the_accounts_in_them(company: Company) -> None:
    sales = company.unit("Sales")
    east = company.unit("East", sales)
    company.user("alice", east)
    company.user("bob", sales, OrganizationalUnitIds=[company.root])
    carol = company.user("carol", OrganizationalUnitIds=[east])

    company.call("DeleteOrganizationalUnitChildren", OrganizationalUnitId=sales)

    assert ids(company.call("ListUsers"), "Users", "Username") == ["carol"]
    assert company.call("ListOrganizationalUnits")["TotalCount"] == 1
    assert ids(company.get_user(carol), "OrganizationalUnits", "OrganizationalUnitId") == [company.root]
    with company.system.admit.store.read() as sql:
        assert things.named(sql, Kind.PERSON, "alice") == []


def test_the_root_unit_is_emptied_and_stays(company: Company) -> None:
    company.user("alice", company.unit("Sales"))
    company.user("bob")
    company.call("DeleteOrganizationalUnitChildren", OrganizationalUnitId=company.root)
    assert company.call("ListUsers")["TotalCount"] == 0
    answer = company.call("ListOrganizationalUnits")
    assert ids(answer, "OrganizationalUnits", "OrganizationalUnitId") == [company.root]


# -- members -----------------------------------------------------------------------------------------


def _units(company: Company, user: str) -> list[str]:
    return ids(company.get_user(user), "OrganizationalUnits", "OrganizationalUnitId")


def test_an_account_joins_and_leaves_units_again_and_again(company: Company) -> None:
    sales, support = company.unit("Sales"), company.unit("Support")
    alice = company.user("alice")
    units = {"UserId": alice, "OrganizationalUnitIds": [sales, support]}
    assert company.changes("AddUserToOrganizationalUnits", **units)
    assert not company.changes("AddUserToOrganizationalUnits", **units)
    assert _units(company, alice) == [company.root, sales, support]

    assert company.changes("RemoveUserFromOrganizationalUnits", **units)
    assert not company.changes("RemoveUserFromOrganizationalUnits", **units)
    assert _units(company, alice) == [company.root]


def test_an_account_stays_in_its_primary_unit_until_another_is(company: Company) -> None:
    sales = company.unit("Sales")
    alice = company.user("alice", OrganizationalUnitIds=[sales])
    leave = {"UserId": alice, "OrganizationalUnitIds": [sales, company.root]}
    assert company.refusal("RemoveUserFromOrganizationalUnits", **leave) == (
        400,
        "UnsupportedAction.PrimaryOrganizationalUnit",
    )

    company.call("SetUserPrimaryOrganizationalUnit", UserId=alice, OrganizationalUnitId=sales)
    company.call("RemoveUserFromOrganizationalUnits", UserId=alice, OrganizationalUnitIds=[company.root])
    assert company.get_user(alice)["PrimaryOrganizationalUnitId"] == sales
    assert _units(company, alice) == [sales]


def test_a_new_primary_unit_is_joined(company: Company) -> None:
    sales = company.unit("Sales")
    alice = company.user("alice")
    company.call("SetUserPrimaryOrganizationalUnit", UserId=alice, OrganizationalUnitId=sales)
    assert _units(company, alice) == [sales, company.root]


@pytest.mark.parametrize(
    ("action", "parameters", "status", "code"),
    [
        ("CreateOrganizationalUnit", {"OrganizationalUnitName": "Sales"}, 400, "MissingParameter.ParentId"),
        (
            "CreateOrganizationalUnit",
            {"OrganizationalUnitName": "Sales", "ParentId": "ou_x"},
            *UNIT_NOT_FOUND,
        ),
        (
            "CreateOrganizationalUnit",
            {"OrganizationalUnitName": "x" * 129, "ParentId": "ou_x"},
            400,
            "InvalidParameter.OrganizationalUnitName",
        ),
        ("GetOrganizationalUnit", {"OrganizationalUnitId": "ou_x"}, *UNIT_NOT_FOUND),
        ("UpdateOrganizationalUnit", {"OrganizationalUnitId": "ou_x"}, *UNIT_NOT_FOUND),
        ("UpdateOrganizationalUnitDescription", {"OrganizationalUnitId": "ou_x"}, *UNIT_NOT_FOUND),
        (
            "UpdateOrganizationalUnitParentId",
            {"OrganizationalUnitId": "ou_x", "ParentId": "ou_y"},
            *UNIT_NOT_FOUND,
        ),
        ("DeleteOrganizationalUnit", {"OrganizationalUnitId": "ou_x"}, *UNIT_NOT_FOUND),
        ("DeleteOrganizationalUnitChildren", {"OrganizationalUnitId": "ou_x"}, *UNIT_NOT_FOUND),
        ("ListOrganizationalUnitParents", {"OrganizationalUnitId": "ou_x"}, *UNIT_NOT_FOUND),
        (
            "AddUserToOrganizationalUnits",
            {"UserId": "user_x", "OrganizationalUnitIds": ["ou_x"]},
            404,
            "ResourceNotFound.User",
        ),
        (
            "SetUserPrimaryOrganizationalUnit",
            {"UserId": "user_x", "OrganizationalUnitId": "ou_x"},
            404,
            "ResourceNotFound.User",
        ),
    ],
)
def test_a_wrong_call_is_told_and_changes_nothing(
    company: Company, action: str, parameters: dict[str, object], status: int, code: str
) -> None:
    assert company.refusal(action, **parameters) == (status, code)


def test_one_unknown_unit_keeps_an_account_out_of_all(company: Company) -> None:
    alice, sales = company.user("alice"), company.unit("Sales")
    units = [sales, "ou_x"]
    for action in ("AddUserToOrganizationalUnits", "RemoveUserFromOrganizationalUnits"):
        assert company.refusal(action, UserId=alice, OrganizationalUnitIds=units) == UNIT_NOT_FOUND
    assert _units(company, alice) == [company.root]


# -- what units are for ------------------------------------------------------------------------------


def test_a_unit_that_moves_takes_its_people_to_other_access(company: Company) -> None:
    sales, support = company.unit("Sales"), company.unit("Support")
    east = company.unit("East", sales)
    company.user("alice", east)
    wiki = company.application("wiki")
    company.call(
        "AuthorizeApplicationToOrganizationalUnits", ApplicationId=wiki, OrganizationalUnitIds=[support]
    )
    assert not company.may("alice", wiki)

    company.call("UpdateOrganizationalUnitParentId", OrganizationalUnitId=sales, ParentId=support)
    assert company.may("alice", wiki)

    company.call("UpdateOrganizationalUnitParentId", OrganizationalUnitId=east, ParentId=company.root)
    assert not company.may("alice", wiki)


# -- whom RAM lets join and move ---------------------------------------------------------------------


@pytest.fixture
def desk(company: Company) -> Callable[..., tuple[int, str] | None]:
    """What a caller is told who may do everything to accounts and in Sales, and nothing in Board."""
    sales, board = company.unit("Sales"), company.unit("Board")
    alice, below = company.user("alice"), company.unit("East", sales)
    home = f"acs:eiam:*:*:instance/{company.id}"
    units = [f"{home}/organizationalunit/{each}" for each in (sales, below)]
    key = Callers(company.system).user("desk", statement("Allow", "eiam:*", [f"{home}/user/*", *units]))
    known = {"sales": sales, "board": board, "alice": alice, "below": below}

    def asked(action: str, **names: Any) -> tuple[int, str] | None:
        named = {
            name: [known[each] for each in value] if isinstance(value, list) else known.get(value, value)
            for name, value in names.items()
        }
        try:
            company.call(action, key, **named)
        except Refused as refused:
            return refused.status, refused.code
        return None

    return asked


JOINS: list[tuple[str, dict[str, Any]]] = [
    ("AddUserToOrganizationalUnits", {"UserId": "alice", "OrganizationalUnitIds": ["unit"]}),
    ("RemoveUserFromOrganizationalUnits", {"UserId": "alice", "OrganizationalUnitIds": ["unit"]}),
    ("SetUserPrimaryOrganizationalUnit", {"UserId": "alice", "OrganizationalUnitId": "unit"}),
    ("UpdateOrganizationalUnitParentId", {"OrganizationalUnitId": "below", "ParentId": "unit"}),
    ("CreateUser", {"Username": "bob", "PrimaryOrganizationalUnitId": "unit"}),
]


def _into(unit: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [unit] if value == ["unit"] else unit if value == "unit" else value
        for name, value in parameters.items()
    }


@pytest.mark.parametrize(("action", "parameters"), JOINS)
def test_who_may_move_people_moves_them_only_into_units_they_may_change(
    desk: Callable[..., Any], action: str, parameters: dict[str, Any]
) -> None:
    assert desk(action, **_into("board", parameters)) == (403, "NoPermission")
    assert desk(action, **_into("sales", parameters)) is None


def test_of_several_units_each_must_be_permitted(desk: Callable[..., Any]) -> None:
    into = {"OrganizationalUnitIds": ["sales", "board"]}
    assert desk("AddUserToOrganizationalUnits", UserId="alice", **into) == (403, "NoPermission")
    new = {"Username": "bob", "PrimaryOrganizationalUnitId": "sales"}
    assert desk("CreateUser", **new, OrganizationalUnitIds=["board"]) == (403, "NoPermission")
