"""Numbers of things, each counted once for a revision of the policy."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from admit.store.facts import current_revision
from admit.store.prepared import Prepared

REMEMBERED = 1_000
"""How many numbers one connection keeps."""


@dataclass(slots=True)
class _Known:
    """What was counted on one reading connection."""

    revision: int = -1
    numbers: dict[Hashable, int] = field(default_factory=dict)


def counted(sql: Connection, statement: Prepared, values: dict[str, Any]) -> int:
    """The number a statement counts among what only a change of policy changes.

    Every page of a list tells how long the list is: counting it is most of what a page of a long one costs.
    """
    if not sql.info.get("read_only"):
        # A transaction that writes sees what has no revision yet.
        return _count(sql, statement, values)
    known: _Known = sql.info.setdefault("counts", _Known())
    revision = current_revision(sql)
    if revision != known.revision or len(known.numbers) >= REMEMBERED:
        known.revision, known.numbers = revision, {}
    asked = (statement, *values.items())
    number = known.numbers.get(asked)
    if number is None:
        number = known.numbers[asked] = _count(sql, statement, values)
    return number


def _count(sql: Connection, statement: Prepared, values: dict[str, Any]) -> int:
    return sum(int(row[0]) for row in statement.rows(sql, **values))
