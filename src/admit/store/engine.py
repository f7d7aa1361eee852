"""Transactions: the only places that begin one, and what a transaction is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, insert, make_url, select, update
from sqlalchemy.exc import SQLAlchemyError

from admit.base.clock import Clock
from admit.core.events import Event
from admit.core.validity import Millis
from admit.store import schema
from admit.store.connections import connected, driver, in_transaction, read_only
from admit.store.ledger import Entry, chain
from admit.store.tables import changes, revision

T = TypeVar("T")
_log = logging.getLogger("admit.store")

BATCH = 256
"""The most bodies that share one durable commit."""


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
    events: list[Event] = field(default_factory=list)

    def record(self, what: Event) -> None:
        """Put a fact into the change log of this transaction."""
        self.events.append(what)

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of the work: an error leaves it, and only it, undone."""
        recorded, wrote = len(self.events), self.sql.info["wrote_policy"]
        say = driver(self.sql)
        say("savepoint part")
        try:
            yield
        except BaseException:
            say("rollback to savepoint part")
            say("release savepoint part")
            del self.events[recorded:]
            self.sql.info["wrote_policy"] = wrote
            raise
        say("release savepoint part")


@dataclass(slots=True)
class _Head:
    """Where the chain stands while a batch is written."""

    n: int
    hash: bytes
    rows: list[dict[str, object]] = field(default_factory=list)

    def extend(self, key: bytes, tx: Tx) -> None:
        """Put a transaction's events at the end of the chain: all of them, or on an error none."""
        author, head, rows = tx.author, self.hash, []
        for ordinal, what in enumerate(tx.events):
            entry = Entry(
                tx.revision,
                ordinal,
                tx.now,
                author.actor,
                author.action,
                author.request_id,
                type(what).__name__,
                msgspec.json.encode(what).decode(),
            )
            head = chain(key, head, entry)
            rows.append({**entry._asdict(), "hash": head})
        self.n, self.hash = tx.revision, head
        self.rows += rows


@dataclass(slots=True)
class _Job(Generic[T]):
    """A body waiting for the writer."""

    author: Author
    body: Callable[[Tx], T]
    answer: Future[T]


_READ_HEAD = select(revision.c.n, revision.c.head)


class Store:
    """The database. ``read`` and ``write`` are the only ways in."""

    def __init__(self, url: str, clock: Clock, ledger_key: bytes) -> None:
        self.url = make_url(url)
        self.clock = clock
        self._ledger_key = ledger_key
        self._followers: list[Callable[[int], None]] = []
        self._local = threading.local()
        self._readers: list[Connection] = []
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = connected(self.url, is_sqlite=self.is_sqlite)
        self.faults: tuple[type[Exception], ...] = (SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error)
        """What a database that cannot be used raises: hot statements go past SQLAlchemy to the driver."""
        self._writer: _Writer | _Pool = (
            _Writer(self, self.engine) if self.is_sqlite else _Pool(self, self.engine)
        )

    def create(self) -> None:
        """Make the tables of an empty database, by the newest schema.

        Raises:
            SchemaRefused: it is not empty.
        """
        schema.create(self.engine)

    def on_commit(self, follower: Callable[[int], None]) -> None:
        """Call ``follower`` with the new revision after each commit that changed policy.

        It is called on the writer's thread: it may only wake somebody.
        """
        self._followers.append(follower)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only transaction: one consistent view, on this thread's own connection."""
        sql = self._reader()
        try:
            yield sql
        finally:
            driver(sql)("rollback")

    def _reader(self) -> Connection:
        """This thread's own connection, in a transaction that was begun now."""
        begin = "begin" if self.is_sqlite else "begin transaction isolation level repeatable read read only"
        sql: Connection | None = getattr(self._local, "sql", None)
        if sql is not None and not sql.closed:
            try:
                driver(sql)(begin)
            except sql.dialect.loaded_dbapi.OperationalError:
                if self.is_sqlite:
                    raise
                # The server was restarted since. What waits in the pool is as dead as this one.
                self._readers.remove(sql)
                sql.invalidate()
                self.engine.dispose()
            else:
                return sql
        sql = self._local.sql = read_only(self.engine, is_sqlite=self.is_sqlite)
        self._readers.append(sql)
        driver(sql)(begin)
        return sql

    def write(self, author: Author, body: Callable[[Tx], T]) -> Future[T]:
        """Run ``body`` in a transaction of its own; the future is done when it is durable.

        The future fails with what ``body`` raised, and then nothing is changed.
        """
        return self._writer.submit(_Job(author, body, Future()))

    def write_now(self, author: Author, body: Callable[[Tx], T]) -> T:
        """``write`` and wait for it."""
        return self.write(author, body).result()

    def close(self) -> None:
        """Finish what is waiting and let go of the database."""
        self._writer.close()
        for sql in self._readers:
            sql.close()
        self.engine.dispose()

    def run(self, sql: Connection, job: _Job[T], head: _Head) -> tuple[T, bool]:
        """Run one body inside a savepoint and put its events on the chain.

        Returns its result and whether policy changed.
        """
        tx = Tx(sql, self.clock.now(), job.author, head.n + 1)
        sql.info["wrote_policy"] = False
        with tx.part():
            result = job.body(tx)
            if sql.info["wrote_policy"] and not tx.events:
                raise SilentChange(f"{job.author.action} changed policy and recorded nothing")
            if tx.events:
                head.extend(self._ledger_key, tx)
        return result, bool(tx.events)

    def announce(self, n: int) -> None:
        """Wake the followers: revision ``n`` is committed."""
        for follower in self._followers:
            try:
                follower(n)
            except Exception:  # noqa: BLE001 - whatever it is, the write is done
                # It finds the change when it looks next; whoever waits for the write must not wait for it.
                _log.exception("a follower could not be woken")


