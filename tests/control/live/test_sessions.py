"""Live sessions: they end when access does, go on when it does, and say why."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from admit.control import grants, things
from admit.control.live import session_ledger
from admit.control.live.sessions import Live, Sessions
from admit.core.access import AccessDenied
from admit.core.events import SessionEnded
from admit.core.validity import DAY, FOREVER, HOUR, MINUTE
from admit.store import changes
from admit.store import sessions as stored
from tests.control.live.watched import ABOUT, Place, Terminal, until, watched
from tests.system import System


@pytest.fixture
def place(system: System) -> Place:
    return Place(system)


def played(place: Place, story: Callable[[Sessions, Live, Terminal], Awaitable[None]]) -> None:
    """Open a session of alice's at root@db-1, and let a story happen to it."""

    async def body() -> None:
        screen = Terminal()
        async with watched(place) as sessions:
            await story(sessions, await place.open(sessions, screen), screen)

    asyncio.run(body())


ENDS: dict[str, tuple[Callable[[Place], None], str, str]] = {
    "its grant is revoked": (
        lambda place: place.revoke("dba", "root"),
        "revoked",
        "the grant was revoked",
    ),
    "its person leaves the group": (
        lambda place: place.revoke("alice", "dba"),
        "revoked",
        "user:alice left group:dba",
    ),
    "its user is locked": (
        lambda place: place.write(lambda tx: things.block(tx, place.things["alice"], "locked")) and None,
        "revoked",
        "user:alice is locked",
    ),
    "its group is removed": (
        lambda place: place.write(lambda tx: things.remove(tx, place.things["dba"])),
        "revoked",
        "group:dba was removed",
    ),
    "its user is removed": (
        lambda place: place.write(lambda tx: things.remove(tx, place.things["alice"])),
        "revoked",
        "user:alice was removed",
    ),
    "its host is removed": (
        lambda place: place.write(lambda tx: things.remove(tx, place.things["db-1"])),
        "revoked",
        "root@db-1 was removed",
    ),
    "its grant is shortened to the past": (
        lambda place: place.grant("dba", "root", place.lasting(1)) or place.system.advance(1),
        "revoked",
        "the grant was changed",
    ),
}


@pytest.mark.parametrize("what", ENDS)
def test_a_session_ends_and_says_why_when(place: Place, what: str) -> None:
    change, outcome, reason = ENDS[what]
    place.grant("dba", "root")

    async def story(sessions: Sessions, live: Live, screen: Terminal) -> None:
        change(place)
        await until(lambda: screen.ended)
        assert screen.ended == [f"your access to root@db-1 ended: {reason}"]
        assert len(sessions) == 0
        await until(lambda: place.row(live).ended_at is not None)
        assert (place.row(live).outcome, place.row(live).reason) == (outcome, reason)

    played(place, story)


def test_a_session_ends_by_the_clock_alone_after_three_warnings(place: Place) -> None:
    place.grant("dba", "root", place.lasting(20 * MINUTE))

    async def story(sessions: Sessions, live: Live, screen: Terminal) -> None:
        for span, said in ((5, "15 minutes"), (10, "5 minutes"), (4, "1 minute")):
            assert not screen.ended
            count = len(screen.warned)
            place.system.advance(span * MINUTE)
            await until(lambda count=count: len(screen.warned) > count)
            assert screen.warned[-1] == f"your access to root@db-1 ends in {said}"
        place.system.advance(MINUTE - 1)
        await sessions.look()
        assert not screen.ended
        place.system.advance(1)
        await until(lambda: screen.ended)
        assert screen.ended == ["your access to root@db-1 ended: the grant has ended"]
        await until(lambda: place.row(live).ended_at == place.system.clock.now())
        assert place.row(live).outcome == "expired"

    played(place, story)


def test_another_open_path_keeps_a_session_alive_until_that_ends_too(place: Place) -> None:
    place.grant("dba", "root")
    place.grant("alice", "root", place.lasting(HOUR))

    async def story(sessions: Sessions, live: Live, screen: Terminal) -> None:
        place.revoke("dba", "root")
        await sessions.look()
        assert not screen.ended
        await until(lambda: place.row(live).until == place.decision().valid_until)
        place.system.advance(HOUR)
        await until(lambda: screen.ended)
        assert screen.ended == ["your access to root@db-1 ended: the grant has ended"]

    played(place, story)


def test_a_grant_that_is_extended_lets_its_sessions_go_on(place: Place) -> None:
    place.grant("dba", "root", place.lasting(2 * MINUTE))

    async def story(sessions: Sessions, _live: Live, screen: Terminal) -> None:
        assert screen.warned == ["your access to root@db-1 ends in 2 minutes"]
        place.grant("dba", "root", place.lasting(HOUR))
        place.system.advance(10 * MINUTE)
        await sessions.look()
        assert (screen.ended, len(screen.warned)) == ([], 1)

    played(place, story)


