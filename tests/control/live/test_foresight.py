"""Sessions whose end is near: what is found out ahead counts, until somebody changes something."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from admit.control import grants, things
from admit.control.live.foresight import Foresight
from admit.control.live.session_checks import Ended
from admit.control.live.sessions import AT_ONCE, Live, Sessions
from admit.core.events import Event, LinkChanged, Named, SessionEnded, ThingChanged, ThingUnblocked
from admit.core.links import Kind
from admit.core.sessions import FORESEEN, Outcome, Standing
from admit.core.validity import HOUR, MINUTE
from tests.control.live.watched import Place, Terminal, until, watched
from tests.system import System

HALF = FORESEEN // 2
ENDED = "your access to root@db-1 ended: "
USER, GROUP = Named(Kind.USER, 1, "u", "alice"), Named(Kind.GROUP, 2, "g", "dba")
CAST = Named(Kind.RECORDING, 3, "r", "")


@pytest.fixture
def place(system: System) -> Place:
    found = Place(system)
    found.grant("dba", "root", found.lasting(10 * MINUTE))
    return found


async def half_a_second_before(place: Place, sessions: Sessions, lives: Sequence[Live]) -> None:
    """Let it become so late, and let what comes be foreseen."""
    place.system.advance(10 * MINUTE - HALF)
    await until(lambda: all(sessions.foresees(live) for live in lives))


def test_an_end_that_was_foreseen_comes_at_its_moment_though_nobody_can_be_asked(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unasked(*_: object) -> None:
        raise RuntimeError("nobody is to be asked")

    async def body() -> None:
        screens = [Terminal() for _ in range(AT_ONCE + 1)]
        async with watched(place) as sessions:
            lives = [await place.open(sessions, screen) for screen in screens]
            await half_a_second_before(place, sessions, lives)
            assert not any(screen.ended for screen in screens)
            monkeypatch.setattr("admit.control.live.sessions.judge", unasked)
            place.system.advance(HALF)
            await until(lambda: all(screen.ended for screen in screens))
            assert {tuple(screen.ended) for screen in screens} == {(f"{ENDED}the grant has ended",)}
            await until(lambda: all(place.row(live).outcome == "expired" for live in lives))
            assert {place.row(live).ended_at for live in lives} == {place.system.clock.now()}

    asyncio.run(body())


IN_THE_LAST_MOMENT: dict[str, tuple[Callable[[Place], object], list[str]]] = {
    "the grant is extended": (lambda place: place.grant("dba", "root", place.lasting(HOUR)), []),
    "another way opens": (lambda place: place.grant("alice", "root"), []),
    "its end is put off": (
        lambda place: place.write(
            lambda tx: grants.set_grace(tx, place.things["dba"], place.things["root"], HOUR)
        ),
        [],
    ),
    "the user is locked": (
        lambda place: place.write(lambda tx: things.block(tx, place.things["alice"], "locked")),
        [f"{ENDED}user:alice is locked"],
    ),
    "something else changes": (
        lambda place: place.grant("alice", "app"),
        [f"{ENDED}the grant has ended"],
    ),
}


@pytest.mark.parametrize(("change", "ended"), IN_THE_LAST_MOMENT.values(), ids=IN_THE_LAST_MOMENT)
def test_what_changes_after_it_was_foreseen_counts(
    place: Place, change: Callable[[Place], object], ended: list[str]
) -> None:
    async def body() -> None:
        screen = Terminal()
        async with watched(place) as sessions:
            live = await place.open(sessions, screen)
            await half_a_second_before(place, sessions, [live])
            change(place)
            place.system.advance(HALF)
            await sessions.look()
            await sessions.look()
            assert screen.ended == ended

    asyncio.run(body())


CHANGES: dict[str, tuple[Event, bool]] = {
    "a recording": (ThingChanged(CAST), True),
    "a session that is over": (SessionEnded("s", "ssh", USER, GROUP, 0, 1, "closed", ""), True),
    "a longer link": (LinkChanged(USER, GROUP, 0, 9, 0, 5), False),
    "an unlocked user": (ThingUnblocked(USER, "locked"), False),
    "another user": (ThingChanged(USER), False),
}


@pytest.mark.parametrize(("event", "stays"), CHANGES.values(), ids=CHANGES)
def test_what_was_foreseen_is_forgotten_once_something_may_open_a_way(
    place: Place, event: Event, *, stays: bool
) -> None:
    async def body() -> None:
        async with watched(place) as sessions:
            live = await place.open(sessions, Terminal())
            end, foresight = live.standing.until, Foresight()
            foresight.put(live.id, end, Ended(Outcome.EXPIRED, "over"))
            foresight.heed([event])
            assert (live.id in foresight.take([live], end)) is stays

    asyncio.run(body())


def test_only_an_end_that_has_come_is_taken_and_only_at_the_moment_it_is_at(place: Place) -> None:
    async def body() -> None:
        async with watched(place) as sessions:
            live = await place.open(sessions, Terminal())
            end, over = live.standing.until, Ended(Outcome.EXPIRED, "over")
            foresight = Foresight()
            foresight.put(live.id, end, over)
            assert foresight.take([live], end - 1) == {}
            foresight.put(live.id, end - 1, over)
            assert foresight.take([live], end) == {}
            foresight.put(live.id, end, Standing.on(place.decision()))
            assert foresight.take([live], end) == {}
            foresight.put(live.id, end, over)
            assert foresight.take([live], end) == {live.id: over}
            assert foresight.take([live], end) == {}

    asyncio.run(body())
