"""Pages that follow changes: each is woken when something it shows may have changed, and at no other time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from admit.core.events import touched
from admit.core.links import Kind
from admit.store import changes
from admit.store.engine import Store
from admit.store.links import current_revision

log = structlog.get_logger("admit.pages")

POLL_S = 0.5
"""How often to look for changes that another process made; our own wake us."""
AT_ONCE = 200
ANYBODY = frozenset({Kind.ACCESS_REQUEST, Kind.OFFER, Kind.BREAK_GLASS})
"""What may be new to anybody, and is seldom changed."""


@dataclass(eq=False)
class Watch:
    """What one page looks at."""

    keys: frozenset[int] = frozenset()
    """The keys of things a change of which it wants to hear of."""
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class ChangeWatch:
    """Reads the change log once for all open pages of a process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watches: set[Watch] = set()
        self._more = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._following: asyncio.Task[None] | None = None
        self.stopping = False
        """The server stops: whoever waits is woken, and shall go."""
        store.on_commit(self._wake)

    def _wake(self, _revision: int) -> None:
        if self._loop is not None and self._watches:
            self._loop.call_soon_threadsafe(self._more.set)

    def stop(self) -> None:
        """Send all pages away: a server that stops would wait for them."""
        self.stopping = True
        self.wake()

    def wake(self) -> None:
        """Have all pages look at once, on the loop they are on."""
        for watch in self._watches:
            watch.woken.set()

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """A page that looks, until the block ends."""
        watch = Watch()
        self._watches.add(watch)
        if self._following is None or self._following.done():
            self._loop = asyncio.get_running_loop()
            self._following = asyncio.create_task(self._follow())
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    async def _follow(self) -> None:
        """Wake whom a change concerns, for as long as anybody looks."""
        seen: int | None = None
        while self._watches:
            self._more.clear()
            try:
                seen, keys, concerns_all = await asyncio.to_thread(self._changed, seen)
            except self._store.faults:
                log.exception("changes could not be read")
            else:
                for watch in tuple(self._watches):
                    if concerns_all or keys & watch.keys:
                        watch.woken.set()
            try:
                async with asyncio.timeout(POLL_S):
                    await self._more.wait()
            except TimeoutError:
                pass

    def _changed(self, seen: int | None) -> tuple[int, set[int], bool]:
        """The newest revision, and what changed since the one that was seen; at first all may have."""
        keys: set[int] = set()
        concerns_all = seen is None
        with self._store.read() as sql:
            newest = current_revision(sql)
            place = newest if seen is None else seen
            while place < newest:
                found = changes.after(sql, place, AT_ONCE)
                place = found[-1].revision
                for change in found:
                    for thing in touched(change.event):
                        keys.add(thing.key)
                        concerns_all |= thing.kind in ANYBODY
        return newest, keys, concerns_all
