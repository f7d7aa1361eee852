"""Which things a listing is about, as a value and as SQL."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, Select, TextClause, and_, bindparam, false, func, select

from admit.core.links import Kind, Stage
from admit.core.validity import Millis
from admit.store.prepared import EVERYTHING, Prepared, padded
from admit.store.tables import OF_FEW, blocks, links, things
from admit.store.within import Detail

Order: TypeAlias = Literal["oldest", "newest", "name", "changed"]


class Where(msgspec.Struct, frozen=True):
    """Which things a listing is about. What is left out does not restrict."""

    kind: Kind
    parent: int | None = None
    grandparent: int | None = None
    """What its parent lives in."""
    ids: Sequence[str] | None = None
    keys: Sequence[int] | None = None
    handle: str | None = None
    """What must be unique among living siblings."""
    name: str | None = None
    names: Sequence[str] | None = None
    name_prefix: str | None = None
    name_contains: str | None = None
    details: Mapping[str, str | bool | None] = msgspec.field(default_factory=dict)
    """Attributes and the exact value each must have; None does not restrict."""
    details_in: Mapping[str, Sequence[str]] = msgspec.field(default_factory=dict)
    details_contain: Mapping[str, str | None] = msgspec.field(default_factory=dict)
    details_prefix: Mapping[str, str | None] = msgspec.field(default_factory=dict)
    linked_to: int | None = None
    """Only what has a link to this key."""
    linked_from: int | None = None
    """Only what has a link from this key."""
    not_linked_to: int | None = None
    not_linked_from: int | None = None
    held_at: Millis | None = None
    """Only what a link that holds at this moment leads to."""
    not_held_at: Millis | None = None
    after: int | None = None
    """Only what is newer than the thing of this key: where a list that changes meanwhile is read on."""
    blocked: str | None = None
    """Only what carries this block."""
    not_blocked: str | None = None
    order: Order = "oldest"


COLUMNS = (
    things.c.key,
    things.c.kind,
    things.c.parent,
    things.c.id,
    things.c.name,
    things.c.details,
    things.c.created_at,
    things.c.changed_at,
)
"""What is read of a thing, in the order of its class."""

_ORDERS = {
    "oldest": (things.c.key.asc(),),
    "newest": (things.c.key.desc(),),
    "name": (things.c.name.asc(), things.c.key.asc()),
    "changed": (things.c.changed_at.desc(), things.c.key.desc()),
}

Criterion: TypeAlias = tuple[str | int, ...]
"""One restriction without its values: its name, and what else shapes the SQL."""

MANY = frozenset({Kind.PERSON, Kind.USER, Kind.HOST, Kind.HOST_ACCOUNT})
"""The kinds there are many of; all others have an index of their own. See ``tables.OF_FEW``."""
_SCANNED = frozenset({"is", "is_so", "is_among", "is_like", "name_like", "blocked", "not_blocked", "after"})
"""Restrictions that no index answers."""

_STAGES = links.c.stage.in_([bindparam(f"stage_{stage:d}", int(stage)) for stage in Stage])
_INWARD = select(links.c.source).where(links.c.target == things.c.key, _STAGES)
_STANDING = select(blocks.c.thing).where(blocks.c.thing == things.c.key, blocks.c.removed_at.is_(None))


def _among(column: ColumnElement[Any], many: int, place: str) -> ColumnElement[bool]:
    return column.in_([bindparam(f"{place}_{n}") for n in range(many)]) if many else false()


def _called(column: str, many: int, place: str) -> ColumnElement[bool]:
    """Those of some ids or names, found by their index: the planner would rather walk all of a parent."""
    called = things.alias("called")
    listed = _among(called.c[column], many, place)
    return things.c.key.in_(select(called.c.key).where(listed, called.c.kind == bindparam("kind")))


def _inside(place: str) -> ColumnElement[bool]:
    parents = things.alias("parents")
    return things.c.parent.in_(select(parents.c.key).where(parents.c.parent == bindparam(place)))


def _joined(end: str, other: str, place: str) -> ColumnElement[bool]:
    """Those at one end of the links whose other end is given: asked of the links, not of each thing."""
    return things.c.key.in_(select(links.c[end]).where(links.c[other] == bindparam(place)))


def _detail(name: str) -> ColumnElement[str]:
    return Detail(things.c.details, name)


def _holds(place: str) -> ColumnElement[bool]:
    return and_(links.c.starts_at <= bindparam(place), links.c.ends_at > bindparam(place))


_CONDITIONS: dict[str, Callable[..., ColumnElement[bool] | TextClause]] = {
    "parent": lambda place: things.c.parent == bindparam(place),
    "grandparent": _inside,
    "handle": lambda place: things.c.handle == bindparam(place),
    "name": lambda place: things.c.name == bindparam(place),
    "name_like": lambda place: things.c.name.like(bindparam(place), escape="\\"),
    "ids": lambda many, place: _called("id", many, place),
    "keys": lambda many, place: _among(things.c.key, many, place),
    "names": lambda many, place: _called("name", many, place),
    "is": lambda name, place: _detail(name) == bindparam(place),
    "is_so": lambda name, place: things.c.details[name].as_boolean() == bindparam(place),
    "is_among": lambda name, many, place: _among(_detail(name), many, place),
    "is_like": lambda name, place: _detail(name).like(bindparam(place), escape="\\"),
    "linked_to": lambda place: _joined("source", "target", place),
    "not_linked_to": lambda place: ~_joined("source", "target", place),
    "linked_from": lambda place: _joined("target", "source", place),
    "not_linked_from": lambda place: ~_joined("target", "source", place),
    "after": lambda place: things.c.key > bindparam(place),
    "held_at": lambda place: _INWARD.where(_holds(place)).exists(),
    "not_held_at": lambda place: ~_INWARD.where(_holds(place)).exists(),
    "blocked": lambda place: _STANDING.where(blocks.c.word == bindparam(place)).exists(),
    "not_blocked": lambda place: ~_STANDING.where(blocks.c.word == bindparam(place)).exists(),
    "few": lambda _: OF_FEW,
}
"""Every restriction as SQL; the last argument names the place of its value."""

_PLAIN = (
    "parent",
    "grandparent",
    "handle",
    "name",
    "linked_to",
    "linked_from",
    "not_linked_to",
    "not_linked_from",
    "after",
    "held_at",
    "not_held_at",
    "blocked",
    "not_blocked",
)
_VALUES_OF_PLAIN = attrgetter(*_PLAIN)
_LISTS = ("ids", "keys", "names")


def _asked(where: Where) -> tuple[tuple[Criterion, ...], dict[str, Any]]:
    """The restrictions of a ``Where`` without their values, and the values by place."""
    found: list[tuple[Criterion, Any]] = [
        ((name,), value)
        for name, value in zip(_PLAIN, _VALUES_OF_PLAIN(where), strict=True)
        if value is not None
    ]
    for name in _LISTS:
        listed = getattr(where, name)
        if listed is not None:
            wanted = padded(listed)
            found.append(((name, len(wanted)), wanted))
    if where.name_prefix is not None:
        found.append((("name_like",), f"{_literal(where.name_prefix)}%"))
    if where.name_contains is not None:
        found.append((("name_like",), f"%{_literal(where.name_contains)}%"))
    found += _asked_of_details(where)
    values: dict[str, Any] = {}
    for number, (_, value) in enumerate(found):
        if isinstance(value, list | tuple):
            values |= {f"p{number}_{n}": item for n, item in enumerate(value)}
        else:
            values[f"p{number}"] = value
    criteria = tuple([criterion for criterion, _ in found])
    if where.kind not in MANY and all(name in _SCANNED for name, *_ in criteria):
        criteria += (("few",),)
    return criteria, values


def _asked_of_details(where: Where) -> list[tuple[Criterion, Any]]:
    found: list[tuple[Criterion, Any]] = []
    for name, value in where.details.items():
        if value is not None:
            found.append((("is_so" if isinstance(value, bool) else "is", name), value))
    found += [(("is_among", name, len(listed)), tuple(listed)) for name, listed in where.details_in.items()]
    for name, part in where.details_contain.items():
        if part is not None:
            found.append((("is_like", name), f"%{_literal(part)}%"))
    for name, part in where.details_prefix.items():
        if part is not None:
            found.append((("is_like", name), f"{_literal(part)}%"))
    return found


def _literal(text: str) -> str:
    """A text in which LIKE finds nothing to interpret."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _restricted(statement: Select[Any], criteria: tuple[Criterion, ...]) -> Select[Any]:
    conditions = [
        _CONDITIONS[str(name)](*rest, f"p{number}") for number, (name, *rest) in enumerate(criteria)
    ]
    return statement.where(things.c.kind == bindparam("kind"), things.c.removed_at.is_(None), *conditions)


