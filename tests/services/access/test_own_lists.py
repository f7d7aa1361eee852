"""Lists and previews of types of one's own: whole, and what depends on a condition is told as that."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from admit.control.answers.indexing import keep
from admit.core.validity import HOUR, MINUTE
from tests.authzen.asking import Program, question
from tests.callers import refused
from tests.system import System

SUBJECTS = ("user:alice", "user:bob", "user:carol", "team:ops", "team:dev", "user:*", "team:*")
RESOURCES = ("record:r-1", "record:r-2", "record:r-3", "folder:f-1", "record:*", "folder:*")
ACTIONS = (None, "read", "write")
CONDITIONS = (
    "",
    "subject.properties.level >= resource.properties.level",
    "context.ticket.startsWith('T-')",
    "subject.id == 'alice' || context.ticket == 'T-2'",
    "has(subject.properties.level) && subject.properties.level > 2",
)
CONTEXTS: tuple[dict[str, str], ...] = ({}, {"ticket": "T-1"}, {"ticket": "no"})


@pytest.fixture
def shop(system: System) -> System:
    """Users in teams in teams, records in a folder, some with a level; dave, a person of admit."""
    for name in ("user", "team", "folder", "record"):
        system.call("admit", "RegisterType", Name=name, Space="shop", Actions=["read", "write"])
    put(system, "team", "subject", {"Id": "dev"}, {"Id": "ops", "Inside": ["team:dev"]})
    put(system, "user", "subject", {"Id": "alice", "Properties": {"level": 3}, "Inside": ["team:ops"]})
    put(system, "user", "subject", {"Id": "bob", "Properties": {"level": 1}, "Inside": ["team:dev"]})
    put(system, "user", "subject", {"Id": "carol"})
    put(system, "folder", "resource", {"Id": "f-1", "Properties": {"level": 1}})
    put(system, "record", "resource", {"Id": "r-1", "Properties": {"level": 2}, "Inside": ["folder:f-1"]})
    put(system, "record", "resource", {"Id": "r-2"}, {"Id": "r-3", "Properties": {"level": 3}})
    system.call("eds-user", "CreateUsers", Users=[{"EndUserId": "dave", "Email": "dave@example.com"}])
    return system


def put(system: System, kind: str, role: str, *entities: dict[str, Any]) -> None:
    system.call("admit", "PutEntities", Type=kind, Role=role, Entities=json.dumps(entities), Space="shop")


def grant(system: System, subject: str, resource: str, *actions: str, **more: Any) -> None:
    named = {"Subject": subject, "Resource": resource, "Actions": list(actions), "Space": "shop"}
    system.call("admit", "GrantActions", **named, **more)


def own(text: str) -> str:
    return f"shop/{text}" if ":" in text else text


def listed(system: System, action: str, items: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """Every entry of a list, a few on each page."""
    token = None
    while True:
        page = system.call("admit", action, MaxResults=2, NextToken=token, **asked)
        yield from page[items]
        token = page.get("NextToken")
        if token is None:
            return


def who(system: System, resource: str, **asked: Any) -> dict[str, dict[str, Any]]:
    return {
        each["Label"]: each for each in listed(system, "ListWho", "People", Resource=own(resource), **asked)
    }


def what(system: System, subject: str, **asked: Any) -> dict[str, dict[str, Any]]:
    found = listed(system, "ListWhat", "Resources", Person=own(subject), **asked)
    return {each["Label"]: each for each in found}


@pytest.mark.parametrize("seed", range(2))
def test_lists_from_both_ends_say_what_a_check_says_of_every_pair(shop: System, seed: int) -> None:
    chance, now = Random(seed), shop.clock.now()  # noqa: S311 - the same grants each time
    for _ in range(9):
        times: dict[str, int] = chance.choice(({}, {"EndTime": now + HOUR}, {"StartTime": now + HOUR}))
        actions = chance.choice(((), ("read",), ("read", "write")))
        holder, held = chance.choice((*SUBJECTS, "dave")), chance.choice(RESOURCES)
        grant(shop, holder, held, *actions, Condition=chance.choice(CONDITIONS), **times)
    if seed:
        # By the index as well as by the database.
        assert keep(shop.admit.store, shop.admit.world)
    for action in ACTIONS:
        asked = {"ActionName": action, "Context": chance.choice(CONTEXTS)}
        of_all = {each: who(shop, each, **asked) for each in RESOURCES}
        for subject in (*SUBJECTS, "dave"):
            may = what(shop, subject, **asked)
            assert may.keys() <= set(RESOURCES)
            for resource in RESOURCES:
                ends = {"Person": own(subject), "Resource": own(resource)}
                decision = shop.call("admit", "CheckAccess", **ends, **asked)["Decision"]
                one, other = may.get(resource), of_all[resource].get(subject)
                _agree(decision, one)
                _agree(decision, other)
    assert bool(shop.admit.store.replica.asked[True]) == bool(seed)


def _agree(decision: dict[str, Any], entry: dict[str, Any] | None) -> None:
    """What is allowed is listed so, by the same path; what lacks an input is listed on its condition."""
    assert decision["Allowed"] == (entry is not None and entry["Allowed"])
    assert (decision["Reason"] == "input missing") == (entry is not None and not entry["Allowed"])
    if entry is None:
        return
    if entry["Allowed"]:
        assert "Conditions" not in entry
        assert entry["Path"] == decision["Path"]
        assert entry.get("ValidUntil") == decision.get("ValidUntil")
    else:
        assert {each["Condition"] for each in entry["Conditions"]} <= set(CONDITIONS[1:])
        assert any(f": {each['Missing']}." in decision["Text"] for each in entry["Conditions"])


def test_what_cannot_be_judged_is_listed_with_its_condition_and_what_is_missing(shop: System) -> None:
    ticket = "context.ticket == 'T-1'"
    grant(shop, "user:alice", "record:r-1", "read", Condition=ticket)
    grant(shop, "user:bob", "record:r-1", "read", Condition="subject.properties.level > 2")
    condition = {"Condition": ticket, "Missing": "context.ticket is missing"}

    for entries in (who(shop, "record:r-1"), who(shop, "record:r-1", ActionName="read")):
        assert {name: (each["Allowed"], each.get("Conditions")) for name, each in entries.items()} == {
            "user:alice": (False, [condition])
        }
    told, lied = {"ticket": "T-1"}, {"ticket": "T-2"}
    assert who(shop, "record:r-1", Context=told)["user:alice"]["Allowed"] is True
    assert who(shop, "record:r-1", Context=lied) == {}
    assert what(shop, "user:alice")["record:r-1"]["Conditions"] == [condition]
    assert what(shop, "user:alice", ActionName="write") == {}


def test_lists_of_the_past_are_by_the_grants_and_properties_of_then(shop: System) -> None:
    grant(shop, "user:*", "record:r-1", Condition="resource.properties.level == 2")
    shop.advance(MINUTE)
    then = shop.clock.now()
    shop.advance(MINUTE)
    put(shop, "record", "resource", {"Id": "r-1", "Properties": {"level": 5}})

    assert who(shop, "record:r-1") == {}
    assert set(who(shop, "record:r-1", At=then)) == {"user:alice", "user:bob", "user:carol", "user:*"}
    assert set(what(shop, "user:bob", At=then)) == {"record:r-1"}


def test_ways_lead_through_a_team_of_ones_own_and_through_a_record(shop: System) -> None:
    grant(shop, "team:dev", "folder:f-1", "read")

    def through(thing: str) -> list[str]:
        found = shop.call("admit", "ListThrough", Thing=thing)["People"]
        return sorted(each["Label"] for each in found)

    assert through("shop/team:ops") == []
    assert through("shop/team:dev") == ["team:dev", "team:ops", "user:alice", "user:bob"]
    assert through("shop/record:r-1") == through("shop/team:dev")
    asked = {"Thing": "shop/team:*"}
    assert refused(shop.call, "admit", "ListThrough", **asked) == (400, "InvalidParameter.Thing")


def test_only_what_is_of_ones_own_has_several_actions(shop: System) -> None:
    instance = shop.call("eiam", "CreateInstance")["InstanceId"]
    source = "urn:alibaba:idaas:app:source:standard"
    wiki = {"ApplicationName": "wiki", "ApplicationSourceType": source, "SsoType": "oidc"}
    shop.call("eiam", "CreateApplication", InstanceId=instance, **wiki)
    asked = {"Resource": "app:wiki", "ActionName": "read"}
    assert refused(shop.call, "admit", "ListWho", **asked) == (400, "InvalidParameter.ActionName")
    grant(shop, "dave", "record:r-2", "read")
    assert set(what(shop, "dave")) == set(what(shop, "dave", ActionName="read")) == {"record:r-2"}


def test_a_search_over_authzen_tells_what_depends_on_a_condition_beside_its_results(shop: System) -> None:
    grant(shop, "team:dev", "record:r-1", "read", Condition="context.ticket == 'T-1'")
    grant(shop, "user:carol", "record:r-1", "read")
    program = Program(shop, base="/spaces/shop")
    conditions = [{"condition": "context.ticket == 'T-1'", "missing": "context.ticket is missing"}]

    def found(path: str, asked: dict[str, Any], **more: Any) -> list[tuple[list[str], list[str]]]:
        """The results of each page of one entry, and what is conditional there."""
        pages, token = [], ""
        while True:
            answer = program.asks(f"search/{path}", {**asked, **more, "page": {"limit": 1, "token": token}})
            beside = answer.get("context", {}).get("conditional", [])
            assert all(each["conditions"] == conditions for each in beside)
            pages.append(([_name(each) for each in answer["results"]], [_name(each) for each in beside]))
            token = answer["page"]["next_token"]
            if not token:
                return pages

    subjects = question("user", "read", "record:r-1")
    assert found("subject", subjects) == [([], ["alice"]), ([], ["bob"]), (["carol"], [])]
    told = {"context": {"ticket": "T-1"}}
    assert found("subject", subjects, **told) == [(["alice"], []), (["bob"], []), (["carol"], [])]
    assert found("subject", subjects, context={"ticket": "?"}) == [(["carol"], [])]
    assert found("resource", question("user:alice", "read", "record")) == [([], ["r-1"])]
    assert found("action", question("user:alice", None, "record:r-1")) == [([], ["read"])]


def _name(entity: dict[str, Any]) -> str:
    return str(entity.get("id") or entity["name"])


def preview(system: System, action: str, **parameters: Any) -> dict[str, Any]:
    planned = [{"Service": "admit", "Action": action, "Parameters": {"Space": "shop", **parameters}}]
    told = system.call("admit", "PreviewCalls", Calls=json.dumps(planned))
    assert [each["Code"] for each in told["Results"]] == ["OK"]
    assert told["Complete"] is True
    return told


def pairs(entries: list[dict[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """Who and what, and on which conditions."""
    return {
        (each["Person"], each["Resource"]): [one["Condition"] for one in each.get("Conditions", ())]
        for each in entries
    }


def test_a_preview_counts_a_condition_as_what_it_comes_to(shop: System) -> None:
    enough = "subject.properties.level >= resource.properties.level"
    asked = {"Subject": "user:*", "Resource": "record:r-1"}

    told = preview(shop, "GrantActions", **asked, Condition=enough)

    assert pairs(told["Gained"]) == {
        ("user:alice", "record:r-1"): [],
        ("user:carol", "record:r-1"): [enough],
        ("user:*", "record:r-1"): [enough],
    }
    assert who(shop, "record:r-1") == {}


def test_a_preview_tells_who_gains_and_loses_by_other_properties(shop: System) -> None:
    ticket = "context.ticket == 'T-1'"
    grant(shop, "user:*", "record:r-1", Condition="subject.properties.level >= resource.properties.level")
    grant(shop, "team:dev", "record:r-1", Condition=ticket)
    higher = json.dumps([{"Id": "r-1", "Properties": {"level": 9}}])
    lower = json.dumps([{"Id": "bob", "Properties": {"level": 2}}])

    higher_told = preview(shop, "PutEntities", Type="record", Role="resource", Entities=higher)
    lower_told = preview(shop, "PutEntities", Type="user", Role="subject", Entities=lower)

    # alice holds it by her team's ticket, too; carol has no level, before or after.
    assert (higher_told["Gained"], higher_told["Lost"]) == ([], [])
    assert pairs(higher_told["Changed"]) == {("user:alice", "record:r-1"): [ticket]}
    assert "WereConditions" not in higher_told["Changed"][0]
    assert pairs(lower_told["Changed"]) == {("user:bob", "record:r-1"): []}
    assert [each["Condition"] for each in lower_told["Changed"][0]["WereConditions"]] == [ticket]


def test_two_moments_compared_name_the_properties_that_were_set(shop: System) -> None:
    grant(shop, "user:alice", "record:r-1", Condition="subject.properties.level >= resource.properties.level")
    shop.advance(MINUTE)
    before = shop.clock.now()
    shop.advance(MINUTE)
    put(shop, "user", "subject", {"Id": "alice"})
    put(shop, "user", "subject", {"Id": "alice", "Properties": {"level": 0}})
    shop.advance(MINUTE)

    told = shop.call("admit", "CompareAccess", StartTime=before)

    ((lost,), gained, changed) = told["Lost"], told["Gained"], told["Changed"]
    assert (lost["Person"], lost["Resource"], gained, changed) == ("user:alice", "record:r-1", [], [])
    assert {each["Text"] for each in lost["Causes"]} == {"the properties were set"}
    assert {each["Action"] for each in lost["Causes"]} == {"admit:PutEntities"}
