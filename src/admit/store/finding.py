"""Finding things by what is typed: any part of their name, or their id."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from admit.core.links import KINDS, Kind
from admit.core.validity import Millis
from admit.store import renamed
from admit.store.blocked import how_many, words
from admit.store.lookups import by_key
from admit.store.name_order import ORDER, Among, Blocked, Form, Match, last_of_some, page, page_of_each, there
from admit.store.prepared import Prepared
from admit.store.standing import moment
from admit.store.tables import things
from admit.store.things import Thing
from admit.store.where import COLUMNS, MANY

LARGE = 50_000
"""Of more things than this no name is looked into that another begins like, and only some at a time."""
LOOKED_INTO = (1_000, 9_000)
"""Into how many names one search looks where there are so many: first into some, as most may be found."""
_NEWEST = Prepared(select(func.max(things.c.key)))

_BY_ID = {
    then: Prepared(select(*COLUMNS).where(things.c.id == bindparam("id"), there(then=then)))
    for then in (False, True)
}


def with_id(sql: Connection, thing_id: str, kinds: Sequence[Kind], at: Millis | None = None) -> list[Thing]:
    """Things of some kinds that have an id, living now or at a past moment."""
    rows = _BY_ID[at is not None].rows(sql, id=thing_id, **moment(at))
    return [thing for thing in _things(rows) if thing.kind in kinds]


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

    They are those that live, or lived at a past moment: then those whose name of then contains it, in the
    order of the names of now. What was called so then and is not any more comes first, as much as a page has.

    Among very many things names that begin with the text are looked up, and only if there are none names are
    looked into, some at a time: then there may be fewer than ``limit`` although others follow.
    """
    more = {} if parent is None else {"parent": parent}
    off = how_many(sql, at) if blocked else ""
    asked = _Asked(kinds, blocked=off, after=after, at=at, limit=limit + 1, more=more)
    if text is None:
        return _cut(_found(sql, asked, "any"), limit)
    found = _with_text(sql, asked, text)
    return found if at is None else _called_so_then(sql, asked, text, found)


def _with_text(sql: Connection, asked: "_Asked", text: str) -> Found:
    """Those whose name of now contains a text."""
    limit, after = asked.limit - 1, asked.after
    if asked.more or not _is_large(sql):
        return _cut(_found(sql, asked, "contains", text), limit)
    begin = _beginning(sql, replace(asked, after=None, limit=asked.limit if after is None else 1), text)
    if begin:
        return _cut(begin if after is None else _beginning(sql, asked, text), limit)
    return _among_very_many(sql, asked, text)


def _called_so_then(sql: Connection, asked: "_Asked", text: str, found: Found) -> Found:
    """The same by the names of then: without what got such a name later, and with what has another since."""
    others = renamed.since(sql, asked.at or 0)
    if not others:
        return found
    part = text.lower()
    kept = [each for each in found.things if each.key not in others or part in others[each.key].name.lower()]
    called = [
        each.now
        for _, each in sorted(others.items())
        if part in each.name.lower() and asked.takes(each.now) and not _is_listed(sql, part, each.now)
    ]
    if called and asked.blocked:
        off = words(sql, [each.key for each in called], asked.at)
        called = [each for each in called if each.key in off]
    if asked.after is not None or not called:
        return Found(kept, found.after)
    first = [*called[: asked.limit - 1], *kept]
    if found.after is None:
        # All of it is here: then it can be in the order of the names of then.
        first.sort(key=lambda each: _place_of(each, others))
    return Found(first, found.after)


def _is_listed(sql: Connection, part: str, thing: Thing) -> bool:
    """Whether a thing stands where its name of now has it: among very many only what begins so may."""
    name = thing.name.lower()
    return name.startswith(part) if _is_large(sql) else part in name


def _place_of(thing: Thing, others: Mapping[int, renamed.Renamed]) -> tuple[str, int, int, int]:
    name = others[thing.key].name if thing.key in others else thing.name
    return name, int(thing.kind), thing.parent, thing.key


