"""Grants as they are listed: all there are, page by page, those that end first before the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Select,
    Table,
    bindparam,
    func,
    literal_column,
    null,
    select,
    tuple_,
)

from admit.core.links import CALLERS, Kind, Stage
from admit.core.validity import FOREVER, Millis
from admit.store.prepared import EVERYTHING, Prepared, PreparedForKeys
from admit.store.standing import stood
from admit.store.tables import BEGINNING_GRANT, OF_FEW, TIME_BOUND_GRANT, links, past_links, things
from admit.store.where import MANY

LOOKED_AT = 1_000
"""How many grants one page looks at: where few are meant it may be short, and others follow."""
AT_ONCE = 500
FEW_THINGS = 500
FEW_GRANTS = 1_000
"""Of kinds of which there are no more, with no more grants, all are read, and none is looked for."""
MOST_FOUND = 2_000
"""How many grants of the things that a search found are looked at, each way."""


class Granted(NamedTuple):
    """A grant, as it stands or stood."""

    source: int
    target: int
    start: Millis
    end: Millis
    added_at: Millis
    added_in: int
    grace: Millis | None
    kind: int | None
    """Of the target; None where every kind is meant, and it was not looked up."""


class Place(NamedTuple):
    """A place in the list: what comes next is greater, or where the list runs backwards less."""

    section: int
    end: Millis
    source: int
    target: int


TIMED, UNENDING, THEN, COMING = 1, 2, 3, 5
"""Sections: what has an end, by it; what has none, by who; what stood at a past moment, by who; and what is
to come, by when it begins."""


@dataclass(frozen=True, slots=True)
class Which:
    """Which grants are meant: by when they begin and end, and by what they are of."""

    kinds: frozenset[Kind]
    ends_after: Millis = -1
    ends_by: Millis = FOREVER
    starts_after: Millis = -1
    starts_by: Millis = FOREVER
    added_by: Millis = FOREVER
    """Only what is as it is since then or longer."""
    latest_first: bool = False
    """Only for what has an end."""
    as_of: Millis | None = None
    """Those that stood at a past moment."""

    def takes(self, grant: Granted) -> bool:
        """Whether a grant is meant."""
        return (
            (grant.kind is None or _BY_NUMBER.get(grant.kind) in self.kinds)
            and self.ends_after < grant.end <= self.ends_by
            and self.starts_after < grant.start <= self.starts_by
            and grant.added_at <= self.added_by
        )

    @property
    def of_every_kind(self) -> bool:
        """Whether it does not matter what they are of: to look that up is half of reading them."""
        return self.kinds == GRANTABLE

    @property
    def sections(self) -> tuple[int, ...]:
        """Where they are."""
        if self.as_of is not None:
            return (THEN,)
        if self.starts_after >= 0:
            return (COMING,)
        return (TIMED,) if self.ends_by < FOREVER else (TIMED, UNENDING)

    @property
    def beginning(self) -> Place:
        """The place that all of it comes after: nothing before it has to be walked over."""
        section = self.sections[0]
        if self.latest_first:
            return Place(section, self.ends_by, EVERYTHING, 0)
        moment = {TIMED: self.ends_after, COMING: self.starts_after}.get(section)
        return Place(section, -1, 0, 0) if moment is None else Place(section, moment, EVERYTHING, 0)

    def place(self, section: int, grant: Granted) -> Place:
        """Where a grant is."""
        return Place(section, grant.start if section == COMING else grant.end, grant.source, grant.target)


GRANTABLE = frozenset(kind for kind in Kind if kind not in CALLERS)
_BY_NUMBER = {int(kind): kind for kind in GRANTABLE}


@dataclass(frozen=True, slots=True)
class Page:
    """Some grants, and where the list goes on; None where it ends."""

    grants: list[Granted]
    after: Place | None


_GRANT = int(Stage.GRANT)


def _grants(table: Table, *, of_every_kind: bool = False) -> Select[Any]:
    """Grants with the kind of what they are of, unless every kind is meant."""
    grace = table.c.grace if "grace" in table.c else null().label("grace")
    kind = null().label("kind") if of_every_kind else things.c.kind
    ends = table.c
    found = select(
        ends.source,
        ends.target,
        ends.starts_at,
        ends.ends_at,
        ends.added_at,
        ends.added_in,
        grace,
        kind,
    )
    return found if of_every_kind else found.join(things, things.c.key == ends.target)


def _some(table: Table, *, of_every_kind: bool = False) -> Select[Any]:
    """Some rows, whatever is meant: what is not is passed over, so that no statement looks for long."""
    return _grants(table, of_every_kind=of_every_kind).limit(bindparam("limit"))


def _by_moment(
    moment: Column[int], grants: str, *, backwards: bool = False, of_every_kind: bool = False
) -> Select[Any]:
    """Grants by when they end, or begin, from a place on."""
    order = (moment, links.c.source, links.c.target)
    here = tuple_(*order)
    place = tuple_(bindparam("end", type_=BigInteger), bindparam("source"), bindparam("target"))
    statement = _some(links, of_every_kind=of_every_kind).where(
        literal_column(grants), here < place if backwards else here > place
    )
    return statement.order_by(*(each.desc() if backwards else each.asc() for each in order))


def _ending(*, backwards: bool, of_every_kind: bool) -> Select[Any]:
    ending = _by_moment(links.c.ends_at, TIME_BOUND_GRANT, backwards=backwards, of_every_kind=of_every_kind)
    return ending.where(
        links.c.ends_at > bindparam("ends_after", type_=BigInteger),
        links.c.ends_at <= bindparam("ends_by", type_=BigInteger),
    )


def _by_who(table: Table) -> Select[Any]:
    ends = table.c
    order = (ends.source, ends.stage, ends.target)
    place = tuple_(bindparam("source"), _number(_GRANT), bindparam("target"))
    return _some(table).where(ends.stage == _number(_GRANT), tuple_(*order) > place).order_by(*order)


def _number(number: int) -> Any:
    return literal_column(f"{number:d}", BigInteger)


# What RAM attaches to callers, which is none of the kinds, has no end.
_TIMED = {
    (backwards, every): Prepared(_ending(backwards=backwards, of_every_kind=every))
    for backwards in (False, True)
    for every in (False, True)
}
_COMING = Prepared(_by_moment(links.c.starts_at, BEGINNING_GRANT))
_UNENDING = Prepared(_by_who(links))
_STOOD = tuple(Prepared(_by_who(table).where(*stood(table))) for table in (links, past_links))


def page(sql: Connection, which: Which, after: Place | None, limit: int) -> Page:
    """The grants after a place in the list, at most ``limit``; fewer do not mean that it ends."""
    found: list[Granted] = []
    last = after
    gathered = _gathered(sql, which, after)
    for looked, (grant, place) in enumerate(
        _walk(sql, which, after, limit) if gathered is None else gathered
    ):
        if looked == LOOKED_AT:
            return Page(found, last)
        if which.takes(grant) and (place.section != UNENDING or grant.end == FOREVER):
            if len(found) == limit:
                return Page(found, last)
            found.append(grant)
        last = place
    return Page(found, None)


def _gathered(sql: Connection, which: Which, after: Place | None) -> list[tuple[Granted, Place]] | None:
    """What follows in the list, if it is of few things with few grants; None if they are not few."""
    if which.as_of is not None or not MANY.isdisjoint(which.kinds):
        return None
    things_ = [key for kind in which.kinds for (key,) in _OF_KIND.rows(sql, kind=int(kind), limit=FEW_THINGS)]
    if len(things_) >= FEW_THINGS:
        return None
    rows = list(_TO.rows(sql, things_, limit=FEW_GRANTS))
    if len(rows) >= FEW_GRANTS:
        return None
    found = []
    for row in rows:
        grant = Granted(*row)
        section = which.sections[0] if grant.end < FOREVER or COMING in which.sections else UNENDING
        found.append((grant, which.place(section, grant)))
    found.sort(key=lambda each: each[1], reverse=which.latest_first)
    if after is None:
        return found
    return [each for each in found if (each[1] < after if which.latest_first else each[1] > after)]


_OF_KIND = Prepared(
    select(things.c.key).where(OF_FEW, things.c.kind == bindparam("kind")).limit(bindparam("limit"))
)


def _walk(sql: Connection, which: Which, after: Place | None, limit: int) -> Iterator[tuple[Granted, Place]]:
    """All that may be meant, with the place of each."""
    sections = which.sections
    first = after or which.beginning
    for section in sections:
        if section < first.section:
            continue
        place = first if section == first.section else Place(section, -1, 0, 0)
        # One more than a page needs: whether there is another is known without a second look.
        size = limit + 1
        while True:
            rows = _rows(sql, which, place, size)
            for row in rows:
                place = which.place(section, row)
                yield row, place
            if len(rows) < size:
                break
            size = AT_ONCE


def _rows(sql: Connection, which: Which, place: Place, limit: int) -> list[Granted]:
    values = {"source": place.source, "target": place.target, "limit": limit}
    if place.section == TIMED:
        ends = {"ends_after": which.ends_after, "ends_by": which.ends_by}
        rows = _TIMED[which.latest_first, which.of_every_kind].rows(sql, **values, **ends, end=place.end)
    elif place.section == COMING:
        rows = _COMING.rows(sql, **values, end=place.end)
    elif place.section == UNENDING:
        rows = _UNENDING.rows(sql, **values)
    else:
        # Each comes in its order: the first of both together are the first of either.
        both = chain.from_iterable(each.rows(sql, **values, at=which.as_of) for each in _STOOD)
        rows = sorted(both, key=lambda row: (row[0], row[1]))[:limit]
    return [Granted(*row) for row in rows]


def _ends(table: Table, end: str, *, then: bool, of_every_kind: bool = False) -> PreparedForKeys:
    def statement(keys: list[Any]) -> Select[Any]:
        found = _grants(table, of_every_kind=of_every_kind)
        found = found.where(table.c[end].in_(keys), table.c.stage == _number(_GRANT))
        return found.where(*stood(table, then=then)).limit(bindparam("limit"))

    return PreparedForKeys(statement)


_TO = _ends(links, "target", then=False)
_FOUND = {
    (then, every): tuple(
        _ends(table, end, then=then, of_every_kind=every)
        for table in ((links, past_links) if then else (links,))
        for end in ("source", "target")
    )
    for then in (False, True)
    for every in (False, True)
}
_BY_END = itemgetter(3, 0, 1)


def of_things(sql: Connection, keys: Sequence[int], which: Which) -> Iterator[Granted]:
    """The grants to or of some things, none of them a caller, by their end; of very many only some."""
    then = which.as_of is not None
    found = chain.from_iterable(
        each.rows(sql, keys, limit=MOST_FOUND, **({"at": which.as_of} if then else {}))
        for each in _FOUND[then, which.of_every_kind]
    )
    # A grant between two of the things is found at both.
    in_order = sorted({*found}, key=_BY_END, reverse=which.latest_first)
    return filter(which.takes, map(Granted._make, in_order))


_HOW_MANY = {
    "all": Prepared(select(func.count()).select_from(links).where(links.c.stage == _number(_GRANT))),
    "of policies": Prepared(
        select(func.count())
        .select_from(links)
        .where(
            links.c.stage == _number(_GRANT),
            links.c.target.in_(select(things.c.key).where(things.c.kind == _number(Kind.RAM_POLICY))),
        )
    ),
    "timed": Prepared(
        select(func.count())
        .select_from(links)
        .where(
            literal_column(TIME_BOUND_GRANT),
            links.c.ends_at > bindparam("after", type_=BigInteger),
            links.c.ends_at <= bindparam("by", type_=BigInteger),
        )
    ),
}


def how_many(sql: Connection) -> int:
    """How many grants there are, in force or not; what RAM attaches to callers is none."""
    every, policies = (_HOW_MANY[which].rows(sql)[0][0] for which in ("all", "of policies"))
    return int(every - policies)


def how_many_end(sql: Connection, after: Millis, by: Millis) -> int:
    """How many grants end later than one moment, and not later than another."""
    return sum(row[0] for row in _HOW_MANY["timed"].rows(sql, after=after, by=by))
