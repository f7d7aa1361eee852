"""The database: the only places that begin a transaction."""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from admit.base.clock import Clock
from admit.core.validity import Millis
from admit.store import schema, views
from admit.store.connections import connected, driver, read_only
from admit.store.listening import listen
from admit.store.replica import Replica
from admit.store.sharing import Shared
from admit.store.tokens import use_nonce_apart
from admit.store.transactions import Author, Bodies, Job, SilentChange, Tx
from admit.store.writers import Pool, Writer

T = TypeVar("T")

READERS_KEPT = 16
"""How many threads keep a connection to a database server to read by; of more, each takes one for each view.
A pool has 32, and those who write need some."""
BEGIN_READING = "begin transaction isolation level repeatable read read only"
BESIDE = Author("admit", "beside", "")
_log = logging.getLogger("admit.store")

__all__ = ["Author", "SilentChange", "Store", "Tx"]


class _Reading:
    """One reader in a view. As a generator it would take as long again as SQLite does."""

    __slots__ = ("_announced", "_shared")

    def __init__(self, shared: Shared, announced: int) -> None:
        self._shared = shared
        self._announced = announced

    def __enter__(self) -> Connection:
        return self._shared.enter(self._announced)

    def __exit__(self, raised: object, *_more: object) -> None:
        self._shared.leave(failed=raised is not None)


class Store:
    """The database. ``read`` and ``write`` are the only ways in."""

    def __init__(self, url: str, clock: Clock, ledger_key: bytes, copy_url: str = "") -> None:
        """The ``copy`` is one that PostgreSQL keeps, and that only reads."""
        self._copy = connected(make_url(copy_url), is_sqlite=False) if copy_url else None
        self.url = make_url(url)
        self.clock = clock
        self._followers: list[Callable[[int], None]] = []
        self._local = threading.local()
        self._announced = 0
        """The newest revision that followers were woken for."""
        self._kept: set[Connection] = set()
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = connected(self.url, is_sqlite=self.is_sqlite)
        self.faults: tuple[type[Exception], ...] = (SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error)
        """What a database that cannot be used raises: hot statements go past SQLAlchemy to the driver."""
        self._shared = Shared(self._view, self._release, lasting=self.is_sqlite)
        self.replica = Replica()
        writer = Writer if self.is_sqlite else Pool
        self._writer = writer(self.engine, Bodies(clock, ledger_key), self._announce)

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

    def read(self) -> AbstractContextManager[Connection]:
        """A read-only transaction: one consistent view, on this thread's own connection.

        On SQLite all that is read in one turn of an event loop is read in the same.
        """
        return _Reading(self._shared, self._announced)

    def _release(self, sql: Connection) -> None:
        """End a view. One whose server has gone away meanwhile is of no use to the next reader."""
        if sql.closed:
            return
        try:
            if not sql.invalidated:
                driver(sql)("rollback")
        except sql.dialect.loaded_dbapi.OperationalError:
            sql.invalidate()
        if sql.invalidated:
            self._kept.discard(sql)
        if sql not in self._kept:
            sql.close()

    @property
    def reads_elsewhere(self) -> bool:
        """Whether what takes long is read apart: on a thread of its own, or from a copy of the database."""
        return self.is_sqlite or self._copy is not None

    @contextmanager
    def read_at(self, revision: int) -> Iterator[Connection]:
        """A view of this revision or a later one; of the copy, if there is one and it is as new."""
        with ExitStack() as opened:
            sql = None if self._copy is None else opened.enter_context(self._copied(self._copy, revision))
            yield opened.enter_context(self.read()) if sql is None else sql

    @contextmanager
    def _copied(self, copy: Engine, revision: int) -> Iterator[Connection | None]:
        """A view of the copy; None where it is behind, or away."""
        with ExitStack() as opened:
            try:
                sql = opened.enter_context(read_only(copy, self.replica, is_sqlite=False))
                driver(sql)(BEGIN_READING)
                opened.callback(driver(sql), "rollback")
                views.begin(sql)
                as_new = views.current_revision(sql) >= revision
            except self.faults:
                _log.warning("the copy of the database cannot be read", exc_info=True)
                as_new = False
            yield sql if as_new else None

    def first_use(self, nonce: str, now: Millis) -> bool:
        """Mark the nonce of a read as used for all nodes; returns False if it was used before.

        A file has one process, which remembers them by itself.
        """
        return self.is_sqlite or self.beside(lambda sql: use_nonce_apart(sql, nonce, now))

    def _view(self) -> Connection:
        sql = self._reader()
        views.begin(sql)
        return sql

    def _reader(self) -> Connection:
        """This thread's own connection, in a transaction that was begun now."""
        begin = "begin" if self.is_sqlite else BEGIN_READING
        sql: Connection | None = getattr(self._local, "sql", None)
        if sql is not None and not sql.closed and not sql.invalidated:
            try:
                driver(sql)(begin)
            except sql.dialect.loaded_dbapi.OperationalError:
                if self.is_sqlite:
                    raise
                # The server was restarted since. What waits in the pool is as dead as this one.
                self._kept.discard(sql)
                sql.invalidate()
                self.engine.dispose()
            else:
                return sql
        sql = read_only(self.engine, self.replica, is_sqlite=self.is_sqlite)
        if self.is_sqlite or len(self._kept) < READERS_KEPT:
            self._local.sql = sql
            self._kept.add(sql)
        driver(sql)(begin)
        return sql

    def write(self, author: Author, body: Callable[[Tx], T], nonce: str | None = None) -> Future[T]:
        """Run ``body`` in a transaction of its own; the future is done when it is durable.

        The future fails with what ``body`` raised, and then nothing is changed, but
        that ``nonce`` stays used: with NonceUsed if it was before.
        """
        # Who writes and then waits where they are reads what they wrote.
        self._shared.end()
        return self._writer.submit(Job(author, body, nonce, Future()))

    def write_now(self, author: Author, body: Callable[[Tx], T]) -> T:
        """``write`` and wait for it."""
        return self.write(author, body).result()

    def beside(self, body: Callable[[Connection], T]) -> T:
        """Run a body that touches neither policy nor the change log: on a server it waits for no writer."""
        if self.is_sqlite:
            return self.write_now(BESIDE, lambda tx: body(tx.sql))
        with self.engine.begin() as sql:
            return body(sql)

    def close(self) -> None:
        """Finish what is waiting and let go of the database."""
        self._writer.close()
        self._shared.end()
        for sql in self._kept:
            sql.close()
        self.engine.dispose()
        if self._copy is not None:
            self._copy.dispose()

    async def listen(self) -> None:
        """Wake the followers of what other nodes commit too, for as long as the database is heard.

        Raises:
            Exception: it is not, or no more.
        """
        if not self.is_sqlite:
            await listen(self.url, self._announce)

    def _announce(self, n: int) -> None:
        """Wake the followers: revision ``n`` is committed."""
        self._announced = n
        for follower in self._followers:
            try:
                follower(n)
            except Exception:  # noqa: BLE001 - whatever it is, the write is done
                # It finds the change when it looks next; whoever waits for the write must not wait for it.
                _log.exception("a follower could not be woken")
