"""What is switched off, now or at a past moment."""

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from admit.core.validity import Millis
from admit.store.prepared import Prepared, PreparedForKeys
from admit.store.standing import lasts, moment
from admit.store.tables import blocks

FEW = 1_000
"""No more things that are blocked are looked up one by one to be put in the order of their names."""


def stands(*, then: bool) -> ColumnElement[bool]:
    """Whether a block stands; or stood, at the moment ``:at``."""
    return lasts(blocks.c.added_at, blocks.c.removed_at, then=then)


def _some(*, then: bool) -> Prepared:
    some = select(blocks.c.thing).where(stands(then=then)).limit(bindparam("limit")).subquery()
    return Prepared(select(func.count()).select_from(some))


def _standing(*, then: bool) -> PreparedForKeys:
    return PreparedForKeys(
        lambda keys: select(blocks.c.thing, blocks.c.word).where(blocks.c.thing.in_(keys), stands(then=then))
    )


_SOME = {then: _some(then=then) for then in (False, True)}
_STANDING = {then: _standing(then=then) for then in (False, True)}


def how_many(sql: Connection, at: Millis | None) -> Literal["few", "many"]:
    """Whether few things are switched off, or were at a past moment."""
    ((many,),) = _SOME[at is not None].rows(sql, limit=FEW + 1, **moment(at))
    return "few" if many <= FEW else "many"


def words(sql: Connection, keys: Sequence[int], at: Millis | None = None) -> dict[int, str]:
    """What switches some things off, now or at a past moment; one that is on is left out."""
    return {row[0]: row[1] for row in _STANDING[at is not None].rows(sql, keys, **moment(at))}
