"""Connections: how either database is reached, and what is said to its driver directly."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from admit.store.prepared import note_written
from admit.store.replica import REPLICA, Replica
from admit.store.views import VIEW, View

BY_HAND = "by_hand"
"""Under this name a connection tells that SQLAlchemy begins nothing on it."""


def driver(sql: Connection) -> Callable[[str], object]:
    """Says a bare statement to the driver. SQLAlchemy's own way to a savepoint costs 20 times as much."""
    return sql.connection.driver_connection.execute  # type: ignore[union-attr, no-any-return]


def in_transaction(sql: Connection) -> bool:
    """Whether SQLite still is in the transaction it was told to begin: some errors end it."""
    return bool(sql.connection.driver_connection.in_transaction)  # type: ignore[union-attr]


def is_over(sql: Connection) -> bool:
    """Whether an error has ended the whole transaction. PostgreSQL's waits for whoever rolls it back."""
    return sql.dialect.name == "sqlite" and not in_transaction(sql)


@contextmanager
def durable(sql: Connection) -> Iterator[None]:
    """A transaction of SQLite that writes, on a connection whose transactions are begun :func:`by_hand`."""
    say = driver(sql)
    say("begin immediate")
    try:
        yield
        say("commit")
    except BaseException:
        # Some errors have ended it already.
        if in_transaction(sql):
            say("rollback")
        raise


def _raw(value: object) -> object:
    """JSON columns carry text both ways: who reads one decodes it into its own type."""
    return value


def connected(url: URL, *, is_sqlite: bool) -> Engine:
    """The way to a database. Its errors, which are logged, do not tell what was to be written."""
    if is_sqlite:
        engine = create_engine(
            url,
            poolclass=NullPool,
            connect_args={"check_same_thread": False, "timeout": 30},
            json_serializer=_raw,
            json_deserializer=_raw,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        # Every thread that reads keeps one, and every thread that writes takes one.
        engine = create_engine(
            url, pool_size=32, json_serializer=_raw, json_deserializer=_raw, hide_parameters=True
        )
    event.listen(engine, "checkout", _forget_its_last_use)
    event.listen(engine, "after_execute", _note_written)
    return engine


_PRAGMAS = (
    "journal_mode = wal",
    "synchronous = full",
    "cache_size = -65536",
    "case_sensitive_like = on",
    # Pages, 16 MB. A page that was written again meanwhile is copied into the database once.
    "wal_autocheckpoint = 4000",
)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own idea of when to begin is switched off; _begin_sqlite says it.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"pragma {pragma}")


def _forget_its_last_use(_connection: object, record: Any, _proxy: object) -> None:
    """A pool hands on what one has read by to one who writes: that it was read-only, and what it has seen."""
    record.info.clear()


def _begin_sqlite(sql: Connection) -> None:
    if not sql.info.get(BY_HAND):
        driver(sql)("begin immediate")


def by_hand(engine: Engine, **options: Any) -> Connection:
    """A connection whose transactions are begun and ended in bare words.

    SQLAlchemy's own way to begin one and to end it is a tenth of a call that writes alone.
    """
    sql = engine.connect().execution_options(isolation_level="AUTOCOMMIT", **options)
    sql.info[BY_HAND] = True
    return sql


def read_only(engine: Engine, replica: Replica, *, is_sqlite: bool) -> Connection:
    """A connection whose transactions ``Store.read`` begins and ends itself.

    What is asked through it may be answered by the replica. A transaction that writes has none: it sees
    what nobody else does yet.
    """
    sql = by_hand(engine, **{VIEW: View()})
    sql.info[REPLICA] = replica
    if is_sqlite:
        driver(sql)("pragma query_only = on")
    return sql


def _note_written(sql: Connection, statement: Any, *_rest: object) -> None:
    if getattr(statement, "is_dml", False):
        note_written(sql, statement.table)
