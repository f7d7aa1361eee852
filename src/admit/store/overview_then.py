"""How much there was of everything at a past moment."""

from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)

from admit.core.activity import Outcome
from admit.core.links import KINDS, Kind, Stage
from admit.core.validity import Millis
from admit.store.activity import MOST_COUNTED
from admit.store.prepared import Prepared
from admit.store.tables import activity, links, past_links, sessions, things

_AT = bindparam("at", type_=BigInteger)
_THINGS = Prepared(
    select(things.c.kind, func.count())
    .where(things.c.created_at <= _AT, or_(things.c.removed_at.is_(None), things.c.removed_at > _AT))
    .group_by(things.c.kind)
)
_SESSIONS = Prepared(
    select(func.count()).where(
        sessions.c.opened_at <= _AT, or_(sessions.c.ended_at.is_(None), sessions.c.ended_at > _AT)
    )
)


_REFUSED = Prepared(
    select(func.count()).select_from(
        select(activity.c.id)
        .where(
            activity.c.outcome == literal_column(f"'{Outcome.REFUSED}'"),
            # The index of what is not ok is used only where a statement says so in its own words.
            activity.c.outcome != literal_column(f"'{Outcome.OK}'"),
            activity.c.at >= bindparam("since", type_=BigInteger),
            activity.c.at <= _AT,
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
)


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _grants(table: Table) -> Prepared:
    """Those that had not ended, that end by each of three moments, and that had ended."""
    ends = table.c.ends_at
    by = [bindparam(name, type_=BigInteger) for name in ("hour", "day", "week")]
    policies = select(things.c.key).where(things.c.kind == literal_column(f"{Kind.RAM_POLICY:d}"))
    told = (ends > _AT, *((ends > _AT) & (ends <= moment) for moment in by), ends <= _AT)
    stood = [table.c.added_at <= _AT, *([table.c.removed_at > _AT] if table is past_links else [])]
    # As a value the stage would be compared with what a partial index is of.
    granted = table.c.stage == literal_column(f"{Stage.GRANT:d}")
    counted = select(*map(_how_many, told)).where(granted, *stood, table.c.target.not_in(policies))
    return Prepared(counted)


_GRANTS = [_grants(table) for table in (links, past_links)]


class Grants(NamedTuple):
    """How many grants stood how."""

    lasting: int
    """All that had not ended."""
    by_hour: int
    by_day: int
    by_week: int
    ended: int


def things_then(sql: Connection, at: Millis) -> dict[Kind, int]:
    """How many things there were of each kind."""
    return {KINDS[kind]: count for kind, count in _THINGS.rows(sql, at=at)}


def grants_then(sql: Connection, at: Millis, spans: tuple[Millis, Millis, Millis]) -> Grants:
    """How many grants there were, and how many of them were to end within three spans."""
    hour, day, week = (at + span for span in spans)
    found = [each.rows(sql, at=at, hour=hour, day=day, week=week)[0] for each in _GRANTS]
    return Grants(*(int(sum(column)) for column in zip(*found, strict=True)))


def refused_then(sql: Connection, since: Millis, at: Millis) -> int:
    """How much had been refused since a moment before, counted no further than ``MOST_COUNTED``."""
    return int(_REFUSED.rows(sql, since=since, at=at)[0][0])


def sessions_then(sql: Connection, at: Millis) -> int:
    """How many sessions there were."""
    return int(_SESSIONS.rows(sql, at=at)[0][0])
