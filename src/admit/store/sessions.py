"""Sessions as they are kept: who was at which resource, from when until when, and why not longer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from admit.core.sessions import LASTING_DOOR, Outcome
from admit.core.validity import Millis
from admit.store.node_tables import nodes
from admit.store.prepared import Prepared
from admit.store.standing import AT
from admit.store.tables import sessions, things


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that begins."""

    id: str
    node: str
    process: str
    door: str
    person: int
    user: int
    resource: int
    login: str
    peer: str
    client: str
    what: str
    revision: int
    until: Millis


@dataclass(frozen=True, slots=True)
class Session:
    """A session, as it stands."""

    key: int
    id: str
    node: str
    process: str
    door: str
    person: int
    user: int
    resource: int
    login: str
    peer: str
    client: str
    what: str
    revision: int
    opened_at: Millis
    seen_at: Millis
    until: Millis
    ended_at: Millis | None
    outcome: str | None
    reason: str | None
    ordered_by: str | None
    ordered_reason: str | None
    recorded_in: int | None


@dataclass(frozen=True, slots=True)
class End:
    """How a session ended."""

    at: Millis
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """Who is at the other end of a session, and what it is."""

    peer: str
    client: str
    what: str


_ROW = tuple(sessions.c[name] for name in Session.__dataclass_fields__)
_INSERT = Prepared(
    insert(sessions).values(
        {name: bindparam(name) for name in (*NewSession.__dataclass_fields__, "opened_at", "seen_at")}
    )
)
_BY_ID = Prepared(select(*_ROW).where(sessions.c.id == bindparam("id")))


def add(sql: Connection, new: NewSession, now: Millis) -> None:
    """Write a session that begins now."""
    values = {name: getattr(new, name) for name in NewSession.__dataclass_fields__}
    _INSERT.run(sql, **values, opened_at=now, seen_at=now)


def by_id(sql: Connection, session_id: str) -> Session | None:
    """The session with this id, live or past."""
    row = _BY_ID.first(sql, id=session_id)
    return None if row is None else Session(*row)


def end(sql: Connection, ends: Mapping[str, End]) -> None:
    """Write how sessions ended; one that has ended already stays as it is."""
    for session_id, how in ends.items():
        _END.run(sql, b_id=session_id, ended_at=how.at, outcome=how.outcome.value, reason=how.reason)


_END = Prepared(
    update(sessions)
    .where(sessions.c.id == bindparam("b_id"), sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("ended_at"), outcome=bindparam("outcome"), reason=bindparam("reason"))
)
_UNTIL = Prepared(update(sessions).where(sessions.c.id == bindparam("b_id")).values(until=bindparam("until")))


def set_until(sql: Connection, untils: Mapping[str, Millis]) -> None:
    """Write when sessions end if nothing changes."""
    for session_id, until in untils.items():
        _UNTIL.run(sql, b_id=session_id, until=until)


_RETELL = Prepared(
    update(sessions)
    .where(sessions.c.id == bindparam("b_id"))
    .values(peer=bindparam("peer"), client=bindparam("client"), what=bindparam("what"))
)


def retell(sql: Connection, session_id: str, told: Told) -> None:
    """Write who has come to a session that was opened before."""
    _RETELL.run(sql, b_id=session_id, peer=told.peer, client=told.client, what=told.what)


_OURS = and_(sessions.c.process == bindparam("b_process"), sessions.c.ended_at.is_(None))
_SEEN = Prepared(update(sessions).where(_OURS).values(seen_at=bindparam("seen_at")))
_LIVING = Prepared(select(sessions.c.id).where(_OURS))


def see(sql: Connection, process: str, now: Millis) -> set[str]:
    """Say that the sessions of a process live; returns which those are, as far as this table has them."""
    _SEEN.run(sql, b_process=process, seen_at=now)
    return {row[0] for row in _LIVING.rows(sql, b_process=process)}


_UNWATCHED = and_(sessions.c.ended_at.is_(None), sessions.c.process.not_in(select(nodes.c.process)))
"""Nobody watches what was opened by a process that is not on the roll of nodes."""
_LOST = Prepared(
    update(sessions)
    .where(_UNWATCHED, sessions.c.door != LASTING_DOOR)
    .values(ended_at=sessions.c.seen_at, outcome=bindparam("outcome"), reason=bindparam("reason"))
)


def end_lost(sql: Connection, how: str) -> int:
    """End the sessions whose node is gone, at the last moment they were known to live; returns how many."""
    return _LOST.run(sql, outcome=Outcome.STOPPED.value, reason=how)


