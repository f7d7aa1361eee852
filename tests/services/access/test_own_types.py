"""Types of one's own: registered, granted, decided, remembered."""

import json
from typing import Any

import pytest

from admit.core.validity import MINUTE
from admit.store.verification import verify
from tests.callers import Callers, refused, statement
from tests.system import System


@pytest.fixture
def records(system: System) -> System:
    """alice in the team ops; the record r-1 in the folder f-1."""
    call = system.call
    for name in ("user", "team", "folder"):
        call("admit", "RegisterType", Name=name, Space="shop")
    call("admit", "RegisterType", Name="record", Space="shop", Actions=["read", "write"])
    put(system, "team", "subject", {"Id": "ops"})
    put(system, "user", "subject", {"Id": "alice", "Properties": {"level": 3}, "Inside": ["team:ops"]})
    put(system, "user", "subject", {"Id": "bob", "Properties": {"level": 1}})
    return system


def put(system: System, kind: str, role: str, *entities: dict[str, Any]) -> None:
    system.call("admit", "PutEntities", Type=kind, Role=role, Entities=json.dumps(entities), Space="shop")


def grant(system: System, subject: str, resource: str, *actions: str, **more: Any) -> dict[str, Any]:
    named = {"Subject": subject, "Resource": resource, "Actions": list(actions), "Space": "shop"}
    return system.call("admit", "GrantActions", **named, **more)


def decision(system: System, subject: str, action: str | None, resource: str, **more: Any) -> dict[str, Any]:
    asked = {"Person": f"shop/{subject}", "Resource": f"shop/{resource}", "ActionName": action, **more}
    return system.call("admit", "CheckAccess", **asked)["Decision"]


def test_a_grant_is_for_its_actions_and_reaches_members(records: System) -> None:
    put(records, "record", "resource", {"Id": "r-1"})
    grant(records, "team:ops", "record:r-1", "read")

    allowed = decision(records, "user:alice", "read", "record:r-1")
    assert allowed["Allowed"] is True
    assert [step["Label"] for step in allowed["Path"]] == ["user:alice", "team:ops", "read", "record:r-1"]
    other = decision(records, "user:alice", "write", "record:r-1")
    assert (other["Reason"], other["Text"]) == (
        "other actions",
        "user:alice may not use record:r-1: it is granted for read only.",
    )
    assert decision(records, "user:alice", None, "record:r-1")["Allowed"] is True
    assert decision(records, "user:bob", "read", "record:r-1")["Reason"] == "not granted"


def test_a_grant_of_actions_and_its_revocation_are_seen_before_they_are_made(records: System) -> None:
    put(records, "record", "resource", {"Id": "r-1"})
    end = records.clock.now() + MINUTE

    seen = grant(records, "team:ops", "record:r-1", "read", EndTime=end, Preview=True)
    assert (seen["Changed"], seen["Grant"]["Subject"], seen["Effect"]["Complete"]) == (True, "team:ops", True)
    gained = {(each["Person"], each["Resource"], each["ValidUntil"]) for each in seen["Effect"]["Gained"]}
    assert gained == {("team:ops", "record:r-1", end), ("user:alice", "record:r-1", end)}
    assert decision(records, "user:alice", "read", "record:r-1")["Allowed"] is False

    assert "Effect" not in grant(records, "team:ops", "record:r-1", "read", EndTime=end)
    named = {"Subject": "team:ops", "Resource": "record:r-1", "Space": "shop"}
    seen = records.call("admit", "RevokeActions", **named, Preview=True)
    assert seen["Changed"] is True
    lost = {(each["Person"], each["WasUntil"]) for each in seen["Effect"]["Lost"]}
    assert lost == {("team:ops", end), ("user:alice", end)}
    assert decision(records, "user:alice", "read", "record:r-1")["Allowed"] is True


def test_two_grants_on_one_resource_have_times_of_their_own(records: System) -> None:
    put(records, "record", "resource", {"Id": "r-1"})
    end = records.clock.now() + MINUTE
    grant(records, "user:alice", "record:r-1", "read")
    grant(records, "user:alice", "record:r-1", "write", EndTime=end)

    assert decision(records, "user:alice", "write", "record:r-1")["ValidUntil"] == end
    records.advance(MINUTE)
    assert decision(records, "user:alice", "write", "record:r-1")["Reason"] == "has ended"
    assert decision(records, "user:alice", "read", "record:r-1")["Allowed"] is True


