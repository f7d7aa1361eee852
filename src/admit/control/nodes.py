"""Several nodes on one database: each says that it lives, and one does the timers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from admit.base.clock import Clock
from admit.core.validity import MINUTE, SECOND, Millis
from admit.store import nodes as stored
from admit.store import sessions
from admit.store.engine import Store
from admit.store.nodes import OnRoll
from admit.store.prepared import Conflict
from admit.store.schema import NEWEST, version_of

log = structlog.get_logger("admit.nodes")

LOOKS = 10
"""A node is gone once another has looked so often in a row, and found that it says nothing."""
TIMERS = "timers"
"""The task of what one node does for all: mail, signals, sweeps, the ends of sessions in the ledger."""

LOST = "its node was not heard of any more"


@dataclass(frozen=True, slots=True)
class Node:
    """Which node this is."""

    name: str = "admit"
    """What people call it; two may be called the same."""
    process: str = "admit"
    """Which run of a server it is: nothing else is called that."""
    lease: Millis = 30 * SECOND
    """For how long nothing may be heard of it before the others take it for gone."""

    @property
    def pause(self) -> Millis:
        """How long after one look at the roll comes the next."""
        return self.lease // LOOKS

    @property
    def alone(self) -> Millis:
        """For how long it may go on that can say nothing: by then the others have not given it up yet."""
        return min(self.lease * 2 // 3, MINUTE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at the roll has shown."""

    leads: bool
    """Whether this node holds the lease of the timers."""
    outdated: bool
    """Whether the schema of the database is another than this program's."""


class Roll:
    """The nodes that live, as this one has seen them.

    No node's clock is compared with another's, nor with its own of before: a node counts its own looks. One
    that could not look for a while has counted nothing meanwhile, and takes nobody for gone because of that.
    """

    def __init__(self, store: Store, clock: Clock, node: Node, *, shared: bool) -> None:
        """``shared`` is a database that several may serve: of a file, any other node is from before."""
        self._shared = shared
        self._store = store
        self._clock = clock
        self._node = node
        self._silent: dict[str, tuple[OnRoll, int]] = {}
        """How many looks ago each other node's beat moved last."""
        self._held = asyncio.Event()
        self._lost = asyncio.Event()
        self._lost.set()
        self.outdated = asyncio.Event()
        """Set once the schema of the database has moved on: this program must stop."""

    @property
    def leads(self) -> bool:
        """Whether this node holds the lease of the timers."""
        return self._held.is_set()

    def look(self) -> Seen:
        """Say that this node lives, and strike off who does not."""
        others, outdated = self._store.beside(self._beat)
        gone = [each for each in others if self._is_gone(each)]
        self._silent = {each.process: self._silent[each.process] for each in others}
        self._store.beside(lambda sql: self._strike(sql, gone))
        return Seen(self._holds(), outdated)

    def _holds(self) -> bool:
        process = self._node.process
        try:
            return self._store.beside(lambda sql: stored.holds(sql, TIMERS, process))
        except Conflict:
            return False

    def _beat(self, sql: Connection) -> tuple[list[OnRoll], bool]:
        node = self._node
        stored.beat(sql, node.process, node.name, self._clock.now())
        others = [each for each in stored.roll(sql) if each.process != node.process]
        return others, version_of(sql) != NEWEST

    def _is_gone(self, other: OnRoll) -> bool:
        if not self._shared:
            self._silent[other.process] = (other, LOOKS)
            return True
        was, looks = self._silent.get(other.process, (other, -1))
        looks = looks + 1 if was.beat == other.beat else 0
        self._silent[other.process] = (other, looks)
        return looks >= LOOKS

    def _strike(self, sql: Connection, gone: list[OnRoll]) -> None:
        for each in gone:
            if stored.strike(sql, each):
                log.warning("a node is gone", node=each.name, process=each.process)
        # Also of a node that has struck somebody off and died of it.
        lost = sessions.end_lost(sql, LOST)
        if lost:
            log.warning("sessions were open at a node that is gone", sessions=lost)

    async def run(self) -> None:
        """Look, again and again; cancelled, leave the roll."""
        heard = self._clock.ticks()
        try:
            while True:
                try:
                    seen = await asyncio.to_thread(self.look)
                except Exception:
                    log.exception("the roll of nodes cannot be looked at")
                    if self._clock.ticks() - heard >= self._node.alone:
                        self._lead(leads=False)
                else:
                    heard = self._clock.ticks()
                    self._lead(leads=seen.leads and not seen.outdated)
                    if seen.outdated:
                        self.outdated.set()
                await self._clock.pause(self._node.pause)
        finally:
            self._lead(leads=False)
            await asyncio.to_thread(self._store.beside, lambda sql: stored.leave(sql, self._node.process))

    def _lead(self, *, leads: bool) -> None:
        if leads == self.leads:
            return
        log.info("the timers run here" if leads else "the timers run here no more")
        (self._held if leads else self._lost).set()
        (self._lost if leads else self._held).clear()

    async def while_leading(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task whenever this node holds the lease, and end it when it does no more."""
        while True:
            await self._held.wait()
            running, lost = asyncio.ensure_future(task()), asyncio.ensure_future(self._lost.wait())
            try:
                await asyncio.wait((running, lost), return_when=asyncio.FIRST_COMPLETED)
                if running.done():
                    return running.result()
            finally:
                running.cancel()
                lost.cancel()
                await asyncio.gather(running, lost, return_exceptions=True)
