"""How much there was of everything at a past moment."""

from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    bindparam,
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
from admit.store.tables import TIME_BOUND_GRANT, activity, links, past_links, sessions, things

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


_TABLES = (links, past_links)


def _stood(table: Table) -> tuple[ColumnElement[bool], ...]:
    return (table.c.added_at <= _AT, *((table.c.removed_at > _AT,) if table is past_links else ()))


def _lasting(table: Table) -> Prepared:
    """Those that had not ended; what RAM attaches to callers among them."""
    # By a stage that is put together no index is chosen: reading all there is in its own order takes a
    # thirtieth of looking each row up.
    granted = table.c.stage + literal_column("0") == literal_column(f"{Stage.GRANT:d}")
    found = select(func.count()).select_from(table)
    return Prepared(found.where(granted, table.c.ends_at > _AT, *_stood(table)))


def _attached(table: Table) -> Prepared:
    policies = select(things.c.key).where(things.c.kind == literal_column(f"{Kind.RAM_POLICY:d}"))
    found = select(func.count()).select_from(table).where(table.c.target.in_(policies))
    return Prepared(found.where(table.c.ends_at > _AT, *_stood(table)))


def _ending(table: Table) -> Prepared:
    """Those that ended after one moment, and not after another. What callers are attached has no end."""
    found = select(func.count()).select_from(table).where(literal_column(TIME_BOUND_GRANT))
    after, by = (bindparam(name, type_=BigInteger) for name in ("after", "by"))
    return Prepared(found.where(table.c.ends_at > after, table.c.ends_at <= by, *_stood(table)))


_LASTING, _ATTACHED, _ENDING = ([make(table) for table in _TABLES] for make in (_lasting, _attached, _ending))


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

    def many(statements: list[Prepared], **asked: Millis) -> int:
        return sum(int(each.rows(sql, at=at, **asked)[0][0]) for each in statements)

    ending = [many(_ENDING, after=at, by=at + span) for span in spans]
    hour, day, week = ending
    return Grants(many(_LASTING) - many(_ATTACHED), hour, day, week, many(_ENDING, after=-1, by=at))


def refused_then(sql: Connection, since: Millis, at: Millis) -> int:
    """How much had been refused since a moment before, counted no further than ``MOST_COUNTED``."""
    return int(_REFUSED.rows(sql, since=since, at=at)[0][0])


def sessions_then(sql: Connection, at: Millis) -> int:
    """How many sessions there were."""
    return int(_SESSIONS.rows(sql, at=at)[0][0])
