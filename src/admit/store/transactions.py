"""What a transaction is: on whose behalf, at which moment, with which number, and what it changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from admit.base.clock import Clock
from admit.core.errors import NonceUsed
from admit.core.events import Event, touched
from admit.core.links import CALLERS
from admit.core.validity import Millis
from admit.store import tokens
from admit.store.connections import driver, is_over
from admit.store.ledger import Entry, about, chain
from admit.store.prepared import Prepared, PreparedRows
from admit.store.tables import changes, revision, transactions

T = TypeVar("T")


class SilentChange(Exception):
    """A transaction wrote policy and recorded no event: it may not commit."""


@dataclass(frozen=True, slots=True)
class Author:
    """On whose behalf a transaction is, and by which request."""

    actor: str
    action: str
    request_id: str


@dataclass(slots=True)
class Tx:
    """One transaction that may write: its connection, its moment, and what it changed."""

    sql: Connection
    now: Millis
    author: Author
    revision: int
    """The number this transaction has if it changes policy."""
    callers: int
    """The newest change to who may call, before this transaction."""
    events: list[Event] = field(default_factory=list)
    later: list[Callable[[], object]] = field(default_factory=list)
    """What is to be told once it is durable."""

    def after_commit(self, tell: Callable[[], object]) -> None:
        """Have something told once this is durable, and never if it is undone. It may only wake somebody."""
        self.later.append(tell)

    def record(self, what: Event) -> None:
        """Put a fact into the change log of this transaction."""
        self.events.append(what)

    def part(self) -> Part:
        """A part of the work: an error leaves it, and only it, undone."""
        return Part(self)


class Part:
    """A savepoint, from its beginning to its end: as a generator it would take twice as long."""

    __slots__ = ("_later", "_recorded", "_say", "_tx", "_wrote")

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def __enter__(self) -> None:
        tx = self._tx
        self._recorded, self._wrote = len(tx.events), tx.sql.info["wrote_policy"]
        self._later = len(tx.later)
        self._say = driver(tx.sql)
        self._say("savepoint part")

    def __exit__(self, kind: type[BaseException] | None, *_raised: object) -> None:
        if kind is not None:
            del self._tx.events[self._recorded :]
            del self._tx.later[self._later :]
            self._tx.sql.info["wrote_policy"] = self._wrote
            if is_over(self._tx.sql):
                return
            self._say("rollback to savepoint part")
        self._say("release savepoint part")


@dataclass(slots=True)
class Head:
    """Where the chain stands while a batch is written."""

    n: int
    hash: bytes
    callers: int
    """The number of the newest change to who may call."""
    transactions: list[tuple[object, ...]] = field(default_factory=list)
    """Rows to be written: one for each transaction."""
    rows: list[tuple[object, ...]] = field(default_factory=list)
    """And one for each change in them."""
    later: list[Callable[[], object]] = field(default_factory=list)
    """What the transactions of the batch have told once it is durable."""

    def extend(self, key: bytes, tx: Tx) -> None:
        """Put a transaction's events at the end of the chain: all of them, or on an error none."""
        number, head, rows, callers = tx.revision, self.hash, [], self.callers
        by = (tx.now, tx.author.actor, tx.author.action, tx.author.request_id)
        for ordinal, what in enumerate(tx.events):
            event, fact = type(what).__name__, msgspec.json.encode(what).decode()
            head = chain(key, head, Entry(number, ordinal, *by, event, fact))
            things = touched(what)
            rows.append((number, ordinal, event, fact, *about(things)))
            if any(thing.kind in CALLERS for thing in things):
                callers = number
        self.n, self.hash, self.callers = number, head, callers
        self.transactions.append((number, *by, head))
        self.rows += rows


@dataclass(slots=True)
class Job(Generic[T]):
    """A body waiting for the writer."""

    author: Author
    body: Callable[[Tx], T]
    nonce: str | None
    answer: Future[T]


_READ_HEAD = select(revision.c.n, revision.c.head, revision.c.callers)
_HEAD = {lock: Prepared(_READ_HEAD.with_for_update() if lock else _READ_HEAD) for lock in (False, True)}
_SAVE_HEAD = Prepared(
    update(revision).values(n=bindparam("n"), head=bindparam("head"), callers=bindparam("callers"))
)
_BEGUN, _EXTEND = PreparedRows(transactions), PreparedRows(changes)


def load_head(sql: Connection, *, lock: bool = False) -> Head:
    """Where the chain stands; with ``lock`` nobody else can extend it before this commits."""
    found = _HEAD[lock].first(sql)
    if found is None:
        raise LookupError("the store has no revision: it was never created")
    n, head, callers = found
    return Head(n, head, callers)


def save_head(sql: Connection, head: Head) -> None:
    """Write what was put on the chain."""
    if head.rows:
        _BEGUN.put(sql, head.transactions)
        _EXTEND.put(sql, head.rows)
        _SAVE_HEAD.run(sql, n=head.n, head=head.hash, callers=head.callers)


def fresh(sql: Connection, jobs: Sequence[Job[Any]], now: Millis) -> list[bool]:
    """Mark the nonces of some jobs as used; says of each job whether it has none that was used before."""
    fresh = iter(tokens.use_nonces(sql, [job.nonce for job in jobs if job.nonce is not None], now))
    return [job.nonce is None or next(fresh) for job in jobs]


@dataclass(frozen=True, slots=True)
class Bodies:
    """Runs bodies, each inside a savepoint, and puts their events on the chain."""

    clock: Clock
    ledger_key: bytes = field(repr=False)

    def run(self, sql: Connection, job: Job[T], head: Head, *, fresh: bool) -> T:
        """Run one body; on an error nothing of it is left.

        Raises:
            NonceUsed: its nonce is not ``fresh``.
        """
        if not fresh:
            raise NonceUsed
        tx = Tx(sql, self.clock.now(), job.author, head.n + 1, head.callers)
        sql.info["wrote_policy"] = False
        with tx.part():
            result = job.body(tx)
            if sql.info["wrote_policy"] and not tx.events:
                raise SilentChange(f"{job.author.action} changed policy and recorded nothing")
            if tx.events:
                head.extend(self.ledger_key, tx)
        head.later += tx.later
        return result
