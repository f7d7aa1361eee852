"""Exactly those sessions end of which asking anew says that access is over, whatever was changed before."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from admit.control import grants, things
from admit.control.live.sessions import Live, Sessions
from admit.core.validity import PERMANENT, Validity
from admit.store.engine import Tx
from tests.control.live.watched import Place, Terminal, watched
from tests.system import System

PAIRS = [
    ("alice", "dba"),
    ("alice", "ops"),
    ("dba", "root"),
    ("ops", "root"),
    ("alice", "root"),
    ("dba", "app"),
    ("alice", "app"),
]


@dataclass(frozen=True)
class Step:
    """One verb, on a pair of things or on one, or time that passes."""

    verb: str
    on: tuple[str, ...] = ()
    period: tuple[int, int] | None = None
    span: int = 0


periods = st.none() | st.tuples(st.integers(-5, 5), st.integers(1, 20))
"""From when on, seen from now, and how long."""
steps = st.one_of(
    st.builds(Step, st.just("grant"), st.sampled_from(PAIRS), periods),
    st.builds(Step, st.just("revoke"), st.sampled_from(PAIRS)),
    st.builds(
        Step,
        st.sampled_from(["block", "unblock"]),
        st.sampled_from([("alice",), ("dba",), ("root",)]),
    ),
    st.builds(Step, st.just("remove"), st.just(("ops",))),
    st.builds(Step, st.just("open"), st.sampled_from([("root",), ("app",)])),
    st.builds(Step, st.just("wait"), span=st.integers(1, 10)),
)
calls = st.lists(st.lists(steps, min_size=1, max_size=3), min_size=3, max_size=10)


@dataclass
class Played:
    """A place, and the sessions that are open at it."""

    place: Place
    sessions: Sessions
    open: dict[str, tuple[Live, Terminal]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    async def take(self, taken: list[Step]) -> None:
        """Change the policy in one transaction, then let time pass, then open sessions."""
        self.place.write(lambda tx: [self._change(tx, step) for step in taken])
        for step in taken:
            if step.verb == "wait":
                self.place.system.advance(step.span)
            elif step.verb == "open" and self.place.decision(resource=step.on[0]).allowed:
                screen = Terminal()
                live = await self.place.open(self.sessions, screen, step.on[0])
                self.open[live.id] = live, screen

    def _change(self, tx: Tx, step: Step) -> None:
        if self.gone.intersection(step.on):
            return
        on = [self.place.things[name] for name in step.on]
        if step.verb == "grant":
            validity = self._validity(step)
            if not grants.grant(tx, *on, validity):
                grants.set_validity(tx, *on, validity)
        elif step.verb == "revoke":
            grants.revoke(tx, *on)
        elif step.verb == "block":
            things.block(tx, on[0], "locked")
        elif step.verb == "unblock":
            things.unblock(tx, on[0], "locked")
        elif step.verb == "remove":
            things.remove(tx, on[0])
            self.gone |= {*step.on}

    def _validity(self, step: Step) -> Validity:
        if step.period is None:
            return PERMANENT
        start = self.place.system.clock.now() + step.period[0]
        return Validity(start, start + step.period[1])

    def compare(self) -> None:
        """What lives may; what has just ended may not, and was told so once."""
        for session, (live, screen) in list(self.open.items()):
            allowed = self.place.decision(resource=live.about.login).allowed
            assert len(screen.ended) == (0 if allowed else 1), (screen, live.standing)
            if not allowed:
                del self.open[session]
        assert all(live.standing.until > self.place.system.clock.now() for live, _ in self.open.values())


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """One loop for all examples: the threads of each would keep connections of their own."""
    with asyncio.Runner() as found:
        yield found


@given(calls)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_what_lives_may_and_what_ended_may_not(
    system: System, runner: asyncio.Runner, made: list[list[Step]]
) -> None:
    async def body() -> None:
        place = Place(system)
        place.grant("dba", "root")
        async with watched(place) as sessions:
            played = Played(place, sessions)
            await played.take([Step("open", ("root",))])
            for taken in made:
                await played.take(taken)
                await sessions.look()
                played.compare()
                assert len(sessions) == len(played.open)

    runner.run(body())