def _among_very_many(sql: Connection, asked: "_Asked", text: str) -> Found:
    """Those of some names that contain a text: of more names only where the first have not enough."""
    found: list[Thing] = []
    after: int | None = None
    for many in LOOKED_INTO:
        found += _found(sql, asked, "contains among some", text, looked_into=many)
        if len(found) >= asked.limit:
            return _cut(found, asked.limit - 1)
        last = _last_looked_into(sql, asked, many)
        if last is None:
            return Found(found, None)
        asked, after = replace(asked, after=last), last.key
    return Found(found, after)


def _beginning(sql: Connection, asked: "_Asked", text: str) -> list[Thing]:
    """What has a name that begins with a text, kind by kind: each has an index in this order."""
    if sql.dialect.name != "sqlite" or len(asked.kinds) == 1:
        # The order of a server may be that of a language, which only it knows.
        return _found(sql, asked, "begins", text)
    kinds = sorted(asked.kinds, key=lambda kind: (kind in MANY, kind))
    forms = (replace(asked, kinds=[kind]).form("begins", first) for first, kind in enumerate(kinds))
    values = replace(asked, kinds=kinds).values("begins", text)
    return _things(page_of_each(tuple(forms)).rows(sql, **values))


def _cut(found: list[Thing], limit: int) -> Found:
    return Found(found[:limit], found[limit - 1].key if len(found) > limit else None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for besides a text."""

    kinds: Sequence[Kind]
    blocked: Blocked
    after: Thing | None
    at: Millis | None
    limit: int
    more: Mapping[str, int]

    def takes(self, thing: Thing) -> bool:
        """Whether a thing is of what is meant, whatever it is called."""
        return thing.kind in self.kinds and self.more.get("parent", thing.parent) == thing.parent

    def form(self, match: Match, first: int = 0) -> Form:
        """Its statement; ``first`` is the number of its first kind."""
        among: Among = ""
        # Inside of something there is another index to go by.
        if not self.more and MANY.isdisjoint(self.kinds):
            among = "few"
        if not self.more and MANY.issuperset(self.kinds):
            among = "many"
        then = self.at is not None
        return Form(len(self.kinds), match, self.blocked, bool(self.more), then, among, first)

    def values(self, match: Match, text: str = "") -> dict[str, Any]:
        """What its statement is told: the kinds, what is looked for, and how many of it."""
        values: dict[str, Any] = {**self.place(match, text), **self.more, "limit": self.limit}
        if match != "any":
            values["text"] = text
        if match == "begins":
            values["last"] = f"{text}\U0010ffff"
        return values

    def place(self, match: Match, text: str = "") -> dict[str, Any]:
        """The kinds, and the place to begin after."""
        after, first = self.after, text if match == "begins" else ""
        place = (first, 0, 0, 0) if after is None else (after.name, int(after.kind), after.parent, after.key)
        kinds = {f"kind_{number}": int(kind) for number, kind in enumerate(self.kinds)}
        places = zip(ORDER, place, strict=True)
        # Of one kind, what goes by an index is in an order that does not tell it.
        untold = len(self.kinds) == 1 and match != "begins"
        return {**kinds, **moment(self.at)} | {
            f"after_{column.name}": value
            for column, value in places
            if not (untold and column is things.c.kind)
        }


def _found(sql: Connection, asked: _Asked, match: Match, text: str = "", **more: int) -> list[Thing]:
    return _things(page(asked.form(match)).rows(sql, **asked.values(match, text), **more))


def _things(rows: Iterable[tuple[Any, ...]]) -> list[Thing]:
    return [Thing(row[0], KINDS[row[1]], *row[2:]) for row in rows]


def _last_looked_into(sql: Connection, asked: _Asked, many: int) -> Thing | None:
    """The last of so many things whose names were looked into; None if there are not so many."""
    statement = last_of_some(asked.form("contains among some"))
    place = asked.place("contains among some")
    row = statement.first(sql, **place, looked_into=1, skipped=many - 1)
    return None if row is None else by_key(sql, row[1])


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
