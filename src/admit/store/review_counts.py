"""How far access reviews are: how many of their items stand how, for all or for somebody who sees some."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, and_, bindparam, case, false, func, or_, select, true
from sqlalchemy.sql.elements import ColumnElement

from admit.core.links import Stage
from admit.core.reviews import State
from admit.core.validity import Millis
from admit.store.prepared import Prepared
from admit.store.review_tables import review_items
from admit.store.reviews import STANDING, Sight
from admit.store.tables import links

LOOKED_AT = 1_000
"""Of how many undecided items is asked how their grants stand now, where it is told how many stand how."""
_REVIEW = review_items.c.review == bindparam("review", type_=BigInteger)
_UNDECIDED = review_items.c.verdict.is_(None)


def counts(sql: Connection, review: int, now: Millis, sight: Sight | None = None) -> dict[State, int]:
    """How many items of a review stand how.

    Of more than ``LOOKED_AT`` undecided ones the others count as waiting.
    """
    decided = {row[0]: row[1] for row in _seen_rows(sql, _verdicts, sight, review=review)}
    if sight is None:
        # They are numbered from 1 on, and none is ever taken out: the last number is how many there are.
        undecided = (_LAST.rows(sql, review=review)[0][0] or 0) - sum(decided.values())
    else:
        undecided = _seen_rows(sql, _all_undecided, sight, review=review)[0][0]
    found: dict[State, int] = {"waiting": 0, "changed": 0, "gone": 0}
    looked = _seen_rows(sql, _standing_of_some, sight, review=review, now=now, limit=LOOKED_AT)
    found |= {row[0]: row[1] for row in looked}
    found["waiting"] = undecided - found["changed"] - found["gone"]
    return found | {"kept": decided.get("keep", 0), "ended": decided.get("end", 0)}


def waiting(sql: Connection, review: int, now: Millis, sight: Sight) -> int:
    """How many items of a review wait for somebody, as :func:`counts` tells it."""
    return counts(sql, review, now, sight)["waiting"]


FEW = 100
MOST_COUNTED = 1_000


def about_waiting(sql: Connection, review: int, now: Millis, sight: Sight) -> int:
    """How many items of a review wait for somebody, exactly if they are few.

    Of more, everything that is undecided is counted, and no further than ``MOST_COUNTED``.
    """
    found = int(_seen_rows(sql, _how_many_wait, sight, review=review, now=now, limit=FEW)[0][0])
    if found < FEW:
        return found
    return int(_seen_rows(sql, _how_many_undecided, sight, review=review, limit=MOST_COUNTED)[0][0])


# -- its statements, by what is seen -----------------------------------------------------------------

_LAST = Prepared(select(func.max(review_items.c.number)).where(_REVIEW))


def _verdicts(seen: ColumnElement[bool]) -> Select[Any]:
    """How many were decided how."""
    decided = (_REVIEW, seen, review_items.c.verdict.is_not(None))
    return select(review_items.c.verdict, func.count()).where(*decided).group_by(review_items.c.verdict)


def _all_undecided(seen: ColumnElement[bool]) -> Select[Any]:
    # Without a limit they are counted where they are found: of 50,000 a quarter sooner.
    return select(func.count()).select_from(review_items).where(_REVIEW, seen, _UNDECIDED)


def _how_many_undecided(seen: ColumnElement[bool]) -> Select[Any]:
    return _number_of(select(review_items.c.target).where(_REVIEW, seen, _UNDECIDED))


def _how_many_wait(seen: ColumnElement[bool]) -> Select[Any]:
    standing = and_(STANDING, links.c.added_in == review_items.c.added_in, links.c.ends_at > _NOW)
    waits = select(review_items.c.number).join(links, standing).where(_REVIEW, seen, _UNDECIDED)
    return _number_of(waits.order_by(review_items.c.number))


def _standing_of_some(seen: ColumnElement[bool]) -> Select[Any]:
    """How the grants of some undecided items stand now."""
    some = (
        select(review_items.c.source, review_items.c.target, review_items.c.added_in)
        .where(_REVIEW, seen, _UNDECIDED)
        .order_by(review_items.c.number)
        .limit(bindparam("limit"))
        .subquery()
    )
    standing = and_(
        links.c.source == some.c.source,
        links.c.target == some.c.target,
        links.c.stage == int(Stage.GRANT),
        links.c.ends_at > _NOW,
    )
    same = links.c.added_in == some.c.added_in
    state = case((links.c.added_in.is_(None), "gone"), (same, "waiting"), else_="changed")
    return select(state, func.count()).select_from(some.outerjoin(links, standing)).group_by(state)


_NOW = bindparam("now", type_=BigInteger)


def _number_of(found: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(found.limit(bindparam("limit")).subquery())


def _seen_rows(
    sql: Connection, make: Callable[[ColumnElement[bool]], Select[Any]], sight: Sight | None, **values: int
) -> list[tuple[Any, ...]]:
    """What a statement finds among the items that somebody sees."""
    if sight is None:
        return _prepared(make, None).rows(sql, **values)
    ends = {"directory": sorted(sight.directories), "target": sorted(sight.targets)}
    keys = {name: _rounded(some) for name, some in ends.items()}
    named = {f"{name}_{number}": key for name, some in keys.items() for number, key in enumerate(some)}
    many = (len(keys["directory"]), len(keys["target"]))
    return _prepared(make, many).rows(sql, **values, **named)


def _rounded(keys: list[int]) -> list[int]:
    """The keys, the last one repeated up to a power of two: few statements do for lists of any length."""
    return keys + keys[-1:] * ((1 << (len(keys) - 1).bit_length()) - len(keys)) if keys else []


@lru_cache(maxsize=256)
def _prepared(make: Callable[[ColumnElement[bool]], Select[Any]], many: tuple[int, int] | None) -> Prepared:
    """A statement about the items of so many directories, or targets; with None about all."""
    if many is None:
        return Prepared(make(true()))
    ends = zip(("directory", "target"), many, strict=True)
    some = (
        review_items.c[name].in_([bindparam(f"{name}_{number}") for number in range(length)])
        for name, length in ends
        if length
    )
    return Prepared(make(or_(false(), *some)))
