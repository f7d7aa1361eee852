"""What makes a repeated request harmless: nonces of signed requests, and client tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as on_server

from admit.core.validity import Millis
from admit.store.connections import driver
from admit.store.prepared import Conflict, Prepared, PreparedRows
from admit.store.tables import client_tokens, nonces


@dataclass(frozen=True, slots=True)
class Told:
    """What an earlier request with the same token was, and what it was answered."""

    request_hash: bytes
    response: bytes


_TOLD = Prepared(
    select(client_tokens.c.request_hash, client_tokens.c.response).where(
        client_tokens.c.caller == bindparam("caller"),
        client_tokens.c.action == bindparam("action"),
        client_tokens.c.token == bindparam("token"),
    )
)
_TELL = Prepared(insert(client_tokens))
_USE = PreparedRows(nonces)


def use_nonces(sql: Connection, nonces: Sequence[str], now: Millis) -> list[bool]:
    """Mark nonces as used; says of each whether it was fresh."""
    if _used(sql, nonces, now):
        return [True] * len(nonces)
    return [_used(sql, [each], now) for each in nonces]


_USE_APART = Prepared(on_server(nonces).on_conflict_do_nothing())


def use_nonce_apart(sql: Connection, nonce: str, now: Millis) -> bool:
    """Mark a nonce as used in a transaction of its own on PostgreSQL; returns whether it was fresh."""
    # What a crash of the server forgets was good for a read, and only once more.
    driver(sql)("set local synchronous_commit = off")
    return bool(_USE_APART.run(sql, nonce=nonce, at=now))


def _used(sql: Connection, nonces: Sequence[str], now: Millis) -> bool:
    """Mark all of some nonces as used; or, if any was used before, none."""
    if not nonces:
        return True
    say = driver(sql)
    say("savepoint nonces")
    try:
        _USE.put(sql, [(each, now) for each in nonces])
    except Conflict:
        say("rollback to savepoint nonces")
        fresh = False
    else:
        fresh = True
    say("release savepoint nonces")
    return fresh


def mark(sql: Connection, nonce: str, now: Millis) -> None:
    """Note of something that may come again when it was last."""
    sql.execute(delete(nonces).where(nonces.c.nonce == nonce))
    sql.execute(insert(nonces).values(nonce=nonce, at=now))


def marked_at(sql: Connection, nonce: str) -> Millis | None:
    """When something was last, as far as it is remembered."""
    return sql.execute(select(nonces.c.at).where(nonces.c.nonce == nonce)).scalar()


def recent_nonces(sql: Connection, since: Millis) -> dict[str, Millis]:
    """The nonces used since a moment, with when."""
    rows = sql.execute(select(nonces.c.nonce, nonces.c.at).where(nonces.c.at >= since))
    return {row[0]: row[1] for row in rows}


def told(sql: Connection, caller: str, action: str, token: str) -> Told | None:
    """What this token was answered before."""
    row = _TOLD.first(sql, caller=caller, action=action, token=token)
    return None if row is None else Told(row[0], row[1])


def tell(sql: Connection, key: tuple[str, str, str], told_: Told, now: Millis) -> None:
    """Keep what a token is answered; the key is (caller, action, token)."""
    caller, action, token = key
    _TELL.run(
        sql,
        caller=caller,
        action=action,
        token=token,
        request_hash=told_.request_hash,
        response=told_.response,
        at=now,
    )


def forget(sql: Connection, nonces_before: Millis, tokens_before: Millis) -> None:
    """Drop what is too old to matter."""
    sql.execute(delete(nonces).where(nonces.c.at < nonces_before))
    sql.execute(delete(client_tokens).where(client_tokens.c.at < tokens_before))
