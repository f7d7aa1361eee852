"""Browsers that are signed in, as they are kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, update

from admit.core.validity import Millis
from admit.store.prepared import Prepared
from admit.store.tables import web_sessions


@dataclass(frozen=True, slots=True)
class WebSession:
    """A browser that is signed in."""

    id: str
    name: str
    users: tuple[int, ...]
    """Keys of exactly the users that were proven."""
    caller: int | None
    """Key of the RAM user or administrator that was proven."""
    how: str
    peer: str
    agent: str
    opened_at: Millis
    proven_at: Millis
    seen_at: Millis
    issuer: str | None = None
    """The provider outside that proved them, if one did."""
    subject: str | None = None
    """What that calls them."""
    outside_session: str | None = None
    """What that calls their session there."""


_COLUMNS = tuple(web_sessions.c[name] for name in WebSession.__dataclass_fields__)
_BY_TOKEN = Prepared(select(*_COLUMNS).where(web_sessions.c.token == bindparam("token")))
_BY_ID = Prepared(select(*_COLUMNS).where(web_sessions.c.id == bindparam("id")))
_ALL = Prepared(select(*_COLUMNS).order_by(web_sessions.c.opened_at, web_sessions.c.id))


def add(sql: Connection, token: bytes, new: WebSession) -> None:
    """Write a session that begins."""
    values = {name: getattr(new, name) for name in WebSession.__dataclass_fields__}
    values["users"] = msgspec.json.encode(new.users).decode()
    sql.execute(insert(web_sessions).values(token=token, **values))


def by_token(sql: Connection, token: bytes) -> WebSession | None:
    """The session whose token has this hash."""
    row = _BY_TOKEN.first(sql, token=token)
    return None if row is None else _session(row)


def by_id(sql: Connection, session_id: str) -> WebSession | None:
    """The session of an ID, whatever its token is by now."""
    row = _BY_ID.first(sql, id=session_id)
    return None if row is None else _session(row)


def every(sql: Connection) -> list[WebSession]:
    """All there are, oldest first."""
    return [_session(row) for row in _ALL.rows(sql)]


def of_outside(sql: Connection, issuer: str, subject: str, session: str) -> list[str]:
    """The ids of those that one session of a provider outside proved, or any of somebody's.

    With a session those of the same one, and those of the same subject of which no session is known.
    """
    theirs = [web_sessions.c.subject == subject] if subject else []
    if not session:
        ended = and_(*theirs)
    else:
        unknown = [and_(*theirs, web_sessions.c.outside_session.is_(None))] if subject else []
        ended = or_(and_(*theirs, web_sessions.c.outside_session == session), *unknown)
    ids = select(web_sessions.c.id).where(web_sessions.c.issuer == issuer, ended)
    return list(sql.execute(ids).scalars())


def seen(sql: Connection, session_id: str, now: Millis) -> None:
    """Write that a session is in use."""
    sql.execute(update(web_sessions).where(web_sessions.c.id == session_id).values(seen_at=now))


def renew(sql: Connection, token: bytes, new_token: bytes, new: WebSession) -> bool:
    """Put a session in the place of another, under another token; False if that one is gone."""
    gone = sql.execute(delete(web_sessions).where(web_sessions.c.token == token)).rowcount == 0
    if not gone:
        add(sql, new_token, new)
    return not gone


def remove(sql: Connection, ids: Sequence[str]) -> int:
    """Sign browsers out; how many there were."""
    return sql.execute(delete(web_sessions).where(web_sessions.c.id.in_(ids))).rowcount


def forget(sql: Connection, opened_before: Millis, seen_before: Millis) -> int:
    """Remove those that were opened, or last used, too long ago; how many there were."""
    old = or_(web_sessions.c.opened_at < opened_before, web_sessions.c.seen_at < seen_before)
    return sql.execute(delete(web_sessions).where(old)).rowcount


def _session(row: tuple[object, ...]) -> WebSession:
    values = dict(zip(WebSession.__dataclass_fields__, row, strict=True))
    values["users"] = tuple(msgspec.json.decode(str(values["users"]), type=list[int]))
    return WebSession(**values)  # type: ignore[arg-type]  # the columns are of the fields' types
