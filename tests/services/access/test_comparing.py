"""Two moments compared: who gained, who lost, by whose doing or because a time came."""

from typing import Any

import pytest

from admit.control import grants, people, things
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import MINUTE
from admit.services.bastionhost.user_groups import UserGroupDetails
from admit.store import things as stored
from admit.store.engine import Author, Tx
from tests.callers import Callers, refused, statement
from tests.system import System


@pytest.fixture
def office(system: System) -> System:
    """alice in the group dba, bob in none; root on the host db-1."""

    def body(tx: Tx) -> None:
        bastion = stored.find(tx.sql, stored.Where(Kind.BASTION))[0]
        empty = UserGroupDetails()
        alice = people.add_user(tx, New(Kind.USER, bastion.key, "alice", empty))
        people.add_user(tx, New(Kind.USER, bastion.key, "bob", empty))
        dba = things.add(tx, New(Kind.GROUP, bastion.key, "dba", empty))
        host = things.add(tx, New(Kind.HOST, bastion.key, "db-1", empty))
        things.add(tx, New(Kind.HOST_ACCOUNT, host.key, "root", empty))
        grants.grant(tx, alice, dba)

    system.admit.store.write_now(Author("acs:ram::1:root", "test", "request"), body)
    system.advance(MINUTE)
    return system


def moment(system: System) -> int:
    """This moment; the next thing happens a minute later."""
    now = system.clock.now()
    system.advance(MINUTE)
    return now


def compared(system: System, start: int, end: int | None = None) -> dict[str, Any]:
    return system.call("admit", "CompareAccess", StartTime=start, EndTime=end)


def pairs(changes: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(each["Person"], each["Resource"]) for each in changes}


def test_a_gain_is_told_with_who_made_it_by_which_call(office: System) -> None:
    key = Callers(office).user("granter", statement("Allow", "admit:GrantAccess"))
    start = moment(office)
    granted = office.call("admit", "GrantAccess", key, Subject="group:dba", Resource="root@db-1")

    told = compared(office, start)

    assert (told["Complete"], told["ChangeCount"], told["Lost"]) == (True, 2, [])
    assert pairs(told["Gained"]) == {("alice", "host:db-1"), ("alice", "root@db-1")}
    (cause,) = told["Gained"][1]["Causes"]
    assert cause["Text"] == "group:dba was joined to root@db-1"
    assert (cause["Action"], cause["RequestId"]) == ("admit:GrantAccess", granted["RequestId"])
    assert cause["By"].endswith(":user/granter")


def test_a_loss_is_told_by_the_path_there_was(office: System) -> None:
    office.call("admit", "GrantAccess", Subject="bob", Resource="host:db-1")
    start = moment(office)
    office.call("admit", "RevokeAccess", Subject="bob", Resource="host:db-1")

    (lost,) = compared(office, start)["Lost"]

    assert [step["Label"] for step in lost["Path"]] == ["bob", "user:bob", "host:db-1"]
    assert lost["Causes"][0]["Text"] == "user:bob was parted from host:db-1"


def test_what_ended_by_its_time_is_a_loss_nobody_made(office: System) -> None:
    end = office.clock.now() + 5 * MINUTE
    office.call("admit", "GrantAccess", Subject="bob", Resource="host:db-1", EndTime=end)
    start = moment(office)
    office.advance(10 * MINUTE)

    told = compared(office, start)

    assert (told["ChangeCount"], pairs(told["Lost"])) == (0, {("bob", "host:db-1")})
    (cause,) = told["Lost"][0]["Causes"]
    assert (cause["Text"], cause["At"]) == ("the link from user:bob to host:db-1 ended by its time", end)
    assert "By" not in cause


def test_a_lock_is_a_loss_and_what_is_undone_in_between_is_none(office: System) -> None:
    office.call("admit", "GrantAccess", Subject="bob", Resource="host:db-1")
    with office.admit.store.read() as sql:
        bastion = stored.find(sql, stored.Where(Kind.BASTION))[0]
        (bob,) = stored.named(sql, Kind.USER, "bob")
    of = {"InstanceId": bastion.id, "UserIds": [bob.id]}
    start = moment(office)
    office.call("yundun-bastionhost", "LockUsers", **of)
    locked = moment(office)
    office.call("yundun-bastionhost", "UnlockUsers", **of)

    while_locked, since = compared(office, start, locked), compared(office, start)

    assert pairs(while_locked["Lost"]) == {("bob", "host:db-1")}
    assert while_locked["Lost"][0]["Causes"][0]["Text"] == "user:bob was locked"
    assert (since["Lost"], since["Gained"], since["ChangeCount"]) == ([], [], 2)


def test_another_end_is_told_with_the_one_before(office: System) -> None:
    first, second = (office.clock.now() + hours * 60 * MINUTE for hours in (1, 2))
    office.call("admit", "GrantAccess", Subject="bob", Resource="host:db-1", EndTime=first)
    start = moment(office)
    office.call("admit", "GrantAccess", Subject="bob", Resource="host:db-1", EndTime=second)

    (moved,) = compared(office, start)["Changed"]

    assert (moved["WasUntil"], moved["ValidUntil"]) == (first, second)


def test_what_holds_shorter_since_another_path_was_cut_is_told_with_what_cut_it(office: System) -> None:
    first, second = (office.clock.now() + hours * 60 * MINUTE for hours in (1, 2))
    office.call("admit", "GrantAccess", Subject="alice", Resource="host:db-1", EndTime=first)
    office.call("admit", "GrantAccess", Subject="group:dba", Resource="host:db-1", EndTime=second)
    start = moment(office)
    office.call("admit", "RevokeAccess", Subject="group:dba", Resource="host:db-1")

    (moved,) = compared(office, start)["Changed"]

    assert [step["Label"] for step in moved["Path"]] == ["alice", "user:alice", "host:db-1"]
    assert (moved["WasUntil"], moved["ValidUntil"]) == (second, first)
    assert [cause["Text"] for cause in moved["Causes"]] == ["group:dba was parted from host:db-1"]


def test_what_is_to_come_is_compared_by_the_policy_of_now(office: System) -> None:
    now = office.clock.now()
    office.call("admit", "GrantAccess", Subject="bob", Resource="host:db-1", EndTime=now + 60 * MINUTE)

    told = compared(office, now + MINUTE, now + 120 * MINUTE)

    assert pairs(told["Lost"]) == {("bob", "host:db-1")}
    assert refused(office.call, "admit", "CompareAccess", StartTime=now, EndTime=now - 1) == (
        400,
        "InvalidParameter.EndTime",
    )
