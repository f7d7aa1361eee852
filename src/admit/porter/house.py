"""What stands behind the porter: the store, the keys, and what lives in this process."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

import asyncssh
from sqlalchemy import Connection

from admit.control.live.held_commands import HeldCommands
from admit.control.live.recorder import Recorder
from admit.control.live.sessions import Sessions
from admit.control.signing_in.signin import SignIn
from admit.control.world import World
from admit.porter.host_key import host_key
from admit.store.engine import Author, Store

T = TypeVar("T")


class House:
    """One for all doors of a process: so wrong passwords are counted together, wherever they are tried."""

    def __init__(
        self, store: Store, world: World, recorder: Recorder | None = None, *, pins_first: bool = True
    ) -> None:
        """``recorder`` is None where sessions are not recorded; ``pins_first`` whether first sight pins."""
        self.store = store
        self.world = world
        self.sessions = Sessions(store, world)
        self.held = HeldCommands(store, world)
        self.sign_in = SignIn(store, world)
        self.recorder = recorder
        self.pins_first = pins_first
        self.host_key = host_key(world.sealer)
        self.public_host_key: bytes = asyncssh.import_private_key(self.host_key).public_data
        self._finishing: set[asyncio.Task[None]] = set()

    def author(self) -> Author:
        """Who writes what a door brings about."""
        return Author("admit", "ssh", self.world.chance.request_id())

    async def read(self, body: Callable[[Connection], T]) -> T:
        """What a few indexed reads find: at once on SQLite, elsewhere in a thread."""
        return self._read(body) if self.store.is_sqlite else await self.read_apart(body)

    async def read_apart(self, body: Callable[[Connection], T]) -> T:
        """What many reads find, in a thread."""
        return await asyncio.to_thread(self._read, body)

    def _read(self, body: Callable[[Connection], T]) -> T:
        with self.store.read() as sql:
            return body(sql)

    def finish(self, rest: Coroutine[None, None, None]) -> None:
        """Do what is left to be done of a session that is over, once no other is just being ended."""
        task = asyncio.create_task(self._finish(rest))
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def _finish(self, rest: Coroutine[None, None, None]) -> None:
        await self.sessions.calm()
        await rest

    async def finished(self) -> None:
        """Return when nothing is left to be done of sessions that are over."""
        while self._finishing:
            await asyncio.gather(*self._finishing, return_exceptions=True)
