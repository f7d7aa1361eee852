"""Statements that a walk through the database asks: the links of some things, or of one by key."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    Table,
    bindparam,
    exists,
    literal_column,
    select,
    union_all,
)

from admit.core.links import Kind, Stage
from admit.core.validity import BEGINNING, FOREVER
from admit.store import blocked, name_order
from admit.store.prepared import Prepared, PreparedForKeys
from admit.store.standing import stood
from admit.store.tables import blocks, links, past_links, things


@dataclass(frozen=True, slots=True)
class Way:
    """Which links of a thing are meant."""

    inward: bool
    stage: Stage
    then: bool
    """Of a past moment."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """Where they are."""
        return (links, past_links) if self.then else (links,)

    def ends(self, table: Table) -> tuple[ColumnElement[int], ColumnElement[int]]:
        """The columns of this end and of the other."""
        ends = table.c
        return (ends.target, ends.source) if self.inward else (ends.source, ends.target)


def _columns(other: FromClause, *, then: bool) -> tuple[Any, ...]:
    """What is told of the other end: its kind, what it lives in, whether it is off."""
    stands = blocked.stands(then=then)
    return other.c.kind, other.c.parent, exists().where(blocks.c.thing == other.c.key, stands)


def _stage(table: Table, stage: Stage) -> ColumnElement[bool]:
    # As a value it would be compared with what a partial index is of.
    return table.c.stage == literal_column(f"{stage:d}", BigInteger)


@cache
def links_of(way: Way) -> PreparedForKeys:
    """The links of some things, each with this end, the other one, its period, and of what kind that is."""

    def statement(keys: list[BindParameter[int]]) -> Select[Any] | CompoundSelect[Any]:
        parts = []
        for table in way.tables:
            here, there = way.ends(table)
            told = (here, there, table.c.starts_at, table.c.ends_at, *_columns(things, then=way.then))
            part = select(*told).join(things, things.c.key == there)
            parts.append(part.where(here.in_(keys), _stage(table, way.stage), *stood(table, then=way.then)))
        return union_all(*parts)

    return PreparedForKeys(statement)


@cache
def between(*, then: bool) -> PreparedForKeys:
    """The grants of one thing to some."""

    def statement(keys: list[BindParameter[int]]) -> CompoundSelect[Any]:
        return union_all(
            *(
                select(table.c.source, table.c.starts_at, table.c.ends_at).where(
                    table.c.source.in_(keys),
                    _stage(table, Stage.GRANT),
                    table.c.target == bindparam("target", type_=BigInteger),
                    *stood(table, then=then),
                )
                for table in ((links, past_links) if then else (links,))
            )
        )

    return PreparedForKeys(statement)


def _page(statement: Select[Any], there: ColumnElement[int]) -> Prepared:
    statement = statement.where(there > bindparam("after", type_=BigInteger))
    return Prepared(statement.order_by(there).limit(bindparam("limit")))


@cache
def page_of(way: Way) -> tuple[Prepared, ...]:
    """The other ends of one thing's links, by key: of each table the first ones after a key."""
    pages = []
    for table in way.tables:
        here, there = way.ends(table)
        told = (there, table.c.starts_at, table.c.ends_at, *_columns(things, then=way.then))
        some = select(*told).join(things, things.c.key == there)
        some = some.where(here == bindparam("here", type_=BigInteger), _stage(table, way.stage))
        pages.append(_page(some.where(*stood(table, then=way.then)), there))
    return tuple(pages)


@cache
def inside(*, then: bool) -> tuple[Prepared, ...]:
    """The users in an account, as if links led to it."""
    there = things.c.key
    told = (there, literal_column(str(BEGINNING)), literal_column(str(FOREVER)), *_columns(things, then=then))
    inside = select(*told).where(
        things.c.parent == bindparam("here", type_=BigInteger), things.c.kind == int(Kind.USER)
    )
    return (_page(inside.where(name_order.there(then=then)), there),)
