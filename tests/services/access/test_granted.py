"""Every grant listed: by its end, by what it is of, by a text, and as it stood at a past moment."""

from typing import Any

import pytest

from admit.control import grants, people, things
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import DAY, HOUR, MINUTE, PERMANENT, Validity
from admit.services.bastionhost.user_groups import UserGroupDetails
from admit.store import granted
from admit.store import things as stored
from admit.store.engine import Tx
from tests.services.access.office import AUTHOR
from tests.services.access.office import office as _office
from tests.system import Refused, System

office = _office


def _grant(system: System, who: str, what: str, **more: object) -> None:
    system.call("admit", "GrantAccess", Subject=who, Resource=what, **more)


def _listed(system: System, **asked: object) -> list[tuple[str, str, str]]:
    found = system.call("admit", "ListGrants", **asked)["Grants"]
    return [(each["Subject"]["Name"], each["Resource"]["Label"], each["Status"]) for each in found]


def test_grants_come_by_their_end_and_those_without_one_last(office: System) -> None:
    now = office.clock.now()
    _grant(office, "group:dba", "host:db-1")
    _grant(office, "alice", "root@db-1", EndTime=now + 2 * DAY)
    _grant(office, "bob", "root@db-1", EndTime=now + HOUR)

    # An account is granted with its host.
    assert _listed(office, Kinds=["host account"]) == [
        ("bob", "root@db-1", "ending"),
        ("alice", "root@db-1", "active"),
    ]
    assert ("dba", "host:db-1", "active") in _listed(office)[2:]


def test_a_grant_tells_who_made_it_and_when(office: System) -> None:
    _grant(office, "bob", "root@db-1", EndTime=office.clock.now() + HOUR)
    (told,) = office.call("admit", "ListGrants", Kinds=["host account"])["Grants"]
    assert told["GrantedBy"].endswith(":root")
    assert told["GrantedAt"] == office.clock.now()
    assert told["EndTime"] == office.clock.now() + HOUR
    assert told["Resource"]["InsideKind"] == "host"


@pytest.mark.parametrize(
    ("status", "who"),
    [
        ("current", ["alice", "bob", "dba"]),
        ("active", ["alice", "dba"]),
        ("ending", ["alice"]),
        ("future", ["bob"]),
        ("ended", ["carol"]),
    ],
)
def test_a_status_restricts(office: System, status: str, who: list[str]) -> None:
    now = office.clock.now()
    _grant(office, "group:dba", "root@db-1")
    _grant(office, "alice", "root@db-1", EndTime=now + HOUR)
    _grant(office, "bob", "root@db-1", StartTime=now + DAY, EndTime=now + 2 * DAY)
    office.admit.store.write_now(AUTHOR, _carol)
    _grant(office, "carol", "root@db-1", EndTime=now + MINUTE)
    office.advance(MINUTE)
    assert [each[0] for each in _listed(office, Status=status, Kinds=["host account"])] == who


def _carol(tx: Tx) -> None:
    bastion = stored.find(tx.sql, stored.Where(Kind.BASTION))[0]
    people.add_user(tx, New(Kind.USER, bastion.key, "carol", UserGroupDetails()))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ALI", [("alice", "root@db-1")]),
        ("root", [("alice", "root@db-1")]),
        ("db-", [("alice", "root@db-1"), ("dba", "app@db-1")]),
        ("app@db", [("dba", "app@db-1")]),
        ("nobody", []),
        ("%", []),
    ],
)
def test_a_text_finds_grants_by_either_end(office: System, text: str, found: list[tuple[str, str]]) -> None:
    _grant(office, "alice", "root@db-1", EndTime=office.clock.now() + DAY)
    _grant(office, "group:dba", "app@db-1")
    told = _listed(office, Text=text, Kinds=["host account"])
    assert [(who, what) for who, what, _ in told] == found


def test_pages_lead_through_all_of_it(office: System) -> None:
    now = office.clock.now()
    for number, who in enumerate(("alice", "bob", "group:dba"), 1):
        _grant(office, who, "root@db-1", EndTime=now + number * DAY)
    for text in (None, "db-1"):
        whole = _listed(office, Text=text)
        paged, token = [], None
        while True:
            page = office.call("admit", "ListGrants", Text=text, MaxResults=2, NextToken=token)
            paged += page["Grants"]
            token = page.get("NextToken")
            if token is None:
                break
        assert [
            (each["Subject"]["Name"], each["Resource"]["Label"], each["Status"]) for each in paged
        ] == whole
        assert len(whole) == 6


