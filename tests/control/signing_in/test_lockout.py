"""Lock-out: who guesses waits, and nobody else can be made to."""

import asyncio
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from admit.control.signing_in import lockout as rules
from admit.control.signing_in.lockout import (
    FOR_ONE_NAME,
    FROM_ONE_PLACE,
    KNOWN_FOR,
    OF_ONE_PLACE,
    Lockout,
    after_wrong,
    place,
    sweep,
    taken_back,
)
from admit.core.validity import HOUR, MINUTE, Millis
from admit.store.sign_in_tables import known_places, wrong_tries
from admit.store.wrong_tries import Count
from tests.system import System

HOME, STRANGER = "192.0.2.1", "203.0.113.9"


@pytest.fixture
def lockout(system: System) -> Lockout:
    return Lockout(system.admit.store, system.admit.world)


def _turns(lockout: Lockout, *tries: tuple[str, str]) -> list[Millis]:
    async def take() -> list[Millis]:
        return [await lockout.take_turn(name, peer) for name, peer in tries]

    return asyncio.run(take())


def _all(*each: Awaitable[object]) -> None:
    async def wait() -> None:
        for one in each:
            await one

    asyncio.run(wait())


def _kept(system: System) -> tuple[int, int]:
    with system.admit.store.read() as sql:
        tables = (wrong_tries, known_places)
        first, second = (
            sql.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        )
    return first, second


