"""Sign-ins to applications, and the codes and tokens that were given out for them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from sqlalchemy import BigInteger, Connection, bindparam, delete, insert, or_, select, update

from admit.core.validity import Millis
from admit.store.prepared import Prepared, PreparedRows
from admit.store.sign_in_tables import sign_in_tokens, sign_ins
from admit.store.tables import sessions

T = TypeVar("T")


class SignIn(msgspec.Struct, frozen=True):
    """A sign-in to an application: what its session is besides a session."""

    session: str
    application: int
    user: int
    issuer: str
    subject: str
    web_session: str | None
    scope: str
    proven_at: Millis
    lasts_until: Millis
    logout_uri: str | None
    ended_at: Millis | None = None
    told_at: Millis | None = None
    """When the application was told that it is over, or that was given up."""
    tries: int = 0


class Token(msgspec.Struct, frozen=True):
    """A code or a token that was given out; of its text only a hash is kept."""

    hash: bytes
    kind: str
    application: int
    session: str | None
    made_at: Millis
    ends_at: Millis
    used_at: Millis | None
    details: str

    def read(self, shape: type[T]) -> T:
        """What is kept of it, as ``shape``."""
        return msgspec.json.decode(self.details, type=shape)


def hash_of(text: str) -> bytes:
    """What is kept of a code or a token. It has 256 bits of chance: no salt is needed."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


# -- sign-ins --------------------------------------------------------------------------------------

_SIGN_IN = tuple(sign_ins.c[name] for name in SignIn.__struct_fields__)
_ADD = Prepared(
    insert(sign_ins).values({name: bindparam(name) for name in (*SignIn.__struct_fields__, "next_at")})
)
_LIVING = Prepared(
    select(*_SIGN_IN)
    .join(sessions, sessions.c.id == sign_ins.c.session)
    .where(
        sign_ins.c.session == bindparam("session"),
        sign_ins.c.ended_at.is_(None),
        sign_ins.c.lasts_until > bindparam("now", type_=BigInteger),
        sessions.c.ended_at.is_(None),
        sessions.c.ordered_by.is_(None),
    )
)
_BY_SESSION = Prepared(select(*_SIGN_IN).where(sign_ins.c.session == bindparam("session")))
_OF_WEB_SESSION = Prepared(
    select(*_SIGN_IN).where(sign_ins.c.web_session == bindparam("web_session"), sign_ins.c.ended_at.is_(None))
)
_END = Prepared(
    update(sign_ins)
    .where(sign_ins.c.session == bindparam("b_session"), sign_ins.c.ended_at.is_(None))
    .values(ended_at=bindparam("ended_at"))
)
_PROLONG = Prepared(
    update(sign_ins)
    .where(sign_ins.c.session == bindparam("b_session"))
    .values(lasts_until=bindparam("lasts_until"))
)


def add(sql: Connection, new: SignIn) -> None:
    """Write a sign-in that begins."""
    _ADD.run(sql, **msgspec.structs.asdict(new), next_at=0)


def living(sql: Connection, session: str, now: Millis) -> SignIn | None:
    """A sign-in, if nobody has ended it and its time is not over."""
    row = _LIVING.first(sql, session=session, now=now)
    return None if row is None else SignIn(*row)


def by_session(sql: Connection, session: str) -> SignIn | None:
    """A sign-in, over or not."""
    row = _BY_SESSION.first(sql, session=session)
    return None if row is None else SignIn(*row)


def of_web_session(sql: Connection, web_session: str) -> list[SignIn]:
    """The sign-ins that were begun from a session at our own pages and are not over."""
    return [SignIn(*row) for row in _OF_WEB_SESSION.rows(sql, web_session=web_session)]


def end(sql: Connection, session: str, now: Millis) -> bool:
    """Let nothing be good any more that was given out for a sign-in; returns False if it was over."""
    return _END.run(sql, b_session=session, ended_at=now) == 1


def prolong(sql: Connection, session: str, lasts_until: Millis) -> None:
    """Let a sign-in last until a moment."""
    _PROLONG.run(sql, b_session=session, lasts_until=lasts_until)


_PAST = Prepared(
    select(*_SIGN_IN)
    .where(sign_ins.c.ended_at.is_(None), sign_ins.c.lasts_until <= bindparam("now", type_=BigInteger))
    .limit(bindparam("limit"))
)