# Building and translating a statement costs ten times what running it does: each form is made once.
@lru_cache(maxsize=1024)
def _listing(criteria: tuple[Criterion, ...], order: Order) -> Prepared:
    statement = _restricted(select(*COLUMNS), criteria).order_by(*_ORDERS[order])
    return Prepared(statement.limit(bindparam("limit")).offset(bindparam("offset")))


@lru_cache(maxsize=1024)
def _counting(criteria: tuple[Criterion, ...]) -> Prepared:
    return Prepared(_restricted(select(func.count()).select_from(things), criteria))


class Listing(msgspec.Struct, frozen=True):
    """What a listing asks for, taken apart: what shapes its statement, and the values that go into it."""

    criteria: tuple[Criterion, ...]
    order: Order
    values: dict[str, Any]

    @property
    def key(self) -> tuple[Hashable, ...]:
        """What tells it from every other."""
        return (self.criteria, self.order, *self.values.values())

    @property
    def asks_of_now(self) -> bool:
        """Whether another moment may select other things, without any change."""
        return ("held_at",) in self.criteria or ("not_held_at",) in self.criteria

    @property
    def by_key(self) -> bool:
        """Whether a page may begin after the key that the one before it ended with."""
        return self.order == "oldest" and ("after",) not in self.criteria

    def after(self, key: int) -> "Listing":
        """The same, from behind the thing of a key on."""
        place = f"p{len(self.criteria)}"
        return Listing((*self.criteria, ("after",)), self.order, {**self.values, place: key})

    def page(self, offset: int, limit: int | None) -> tuple[Prepared, dict[str, Any]]:
        """The statement that lists, and its values."""
        paging = {"limit": EVERYTHING if limit is None else limit, "offset": offset}
        return _listing(self.criteria, self.order), {**self.values, **paging}

    def count(self) -> tuple[Prepared, dict[str, Any]]:
        """The statement that counts, and its values."""
        return _counting(self.criteria), self.values


def listing(where: Where) -> Listing:
    """What a ``Where`` asks for."""
    criteria, values = _asked(where)
    values["kind"] = int(where.kind)
    return Listing(criteria, where.order, values)
