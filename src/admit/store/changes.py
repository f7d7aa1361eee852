"""The change log as it is read: entries in order, and how far each follower has come."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    insert,
    select,
    tuple_,
    update,
)

from admit.core.events import (
    EVENTS,
    Event,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    ThingAdded,
    ThingBlocked,
    ThingChanged,
    ThingRemoved,
    ThingUnblocked,
)
from admit.core.validity import Millis
from admit.store.ledger import Entry
from admit.store.prepared import Prepared, PreparedForKeys
from admit.store.tables import changes, cursors, revision, transactions

_MADE = changes.join(transactions, transactions.c.revision == changes.c.revision)
_ENTRY = select(
    changes.c.revision,
    changes.c.ordinal,
    transactions.c.at,
    transactions.c.actor,
    transactions.c.action,
    transactions.c.request_id,
    changes.c.event,
    changes.c.fact,
    transactions.c.hash,
).select_from(_MADE)
"""An entry, in the order of its fields, and where the chain stood after its transaction."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the log, read back."""

    revision: int
    ordinal: int
    at: Millis
    actor: str
    action: str
    request_id: str
    event: Event


_IN_ORDER = (changes.c.revision, changes.c.ordinal)
_AFTER = Prepared(
    _ENTRY.where(changes.c.revision > bindparam("revision", type_=BigInteger))
    .order_by(*_IN_ORDER)
    .limit(bindparam("limit"))
)
_OF_ONE = Prepared(_ENTRY.where(changes.c.revision == bindparam("revision")).order_by(changes.c.ordinal))


def after(sql: Connection, revision: int, limit: int) -> list[Change]:
    """The entries after a revision, oldest first: about ``limit``, and always whole revisions."""
    return [change for change, _ in entries_after(sql, revision, limit)]


def entries_after(sql: Connection, revision: int, limit: int) -> list[tuple[Change, bytes]]:
    """Like :func:`after`, each entry with where the chain stood after its transaction."""
    rows = _AFTER.rows(sql, revision=revision, limit=limit + 1)
    if len(rows) > limit:
        # The last revision may be cut short: it is left for the next batch, unless it is the only one.
        last = rows[-1][0]
        whole = [row for row in rows if row[0] < last]
        rows = whole or _OF_ONE.rows(sql, revision=last)
    return _changes(rows)


def _changes(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Change, bytes]]:
    """Rows of entries as :data:`_ENTRY` has them, read back."""
    return [(_change(Entry(*row[:-1])), bytes(row[-1])) for row in rows]


def _change(entry: Entry) -> Change:
    what = msgspec.json.decode(entry.fact, type=EVENTS[entry.event])
    return Change(entry.revision, entry.ordinal, entry.at, entry.actor, entry.action, entry.request_id, what)


def entries_of(sql: Connection, revision: int) -> list[Entry]:
    """The entries of one transaction, in their order."""
    return [Entry(*row[:-1]) for row in _OF_ONE.rows(sql, revision=revision)]


class Stored(NamedTuple):
    """An entry as it stands in the tables."""

    entry: Entry
    about: tuple[int, int | None]
    """The keys it is found under."""
    hash: bytes
    """Where the chain stood after its transaction."""


_EVERY = _ENTRY.add_columns(changes.c.about, changes.c.about_too).order_by(*_IN_ORDER)


def entries(sql: Connection) -> Generator[Stored]:
    """Every entry, oldest first, as it is stored."""
    # Of the statement, not of the connection: that would keep it for all that follows.
    with sql.execute(_EVERY.execution_options(yield_per=1000)) as rows:
        for *entry, seal, about, about_too in rows:
            yield Stored(Entry(*entry), (about, about_too), bytes(seal))


def cursor(sql: Connection, follower: str) -> int | None:
    """The last revision a follower has dealt with; None if it never ran."""
    return sql.execute(select(cursors.c.revision).where(cursors.c.follower == follower)).scalar_one_or_none()


def set_cursor(sql: Connection, follower: str, revision: int) -> None:
    """A follower has dealt with everything up to a revision."""
    sql.execute(delete(cursors).where(cursors.c.follower == follower))
    sql.execute(insert(cursors).values(follower=follower, revision=revision, failures=0, retry_at=0))


def _newest(about: ColumnElement[int] | None) -> Select[Any]:
    statement = _ENTRY.where(
        changes.c.revision <= bindparam("until", type_=BigInteger),
        tuple_(*_IN_ORDER) < tuple_(bindparam("revision", type_=BigInteger), bindparam("ordinal")),
    )
    if about is not None:
        statement = statement.where(about == bindparam("key", type_=BigInteger))
    return statement.order_by(changes.c.revision.desc(), changes.c.ordinal.desc()).limit(bindparam("limit"))


