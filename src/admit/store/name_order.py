"""The statements that find things in the order of their names: one for each form of question."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Text,
    TextClause,
    bindparam,
    select,
    tuple_,
    union_all,
)

from admit.store.blocked import stands
from admit.store.prepared import Prepared
from admit.store.standing import AT, lasts
from admit.store.tables import OF_FEW, OF_MANY, blocks, things
from admit.store.where import COLUMNS
from admit.store.within import Begins, Contains

ORDER = (things.c.name, things.c.kind, things.c.parent, things.c.key)
"""The order of the index by name, which is walked: the names are in it."""
_OF_ONE = (things.c.name, things.c.parent, things.c.key)
"""The same of one kind, as the indexes by kind have it."""

Match: TypeAlias = Literal["any", "begins", "contains", "contains among some"]
Among: TypeAlias = Literal["few", "many", ""]
"""Kinds of which there are few, or many: an index holds nothing else. Empty for any others."""
Blocked: TypeAlias = Literal["few", "many", ""]
"""Only what is blocked, looked for among all that is if that is little, or else by name. Empty for all."""


def there(*, then: bool) -> ColumnElement[bool]:
    """Whether a thing is there; or was, at a moment."""
    return lasts(things.c.created_at, things.c.removed_at, then=then)


@dataclass(frozen=True, slots=True)
class Form:
    """What makes one statement another."""

    many: int
    """How many kinds."""
    match: Match
    blocked: Blocked
    inside: bool
    then: bool
    """Of a past moment."""
    among: Among
    first: int = 0
    """The number of its first kind, where it is asked together with others."""

    @property
    def was(self) -> bool:
        """Whether it is of what was, which two indexes hold: of what lives still, and of what is gone."""
        return (
            self.then and bool(self.among) and self.blocked != "few" and self.match != "contains among some"
        )


@cache
def page(form: Form) -> Prepared:
    """Things in the order of their names, from a place on."""
    return Prepared(_page(form))


@cache
def page_of_each(forms: tuple[Form, ...]) -> Prepared:
    """The same of several kinds, of each of which an index has them in this order: one statement for all.

    Those of which there are many stand last, so that as many forms are kept as there are kinds of either.
    """
    found = union_all(*(select(_page(form).subquery()) for form in forms)).subquery()
    order = (found.c[each.name] for each in ORDER)
    return Prepared(select(found).order_by(*order).limit(bindparam("limit")))


def _page(form: Form) -> Select[Any]:
    statement = _among_some(form) if form.match == "contains among some" else _after_a_place(form)
    if form.blocked:
        statement = statement.where(things.c.key.in_(select(blocks.c.thing).where(stands(then=form.then))))
    if form.inside:
        statement = statement.where(things.c.parent == bindparam("parent"))
    if form.was:
        return _living_and_gone(statement, form)
    return statement.where(_living(form)).order_by(*_order(form)).limit(bindparam("limit"))


@cache
def last_of_some(form: Form) -> Prepared:
    """The last of so many names after a place."""
    return Prepared(_some(form).offset(bindparam("skipped")))


# -- which things ------------------------------------------------------------------------------------


def _after_a_place(form: Form) -> Select[Any]:
    """What comes after a place, with the text in its name that is looked for, if one is."""
    text = bindparam("text", type_=Text)
    statement = select(*COLUMNS).where(_kinds(form), _onward(form))
    if form.match == "begins":
        first, last = bindparam("after_name", type_=Text), bindparam("last", type_=Text)
        statement = statement.where(Begins(things.c.name, text, first, last))
    if form.match == "contains":
        statement = statement.where(Contains(things.c.name, text))
    return statement


def _among_some(form: Form) -> Select[Any]:
    """Those of so many names after a place that contain a text."""
    some = _some(form).subquery()
    statement = select(*COLUMNS).join(some, some.c.key == things.c.key)
    # What is no more, or of another kind, has its name in the index by name all the same. The kind is there
    # as well: most that contain a letter are of another, and need not be read.
    contains = Contains(some.c.name, bindparam("text", type_=Text))
    return statement.where(_kinds(form, some.c.of_kind), contains, there(then=form.then))


def _some(form: Form) -> Select[Any]:
    """So many names after a place, from an index alone."""
    # An index of several kinds is walked whatever they are: who looks for few must not walk over all others.
    meant = (_kinds(form), _living(form)) if form.many == 1 else ()
    names = select(things.c.name, things.c.key, things.c.kind.label("of_kind")).where(*meant, _onward(form))
    return names.order_by(*_order(form)).limit(bindparam("looked_into"))


def _living_and_gone(statement: Select[Any], form: Form) -> Select[Any]:
    """The first of what lives still, and of what was removed since: each has an index in this order."""
    begun = things.c.created_at <= AT
    gone = things.c.removed_at.is_not(None), things.c.removed_at > AT
    parts = (
        statement.where(*there, begun).order_by(*_order(form)).limit(bindparam("limit")).subquery()
        for there in ((_words(form),), gone)
    )
    both = union_all(*map(select, parts)).subquery()
    return select(both).order_by(*(both.c[each.name] for each in _order(form))).limit(bindparam("limit"))


# -- its parts ---------------------------------------------------------------------------------------


def _kinds(form: Form, kind: ColumnElement[int] = things.c.kind) -> ColumnElement[bool]:
    kinds: list[ColumnElement[int]] = [
        bindparam(f"kind_{form.first + number}") for number in range(form.many)
    ]
    return kind == kinds[0] if form.many == 1 else kind.in_(kinds)


def _living(form: Form) -> ColumnElement[bool] | TextClause:
    # What is blocked is looked up by key, and is not looked for among the names.
    listed = form.among and not form.then and form.blocked != "few"
    return _words(form) if listed else there(then=form.then)


def _words(form: Form) -> TextClause:
    """What lives, in the words of the index that holds nothing else."""
    return OF_FEW if form.among == "few" else OF_MANY


def _order(form: Form) -> tuple[Column[Any], ...]:
    # Of one kind, what is in the order of its names need not be sorted.
    return _OF_ONE if form.many == 1 else ORDER


def _onward(form: Form) -> ColumnElement[bool]:
    """What comes after a place."""
    order = _order(form) if form.match != "begins" else ORDER
    here, place = tuple_(*order), tuple_(*(bindparam(f"after_{each.name}") for each in order))
    if form.match == "begins" or form.blocked == "few":
        # What is put together is no end of a range: the index is entered and left by the name alone, or not
        # at all where what is blocked is looked up.
        here = tuple_(things.c.name.concat(""), *order[1:])
    return here > place
