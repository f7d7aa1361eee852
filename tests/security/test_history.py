"""History: what happens at one moment, in one transaction, or under a clock that goes back."""

from dataclasses import dataclass

import msgspec
import pytest

from admit.control import access, grants, things
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import HOUR, MINUTE, SECOND, Millis, Validity
from admit.store.engine import Author, Tx
from admit.store.things import Thing
from admit.store.verification import verify
from tests.system import System

AUTHOR = Author("admit", "test", "request")


class Details(msgspec.Struct):
    """Nothing is kept of these."""


@dataclass
class Pair:
    """A group and a host, and what is done to them."""

    system: System
    group: Thing
    host: Thing

    def write(self, body) -> None:
        self.system.admit.store.write_now(AUTHOR, body)

    def grant(self, tx: Tx) -> None:
        grants.grant(tx, self.group, self.host)

    def revoke(self, tx: Tx) -> None:
        assert grants.revoke(tx, self.group, self.host)

    def may(self, at: Millis | None = None) -> bool:
        with self.system.admit.store.read() as sql:
            now = self.system.clock.now()
            return access.ask(sql, self.group.ref, self.host.ref, now, at).allowed

    def fault(self) -> str | None:
        with self.system.admit.store.read() as sql:
            return verify(sql, self.system.admit.world.sealer.subkey("ledger")).fault


@pytest.fixture
def pair(system: System) -> Pair:
    parent = system.admit.world.account_key

    def make(tx: Tx) -> tuple[Thing, Thing]:
        group = things.add(tx, New(Kind.GROUP, parent, "dba", Details()))
        return group, things.add(tx, New(Kind.HOST, parent, "db-1", Details()))

    made = system.admit.store.write_now(AUTHOR, make)
    system.advance(MINUTE)
    return Pair(system, *made)


def test_a_link_made_and_taken_back_again_and_again_in_one_transaction_is_as_it_was_left(pair):
    def body(tx: Tx) -> None:
        for _ in range(3):
            pair.grant(tx)
            pair.revoke(tx)

    pair.write(body)
    assert not pair.may()
    assert pair.fault() is None

    def again(tx: Tx) -> None:
        body(tx)
        pair.grant(tx)

    pair.write(again)
    assert pair.may()
    assert pair.fault() is None


def test_a_link_given_one_period_after_the_other_in_one_transaction_has_the_last(pair):
    now = pair.system.clock.now()
    pair.write(pair.grant)
    pair.system.advance(MINUTE)

    def body(tx: Tx) -> None:
        for hours in (1, 2, 3):
            grants.set_validity(tx, pair.group, pair.host, Validity(now, now + hours * HOUR))

    pair.write(body)
    pair.system.advance(2 * HOUR)
    assert pair.may()
    assert pair.may(now)
    pair.system.advance(HOUR)
    assert not pair.may()
    assert pair.fault() is None


def test_of_two_changes_in_one_millisecond_the_last_is_what_held(pair):
    moment = pair.system.clock.now()
    for verb in (pair.grant, pair.revoke, pair.grant, pair.revoke):
        pair.write(verb)
    pair.system.advance(SECOND)
    assert not pair.may(moment)

    pair.write(pair.grant)
    moment = pair.system.clock.now()
    for verb in (pair.revoke, pair.grant):
        pair.write(verb)
    pair.system.advance(SECOND)
    assert pair.may(moment)
    assert pair.fault() is None


def test_blocks_that_come_and_go_in_one_millisecond_are_as_they_were_left(pair):
    pair.write(pair.grant)
    pair.system.advance(SECOND)
    moment = pair.system.clock.now()

    def blink(tx: Tx) -> None:
        for _ in range(3):
            assert things.block(tx, pair.host, "locked")
            assert things.unblock(tx, pair.host, "locked")

    pair.write(blink)
    assert pair.may()

    def block(tx: Tx) -> None:
        assert things.block(tx, pair.host, "locked")

    pair.write(block)
    pair.system.advance(SECOND)
    assert not pair.may()
    assert not pair.may(moment)
    assert pair.may(moment - 1)
    assert pair.fault() is None


def test_under_a_clock_that_is_set_back_every_change_is_still_made_and_the_ledger_whole(pair):
    pair.write(pair.grant)
    pair.write(lambda tx: things.block(tx, pair.host, "locked"))
    pair.system.advance(-10 * SECOND)

    pair.write(lambda tx: things.unblock(tx, pair.host, "locked"))
    assert pair.may()
    pair.write(pair.revoke)
    assert not pair.may()
    pair.write(pair.grant)
    pair.write(lambda tx: things.block(tx, pair.host, "locked"))
    assert not pair.may()
    pair.system.advance(10 * SECOND)
    pair.write(lambda tx: things.unblock(tx, pair.host, "locked"))
    pair.write(lambda tx: things.block(tx, pair.host, "locked"))
    assert not pair.may()
    pair.write(pair.revoke)
    assert pair.fault() is None
