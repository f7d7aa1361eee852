"""People who left the provider that proved them: their browsers are signed out, and none comes in late."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from admit.base.logout_tokens import Left
from admit.core.validity import Millis
from admit.store import tokens, web_sessions
from admit.store.engine import Tx


@dataclass(frozen=True, slots=True)
class ByOutside:
    """How a provider outside knows whom it proved."""

    issuer: str
    subject: str
    """What it calls them; empty if it did not say."""
    session: str
    """What it calls their session there; empty if it did not say."""
    at: Millis
    """When it was asked."""


def leave(tx: Tx, issuer: str, left: Left) -> list[str] | None:
    """The browsers to sign out since somebody left a provider; None if that was heard before."""
    if tokens.use_nonces(tx.sql, [_mark("heard", issuer, left.token)], tx.now) != [True]:
        return None
    for mark in _left_behind(issuer, left):
        tokens.mark(tx.sql, mark, tx.now)
    return web_sessions.of_outside(tx.sql, issuer, left.subject, left.session)


def has_left(sql: Connection, by: ByOutside | None) -> bool:
    """Whether somebody has left since the provider proved them: a code they are asked for takes its time."""
    if by is None:
        return False
    marks = [_mark("all", by.issuer, by.subject)]
    marks.append(
        _mark("one", by.issuer, by.session) if by.session else _mark("one of", by.issuer, by.subject)
    )
    return any((at := tokens.marked_at(sql, each)) is not None and at >= by.at for each in marks)


def _left_behind(issuer: str, left: Left) -> Iterator[str]:
    """What is remembered of somebody who left: the session that ended, or that all of theirs did."""
    if not left.session:
        yield _mark("all", issuer, left.subject)
        return
    yield _mark("one", issuer, left.session)
    if left.subject:
        # Of those whose session is not known it may be any.
        yield _mark("one of", issuer, left.subject)


def _mark(what: str, issuer: str, name: str) -> str:
    digest = hashlib.sha256(msgspec.json.encode([what, issuer, name])).hexdigest()
    return f"outside logout {digest}"