def test_a_grant_that_is_shortened_warns_at_once(place: Place) -> None:
    place.grant("dba", "root")

    async def story(sessions: Sessions, _live: Live, screen: Terminal) -> None:
        place.grant("dba", "root", place.lasting(3 * MINUTE))
        await sessions.look()
        assert screen.warned == ["your access to root@db-1 ends in 3 minutes"]

    played(place, story)


def _graced(place: Place, grace: int) -> None:
    place.grant("dba", "root", place.lasting(MINUTE))
    dba, root = place.things["dba"], place.things["root"]
    place.write(lambda tx: grants.set_grace(tx, dba, root, grace))


def test_a_drained_grant_lets_a_session_be_finished_and_no_other_begin(place: Place) -> None:
    _graced(place, FOREVER)

    async def story(sessions: Sessions, live: Live, screen: Terminal) -> None:
        place.system.advance(DAY)
        await sessions.look()
        assert screen.warned[-1] == "your access to root@db-1 has ended; this session may be finished"
        assert not place.decision().allowed
        live.closed("the shell ended")
        await until(lambda: place.row(live).ended_at is not None)
        assert (place.row(live).outcome, screen.ended) == ("closed", [])

    played(place, story)


def test_what_goes_on_after_its_end_ends_when_its_grace_is_over(place: Place) -> None:
    _graced(place, 10 * MINUTE)

    async def story(sessions: Sessions, _live: Live, screen: Terminal) -> None:
        place.system.advance(MINUTE)
        await sessions.look()
        said = "your access to root@db-1 has ended; this session goes on for 10 minutes"
        assert screen.warned[-1] == said
        place.system.advance(10 * MINUTE - 1)
        await sessions.look()
        assert not screen.ended
        place.system.advance(1)
        await until(lambda: screen.ended)

    played(place, story)


@pytest.mark.parametrize(
    "change",
    [
        lambda place: place.revoke("dba", "root"),
        lambda place: place.revoke("alice", "dba"),
        lambda place: place.write(lambda tx: things.block(tx, place.things["alice"], "locked")),
        lambda place: place.write(
            lambda tx: grants.set_grace(tx, place.things["dba"], place.things["root"], 0)
        ),
    ],
    ids=["revoked", "left", "locked", "no longer drained"],
)
def test_what_goes_on_after_its_end_is_cut_when_access_is_taken_away(
    place: Place, change: Callable[[Place], object]
) -> None:
    _graced(place, FOREVER)

    async def story(sessions: Sessions, _live: Live, screen: Terminal) -> None:
        place.system.advance(DAY)
        await sessions.look()
        assert not screen.ended
        change(place)
        await until(lambda: screen.ended)

    played(place, story)


def test_what_is_revoked_ends_at_once_though_its_grant_would_drain(place: Place) -> None:
    _graced(place, FOREVER)

    async def story(_sessions: Sessions, _live: Live, screen: Terminal) -> None:
        place.revoke("dba", "root")
        await until(lambda: screen.ended)
        assert screen.ended == ["your access to root@db-1 ended: the grant was revoked"]

    played(place, story)


def test_a_session_is_not_opened_when_access_ended_after_the_permit(place: Place) -> None:
    place.grant("dba", "root")

    async def body() -> None:
        async with watched(place) as sessions:
            permit = place.decision().permit()
            place.revoke("dba", "root")
            with pytest.raises(AccessDenied):
                await sessions.open(permit, place.things["alice"], ABOUT, Terminal())
            assert len(sessions) == 0
        with place.system.admit.store.read() as sql:
            assert stored.find(sql, stored.Which(), 10) == []

    asyncio.run(body())


def test_a_gate_that_stops_ends_its_sessions_and_says_so(place: Place) -> None:
    place.grant("dba", "root")
    seen: list[tuple[Live, Terminal]] = []

    async def story(_sessions: Sessions, live: Live, screen: Terminal) -> None:
        seen.append((live, screen))

    played(place, story)
    ((live, screen),) = seen
    assert screen.ended == ["your access to root@db-1 ended: the gate stopped"]
    assert place.row(live).outcome == "stopped"


def test_an_ordered_end_is_carried_out_and_tells_who_and_why(place: Place) -> None:
    place.grant("dba", "root")

    async def story(_sessions: Sessions, live: Live, screen: Terminal) -> None:
        place.write(lambda tx: session_ledger.order_end(tx, place.row(live), "maintenance"))
        await until(lambda: screen.ended)
        assert screen.ended == ["your access to root@db-1 ended: root ended it: maintenance"]
        await until(lambda: place.row(live).outcome == "ended")

    played(place, story)


def test_the_ledger_has_the_end_of_every_session_once(place: Place) -> None:
    place.grant("dba", "root")

    async def story(_sessions: Sessions, live: Live, _screen: Terminal) -> None:
        live.closed("the shell ended")

    played(place, story)
    store = place.system.admit.store
    assert [session_ledger.record_ends(store), session_ledger.record_ends(store)] == [1, 0]
    with store.read() as sql:
        (told,) = [each.event for each in changes.after(sql, 0, 1000) if isinstance(each.event, SessionEnded)]
    assert (told.person.name, told.resource.name, told.outcome) == ("alice", "root", "closed")
