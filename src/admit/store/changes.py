"""The change log as it is read: entries in order, and how far each follower has come."""

from collections.abc import Generator, Iterator, Sequence
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
from admit.store.tables import ABOUT, ABOUT_TOO, changes, cursors, revision

FIELDS = (
    changes.c.revision,
    changes.c.ordinal,
    changes.c.at,
    changes.c.actor,
    changes.c.action,
    changes.c.request_id,
    changes.c.event,
    changes.c.fact,
)


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


_AFTER = (
    select(*FIELDS)
    .where(changes.c.revision > bindparam("revision"))
    .order_by(changes.c.revision, changes.c.ordinal)
    .limit(bindparam("limit"))
)


def after(sql: Connection, revision: int, limit: int) -> list[Change]:
    """The entries after a revision, oldest first: about ``limit``, and always whole revisions."""
    rows = sql.execute(_AFTER, {"revision": revision, "limit": limit + 1}).all()
    if len(rows) > limit:
        # The last revision may be cut short: it is left for the next batch, unless it is the only one.
        last = rows[-1].revision
        whole = [row for row in rows if row.revision < last]
        rows = (
            whole or sql.execute(select(*FIELDS).where(changes.c.revision == last).order_by("ordinal")).all()
        )
    return [_change(Entry(*row)) for row in rows]


_AFTER_WITH_HASH = (
    select(*FIELDS, changes.c.hash)
    .where(changes.c.revision > bindparam("revision"))
    .order_by(changes.c.revision, changes.c.ordinal)
    .limit(bindparam("limit"))
)
_WITH_HASH = select(*FIELDS, changes.c.hash).where(changes.c.revision == bindparam("revision"))


def entries_after(sql: Connection, revision: int, limit: int) -> list[tuple[Change, bytes]]:
    """Like :func:`after`, each entry with its hash in the chain."""
    rows = sql.execute(_AFTER_WITH_HASH, {"revision": revision, "limit": limit + 1}).all()
    if len(rows) > limit:
        last = rows[-1].revision
        whole = [row for row in rows if row.revision < last]
        rows = whole or sql.execute(_WITH_HASH.order_by("ordinal"), {"revision": last}).all()
    return [(_change(Entry(*row[:-1])), bytes(row[-1])) for row in rows]


def _change(entry: Entry) -> Change:
    return Change(
        entry.revision,
        entry.ordinal,
        entry.at,
        entry.actor,
        entry.action,
        entry.request_id,
        msgspec.json.decode(entry.fact, type=EVENTS[entry.event]),
    )


def entries(sql: Connection) -> Generator[tuple[Entry, bytes]]:
    """Every entry with its hash, oldest first, as it is stored."""
    statement = select(*FIELDS, changes.c.hash).order_by(changes.c.revision, changes.c.ordinal)
    # Of the statement, not of the connection: that would keep it for all that follows.
    with sql.execute(statement.execution_options(yield_per=1000)) as rows:
        for row in rows:
            yield Entry(*row[:-1]), row[-1]


def cursor(sql: Connection, follower: str) -> int | None:
    """The last revision a follower has dealt with; None if it never ran."""
    return sql.execute(select(cursors.c.revision).where(cursors.c.follower == follower)).scalar_one_or_none()


def set_cursor(sql: Connection, follower: str, revision: int) -> None:
    """A follower has dealt with everything up to a revision."""
    sql.execute(delete(cursors).where(cursors.c.follower == follower))
    sql.execute(insert(cursors).values(follower=follower, revision=revision, failures=0, retry_at=0))


def _newest(about: ColumnElement[int] | None) -> Select[Any]:
    statement = select(*FIELDS, changes.c.hash).where(
        changes.c.revision <= bindparam("until", type_=BigInteger),
        tuple_(changes.c.revision, changes.c.ordinal)
        < tuple_(bindparam("revision", type_=BigInteger), bindparam("ordinal")),
    )
    if about is not None:
        statement = statement.where(about == bindparam("key", type_=BigInteger))
    return statement.order_by(changes.c.revision.desc(), changes.c.ordinal.desc()).limit(bindparam("limit"))


_NEWEST = Prepared(_newest(None))
_NEWEST_ABOUT = (Prepared(_newest(ABOUT)), Prepared(_newest(ABOUT_TOO)))
_NEWEST_OF_PAIR = Prepared(_newest(ABOUT).where(bindparam("other", type_=BigInteger) == ABOUT_TOO))
BEFORE_ALL = (2**62, 0)
"""The place before the newest entry."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is asked of the log: about which thing, or which two, until which revision."""

    about: int | None = None
    other: int | None = None
    until: int = 2**62


def newest(sql: Connection, told: Told, before: tuple[int, int], limit: int) -> list[tuple[Change, bytes]]:
    """The newest entries before a place, newest first, each with its hash in the chain."""
    place = {"revision": before[0], "ordinal": before[1], "until": told.until, "limit": limit}
    if told.about is None:
        rows = _NEWEST.rows(sql, **place)
    elif told.other is not None:
        rows = _NEWEST_OF_PAIR.rows(sql, **place, key=told.about, other=told.other)
    else:
        found = [row for each in _NEWEST_ABOUT for row in each.rows(sql, **place, key=told.about)]
        rows = sorted(found, key=lambda row: (row[0], row[1]), reverse=True)[:limit]
    return [(_change(Entry(*row[:-1])), bytes(row[-1])) for row in rows]


_TOLD_OF = Prepared(
    select(changes.c.event, changes.c.fact, changes.c.at)
    .where(
        bindparam("key", type_=BigInteger) == ABOUT,
        changes.c.event.in_(
            [
                bindparam(f"kind_{number}", kind.__name__)
                for number, kind in enumerate((ThingAdded, ThingChanged, ThingBlocked, ThingUnblocked))
            ]
        ),
        changes.c.revision <= bindparam("until", type_=BigInteger),
    )
    .order_by(changes.c.revision, changes.c.ordinal)
)


def told_of(sql: Connection, key: int, until: int) -> Iterator[tuple[Event, Millis]]:
    """What a thing was made with, and each change of it up to a revision, the oldest first, with when."""
    for event, fact, at in _TOLD_OF.rows(sql, key=key, until=until):
        yield msgspec.json.decode(fact, type=EVENTS[event]), at


_MOMENT = Prepared(
    select(changes.c.at).where(changes.c.revision == bindparam("revision"), changes.c.ordinal == 0)
)


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


_CAME_AND_WENT = (ThingAdded, ThingRemoved, LinkAdded, LinkRemoved)
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
    """What was made, removed, joined and parted after one revision, and until another.

    None if it is more than ``limit``, or there were more revisions.
    """
    if until - after > limit:
        return None
    rows = _BETWEEN.rows(sql, after=after, until=until, limit=limit + 1)
    if len(rows) > limit:
        return None
    return [msgspec.json.decode(fact, type=EVENTS[event]) for event, fact in rows]


_ACTORS = PreparedForKeys(
    lambda revisions: select(changes.c.revision, changes.c.actor).where(
        changes.c.revision.in_(revisions), changes.c.ordinal == 0
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
