"""What is found out about long lists once for a revision of the policy: how long, and where pages begin."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from admit.core.validity import MINUTE, Millis
from admit.store.prepared import Prepared
from admit.store.views import current_revision, kept


def counted(sql: Connection, statement: Prepared, values: dict[str, Any]) -> int:
    """The number a statement counts among what only a change of policy changes.

    Every page of a list tells how long the list is: counting it is most of what a page of a long one costs.
    """
    numbers = kept(sql, "counts")
    if numbers is None:
        return _count(sql, statement, values)
    asked = (statement, *values.values())
    if asked not in numbers:
        numbers[asked] = _count(sql, statement, values)
    return int(numbers[asked])


LARGE = 50_000
"""From here on counting takes long enough to be noticed."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts, and when and at which revision they were made."""

    revision: int
    at: Millis
    numbers: dict[str, int]


_LATELY: WeakKeyDictionary[Engine, Counted] = WeakKeyDictionary()
"""What was counted last, of each database: there is one overview."""


def counted_lately(sql: Connection, now: Millis, count: Callable[[], dict[str, int]]) -> dict[str, int]:
    """Counts of what only a change of policy changes; large ones may be up to a minute old."""
    revision, kept = current_revision(sql), _LATELY.get(sql.engine)
    if kept is not None:
        large = max(kept.numbers.values(), default=0) > LARGE
        if kept.revision == revision or (large and 0 <= now - kept.at < MINUTE):
            return kept.numbers
    numbers = count()
    _LATELY[sql.engine] = Counted(revision, now, numbers)
    return numbers


def counted_last(sql: Connection) -> Counted | None:
    """The counts that were made last, if any; of a revision that a view may be older than."""
    return _LATELY.get(sql.engine)


def key_before(sql: Connection, listed: Hashable, offset: int) -> int | None:
    """The key after which the place ``offset`` of a list begins, if the page before it was read.

    Lists are read page after page. Counting off what was read already would take
    longer with each page.
    """
    known = kept(sql, "counts")
    return None if known is None else known.get((listed, offset))


def note_key_before(sql: Connection, listed: Hashable, offset: int, key: int) -> None:
    """Remember the key after which the place ``offset`` of a list begins."""
    known = kept(sql, "counts")
    if known is not None:
        known[listed, offset] = key


def _count(sql: Connection, statement: Prepared, values: dict[str, Any]) -> int:
    return sum(int(row[0]) for row in statement.rows(sql, **values))
