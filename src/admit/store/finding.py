"""Finding things by what is typed: any part of their name, or their id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

from sqlalchemy import BigInteger, ColumnElement, Connection, Text, and_, bindparam, func, or_, select, tuple_

from admit.core.links import KINDS, Kind
from admit.core.validity import Millis
from admit.store.prepared import Prepared, PreparedForKeys
from admit.store.tables import OF_FEW, blocks, things
from admit.store.things import Thing
from admit.store.where import COLUMNS, MANY
from admit.store.within import Begins, Contains

_ORDER = (things.c.name, things.c.kind, things.c.parent, things.c.key)
"""The order of the index by name, which is walked: the names are in it."""


Match: TypeAlias = Literal["any", "begins", "contains"]
LARGE = 50_000
"""Of more things than this no name is looked into that another begins like."""
_NEWEST = Prepared(select(func.max(things.c.key)))


def _there(*, then: bool) -> ColumnElement[bool]:
    """Whether a thing is there; or was, at a moment."""
    gone = things.c.removed_at
    if not then:
        return gone.is_(None)
    at = bindparam("at", type_=BigInteger)
    return and_(things.c.created_at <= at, or_(gone.is_(None), gone > at))


def _off(*, then: bool) -> ColumnElement[bool]:
    """Whether a block stands; or stood, at a moment."""
    at, ended = bindparam("at", type_=BigInteger), blocks.c.removed_at
    return and_(blocks.c.added_at <= at, or_(ended.is_(None), ended > at)) if then else ended.is_(None)


@cache
def _page(  # noqa: PLR0913 - a statement: what it asks for
    many: int, match: Match, *, blocked: bool, inside: bool, few: bool, then: bool
) -> Prepared:
    kinds: list[ColumnElement[int]] = [bindparam(f"kind_{number}") for number in range(many)]
    # Of one kind, what is in the order of its names need not be sorted.
    statement = select(*COLUMNS).where(
        things.c.kind == kinds[0] if many == 1 else things.c.kind.in_(kinds), _there(then=then)
    )
    if few:
        statement = statement.where(OF_FEW)
    here, place = tuple_(*_ORDER), tuple_(*(bindparam(f"after_{each.name}") for each in _ORDER))
    text, last = bindparam("text", type_=Text), bindparam("last", type_=Text)
    if match == "begins":
        # What is put together is no end of a range: the index is entered and left by the name alone.
        here = tuple_(things.c.name.concat(""), *_ORDER[1:])
        begins = Begins(things.c.name, text, bindparam("after_name", type_=Text), last)
        statement = statement.where(begins)
    statement = statement.where(here > place)
    if match == "contains":
        statement = statement.where(Contains(things.c.name, text))
    if blocked:
        statement = statement.where(things.c.key.in_(select(blocks.c.thing).where(_off(then=then))))
    if inside:
        statement = statement.where(things.c.parent == bindparam("parent"))
    return Prepared(statement.order_by(*_ORDER).limit(bindparam("limit")))


_BY_ID = {
    then: Prepared(select(*COLUMNS).where(things.c.id == bindparam("id"), _there(then=then)))
    for then in (False, True)
}


def with_id(sql: Connection, thing_id: str, kinds: Sequence[Kind], at: Millis | None = None) -> list[Thing]:
    """Things of some kinds that have an id, living now or at a past moment."""
    rows = _BY_ID[at is not None].rows(sql, id=thing_id, **_moment(at))
    found = [Thing(row[0], KINDS[row[1]], *row[2:]) for row in rows]
    return [thing for thing in found if thing.kind in kinds]


_EVER = Prepared(
    select(*COLUMNS)
    .where(things.c.id == bindparam("id"), things.c.kind == bindparam("kind"))
    .order_by(things.c.key.desc())
    .limit(1)
)


def ever(sql: Connection, kind: Kind, thing_id: str) -> Thing | None:
    """The newest thing of a kind that has or had an id."""
    row = _EVER.first(sql, id=thing_id, kind=int(kind))
    return None if row is None else Thing(row[0], KINDS[row[1]], *row[2:])


def named_like(  # noqa: PLR0913 - a listing: what is meant, and which page
    sql: Connection,
    kinds: Sequence[Kind],
    text: str | None,
    *,
    blocked: bool = False,
    parent: int | None = None,
    after: Thing | None = None,
    at: Millis | None = None,
    limit: int,
) -> list[Thing]:
    """Things of some kinds by name, from one on; with a text only those whose name contains it.

    They are those that live, or lived at a past moment, by the names of now.

    Among very many things names that begin with the text are looked up, and only if there are none all
    names are looked into.
    """
    more = {} if parent is None else {"parent": parent}
    asked = _Asked(kinds, blocked=blocked, after=after, at=at, limit=limit, more=more)
    if text is None:
        return _found(sql, asked, "any")
    if parent is None and _is_large(sql):
        found = _found(sql, asked, "begins", text)
        if found or (after is not None and after.name.startswith(text)):
            return found
    return _found(sql, asked, "contains", text)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for besides a text."""

    kinds: Sequence[Kind]
    blocked: bool
    after: Thing | None
    at: Millis | None
    limit: int
    more: Mapping[str, int]


def _found(sql: Connection, asked: _Asked, match: Match, text: str = "") -> list[Thing]:
    after = asked.after
    first = text if match == "begins" else ""
    place = (first, 0, 0, 0) if after is None else (after.name, int(after.kind), after.parent, after.key)
    then = asked.at is not None
    # Inside of something, and with a name that begins so, there are others to go by; that index has no past.
    few = not then and not asked.more and match != "begins" and MANY.isdisjoint(asked.kinds)
    statement = _page(
        len(asked.kinds), match, blocked=asked.blocked, inside=bool(asked.more), few=few, then=then
    )
    rows = statement.rows(
        sql,
        **{f"kind_{number}": int(kind) for number, kind in enumerate(asked.kinds)},
        **{f"after_{column.name}": value for column, value in zip(_ORDER, place, strict=True)},
        **({} if match == "any" else {"text": text}),
        **({} if match != "begins" else {"last": f"{text}\U0010ffff"}),
        **asked.more,
        **_moment(asked.at),
        limit=asked.limit,
    )
    return [Thing(row[0], KINDS[row[1]], *row[2:]) for row in rows]


def _is_large(sql: Connection) -> bool:
    """Whether there are so many things that looking into each of their names would be noticed."""
    row = _NEWEST.first(sql)
    return row is not None and (row[0] or 0) > LARGE


_COUNTS = Prepared(
    select(things.c.kind, func.count()).where(things.c.removed_at.is_(None)).group_by(things.c.kind)
)


def counts(sql: Connection) -> dict[Kind, int]:
    """How many living things there are of each kind."""
    return {KINDS[row[0]]: row[1] for row in _COUNTS.rows(sql)}


def _standing(*, then: bool) -> PreparedForKeys:
    return PreparedForKeys(
        lambda keys: select(blocks.c.thing, blocks.c.word).where(blocks.c.thing.in_(keys), _off(then=then))
    )


_STANDING = {then: _standing(then=then) for then in (False, True)}


def _moment(at: Millis | None) -> dict[str, Millis]:
    return {} if at is None else {"at": at}


def words(sql: Connection, keys: Sequence[int], at: Millis | None = None) -> dict[int, str]:
    """What switches some things off, now or at a past moment; one that is on is left out."""
    return {row[0]: row[1] for row in _STANDING[at is not None].rows(sql, keys, **_moment(at))}
