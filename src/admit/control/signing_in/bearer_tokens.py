"""Bearer tokens: what a program shows instead of signing, for the doors that are asked for decisions."""

import hashlib
import hmac
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from admit.base.chance import ID_LETTERS
from admit.control import things
from admit.control.callers import Caller, user_caller
from admit.control.things import New
from admit.control.world import World
from admit.core.links import Kind
from admit.core.validity import FOREVER, Millis
from admit.store import things as stored
from admit.store.engine import Tx
from admit.store.things import Thing

PREFIX = "admit_"
"""What every token begins with, so that a scanner for leaked secrets knows one."""

_ID_LETTERS, _SECRET_LETTERS = 16, 52
"""52 of 36 letters are 268 bits: nobody guesses one, so that its digest needs no slow hash."""


class TokenRefused(Exception):
    """A token that is not one of ours, was revoked, or has ended. Why is told to nobody."""


class TokenDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a token."""

    digest: str
    """SHA-256 of its secret, in hexadecimal."""
    ends_at: Millis = FOREVER


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made."""

    thing: Thing
    text: str
    """The token itself. It is told this once: only its digest is kept."""


def create(tx: Tx, world: World, user: Thing, name: str, ends_at: Millis) -> NewToken:
    """Make a token that stands for a RAM user until it ends.

    Raises:
        HandleTaken: the user has a token of that name.
    """
    token_id = world.chance.text(_ID_LETTERS, ID_LETTERS)
    secret = world.chance.text(_SECRET_LETTERS, ID_LETTERS)
    details = TokenDetails(_digest(secret), ends_at)
    thing = things.add(tx, New(Kind.BEARER_TOKEN, user.key, name, details, id=token_id, handle=name))
    return NewToken(thing, f"{PREFIX}{token_id}_{secret}")


@dataclass(frozen=True, slots=True)
class Stood:
    """Whom a token stands for, and until when at most."""

    caller: Caller
    ends_at: Millis


def stood_for(sql: Connection, world: World, text: str, now: Millis) -> Stood:
    """The RAM user that a token stands for.

    Raises:
        TokenRefused: it stands for nobody, or nobody any more.
    """
    token_id, _, secret = text.removeprefix(PREFIX).partition("_")
    if not text.startswith(PREFIX) or not secret:
        raise TokenRefused
    thing = stored.by_id_anywhere(sql, Kind.BEARER_TOKEN, token_id)
    kept = None if thing is None else thing.read(TokenDetails)
    if thing is None or kept is None or not hmac.compare_digest(kept.digest, _digest(secret)):
        raise TokenRefused
    if kept.ends_at <= now:
        raise TokenRefused
    return Stood(user_caller(sql, world, stored.by_key(sql, thing.parent)), kept.ends_at)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