def test_what_is_inside_has_what_is_granted_on_what_holds_it(records: System) -> None:
    put(records, "folder", "resource", {"Id": "f-1"})
    put(records, "record", "resource", {"Id": "r-1", "Inside": ["folder:f-1"]}, {"Id": "r-2"})
    grant(records, "user:alice", "folder:f-1")

    assert decision(records, "user:alice", "read", "record:r-1")["Allowed"] is True
    assert decision(records, "user:alice", "read", "record:r-2")["Allowed"] is False
    records.call(
        "admit",
        "RemoveEntities",
        Type="record",
        Role="resource",
        Ids=["r-1"],
        Outer="folder:f-1",
        Space="shop",
    )
    assert decision(records, "user:alice", "read", "record:r-1")["Allowed"] is False


def test_a_condition_decides_by_both_ends_and_says_what_is_missing(records: System) -> None:
    put(records, "record", "resource", {"Id": "r-1", "Properties": {"level": 2}})
    enough = "subject.properties.level >= resource.properties.level && context.ticket.startsWith('T-')"
    grant(records, "user:*", "record:*", "read", Condition=enough)

    missing = decision(records, "user:alice", "read", "record:r-1")
    told = decision(records, "user:alice", "read", "record:r-1", Context='{"ticket": "T-1"}')
    low = decision(records, "user:bob", "read", "record:r-1", Context='{"ticket": "T-1"}')

    assert (missing["Reason"], missing["Text"]) == (
        "input missing",
        "user:alice may not use record:r-1: context.ticket is missing.",
    )
    assert told["Allowed"] is True
    assert (low["Reason"], low["Text"]) == (
        "condition not met",
        f"user:bob may not use record:r-1: the condition is not met: {enough}.",
    )


def test_the_past_is_decided_by_the_grants_and_properties_of_then(records: System) -> None:
    put(records, "record", "resource", {"Id": "r-1", "Properties": {"open": True}})
    grant(records, "user:alice", "record:r-1", "read", Condition="resource.properties.open")
    records.advance(MINUTE)
    open_then = records.clock.now()
    records.advance(MINUTE)
    put(records, "record", "resource", {"Id": "r-1", "Properties": {"open": False}})
    closed_then = records.clock.now()
    records.advance(MINUTE)
    records.call("admit", "RevokeActions", Subject="user:alice", Resource="record:r-1", Space="shop")

    def reason(at: int | None) -> str:
        return str(decision(records, "user:alice", "read", "record:r-1", At=at)["Reason"])

    assert (reason(open_then), reason(closed_then), reason(None)) == (
        "granted",
        "condition not met",
        "not granted",
    )


def test_an_explanation_shows_every_path_and_who_else_holds_it(records: System) -> None:
    put(records, "record", "resource", {"Id": "r-1"})
    grant(records, "user:alice", "record:r-1", "read")
    grant(records, "team:ops", "record:*", "read")
    asked = {"Resource": "shop/record:r-1", "ActionName": "read"}

    alice = records.call("admit", "ExplainAccess", Person="shop/user:alice", **asked)
    bob = records.call("admit", "ExplainAccess", Person="shop/user:bob", **asked)

    paths = {tuple(step["Label"] for step in each["Steps"]) for each in alice["Paths"]}
    assert paths == {
        ("user:alice", "read", "record:r-1"),
        ("user:alice", "team:ops", "read", "record:*", "record:r-1"),
    }
    assert {"team:ops", "user:alice"} == {each["Label"] for each in bob["Holders"]}


def test_a_person_of_ours_may_be_granted_a_resource_of_ones_own(records: System) -> None:
    put(records, "record", "resource", {"Id": "r-1"})
    records.call("eds-user", "CreateUsers", Users=[{"EndUserId": "carol", "Email": "carol@example.com"}])
    grant(records, "carol", "record:r-1", "read")

    asked = {"Person": "carol", "Resource": "shop/record:r-1", "ActionName": "read"}
    assert records.call("admit", "CheckAccess", **asked)["Decision"]["Allowed"] is True
    listed = records.call("admit", "ListActionGrants", Resource="record:r-1", Space="shop")["Grants"]
    assert [(each["Subject"], each["Actions"]) for each in listed] == [("carol", ["read"])]
    records.call("eds-user", "RemoveUsers", Users=["carol"])
    assert records.call("admit", "ListActionGrants", Resource="record:r-1", Space="shop")["Grants"] == []


