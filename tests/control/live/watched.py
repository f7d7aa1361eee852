"""Sessions that are watched on a system under a fake clock, as a door would have them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import msgspec

from admit.control import grants, people, things
from admit.control.access import ask_as
from admit.control.live.sessions import About, Live, Sessions
from admit.control.things import New
from admit.core.access import Decision
from admit.core.links import Kind
from admit.core.validity import PERMANENT, Validity
from admit.store import sessions as stored_sessions
from admit.store import things as stored
from admit.store.engine import Author, Tx
from admit.store.sessions import Session
from admit.store.things import Thing
from tests.system import System

T = TypeVar("T")
AUTHOR = Author("acs:ram::1:root", "test", "request")


ABOUT = About("ssh", "root@db-1", "root", "192.0.2.7", "SSH-2.0-test", "shell")


class Nothing(msgspec.Struct):
    """Details of something of which only the name matters."""


@dataclass
class Terminal:
    """What the person saw."""

    warned: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        self.warned.append(text)

    def end(self, text: str) -> None:
        self.ended.append(text)


@dataclass
class Place:
    """A bastion host: alice in the group dba, root and app on the host db-1."""

    system: System
    things: dict[str, Thing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        def body(tx: Tx) -> None:
            bastion = stored.find(tx.sql, stored.Where(Kind.BASTION))[0]
            made = {
                "bastion": bastion,
                "alice": people.add_user(tx, New(Kind.USER, bastion.key, "alice", Nothing())),
                "dba": things.add(tx, New(Kind.GROUP, bastion.key, "dba", Nothing())),
                "ops": things.add(tx, New(Kind.GROUP, bastion.key, "ops", Nothing())),
                "db-1": things.add(tx, New(Kind.HOST, bastion.key, "db-1", Nothing())),
            }
            made["root"] = things.add(tx, New(Kind.HOST_ACCOUNT, made["db-1"].key, "root", Nothing()))
            made["app"] = things.add(tx, New(Kind.HOST_ACCOUNT, made["db-1"].key, "app", Nothing()))
            self.things = made
            grants.grant(tx, made["alice"], made["dba"])

        self.write(body)

    def write(self, body: Callable[[Tx], T]) -> T:
        """Change something in a transaction of its own."""
        return self.system.admit.store.write_now(AUTHOR, body)

    def grant(self, source: str, target: str, validity: Validity = PERMANENT) -> None:
        """Grant, or set how long it holds."""
        ends = self.things[source], self.things[target]
        if not self.write(lambda tx: grants.grant(tx, *ends, validity)):
            self.write(lambda tx: grants.set_validity(tx, *ends, validity))

    def revoke(self, source: str, target: str) -> None:
        """Take a grant or a membership back."""
        self.write(lambda tx: grants.revoke(tx, self.things[source], self.things[target]))

    def lasting(self, span: int) -> Validity:
        """From now on for so many milliseconds."""
        return Validity(self.system.clock.now(), self.system.clock.now() + span)

    def decision(self, user: str = "alice", resource: str = "root") -> Decision:
        """What is decided now."""
        with self.system.admit.store.read() as sql:
            return ask_as(sql, self.things[user].ref, self.things[resource].ref, self.system.clock.now())

    def row(self, live: Live) -> Session:
        """The session as the table has it."""
        with self.system.admit.store.read() as sql:
            found = stored_sessions.by_id(sql, live.id)
        assert found is not None
        return found

    async def open(self, sessions: Sessions, screen: Terminal, resource: str = "root") -> Live:
        """A shell of alice's."""
        about = replace(ABOUT, resource=f"{resource}@db-1", login=resource)
        permit = self.decision(resource=resource).permit()
        return await sessions.open(permit, self.things["alice"], about, screen)


class OfSystem(Protocol):
    """Something that stands on a system."""

    system: System


@asynccontextmanager
async def watched(place: OfSystem) -> AsyncIterator[Sessions]:
    """Sessions that are watched until the block ends."""
    admit = place.system.admit
    sessions = Sessions(admit.store, admit.world)
    running = asyncio.create_task(sessions.run())
    try:
        yield sessions
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(condition: Callable[[], object]) -> None:
    """Let everything run until something is so; a test that waits for ever fails."""
    async with asyncio.timeout(10):
        while not condition():
            # A turn of another thread: what is waited for may be done there.
            await asyncio.to_thread(lambda: None)
