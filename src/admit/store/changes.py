"""The change log as it is read: entries in order, and how far each follower has come."""

from collections.abc import Generator
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select

from admit.core.events import EVENTS, Event
from admit.core.validity import Millis
from admit.store.ledger import Entry
from admit.store.tables import changes, cursors

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