def test_a_page_looks_no_further_than_it_may_and_says_where_to_go_on(
    office: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(granted, "LOOKED_AT", 2)
    _grant(office, "alice", "root@db-1")
    _grant(office, "bob", "app@db-1")
    found, token, pages = [], None, 0
    while pages == 0 or token is not None:
        page = office.call("admit", "ListGrants", Kinds=["host account"], NextToken=token)
        found += page["Grants"]
        token, pages = page.get("NextToken"), pages + 1
    assert len(found) == 2
    assert pages == 2


def test_what_is_to_come_is_listed_by_when_it_begins(office: System, monkeypatch: pytest.MonkeyPatch) -> None:
    now = office.clock.now()
    _grant(office, "alice", "root@db-1", StartTime=now + 2 * DAY, EndTime=now + 3 * DAY)
    _grant(office, "bob", "root@db-1", StartTime=now + DAY)
    _grant(office, "group:dba", "root@db-1", StartTime=now - DAY)
    found = _listed(office, Kinds=["host account"], Status="future")
    assert [who for who, _, _ in found] == ["bob", "alice"]
    monkeypatch.setattr(granted, "AT_ONCE", 1)
    paged, token = [], None
    while len(paged) == 0 or token is not None:
        page = office.call(
            "admit", "ListGrants", Status="future", Kinds=["host account"], MaxResults=1, NextToken=token
        )
        paged += [each["Subject"]["Name"] for each in page["Grants"]]
        token = page.get("NextToken")
    assert paged == ["bob", "alice"]


@pytest.mark.parametrize("status", ["current", "active", "ending", "future", "ended", None])
def test_grants_of_few_things_are_listed_as_those_of_many(
    office: System, monkeypatch: pytest.MonkeyPatch, status: str | None
) -> None:
    desks: list[str] = []

    def body(tx: Tx) -> None:
        account = stored.find(tx.sql, stored.Where(Kind.ACCOUNT))[0]
        for number in range(3):
            made = things.add(
                tx,
                New(Kind.DELIVERY_GROUP, account.key, f"desk-{number}", UserGroupDetails(), f"aig-{number}"),
            )
            users = stored.find(tx.sql, stored.Where(Kind.USER))
            periods = (PERMANENT, Validity(0, tx.now + HOUR), Validity(0, tx.now - HOUR))
            later = Validity(tx.now + (number + 1) * HOUR, tx.now + DAY)
            for user, period in zip(users, (periods[number], later), strict=False):
                grants.grant(tx, user, made, period)
            desks.append(made.name)

    office.admit.store.write_now(AUTHOR, body)
    asked = {"Kinds": ["delivery group"], "Status": status, "MaxResults": 2}

    def all_of_them() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token = None
        while True:
            page = office.call("admit", "ListGrants", **asked, NextToken=token)
            found += page["Grants"]
            token = page.get("NextToken")
            if token is None:
                return found

    few = all_of_them()
    for name in ("FEW_THINGS", "FEW_GRANTS"):
        with monkeypatch.context() as patched:
            patched.setattr(granted, name, 1)
            assert all_of_them() == few
    assert {each["Resource"]["Name"] for each in few} <= set(desks)
    assert few


def test_a_past_moment_is_listed_as_it_stood(office: System) -> None:
    _grant(office, "alice", "root@db-1")
    office.advance(MINUTE)
    during = office.clock.now()
    office.advance(MINUTE)
    office.call("admit", "RevokeAccess", Subject="alice", Resource="root@db-1")
    _grant(office, "bob", "app@db-1")

    kinds = ["host account"]
    assert _listed(office, Kinds=kinds) == [("bob", "app@db-1", "active")]
    assert _listed(office, Kinds=kinds, At=during) == [("alice", "root@db-1", "active")]
    assert _listed(office, Kinds=kinds, At=during, Text="alice") == [("alice", "root@db-1", "active")]
    assert _listed(office, Kinds=kinds, At=during, Text="bob") == []


def test_what_is_attached_to_callers_is_no_grant(office: System) -> None:
    assert _listed(office) == []


def test_a_token_that_was_not_given_out_is_refused(office: System) -> None:
    with pytest.raises(Refused, match="NextToken"):
        office.call("admit", "ListGrants", NextToken="MKOS4xLjEuMQ")
