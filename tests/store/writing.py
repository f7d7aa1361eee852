"""Bodies to be written with, and what is to be seen of them afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import msgspec

from admit.control import things
from admit.control.things import New
from admit.core.links import Kind
from admit.store import things as stored
from admit.store.engine import Author, Store, Tx
from admit.store.links import current_revision
from admit.store.things import Thing, Where
from admit.store.verification import verify
from tests.store.conftest import LEDGER_KEY

AUTHOR = Author("admit", "test", "request")


class Details(msgspec.Struct):
    """Nothing is kept of these."""


def add(name: str, kind: Kind = Kind.GROUP) -> Callable[[Tx], Thing]:
    """A body that makes a thing."""
    return lambda tx: things.add(tx, New(kind, 0, name, Details()))


def adding(name: str, then: Exception) -> Callable[[Tx], None]:
    """A body that makes a thing, and fails."""

    def body(tx: Tx) -> None:
        add(name)(tx)
        raise then

    return body


def names(store: Store) -> list[str]:
    with store.read() as sql:
        return [thing.name for thing in stored.find(sql, Where(Kind.GROUP))]


def revision(store: Store) -> int:
    with store.read() as sql:
        return current_revision(sql)


def assert_whole(store: Store, entries: int) -> None:
    """The ledger has so many entries, and fits the database."""
    with store.read() as sql:
        verdict = verify(sql, LEDGER_KEY)
    assert (verdict.fault, verdict.entries) == (None, entries)


@contextmanager
def held(store: Store) -> Iterator[None]:
    """While this lasts the writer is busy: what is written meanwhile becomes one batch."""
    begun, done = Event(), Event()

    def hold(_tx: Tx) -> None:
        begun.set()
        assert done.wait(30)

    writing = store.write(AUTHOR, hold)
    assert begun.wait(30)
    try:
        yield
    finally:
        done.set()
    writing.result(30)
