"""Lists to be looked through now and then: what ends soon, what nobody uses, who comes through something."""

from typing import Any

import pytest

from admit.control import grants, people, things
from admit.control.things import New
from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.core.links import Kind
from admit.core.validity import DAY, HOUR, MINUTE
from admit.services.bastionhost.user_groups import UserGroupDetails
from admit.store import things as stored
from admit.store.engine import Author, Tx
from admit.store.things import Thing
from tests.system import Refused, System

AUTHOR = Author("acs:ram::1:root", "test", "request")


class Office:
    """alice in the group dba, bob in none; the accounts root and app on the host db-1."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.made: dict[str, Thing] = system.admit.store.write_now(AUTHOR, self._fill)

    def _fill(self, tx: Tx) -> dict[str, Thing]:
        bastion = stored.find(tx.sql, stored.Where(Kind.BASTION))[0]
        empty = UserGroupDetails()
        made = {
            name: people.add_user(tx, New(Kind.USER, bastion.key, name, empty)) for name in ("alice", "bob")
        }
        made["dba"] = things.add(tx, New(Kind.GROUP, bastion.key, "dba", empty))
        made["db-1"] = things.add(tx, New(Kind.HOST, bastion.key, "db-1", empty))
        for name in ("root", "app"):
            made[name] = things.add(tx, New(Kind.HOST_ACCOUNT, made["db-1"].key, name, empty))
        grants.grant(tx, made["alice"], made["dba"])
        return made

    def grant(self, subject: str, resource: str, **period: Any) -> None:
        self.system.call("admit", "GrantAccess", Subject=subject, Resource=resource, **period)

    def use(self, user: str, account: str, action: str = "ssh") -> None:
        """Let a door note that somebody was let in."""
        kind = ActivityKind.DECISION if action.startswith("admit:") else ActivityKind.SESSION_OPENED
        who, what = self.made[user], self.made[account]
        noted = Activity(
            self.system.clock.now(),
            kind,
            Outcome.OK,
            user,
            action,
            user=Mention(user, who.key),
            resource=Mention(account, what.key),
        )
        world = self.system.admit.world
        world.activities.note(noted)
        world.activities.write(self.system.admit.store, world.metrics)

    def unused(self, **parameters: Any) -> set[tuple[str, str]]:
        told = self.system.call("admit", "ListUnused", **parameters)["Grants"]
        return {(each["Subject"]["Label"], each["Resource"]["Label"]) for each in told}


@pytest.fixture
def office(system: System) -> Office:
    return Office(system)


def test_a_grant_that_nobody_used_is_listed_once_it_is_old_enough(office: Office) -> None:
    office.grant("bob", "root@db-1")
    office.system.advance(30 * DAY - MINUTE)
    assert office.unused(Days=30) == set()

    office.system.advance(MINUTE)
    assert office.unused(Days=30) == {("user:bob", "host:db-1"), ("user:bob", "root@db-1")}


def test_what_a_member_of_a_group_uses_is_used_by_the_group_and_of_the_host(office: Office) -> None:
    office.grant("group:dba", "root@db-1")
    office.grant("bob", "root@db-1")
    office.grant("group:dba", "app@db-1")
    office.system.advance(40 * DAY)
    office.use("alice", "root")
    office.system.advance(DAY)

    assert office.unused(Days=30) == {
        ("group:dba", "app@db-1"),
        ("user:bob", "host:db-1"),
        ("user:bob", "root@db-1"),
    }
    office.system.advance(30 * DAY)
    assert ("group:dba", "root@db-1") in office.unused(Days=30)


def test_to_ask_whether_somebody_may_is_not_to_use(office: Office) -> None:
    office.grant("bob", "app@db-1")
    office.system.advance(40 * DAY)
    office.use("bob", "app", action="admit:CheckAccess")

    assert ("user:bob", "app@db-1") in office.unused(Days=30)


def test_what_has_ended_or_is_to_begin_is_not_called_unused(office: Office) -> None:
    now = office.system.clock.now()
    office.grant("bob", "root@db-1", EndTime=now + DAY)
    office.grant("bob", "app@db-1", StartTime=now + 50 * DAY)
    office.system.advance(40 * DAY)

    assert office.unused(Days=30) == set()


def test_no_more_is_asked_of_the_past_than_is_kept(office: Office) -> None:
    with pytest.raises(Refused) as refused:
        office.unused(Days=366)

    assert refused.value.code == "InvalidParameter.Days"


def test_what_ends_within_some_hours_is_listed_in_the_order_of_its_end(office: Office) -> None:
    now = office.system.clock.now()
    office.grant("bob", "root@db-1", EndTime=now + 30 * HOUR)
    office.grant("bob", "app@db-1", EndTime=now + 2 * HOUR)

    def ending(hours: int) -> list[str]:
        told = office.system.call("admit", "ListGrants", Status="ending", Hours=hours)["Grants"]
        return [each["Resource"]["Label"] for each in told if each["Resource"]["Kind"] == "host account"]

    assert ending(1) == []
    assert ending(2) == ["app@db-1"]
    assert ending(48) == ["app@db-1", "root@db-1"]


def test_everybody_with_a_way_through_a_group_or_a_host_is_listed(office: Office) -> None:
    office.grant("group:dba", "root@db-1")
    office.grant("bob", "app@db-1")

    def through(thing: str) -> list[tuple[str, str]]:
        told = office.system.call("admit", "ListThrough", Thing=thing)["People"]
        return [(each["Name"], each["Path"][-1]["Label"]) for each in told]

    assert through("group:dba") == [("alice", "group:dba")]
    assert through("host:db-1") == [("alice", "host:db-1"), ("bob", "host:db-1")]
    with pytest.raises(Refused):
        through("group:nobody")