def load_head(sql: Connection, *, lock: bool = False) -> _Head:
    """Where the chain stands; with ``lock`` nobody else can extend it before this commits."""
    found = sql.execute(_READ_HEAD.with_for_update() if lock else _READ_HEAD).one()
    return _Head(found.n, found.head)


def save_head(sql: Connection, head: _Head) -> None:
    """Write what was put on the chain."""
    if head.rows:
        sql.execute(insert(changes), head.rows)
        sql.execute(update(revision).values(n=head.n, head=head.hash))


class _Writer:
    """SQLite: one thread, and one durable commit for all bodies that wait."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine
        self._waiting: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="admit-writer", daemon=True)
        self._started = threading.Lock()
        self._running = False

    def submit(self, job: _Job[T]) -> Future[T]:
        with self._started:
            if not self._running:
                self._running = True
                self._thread.start()
        self._waiting.put(job)
        return job.answer

    def close(self) -> None:
        if self._running:
            self._waiting.put(None)
            self._thread.join()

    def _run(self) -> None:
        with self._engine.connect() as sql:
            while batch := self._take():
                self._commit(sql, batch)

    def _take(self) -> list[_Job[Any]]:
        """Wait for a job, and take along whatever else waits by then."""
        first = self._waiting.get()
        if first is None:
            return []
        batch = [first]
        while len(batch) < BATCH and not self._waiting.empty():
            job = self._waiting.get()
            if job is None:
                self._waiting.put(None)
                break
            batch.append(job)
        return batch

    def _commit(self, sql: Connection, batch: list[_Job[Any]]) -> None:
        """Run every job of a batch, commit once, and only then answer."""
        # One that nobody waits for any more is not begun; from here on none can be called off.
        batch = [job for job in batch if job.answer.set_running_or_notify_cancel()]
        answers: list[tuple[Future[Any], Any]] = []
        try:
            with sql.begin():
                head = load_head(sql)
                for job in batch:
                    try:
                        result, _ = self._store.run(sql, job, head)
                    except Exception as error:
                        # A full disk ends the transaction, and with it the work of all before this one.
                        if not in_transaction(sql):
                            raise
                        job.answer.set_exception(error)
                    else:
                        answers.append((job.answer, result))
                save_head(sql, head)
        except Exception as error:  # noqa: BLE001 - it is handed to all who wait
            _log.exception("a batch of %d writes failed", len(batch))
            for job in batch:
                if not job.answer.done():
                    job.answer.set_exception(error)
            return
        if head.rows:
            self._store.announce(head.n)
        for answer, result in answers:
            answer.set_result(result)


class _Pool:
    """PostgreSQL: a pool of threads, a transaction each."""

    THREADS = 8

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine
        self._threads = ThreadPoolExecutor(self.THREADS, thread_name_prefix="admit-write")

    def submit(self, job: _Job[T]) -> Future[T]:
        return self._threads.submit(self._commit, job)

    def close(self) -> None:
        self._threads.shutdown()

    def _commit(self, job: _Job[T]) -> T:
        with self._engine.connect() as sql:
            with sql.begin():
                # Writers take turns at this row: commit order is number order, and nobody loses a race.
                head = load_head(sql, lock=True)
                result, changed = self._store.run(sql, job, head)
                save_head(sql, head)
            if changed:
                self._store.announce(head.n)
            return result
