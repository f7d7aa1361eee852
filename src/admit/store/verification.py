"""Whether the ledger is whole, and whether all that is compared with it is what it says."""

from contextlib import closing
from dataclasses import dataclass
from itertools import groupby

import msgspec
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound

from admit.core.validity import Millis
from admit.store.changes import Stored, entries, entries_of
from admit.store.ledger import GENESIS, Entry, LedgerBroken, chain, place_name
from admit.store.replay import Replay
from admit.store.tables import changes, revision, transactions


@dataclass(slots=True)
class Verdict:
    """What was found."""

    entries: int = 0
    """How many entries fit."""
    revision: int = 0
    """The revision of the last one."""
    head: str = GENESIS.hex()
    """Its hash, in hexadecimal: the note to keep elsewhere."""
    fault: str | None = None
    """The first thing that does not fit; None if all does."""


def verify(sql: Connection, key: bytes, noted: bytes | None = None) -> Verdict:
    """Walk the whole chain, then compare what is kept with what its entries add up to.

    ``noted`` is a head that an earlier verdict gave: the chain must contain it.
    """
    verdict, replay = Verdict(), Replay()
    try:
        _walk(sql, key, verdict, replay, noted)
        _compare_head(sql, verdict)
        replay.compare(sql)
    except LedgerBroken as broken:
        verdict.fault = str(broken)
    except _UNREADABLE as error:
        verdict.fault = f"Something stands in the database that was not put there by admit: {error}."
    except DBAPIError as error:
        # Who has lost the database knows nothing of the ledger.
        if error.connection_invalidated:
            raise
        verdict.fault = f"The database cannot be read: {error.orig}."
    return verdict


_UNREADABLE = (NoResultFound, MultipleResultsFound, TypeError, ValueError, msgspec.MsgspecError)
"""What reading a row raises in which there is another kind of value than is ever written, or that is gone."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The ledger's end, looked at without walking all of it."""

    revision: int
    newest_at: Millis
    """When the newest change was made."""
    head: str
    """The hash of the newest entry, in hexadecimal."""
    fits: bool
    """Whether that entry is authentic and the one the database stands at."""


def tail(sql: Connection, key: bytes) -> Tail:
    """The end of the ledger; a quick look, where :func:`verify` is thorough."""
    n, head = sql.execute(select(revision.c.n, revision.c.head)).one()
    newest = select(transactions).order_by(transactions.c.revision.desc()).limit(2)
    rows = sql.execute(newest).all()
    if not rows:
        return Tail(n, 0, GENESIS.hex(), fits=(n, bytes(head)) == (0, GENESIS))
    last, led_to = rows[0], bytes(rows[1].hash) if len(rows) > 1 else GENESIS
    for entry in entries_of(sql, last.revision):
        led_to = chain(key, led_to, entry)
    fits = n == last.revision and bytes(head) == led_to == bytes(last.hash)
    return Tail(n, last.at, bytes(last.hash).hex(), fits)


def _walk(sql: Connection, key: bytes, verdict: Verdict, replay: Replay, noted: bytes | None) -> None:
    place, head = _NOWHERE, GENESIS
    met = noted is None or noted == GENESIS
    with closing(entries(sql)) as rows:
        for number, made in groupby(rows, _revision):
            together = list(made)
            for stored in together:
                place, head = _next(place, stored.entry), chain(key, head, stored.entry)
                # Heads were noted after each entry as well, when each had its hash.
                met = met or head == noted
            if head != together[-1].hash:
                raise LedgerBroken(
                    f"Revision {number} does not fit what stands before it: an entry of it was altered or "
                    "put there, or one before was taken out."
                )
            verdict.entries += len(together)
            verdict.revision, verdict.head = number, head.hex()
            for stored in together:
                replay.take(stored)
    if not met:
        raise LedgerBroken(
            "The head that was noted is not in the ledger: the database was put back to an earlier "
            "or another one, or the newest entries were cut off."
        )


_NOWHERE = (0, -2)
"""The place before the first entry, which nothing but 1/0 follows."""


def _next(last: tuple[int, int], entry: Entry) -> tuple[int, int]:
    place = (entry.revision, entry.ordinal)
    if place not in ((last[0], last[1] + 1), (last[0] + 1, 0)):
        raise LedgerBroken(f"Entry {_named(place)} follows {_named(last)}: what stood between is missing.")
    return place


def _revision(stored: Stored) -> int:
    return stored.entry.revision


def _compare_head(sql: Connection, verdict: Verdict) -> None:
    n, head = sql.execute(select(revision.c.n, revision.c.head)).one()
    if (n, bytes(head).hex()) != (verdict.revision, verdict.head):
        raise LedgerBroken(
            f"The ledger ends with revision {verdict.revision}, and the database stands at {n}: "
            "entries at its end are missing, or its head was altered."
        )
    many = sql.execute(select(func.count()).select_from(transactions)).scalar_one()
    if many != n:
        raise LedgerBroken(f"The ledger has {n} revisions, and {many} transactions: one has no entry.")
    many = sql.execute(select(func.count()).select_from(changes)).scalar_one()
    if many != verdict.entries:
        raise LedgerBroken(f"Of {many} entries {many - verdict.entries} are of no transaction.")


def _named(place: tuple[int, int]) -> str:
    return "nothing" if place == _NOWHERE else place_name(*place)