def test_five_wrong_tries_cost_a_minute_and_each_more_twice_as_long_up_to_fifteen() -> None:
    count, now, pauses = Count(), HOUR, []
    for _ in range(11):
        count = after_wrong(count, 5, now)
        pauses.append(max(0, count.until - now))
        now += pauses[-1]
    assert [pause // MINUTE for pause in pauses] == [0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15]


def test_wrong_tries_are_forgotten_after_a_quiet_hour() -> None:
    once = after_wrong(Count(), 2, HOUR)
    assert after_wrong(once, 2, 2 * HOUR - 1).until > 2 * HOUR
    assert after_wrong(once, 2, 2 * HOUR) == Count(1, 2 * HOUR, once.until)


def test_what_is_taken_back_keeps_the_pause_of_the_others() -> None:
    few, many = Count(5, HOUR, HOUR + MINUTE), Count(7, HOUR, HOUR + MINUTE)
    assert taken_back(few, 5) == Count(4, HOUR, 0)
    assert taken_back(many, 5) == Count(6, HOUR, HOUR + MINUTE)
    assert taken_back(Count(), 5) == Count()


def test_a_pause_ends_at_its_moment(system: System, lockout: Lockout) -> None:
    assert _turns(lockout, *[("alice", STRANGER)] * (FROM_ONE_PLACE + 1)) == [0] * FROM_ONE_PLACE + [MINUTE]
    system.advance(MINUTE - 1)
    assert _turns(lockout, ("alice", STRANGER)) == [1]
    system.advance(1)
    assert _turns(lockout, ("alice", STRANGER), ("alice", STRANGER)) == [0, 2 * MINUTE]


def test_a_stranger_locks_out_only_their_own_place(lockout: Lockout) -> None:
    _turns(lockout, *[("alice", STRANGER)] * FROM_ONE_PLACE)
    assert _turns(lockout, ("alice", STRANGER), ("alice", HOME)) == [MINUTE, 0]


def test_many_places_together_pause_a_name_but_not_where_it_has_signed_in_before(lockout: Lockout) -> None:
    _all(lockout.came_in(("alice",), HOME))
    _turns(lockout, *(("alice", f"198.51.100.{number}") for number in range(FOR_ONE_NAME)))
    assert _turns(lockout, ("alice", STRANGER), ("alice", HOME), ("bob", STRANGER)) == [MINUTE, 0, 0]


def test_one_password_tried_on_everybody_pauses_the_place(lockout: Lockout) -> None:
    _turns(lockout, *((f"user-{number}", STRANGER) for number in range(OF_ONE_PLACE)))
    assert _turns(lockout, ("alice", STRANGER)) == [MINUTE]


def test_an_account_of_ones_own_does_not_let_one_guess_at_others_without_end(lockout: Lockout) -> None:
    taken = 0
    for number in range(2 * OF_ONE_PLACE):
        taken += _turns(lockout, (f"user-{number}", STRANGER)) == [0]
        if _turns(lockout, ("mallory", STRANGER)) == [0]:
            _all(lockout.was_right("mallory", STRANGER))
    assert taken == OF_ONE_PLACE


def test_a_right_try_gives_back_what_it_cost(system: System, lockout: Lockout) -> None:
    for _ in range(2 * OF_ONE_PLACE):
        assert _turns(lockout, ("alice", HOME)) == [0]
        _all(lockout.was_right("alice", HOME))
    with system.admit.store.read() as sql:
        left = sql.execute(select(wrong_tries.c.wrong)).scalars().all()
    assert not any(left)


def test_tries_at_the_same_moment_are_all_counted_whichever_node_takes_them(system: System) -> None:
    nodes = [Lockout(system.admit.store, system.admit.world) for _ in range(3)]

    def tries(node: Lockout) -> list[Millis]:
        return _turns(node, *[("alice", STRANGER)] * 10)

    with ThreadPoolExecutor(len(nodes)) as pool:
        pauses = [pause for told in pool.map(tries, nodes) for pause in told]
    assert sorted(pauses) == [0] * FROM_ONE_PLACE + [MINUTE] * (30 - FROM_ONE_PLACE)


def test_what_is_not_taken_writes_nothing(system: System, lockout: Lockout) -> None:
    _turns(lockout, *((f"user-{number}", STRANGER) for number in range(OF_ONE_PLACE)))
    before = _kept(system)
    _turns(lockout, *((f"stranger-{number}", STRANGER) for number in range(50)))
    assert _kept(system) == before


def test_no_name_that_was_typed_is_kept(system: System, lockout: Lockout) -> None:
    _turns(lockout, ("Correct-Horse-7", STRANGER))
    _all(lockout.came_in(("Correct-Horse-7",), STRANGER))
    with system.admit.store.read() as sql:
        kept = [*sql.execute(select(wrong_tries.c.counted)).scalars()]
        kept += sql.execute(select(known_places.c.place)).scalars()
    assert {len(each) for each in kept} == {32}


def test_what_is_forgotten_is_swept(system: System, lockout: Lockout) -> None:
    _turns(lockout, ("alice", STRANGER))
    _all(lockout.came_in(("bob",), HOME))
    for later, left in ((HOUR, (3, 1)), (1, (0, 1)), (KNOWN_FOR - HOUR, (0, 0))):
        system.advance(later)
        system.admit.store.beside(lambda sql: sweep(sql, system.clock.now()))
        assert _kept(system) == left


def test_strangers_do_not_fill_the_database(
    system: System, lockout: Lockout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "REMEMBERED", 10)
    for number in range(20):
        _turns(lockout, (f"user-{number}", f"198.51.100.{number}"))
        _all(lockout.came_in((f"user-{number}",), HOME))
        system.advance(1)
    _turns(lockout, *[("alice", STRANGER)] * FROM_ONE_PLACE)
    system.admit.store.beside(lambda sql: sweep(sql, system.clock.now()))
    tries, places = _kept(system)
    assert (tries <= 10, places) == (True, 10)
    assert _turns(lockout, ("alice", STRANGER)) == [MINUTE]


def test_a_place_is_what_one_subscriber_has() -> None:
    assert place("2001:db8:1:2::1") == place("2001:db8:1:2:ffff::9") != place("2001:db8:1:3::1")
    assert place("::ffff:192.0.2.1") == place("192.0.2.1") != place("192.0.2.2")
    assert place("fe80::1%eth0") == place("fe80::2%eth1")
    assert place("a socket") == "a socket"
