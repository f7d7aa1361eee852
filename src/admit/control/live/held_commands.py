"""Commands that a control policy holds in a live session until somebody decides."""

import asyncio
from concurrent.futures import Future
from typing import Literal

import msgspec
from sqlalchemy import Connection

from admit.control.live.session_rows import wait
from admit.control.things import New, add, change
from admit.control.world import World
from admit.core.links import Kind
from admit.core.validity import MINUTE, Millis
from admit.store import things
from admit.store.engine import Author, Store, Tx
from admit.store.things import Thing, Where

PATIENCE: Millis = 10 * MINUTE
"""How long a command waits; after that it is as if it was rejected."""
POLL_S = 0.5
"""How often to look for a decision that another process wrote; our own wake us."""


class HeldCommandDetails(msgspec.Struct):
    """What is kept of a command. It is part of the ledger, so that it is known what was approved."""

    user_id: str
    """The bastion host's user who wants to run it."""
    user_name: str
    host_id: str
    account_name: str
    """The login on the host."""
    peer: str
    """The address the session came from."""
    session_id: str
    command: str
    state: Literal["Wait", "Accepted", "Rejected", "Withdrawn"] = "Wait"
    """Withdrawn is what nobody waits for any more."""
    decided_by: str = ""
    """ARN."""


class CommandDecided(Exception):
    """The command waits no more: somebody decided, the session ended, or it waited too long."""


def waiting(sql: Connection, bastion: Thing, now: Millis) -> list[Thing]:
    """The commands of a bastion host that wait, oldest first."""
    where = Where(Kind.HELD_COMMAND, parent=bastion.key, details={"state": "Wait"})
    return [each for each in things.find(sql, where) if each.created_at > now - PATIENCE]


def decide(tx: Tx, held: Thing, by: str, *, accept: bool) -> None:
    """Let a command run, or not.

    Raises:
        CommandDecided: it waits no more.
    """
    details = held.read(HeldCommandDetails)
    if details.state != "Wait" or held.created_at <= tx.now - PATIENCE:
        raise CommandDecided
    state: Literal["Accepted", "Rejected"] = "Accepted" if accept else "Rejected"
    change(tx, held, details=msgspec.structs.replace(details, state=state, decided_by=by))


class HeldCommands:
    """The commands that wait in the sessions of one process."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        store.on_commit(self._wake)

    def _wake(self, _revision: int) -> None:
        for event, loop in list(self._waiting.items()):
            loop.call_soon_threadsafe(event.set)

    async def accepted(self, on: Thing, details: HeldCommandDetails) -> bool:
        """Whether somebody lets a command run on a host; waits until they decide, or for too long.

        Cancel it when the session ends: the command waits no more then.
        """
        author = Author("admit", "ssh", self._world.chance.request_id())
        new = New(Kind.HELD_COMMAND, on.parent, "", details)
        written: Future[Thing] = self._store.write(author, lambda tx: add(tx, new))
        held = await asyncio.wrap_future(written)
        event = asyncio.Event()
        self._waiting[event] = asyncio.get_running_loop()
        try:
            while self._world.clock.now() < held.created_at + PATIENCE:
                event.clear()
                state = await asyncio.to_thread(self._state, held)
                if state != "Wait":
                    return state == "Accepted"
                await wait(event, POLL_S)
            return False
        finally:
            del self._waiting[event]
            self._store.write(author, lambda tx: _withdraw(tx, held))

    def _state(self, held: Thing) -> str:
        with self._store.read() as sql:
            return things.by_key(sql, held.key).read(HeldCommandDetails).state


def _withdraw(tx: Tx, held: Thing) -> None:
    now = things.by_key(tx.sql, held.key)
    details = now.read(HeldCommandDetails)
    if details.state == "Wait":
        change(tx, now, details=msgspec.structs.replace(details, state="Withdrawn"))
