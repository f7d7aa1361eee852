"""Access reviews as they stood at a past moment: what had been decided by then, and what the grants were."""

from typing import Any, Literal, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
)

from admit.core.links import Stage
from admit.core.reviews import State
from admit.core.validity import Millis
from admit.store.prepared import Prepared
from admit.store.review_counts import LOOKED_AT
from admit.store.review_tables import review_items
from admit.store.reviews import Kept, Wanted
from admit.store.standing import AT, stood
from admit.store.tables import links, past_links

_OF_REVIEW = review_items.c.review == bindparam("review", type_=BigInteger)
_DECIDED = review_items.c.decided_at <= AT
_KEPT_FIRST = review_items.c.kept_at <= AT
"""Whether it was kept by then. Where it was also ended by then, that counts."""
_UNDECIDED = and_(
    or_(review_items.c.decided_at.is_(None), review_items.c.decided_at > AT),
    or_(review_items.c.kept_at.is_(None), review_items.c.kept_at > AT),
)


def _told(last: str, first: Any) -> ColumnElement[Any]:
    """What the verdict that counted then says, if there was one: the last, or the one before it."""
    return case((_DECIDED, review_items.c[last]), (_KEPT_FIRST, first), else_=null())


_VERDICT: ColumnElement[str | None] = _told("verdict", literal_column("'keep'"))
_TELLS = (
    _VERDICT,
    _told("decided_at", review_items.c.kept_at),
    _told("decided_by", review_items.c.kept_by),
    _told("comment", review_items.c.kept_comment),
)


def _joined(items: FromClause) -> tuple[FromClause, ColumnElement[int], ColumnElement[int]]:
    """Items with the grants of then: in which revision each was made as it was, and its end; or nothing."""
    joined = items
    for table in (links, past_links):
        same = (table.c.source == items.c.source, table.c.target == items.c.target)
        # As a value the stage would be compared with what a partial index is of.
        there = (*same, table.c.stage == literal_column(f"{Stage.GRANT:d}"), *stood(table))
        joined = joined.outerjoin(table, and_(*there))
    added_in, ends_at = (func.coalesce(links.c[name], past_links.c[name]) for name in ("added_in", "ends_at"))
    return joined, added_in, ends_at


def _state(
    items: FromClause, added_in: ColumnElement[int], ends_at: ColumnElement[int]
) -> ColumnElement[str]:
    """How what nobody had decided on stood, as :meth:`admit.core.reviews.Item.state` has it."""
    there = ends_at > AT
    return case((and_(there, added_in == items.c.added_in), "waiting"), (there, "changed"), else_="gone")


_HAS_VERDICT = review_items.c.verdict.in_([literal_column("'keep'"), literal_column("'end'")])
"""As values of the statement itself, for the index of verdicts."""
_Form: TypeAlias = Literal["any", "of a state", "kept", "ended"]


def _items(form: _Form) -> Select[Any]:
    joined, added_in, ends_at = _joined(review_items)
    kept = [review_items.c[name] for name in Kept._fields[:8]]
    undecided = _state(review_items, added_in, ends_at)
    state = case((_VERDICT == "keep", "kept"), (_VERDICT == "end", "ended"), else_=undecided)
    found = select(*kept, *_TELLS, added_in, ends_at).select_from(joined)
    found = found.where(_OF_REVIEW, review_items.c.number > bindparam("after"), *_standing(form, state))
    return found.order_by(review_items.c.number).limit(bindparam("limit"))


def _standing(form: _Form, state: ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
    """Which items are meant. What was decided is found by its verdict: for others all are looked at."""
    if form == "ended":
        return _DECIDED, review_items.c.verdict == "end"
    if form == "kept":
        return _HAS_VERDICT, _VERDICT == "keep"
    return (state == bindparam("state", type_=Text),) if form == "of a state" else ()


def _stood() -> Select[Any]:
    some = (
        select(review_items.c.source, review_items.c.target, review_items.c.added_in)
        .where(_OF_REVIEW, _UNDECIDED)
        .order_by(review_items.c.number)
        .limit(bindparam("limit"))
        .subquery()
    )
    joined, added_in, ends_at = _joined(some)
    state = _state(some, added_in, ends_at)
    columns: tuple[Any, ...] = (state, func.count())
    return select(*columns).select_from(joined).group_by(state)


_ITEMS: dict[_Form, Prepared] = {
    "any": Prepared(_items("any")),
    "of a state": Prepared(_items("of a state")),
    "kept": Prepared(_items("kept")),
    "ended": Prepared(_items("ended")),
}
_FORMS: dict[State | None, _Form] = {None: "any", "kept": "kept", "ended": "ended"}
_STOOD = Prepared(_stood())
_VERDICTS = Prepared(
    select(_VERDICT, func.count())
    .where(_OF_REVIEW, _HAS_VERDICT, or_(_DECIDED, _KEPT_FIRST))
    .group_by(_VERDICT)
)


def items_then(sql: Connection, review: int, wanted: Wanted, at: Millis, limit: int) -> list[Kept]:
    """Some items of a review, by their numbers, as they stood; whoever looks sees all of them."""
    asked: dict[str, Any] = {"review": review, "at": at, "after": wanted.after, "limit": limit}
    form = _FORMS.get(wanted.state, "of a state")
    if form == "of a state":
        asked["state"] = wanted.state
    rows = _ITEMS[form].rows(sql, **asked)
    return [Kept(*row) for row in rows]


def counts_then(sql: Connection, review: int, many: int, at: Millis) -> dict[State, int]:
    """How many of the ``many`` items of a review stood how, as ``reviews.counts`` tells it of now."""
    decided = dict(row for row in _VERDICTS.rows(sql, review=review, at=at))
    undecided = many - sum(decided.values())
    found: dict[State, int] = {"waiting": 0, "changed": 0, "gone": 0}
    found |= {row[0]: row[1] for row in _STOOD.rows(sql, review=review, at=at, limit=LOOKED_AT)}
    found["waiting"] = undecided - found["changed"] - found["gone"]
    return found | {"kept": decided.get("keep", 0), "ended": decided.get("end", 0)}