_NEWEST = Prepared(_newest(None))
_NEWEST_ABOUT = (Prepared(_newest(changes.c.about)), Prepared(_newest(changes.c.about_too)))
# Of the two ends the source has fewer entries: by an expression no index is looked for.
_NEWEST_OF_PAIR = Prepared(
    _newest(changes.c.about).where(changes.c.about_too + 0 == bindparam("other", type_=BigInteger))
)
BEFORE_ALL = (2**62, 0)
"""The place before the newest entry."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is asked of the log: about which thing, or which two, until which revision."""

    about: int | None = None
    other: int | None = None
    until: int = 2**62


def newest(sql: Connection, told: Told, before: tuple[int, int], limit: int) -> list[tuple[Change, bytes]]:
    """The newest entries before a place, newest first, each as in :func:`entries_after`."""
    place = {"revision": before[0], "ordinal": before[1], "until": told.until, "limit": limit}
    if told.about is None:
        rows = _NEWEST.rows(sql, **place)
    elif told.other is not None:
        rows = _NEWEST_OF_PAIR.rows(sql, **place, key=told.about, other=told.other)
    else:
        found = [row for each in _NEWEST_ABOUT for row in each.rows(sql, **place, key=told.about)]
        rows = sorted(found, key=lambda row: (row[0], row[1]), reverse=True)[:limit]
    return _changes(rows)


_TOLD_OF = Prepared(
    select(changes.c.event, changes.c.fact, transactions.c.at)
    .select_from(_MADE)
    .where(
        changes.c.about == bindparam("key", type_=BigInteger),
        changes.c.event.in_(
            [
                bindparam(f"kind_{number}", kind.__name__)
                for number, kind in enumerate((ThingAdded, ThingChanged, ThingBlocked, ThingUnblocked))
            ]
        ),
        changes.c.revision <= bindparam("until", type_=BigInteger),
    )
    .order_by(*_IN_ORDER)
)


def told_of(sql: Connection, key: int, until: int) -> Iterator[tuple[Event, Millis]]:
    """What a thing was made with, and each change of it up to a revision, the oldest first, with when."""
    for event, fact, at in _TOLD_OF.rows(sql, key=key, until=until):
        yield msgspec.json.decode(fact, type=EVENTS[event]), at


_MOMENT = Prepared(select(transactions.c.at).where(transactions.c.revision == bindparam("revision")))


def revision_at(sql: Connection, at: Millis, newest_: int) -> int:
    """The revision the policy had at a moment: both only grow, so that it is found by halving."""
    low, high = 0, newest_
    while low < high:
        middle = (low + high + 1) // 2
        row = _MOMENT.first(sql, revision=middle)
        if row is not None and row[0] <= at:
            low = middle
        else:
            high = middle - 1
    return low


_CAME_AND_WENT = (ThingAdded, ThingRemoved, LinkAdded, LinkChanged, LinkRemoved)
_BETWEEN = Prepared(
    select(changes.c.event, changes.c.fact)
    .where(
        changes.c.revision > bindparam("after", type_=BigInteger),
        changes.c.revision <= bindparam("until", type_=BigInteger),
        changes.c.event.in_(
            [bindparam(f"kind_{number}", kind.__name__) for number, kind in enumerate(_CAME_AND_WENT)]
        ),
    )
    .limit(bindparam("limit"))
)


def came_and_went(sql: Connection, after: int, until: int, limit: int) -> list[Event] | None:
    """What was made, removed, joined, joined for another time and parted after one revision, until another.

    None if it is more than ``limit``, or there were more revisions.
    """
    if until - after > limit:
        return None
    rows = _BETWEEN.rows(sql, after=after, until=until, limit=limit + 1)
    if len(rows) > limit:
        return None
    return [msgspec.json.decode(fact, type=EVENTS[event]) for event, fact in rows]


_ACTORS = PreparedForKeys(
    lambda revisions: select(transactions.c.revision, transactions.c.actor).where(
        transactions.c.revision.in_(revisions)
    )
)


def actors(sql: Connection, revisions: Sequence[int]) -> dict[int, str]:
    """Who made each of some revisions."""
    return {row[0]: row[1] for row in _ACTORS.rows(sql, revisions)}


class Place(NamedTuple):
    """How far a follower has come, and when it is to try again."""

    revision: int
    failures: int
    """Tries of what comes next that failed."""
    retry_at: Millis


def place(sql: Connection, follower: str) -> Place | None:
    """Where a follower is; None if it never ran."""
    found = select(cursors.c.revision, cursors.c.failures, cursors.c.retry_at)
    row = sql.execute(found.where(cursors.c.follower == follower)).first()
    return None if row is None else Place(*row)


def put_off(sql: Connection, follower: str, failures: int, retry_at: Millis) -> None:
    """A follower is to try again, not before a moment."""
    values = {"failures": failures, "retry_at": retry_at}
    sql.execute(update(cursors).where(cursors.c.follower == follower).values(**values))


def forget_cursor(sql: Connection, follower: str) -> None:
    """A follower is no more."""
    sql.execute(delete(cursors).where(cursors.c.follower == follower))


def head(sql: Connection) -> bytes:
    """The newest entry's hash in the chain."""
    return bytes(sql.execute(select(revision.c.head)).scalar_one())
