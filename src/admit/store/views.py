"""Views of the policy: which revision one shows, and what was read of that revision before."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from admit.store.prepared import KEPT_THINGS, Prepared
from admit.store.tables import revision

REMEMBERED = 10_000
"""How much one connection keeps of a sort."""

_SEEN = "seen"


@dataclass(slots=True)
class _Kept:
    """What was read of one revision."""

    revision: int = -1
    found: dict[Hashable, Any] = field(default_factory=dict)


def begin(sql: Connection) -> None:
    """A view begins: which revision it shows is not known yet."""
    sql.info[_SEEN] = None


def current_revision(sql: Connection) -> int:
    """The number of the newest policy change."""
    return _head(sql)[0]


def callers_revision(sql: Connection) -> int:
    """The number of the newest change to who may call: what was read of callers holds until it moves."""
    return _head(sql)[1]


def kept(sql: Connection, sort: str) -> dict[Hashable, Any] | None:
    """What was read of the revision that a view shows, by sorts, to be added to.

    It must be such that only a change of policy changes it. None in a transaction that writes: that sees what
    has no revision yet.
    """
    about = sql.info
    if not about.get("read_only"):
        return None
    shown = (about.get(_SEEN) or _head(sql))[0]
    known: _Kept | None = about.get(sort)
    if known is None or known.revision != shown or len(known.found) >= REMEMBERED:
        known = about[sort] = _Kept(shown)
    return known.found


def kept_things(sql: Connection) -> dict[Hashable, Any] | None:
    """What was read of things, to be added to; None in a transaction that has changed any."""
    if sql.info.get("read_only"):
        return kept(sql, KEPT_THINGS)
    known: _Kept | None = sql.info.get(KEPT_THINGS)
    return None if known is None else known.found


def begin_writing(sql: Connection, revision: int) -> None:
    """A transaction begins, and nobody else writes: what was read of things at this revision holds on."""
    known: _Kept | None = sql.info.get(KEPT_THINGS)
    if known is None or known.revision != revision or len(known.found) >= REMEMBERED:
        sql.info[KEPT_THINGS] = _Kept(revision)


def end_writing(sql: Connection, revision: int) -> None:
    """It is durable, with this as the newest revision; what it still keeps of things is of that one too."""
    known: _Kept | None = sql.info.get(KEPT_THINGS)
    if known is not None:
        known.revision = revision


_HEAD = Prepared(select(revision.c.n, revision.c.callers))


def _head(sql: Connection) -> tuple[int, int]:
    """Both numbers. All that a view shows it shows as it was when it was first asked."""
    seen: tuple[int, int] | None = sql.info.get(_SEEN)
    if seen is None:
        row = _HEAD.first(sql)
        if row is None:
            raise LookupError("the store has no revision: it was never created")
        seen = row[0], row[1]
        if sql.info.get("read_only"):
            sql.info[_SEEN] = seen
    return seen
