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
from admit.store.counts import counted
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


class _Form(NamedTuple):
    """What makes one statement another."""

    inward: bool
    then: bool
    """Of a past moment."""
    stage: bool
    """Only of one stage."""
    other: bool
    """Only with one other end."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """Where the links are."""
        return (links, past_links) if self.then else (links,)


def _joined(table: Table, form: _Form) -> Select[Any]:
    ends = table.c
    there = ends.source if form.inward else ends.target
    statement = select(
        things.c.kind, things.c.key, ends.stage, ends.starts_at, ends.ends_at, ends.added_at, ends.added_in
    ).join(things, things.c.key == there)
    return _of_one(statement, table, form)


def _of_one(statement: Select[Any], table: Table, form: _Form) -> Select[Any]:
    """Only the links of one thing."""
    ends = table.c
    here, there = (ends.target, ends.source) if form.inward else (ends.source, ends.target)
    statement = statement.where(here == bindparam("here", type_=BigInteger))
    if form.stage:
        statement = statement.where(ends.stage == bindparam("stage"))
    if form.other:
        statement = statement.where(there == bindparam("other", type_=BigInteger))
    return statement.where(*stood(table, then=form.then))


def _all(form: _Form) -> Select[Any] | CompoundSelect[Any]:
    parts = [_joined(table, form) for table in form.tables]
    return parts[0] if len(parts) == 1 else union_all(*parts)


@cache
def _page(form: _Form) -> Prepared:
    return Prepared(_all(form).limit(bindparam("limit")).offset(bindparam("offset")))


@cache
def _count(form: _Form) -> Prepared:
    # Counted from the index of the links alone: what is at their other ends does not matter.
    counted = [_of_one(select(table.c.stage), table, form) for table in form.tables]
    some = (counted[0] if len(counted) == 1 else union_all(*counted)).limit(bindparam("limit")).subquery()
    return Prepared(select(func.count()).select_from(some))


def neighbours(  # noqa: PLR0913 - a listing: what it is of, and which page
    sql: Connection,
    key: int,
    *,
    inward: bool,
    stage: Stage | None = None,
    at: Millis | None = None,
    other: int | None = None,
    offset: int = 0,
    limit: int,
) -> list[Neighbour]:
    """The links from (or with ``inward`` to) a thing, in force or not, in no order that would cost time.

    With ``other`` only the one with that thing.
    """
    statement = _page(_Form(inward, at is not None, stage is not None, other is not None))
    rows = statement.rows(sql, **_asked(key, stage, at, other), limit=limit, offset=offset)
    return [
        Neighbour(Ref(KINDS[row[0]], row[1]), Stage(row[2]), Validity(row[3], row[4]), row[5], row[6])
        for row in rows
    ]


def count(  # noqa: PLR0913 - the same listing
    sql: Connection,
    key: int,
    *,
    inward: bool,
    stage: Stage | None = None,
    at: Millis | None = None,
    other: int | None = None,
) -> int:
    """How many those are, counted no further than ``MOST_COUNTED``.

    A page of a thing asks twice: for its tabs, and with the list.
    """
    statement = _count(_Form(inward, at is not None, stage is not None, other is not None))
    return counted(sql, statement, _asked(key, stage, at, other) | {"limit": MOST_COUNTED})


def _how_many(found: Select[Any]) -> Prepared:
    return Prepared(select(func.count()).select_from(found.limit(bindparam("limit")).subquery()))


_GRANTED, _JOINED = links.alias("granted"), links.alias("joined")
_JOINS = select(_JOINED.c.source).where(_JOINED.c.stage == int(Stage.JOIN))
_HERE = bindparam("here", type_=BigInteger)
_IN_IT = _how_many(_JOINS.where(_JOINED.c.target == _HERE))
_BEHIND_IT = _how_many(
    _JOINS.join(_GRANTED, _GRANTED.c.source == _JOINED.c.target).where(
        _GRANTED.c.target == _HERE, _GRANTED.c.stage == int(Stage.GRANT)
    )
)


def many_in(sql: Connection, key: int, most: int) -> int:
    """How many are joined to a thing, in force or not; counted up to ``most``."""
    return int(_IN_IT.rows(sql, here=key, limit=most)[0][0])


def many_behind(sql: Connection, key: int, most: int) -> int:
    """How many are joined to what a thing is granted to, in force or not; counted up to ``most``."""
    return int(_BEHIND_IT.rows(sql, here=key, limit=most)[0][0])


def _asked(key: int, stage: Stage | None, at: Millis | None, other: int | None) -> dict[str, int]:
    ends = {"here": key} if other is None else {"here": key, "other": other}
    return ends | ({} if stage is None else {"stage": int(stage)}) | moment(at)


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
