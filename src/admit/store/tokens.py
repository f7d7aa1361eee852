"""What makes a repeated request harmless: nonces of signed requests, and client tokens."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select

from admit.core.validity import Millis
from admit.store.prepared import Conflict, Prepared
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
_USE = Prepared(insert(nonces))


def use_nonce(sql: Connection, nonce: str, now: Millis) -> bool:
    """Mark a nonce as used; returns False if it was used before."""
    try:
        _USE.run(sql, nonce=nonce, at=now)
    except Conflict:
        return False
    return True


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