def past(sql: Connection, now: Millis, limit: int) -> list[SignIn]:
    """Sign-ins whose time is over, and that nobody has ended."""
    return [SignIn(*row) for row in _PAST.rows(sql, now=now, limit=limit)]


# -- telling the application that one is over --------------------------------------------------------

_UNTOLD = (
    select(*_SIGN_IN)
    .join(sessions, sessions.c.id == sign_ins.c.session)
    .where(
        sign_ins.c.logout_uri.is_not(None),
        sign_ins.c.told_at.is_(None),
        or_(sign_ins.c.ended_at.is_not(None), sessions.c.ended_at.is_not(None)),
    )
)
_TO_TELL = Prepared(
    _UNTOLD.where(sign_ins.c.next_at <= bindparam("now", type_=BigInteger))
    .order_by(sign_ins.c.next_at)
    .limit(bindparam("limit"))
)
_TOLD = Prepared(
    update(sign_ins).where(sign_ins.c.session == bindparam("b_session")).values(told_at=bindparam("told_at"))
)
_TRIED = Prepared(
    update(sign_ins)
    .where(sign_ins.c.session == bindparam("b_session"))
    .values(tries=bindparam("tries"), next_at=bindparam("next_at"), last_error=bindparam("last_error"))
)


@dataclass(frozen=True, slots=True)
class Tried:
    """That an application could not be told, and when to try again."""

    tries: int
    next_at: Millis
    error: str


def to_tell(sql: Connection, now: Millis, limit: int) -> list[SignIn]:
    """Sign-ins that are over and of which it is time to tell the application."""
    return [SignIn(*row) for row in _TO_TELL.rows(sql, now=now, limit=limit)]


def told(sql: Connection, session: str, now: Millis) -> None:
    """Write that the application was told; or that it is given up."""
    _TOLD.run(sql, b_session=session, told_at=now)


def tried(sql: Connection, session: str, how: Tried) -> None:
    """Write that the application could not be told."""
    _TRIED.run(sql, b_session=session, tries=how.tries, next_at=how.next_at, last_error=how.error)


# -- codes and tokens --------------------------------------------------------------------------------

_TOKEN = tuple(sign_in_tokens.c[name] for name in Token.__struct_fields__)
_GIVE = PreparedRows(sign_in_tokens, Token.__struct_fields__)
_BY_HASH = Prepared(select(*_TOKEN).where(sign_in_tokens.c.hash == bindparam("hash")))
_USE = Prepared(
    update(sign_in_tokens)
    .where(sign_in_tokens.c.hash == bindparam("b_hash"), sign_in_tokens.c.used_at.is_(None))
    .values(used_at=bindparam("used_at"))
)
_CHANGE = Prepared(
    update(sign_in_tokens)
    .where(sign_in_tokens.c.hash == bindparam("b_hash"))
    .values(details=bindparam("details"), session=bindparam("session"))
)


def give(sql: Connection, tokens: Sequence[Token]) -> None:
    """Write what is given out."""
    _GIVE.put(sql, [msgspec.structs.astuple(each) for each in tokens])


def token(sql: Connection, token_hash: bytes) -> Token | None:
    """What was given out, used or not."""
    row = _BY_HASH.first(sql, hash=token_hash)
    return None if row is None else Token(*row)


def use(sql: Connection, token_hash: bytes, now: Millis) -> bool:
    """Use up what is good once; returns False if it was used before."""
    return _USE.run(sql, b_hash=token_hash, used_at=now) == 1


def change(sql: Connection, token_hash: bytes, details: msgspec.Struct, session: str | None = None) -> None:
    """Keep other details of what was given out, and to which sign-in it belongs."""
    _CHANGE.run(sql, b_hash=token_hash, details=msgspec.json.encode(details).decode(), session=session)


def forget(sql: Connection, before: Millis) -> None:
    """Drop what ended before a moment: sign-ins with what was given out for them, told or given up."""
    sql.execute(delete(sign_in_tokens).where(sign_in_tokens.c.ends_at < before))
    sql.execute(
        delete(sign_ins).where(
            sign_ins.c.lasts_until < before,
            sign_ins.c.ended_at.is_not(None),
            or_(sign_ins.c.logout_uri.is_(None), sign_ins.c.told_at.is_not(None)),
        )
    )
