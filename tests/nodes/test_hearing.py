"""Who names no revision: what another node acknowledged holds in every answer, and ends what is live at once.

A node hears of a change by a word of the database, and looks by itself besides. Each is tried without the
other, on a loop for which time stands still: neither a busy machine nor luck decides.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from copy import copy
from dataclasses import dataclass

import pytest

from admit.base.chance import Chance
from admit.base.clock import FakeClock
from admit.control.answers import indexing
from admit.main import create, open_admit
from admit.settings import Settings
from admit.store.replica import AT_ONCE
from tests.control.live.watched import Place, Terminal, until, watched
from tests.databases import Cluster
from tests.system import System

pytestmark = pytest.mark.postgres

PROMISED_S = 1.0
"""How long access may go on after its revoke is acknowledged."""


class StillLoop(asyncio.SelectorEventLoop):
    """A loop for which no time passes but what it is told."""

    passed_s = 0.0

    def time(self) -> float:
        return self.passed_s


@dataclass
class Pair:
    """Two nodes of one database: what is changed here must hold there."""

    here: Place
    there: Place

    def may_there(self) -> bool:
        """What the other node answers to somebody who names no revision."""
        answer = self.there.system.call("admit", "CheckAccess", Person="alice", Resource="root@db-1")
        return bool(answer["Decision"]["Allowed"])


@pytest.fixture(scope="module")
def pair(server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    data, url = tmp_path_factory.mktemp("hearing") / "data", server.url(server.new_database())
    settings, clock = Settings(data=data, database_url=url), FakeClock()
    founded = create(settings, clock, Chance.seeded(1))
    here, there = (
        System(open_admit(settings, clock, Chance.seeded(seed)), clock, founded) for seed in (2, 3)
    )
    place = Place(here)
    elsewhere = copy(place)
    elsewhere.system = there
    yield Pair(place, elsewhere)
    for each in (there, here):
        each.admit.close()


@pytest.mark.parametrize("changes", [1, AT_ONCE + 1], ids=["behind", "far behind"])
def test_an_answer_is_by_what_was_acknowledged_though_the_node_has_heard_nothing(
    pair: Pair, changes: int
) -> None:
    admit = pair.there.system.admit
    pair.here.grant("dba", "root")
    assert indexing.keep(admit.store, admit.world)
    assert pair.may_there()
    pair.here.revoke("dba", "root")
    for number in range(changes - 1):
        (pair.here.revoke if number % 2 else pair.here.grant)("ops", "app")
    index = admit.store.replica.newest
    assert index is not None
    assert index.revision == pair.here.system.revision() - changes
    assert not pair.may_there()


@asynccontextmanager
async def session(pair: Pair) -> AsyncIterator[Terminal]:
    """alice's session at the other node, which has looked at it and rests."""
    pair.here.grant("dba", "root")
    screen, asleep = Terminal(), pair.there.system.clock._sleepers
    before = len(asleep)
    async with watched(pair.there) as sessions:
        # It has also written down who lives: from here on it does nothing that it is not woken for.
        await until(lambda: len(asleep) > before)
        await pair.there.open(sessions, screen)
        await sessions.look()
        yield screen


def run(story: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=StillLoop) as runner:
        runner.run(story)


def test_a_node_that_hears_nothing_ends_a_session_when_it_looks_within_a_second(pair: Pair) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, StillLoop)
        async with session(pair) as screen:
            pair.here.revoke("dba", "root")
            for _ in range(10):
                await asyncio.to_thread(pair.there.system.revision)
            assert screen.ended == []
            loop.passed_s += PROMISED_S
            await until(lambda: screen.ended)

    run(story())


def test_a_node_that_is_told_ends_a_session_before_any_time_has_passed(pair: Pair) -> None:
    async def story() -> None:
        store = pair.there.system.admit.store
        told: list[int] = []
        store.on_commit(told.append)
        hearing = asyncio.create_task(store.listen())
        await until(lambda: told)
        async with session(pair) as screen:
            pair.here.revoke("dba", "root")
            await until(lambda: screen.ended)
            assert told[-1] == pair.here.system.revision()
        hearing.cancel()
        with suppress(asyncio.CancelledError):
            await hearing

    run(story())
