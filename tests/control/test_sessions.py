"""Live sessions: they end when access does, go on when it does, and say why."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from admit.control import things
from admit.control.sessions import Live, Sessions
from admit.core.validity import MINUTE
from tests.control.watched import Place, Terminal, until, watched
from tests.system import System


@pytest.fixture
def place(system: System) -> Place:
    return Place(system)


def played(
    place: Place, story: Callable[[Sessions, Live, Terminal], Awaitable[None]], node: str = "gate"
) -> None:
    """Open a session of alice's at root@db-1, and let a story happen to it."""

    async def body() -> None:
        screen = Terminal()
        async with watched(place, node) as sessions:
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
