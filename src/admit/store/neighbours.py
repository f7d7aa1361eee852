"""What a thing is joined to, a few at a time: now, or at a past moment."""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Connection,
    Select,
    Table,
    bindparam,
    func,
    or_,
    select,
    union_all,
)

from admit.core.links import KINDS, Kind, Ref, Stage
from admit.core.validity import Millis, Validity
from admit.store.prepared import Prepared
from admit.store.standing import moment, stood
from admit.store.tables import links, past_links, things

MOST_COUNTED = 10_000
"""Up to how many are counted."""


class Neighbour(NamedTuple):
    """A link, and what is at its other end."""

    ref: Ref
    stage: Stage
    validity: Validity
    added_at: Millis
    added_in: int


def _joined(table: Table, *, inward: bool, then: bool, stage: bool) -> Select[Any]:
    ends = table.c
    there = ends.source if inward else ends.target
    statement = select(
        things.c.kind, things.c.key, ends.stage, ends.starts_at, ends.ends_at, ends.added_at, ends.added_in
    ).join(things, things.c.key == there)
    return _of_one(statement, table, inward=inward, then=then, stage=stage)


def _of_one(statement: Select[Any], table: Table, *, inward: bool, then: bool, stage: bool) -> Select[Any]:
    """Only the links of one thing."""
    ends = table.c
    here = ends.target if inward else ends.source
    statement = statement.where(here == bindparam("here", type_=BigInteger))
    if stage:
        statement = statement.where(ends.stage == bindparam("stage"))
    return statement.where(*stood(table, then=then))


def _all(*, inward: bool, then: bool, stage: bool) -> Select[Any] | CompoundSelect[Any]:
    tables = (links, past_links) if then else (links,)
    parts = [_joined(table, inward=inward, then=then, stage=stage) for table in tables]
    return parts[0] if len(parts) == 1 else union_all(*parts)


@cache
def _page(*, inward: bool, then: bool, stage: bool) -> Prepared:
    statement = _all(inward=inward, then=then, stage=stage)
    return Prepared(statement.limit(bindparam("limit")).offset(bindparam("offset")))


@cache
def _count(*, inward: bool, then: bool, stage: bool) -> Prepared:
    # Counted from the index of the links alone: what is at their other ends does not matter.
    tables = (links, past_links) if then else (links,)
    counted = [
        _of_one(select(table.c.stage), table, inward=inward, then=then, stage=stage) for table in tables
    ]
    some = (counted[0] if len(counted) == 1 else union_all(*counted)).limit(bindparam("limit")).subquery()
    return Prepared(select(func.count()).select_from(some))


def neighbours(  # noqa: PLR0913 - a listing: what it is of, and which page
    sql: Connection,
    key: int,
    *,
    inward: bool,
    stage: Stage | None = None,
    at: Millis | None = None,
    offset: int = 0,
    limit: int,
) -> list[Neighbour]:
    """The links from (or with ``inward`` to) a thing, in force or not, in no order that would cost time."""
    statement = _page(inward=inward, then=at is not None, stage=stage is not None)
    rows = statement.rows(sql, **_asked(key, stage, at), limit=limit, offset=offset)
    return [
        Neighbour(Ref(KINDS[row[0]], row[1]), Stage(row[2]), Validity(row[3], row[4]), row[5], row[6])
        for row in rows
    ]


def count(
    sql: Connection, key: int, *, inward: bool, stage: Stage | None = None, at: Millis | None = None
) -> int:
    """How many those are, counted no further than ``MOST_COUNTED``."""
    statement = _count(inward=inward, then=at is not None, stage=stage is not None)
    return sum(row[0] for row in statement.rows(sql, **_asked(key, stage, at), limit=MOST_COUNTED))


_GRANTED, _JOINED = links.alias("granted"), links.alias("joined")
_JOIN = Prepared(
    select(func.count()).select_from(
        select(_JOINED.c.source)
        .join(_GRANTED, _GRANTED.c.source == _JOINED.c.target)
        .where(
            _GRANTED.c.target == bindparam("here", type_=BigInteger),
            _GRANTED.c.stage == int(Stage.GRANT),
            _JOINED.c.stage == int(Stage.JOIN),
        )
        .limit(bindparam("limit"))
        .subquery()
    )
)


def more_join(sql: Connection, key: int, most: int) -> bool:
    """Whether more than so many are joined to what a thing is granted to, in force or not."""
    return bool(_JOIN.rows(sql, here=key, limit=most + 1)[0][0] > most)


def _asked(key: int, stage: Stage | None, at: Millis | None) -> dict[str, int]:
    found = {"here": key}
    if stage is not None:
        found["stage"] = int(stage)
    return found | moment(at)


def _open(*, then: bool) -> Prepared:
    """The accounts that anything is granted to: every user in one has it."""
    accounts = select(things.c.key).where(things.c.parent == 0, things.c.kind == int(Kind.ACCOUNT))
    granted = (
        select(table.c.source).where(table.c.source == things.c.key, table.c.stage == int(Stage.GRANT))
        for table in ((links, past_links) if then else (links,))
    )
    return Prepared(accounts.where(or_(*(each.exists() for each in granted))))


_OPEN = {then: _open(then=then) for then in (False, True)}


def open_accounts(sql: Connection, at: Millis | None = None) -> set[int]:
    """Accounts that something is granted to, now or perhaps at a moment; seldom any."""
    return {row[0] for row in _OPEN[at is not None].rows(sql)}
