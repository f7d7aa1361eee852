"""Finding things by what is typed: any part of their name, or their id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Select,
    Text,
    TextClause,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    union_all,
)

from admit.core.links import KINDS, Kind
from admit.core.validity import Millis
from admit.store.blocked import how_many, stands
from admit.store.prepared import EVERYTHING, Prepared
from admit.store.tables import OF_FEW, OF_MANY, blocks, things
from admit.store.things import Thing
from admit.store.where import COLUMNS, MANY
from admit.store.within import Begins, Contains

_ORDER = (things.c.name, things.c.kind, things.c.parent, things.c.key)
"""The order of the index by name, which is walked: the names are in it."""
_OF_ONE = (things.c.name, things.c.parent, things.c.key)
"""The same of one kind, as the indexes by kind have it."""


Match: TypeAlias = Literal["any", "begins", "contains", "contains among some"]
LARGE = 50_000
"""Of more things than this no name is looked into that another begins like, and only some at a time."""
LOOKED_INTO = 15_000
"""Into how many names is looked at a time where there are so many."""
_NEWEST = Prepared(select(func.max(things.c.key)))


def _there(*, then: bool) -> ColumnElement[bool]:
    """Whether a thing is there; or was, at a moment."""
    gone = things.c.removed_at
    if not then:
        return gone.is_(None)
    at = bindparam("at", type_=BigInteger)
    return and_(things.c.created_at <= at, or_(gone.is_(None), gone > at))


@dataclass(frozen=True, slots=True)
class _Form:
    """What makes one statement another."""

    many: int
    """How many kinds."""
    match: Match
    blocked: Literal["few", "many", ""]
    """Only what is blocked, looked for among all that is if that is little, or else by name."""
    inside: bool
    then: bool
    """Of a past moment."""
    within: Literal["few", "many", ""]
    """Among the kinds of which there are few, or among those of which there are many."""

    @property
    def was(self) -> bool:
        """Whether it is of what was, which two indexes hold: of what lives still, and of what is gone."""
        return (
            self.then and bool(self.within) and self.blocked != "few" and self.match != "contains among some"
        )


def _kinds(form: _Form) -> ColumnElement[bool]:
    kinds: list[ColumnElement[int]] = [bindparam(f"kind_{number}") for number in range(form.many)]
    return things.c.kind == kinds[0] if form.many == 1 else things.c.kind.in_(kinds)


def _living(form: _Form) -> ColumnElement[bool] | TextClause:
    # What is blocked is looked up by key, and is not looked for among the names.
    listed = form.within and not form.then and form.blocked != "few"
    return _words(form) if listed else _there(then=form.then)


def _words(form: _Form) -> TextClause:
    """What lives, in the words of the index that holds nothing else."""
    return OF_FEW if form.within == "few" else OF_MANY


def _order(form: _Form) -> tuple[Column[Any], ...]:
    # Of one kind, what is in the order of its names need not be sorted.
    return _OF_ONE if form.many == 1 else _ORDER


def _onward(form: _Form) -> ColumnElement[bool]:
    """What comes after a place."""
    order = _order(form)
    here, place = tuple_(*order), tuple_(*(bindparam(f"after_{each.name}") for each in order))
    if form.match == "begins" or form.blocked == "few":
        # What is put together is no end of a range: the index is entered and left by the name alone, or not
        # at all where what is blocked is looked up.
        here = tuple_(things.c.name.concat(""), *order[1:])
    return here > place


@cache
def _page(form: _Form) -> Prepared:
    text, last = bindparam("text", type_=Text), bindparam("last", type_=Text)
    statement = select(*COLUMNS).where(_kinds(form))
    if form.match == "contains among some":
        some = _some(form).subquery()
        statement = select(*COLUMNS).join(some, some.c.key == things.c.key)
        # What is no more, or of another kind, has its name in the index by name all the same.
        statement = statement.where(Contains(some.c.name, text), _kinds(form), _there(then=form.then))
    else:
        statement = statement.where(_onward(form))
    if form.match == "begins":
        statement = statement.where(Begins(things.c.name, text, bindparam("after_name", type_=Text), last))
    if form.match == "contains":
        statement = statement.where(Contains(things.c.name, text))
    if form.blocked:
        statement = statement.where(things.c.key.in_(select(blocks.c.thing).where(stands(then=form.then))))
    if form.inside:
        statement = statement.where(things.c.parent == bindparam("parent"))
    if form.was:
        return Prepared(_living_and_gone(statement, form))
    return Prepared(statement.where(_living(form)).order_by(*_order(form)).limit(bindparam("limit")))


def _living_and_gone(statement: Select[Any], form: _Form) -> Select[Any]:
    """The first of what lives still, and of what was removed since: each has an index in this order."""
    begun = things.c.created_at <= bindparam("at", type_=BigInteger)
    gone = things.c.removed_at.is_not(None), things.c.removed_at > bindparam("at", type_=BigInteger)
    parts = (
        statement.where(*there, begun).order_by(*_order(form)).limit(bindparam("limit")).subquery()
        for there in ((_words(form),), gone)
    )
    both = union_all(*map(select, parts)).subquery()
    return select(both).order_by(*(both.c[each.name] for each in _order(form))).limit(bindparam("limit"))


def _some(form: _Form) -> Select[Any]:
    """So many names after a place, from an index alone."""
    # An index of several kinds is walked whatever they are: who looks for few must not walk over all others.
    meant = (_kinds(form), _living(form)) if form.many == 1 else ()
    names = select(things.c.name, things.c.key).where(*meant, _onward(form))
    return names.order_by(*_order(form)).limit(bindparam("looked_into"))


@cache
def _last_of_some(form: _Form) -> Prepared:
    return Prepared(_some(form).offset(bindparam("skipped")))


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


class Found(NamedTuple):
    """Some things, and the key of the one that the list goes on after; None where it ends."""

    things: list[Thing]
    after: int | None


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
) -> Found:
    """Things of some kinds by name, from one on; with a text only those whose name contains it.

    They are those that live, or lived at a past moment, by the names of now.

    Among very many things names that begin with the text are looked up, and only if there are none names are
    looked into, some at a time: then there may be fewer than ``limit`` although others follow.
    """
    more = {} if parent is None else {"parent": parent}
    off = how_many(sql, at) if blocked else ""
    asked = _Asked(kinds, blocked=off, after=after, at=at, limit=limit + 1, more=more)
    if text is None:
        return _cut(_found(sql, asked, "any"), limit)
    if parent is not None or not _is_large(sql):
        return _cut(_found(sql, asked, "contains", text), limit)
    if _beginning(sql, replace(asked, after=None, limit=1), text):
        return _cut(_beginning(sql, asked, text), limit)
    page = _cut(_found(sql, asked, "contains among some", text), limit)
    return page if page.after is not None else page._replace(after=_last_looked_into(sql, asked))


def _beginning(sql: Connection, asked: "_Asked", text: str) -> list[Thing]:
    """What has a name that begins with a text, kind by kind: each has an index in this order."""
    if sql.dialect.name != "sqlite":
        # Its order may be that of a language, which only it knows.
        return _found(sql, asked, "begins", text)
    found = [thing for kind in asked.kinds for thing in _found(sql, asked.of_one(kind), "begins", text)]
    return sorted(found, key=_place_of)[: asked.limit]


def _place_of(thing: Thing) -> tuple[str, int, int, int]:
    return thing.name, int(thing.kind), thing.parent, thing.key


def _cut(found: list[Thing], limit: int) -> Found:
    return Found(found[:limit], found[limit - 1].key if len(found) > limit else None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for besides a text."""

    kinds: Sequence[Kind]
    blocked: Literal["few", "many", ""]
    after: Thing | None
    at: Millis | None
    limit: int
    more: Mapping[str, int]

    def of_one(self, kind: Kind) -> "_Asked":
        """The same of one of the kinds."""
        after = self.after
        if after is not None and after.kind is not kind:
            # Of those of the same name, lesser kinds come before, and greater ones after it.
            place = EVERYTHING if kind < after.kind else -1
            after = msgspec.structs.replace(after, kind=kind, parent=place, key=place)
        return replace(self, kinds=[kind], after=after)

    def form(self, match: Match) -> _Form:
        """Its statement."""
        within: Literal["few", "many", ""] = ""
        # Inside of something there is another index to go by.
        if not self.more and MANY.isdisjoint(self.kinds):
            within = "few"
        if not self.more and MANY.issuperset(self.kinds):
            within = "many"
        then = self.at is not None
        return _Form(len(self.kinds), match, self.blocked, bool(self.more), then, within)

    def values(self, first: str = "") -> dict[str, Any]:
        """What its statements are told: the kinds, and the place to begin after."""
        after = self.after
        place = (first, 0, 0, 0) if after is None else (after.name, int(after.kind), after.parent, after.key)
        kinds = {f"kind_{number}": int(kind) for number, kind in enumerate(self.kinds)}
        places = zip(_ORDER, place, strict=True)
        of_one = len(self.kinds) == 1
        return {**kinds, **_moment(self.at)} | {
            f"after_{column.name}": value
            for column, value in places
            if not (of_one and column is things.c.kind)
        }


def _found(sql: Connection, asked: _Asked, match: Match, text: str = "") -> list[Thing]:
    values: dict[str, Any] = {**asked.more, "limit": asked.limit}
    if match != "any":
        values["text"] = text
    if match == "begins":
        values["last"] = f"{text}\U0010ffff"
    if match == "contains among some":
        values["looked_into"] = LOOKED_INTO
    first = text if match == "begins" else ""
    rows = _page(asked.form(match)).rows(sql, **asked.values(first), **values)
    return [Thing(row[0], KINDS[row[1]], *row[2:]) for row in rows]


def _last_looked_into(sql: Connection, asked: _Asked) -> int | None:
    """The key of the last thing whose name was looked into; None if there is none after it."""
    statement = _last_of_some(asked.form("contains among some"))
    row = statement.first(sql, **asked.values(), looked_into=1, skipped=LOOKED_INTO - 1)
    return None if row is None else int(row[1])


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


def _moment(at: Millis | None) -> dict[str, Millis]:
    return {} if at is None else {"at": at}