def test_nothing_is_inside_itself(records: System) -> None:
    put(records, "team", "subject", {"Id": "dev", "Inside": ["team:ops"]})
    circle = json.dumps([{"Id": "ops", "Inside": ["team:dev"]}])
    own = json.dumps([{"Id": "ops", "Inside": ["team:ops"]}])
    for entities in (circle, own):
        asked = {"Type": "team", "Role": "subject", "Space": "shop", "Entities": entities}
        assert refused(records.call, "admit", "PutEntities", **asked) == (400, "InvalidParameter.In")


def test_what_is_removed_takes_its_grants_along_and_the_ledger_has_all_of_it(records: System) -> None:
    put(records, "record", "resource", {"Id": "r-1", "Properties": {"a": 1}})
    put(records, "record", "resource", {"Id": "r-1", "Properties": {"a": 2}})
    grant(records, "team:ops", "record:r-1", "read", Condition="resource.properties.a == 2")
    assert decision(records, "user:alice", "read", "record:r-1")["Allowed"] is True

    records.call("admit", "RemoveType", Name="team", Space="shop")

    assert decision(records, "user:alice", "read", "record:r-1")["Allowed"] is False
    records.call("admit", "RemoveType", Name="record", Space="shop")
    names = [each["Name"] for each in records.call("admit", "ListTypes", Space="shop")["Types"]]
    assert names == ["folder", "user"]
    world, store = records.admit.world, records.admit.store
    with store.read() as sql:
        assert verify(sql, world.sealer.subkey("ledger")).fault is None


def test_registering_and_granting_again_changes_nothing(records: System) -> None:
    put(records, "record", "resource", {"Id": "r-1", "Properties": {"a": 1}})
    assert grant(records, "user:alice", "record:r-1", "read", "write")["Changed"] is True
    before = records.revision()

    put(records, "record", "resource", {"Id": "r-1", "Properties": {"a": 1}})
    again = grant(records, "user:alice", "record:r-1", "write", "read")

    assert (again["Changed"], records.revision()) == (False, before)


def test_entities_are_listed_in_pages_with_what_they_are_in(records: System) -> None:
    listed = {"Type": "user", "Role": "subject", "Space": "shop", "MaxResults": 1}
    first = records.call("admit", "ListEntities", **listed)
    second = records.call("admit", "ListEntities", NextToken=first["NextToken"], **listed)

    assert first["Entities"] == [{"Id": "alice", "Properties": {"level": 3}, "Inside": ["team:ops"]}]
    assert second["Entities"] == [{"Id": "bob", "Properties": {"level": 1}, "Inside": []}]
    assert ("NextToken" in second, first["TotalCount"]) == (False, 2)


def test_what_cannot_be_is_refused(records: System) -> None:
    def of(action: str, **parameters: Any) -> tuple[int, str]:
        return refused(records.call, "admit", action, **parameters)

    assert of("RegisterType", Name="host") == (400, "InvalidParameter.Name")
    there = {"Space": "shop", "Resource": "record:*"}
    assert of("GrantActions", Subject="user:nobody", **there) == (404, "EntityNotExist.Entity")
    assert of("GrantActions", Subject="nobody", **there) == (404, "EntityNotExist")
    bad = of("GrantActions", Subject="user:*", Condition="nonsense ==", **there)
    assert bad == (400, "InvalidParameter.Condition")
    assert of("ListEntities", Type="nothing", Role="subject") == (404, "EntityNotExist.Type")
    asked = {"Person": "shop/user:alice", "Resource": "host:db-1", "ActionName": "connect"}
    assert of("CheckAccess", **asked) == (404, "EntityNotExist")


def test_ram_may_let_somebody_into_one_space_only(records: System) -> None:
    key = Callers(records).user("shopkeeper", statement("Allow", "admit:*", "acs:admit:*:*:space/shop"))
    records.call("admit", "RegisterType", key, Name="order", Space="shop")
    for elsewhere in ({}, {"Space": "other"}):
        said = refused(records.call, "admit", "RegisterType", key, Name="order", **elsewhere)
        assert said == (403, "NoPermission")