_LEFT = Prepared(
    select(*_ROW)
    .where(_UNWATCHED, sessions.c.process != bindparam("b_process"), sessions.c.door == LASTING_DOOR)
    .order_by(sessions.c.key)
    .limit(bindparam("limit"))
)
_TAKE_OVER = Prepared(
    update(sessions)
    .where(sessions.c.id == bindparam("b_id"))
    .values(node=bindparam("node"), process=bindparam("process"), seen_at=bindparam("seen_at"))
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where sessions are watched: a node, and which run of it."""

    node: str
    process: str


def take_over(sql: Connection, place: Place, now: Millis, limit: int) -> list[Session]:
    """Make sessions that outlast their node, and whose node is gone, those of a ``place``.

    They are returned as they were.
    """
    left = [Session(*row) for row in _LEFT.rows(sql, b_process=place.process, limit=limit)]
    for each in left:
        _TAKE_OVER.run(sql, b_id=each.id, node=place.node, process=place.process, seen_at=now)
    return left


_ORDER = Prepared(
    update(sessions)
    .where(sessions.c.id == bindparam("b_id"))
    .values(ordered_by=bindparam("ordered_by"), ordered_reason=bindparam("ordered_reason"))
)


def order_end(sql: Connection, session_id: str, by: str, reason: str) -> None:
    """Write that somebody ordered a session to end."""
    _ORDER.run(sql, b_id=session_id, ordered_by=by, ordered_reason=reason)


_UNRECORDED = Prepared(
    select(*_ROW)
    .where(sessions.c.ended_at.is_not(None), sessions.c.recorded_in.is_(None))
    .order_by(sessions.c.key)
    .limit(bindparam("limit"))
)
_RECORDED = Prepared(
    update(sessions).where(sessions.c.key == bindparam("b_key")).values(recorded_in=bindparam("recorded_in"))
)


def unrecorded(sql: Connection, limit: int) -> list[Session]:
    """Sessions that have ended and of whose end the ledger does not know yet, the oldest first."""
    return [Session(*row) for row in _UNRECORDED.rows(sql, limit=limit)]


def set_recorded(sql: Connection, keys: Sequence[int], number: int) -> None:
    """Write in which revision the ends of sessions were recorded."""
    for key in keys:
        _RECORDED.run(sql, b_key=key, recorded_in=number)


def forget(sql: Connection, before: Millis, limit: int) -> int:
    """Drop, of so many oldest sessions, those that ended before a moment; returns how many there were.

    What the ledger does not know of yet stays.
    """
    oldest = select(sessions.c.key).order_by(sessions.c.key).limit(limit).scalar_subquery()
    over = and_(sessions.c.ended_at < before, sessions.c.recorded_in.is_not(None))
    return sql.execute(delete(sessions).where(sessions.c.key.in_(oldest), over)).rowcount


@dataclass(frozen=True, slots=True)
class Which:
    """Which sessions a listing is about. What is left out does not restrict."""

    live: bool | None = None
    person: int | None = None
    resource: int | None = None
    """A host stands for its accounts too."""
    door: str | None = None
    since: Millis | None = None
    """Only what had not ended before."""
    until: Millis | None = None
    """Only what was opened before."""
    before: int | None = None
    """Only keys below this one: where the page before ended."""
    at: Millis | None = None
    """As of this moment: what was opened later was not there, and what ended later was live."""


_IN_HOST = select(things.c.key).where(things.c.parent == bindparam("resource"))
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "live": sessions.c.ended_at.is_(None),
    "past": sessions.c.ended_at.is_not(None),
    "person": sessions.c.person == bindparam("person"),
    "resource": or_(sessions.c.resource == bindparam("resource"), sessions.c.resource.in_(_IN_HOST)),
    "door": sessions.c.door == bindparam("door"),
    "since": or_(sessions.c.ended_at.is_(None), sessions.c.ended_at >= bindparam("since", type_=BigInteger)),
    "until": sessions.c.opened_at < bindparam("until", type_=BigInteger),
    "before": sessions.c.key < bindparam("before", type_=BigInteger),
    "at": sessions.c.opened_at <= AT,
    "live at": or_(sessions.c.ended_at.is_(None), sessions.c.ended_at > AT),
    "past at": sessions.c.ended_at <= AT,
}


@cache
def _listing(conditions: tuple[str, ...]) -> Prepared:
    wanted = [_CONDITIONS[name] for name in conditions]
    statement = select(*_ROW).order_by(sessions.c.key.desc())
    if not {"live", "live at"} & {*conditions}:
        return Prepared(statement.where(*wanted).limit(bindparam("limit")))
    # They are found by when they ended. By a key that is put together no index is chosen: in the order of
    # their keys all sessions there ever were would be gone through.
    newest = select(sessions.c.key).where(*wanted).order_by((sessions.c.key + literal_column("0")).desc())
    return Prepared(statement.where(sessions.c.key.in_(newest.limit(bindparam("limit")))))


_LIVE = Prepared(select(func.count()).select_from(sessions).where(sessions.c.ended_at.is_(None)))


def how_many_live(sql: Connection) -> int:
    """How many sessions have not ended."""
    return sum(row[0] for row in _LIVE.rows(sql))


def find(sql: Connection, which: Which, limit: int) -> list[Session]:
    """Sessions, the newest first."""
    values: dict[str, Any] = {
        name: value
        for name in ("person", "resource", "door", "since", "until", "before", "at")
        if (value := getattr(which, name)) is not None
    }
    state = "live" if which.live else "past"
    asked = state if which.at is None else f"{state} at"
    rows = _listing((*([] if which.live is None else [asked]), *values)).rows(sql, **values, limit=limit)
    return [Session(*row) for row in rows]
