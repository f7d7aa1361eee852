"""Recovery codes: what is shown instead of an authenticator's code by who has lost it, each good once."""

import hashlib
import hmac
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from admit.control import things as verbs
from admit.control.world import World
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing

RECOVERY = "recovery codes"
"""The purpose that what recognises them is sealed under."""
MANY = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that is taken for another when it is read from paper."""
HALF = 5
"""Letters on either side of the hyphen: ten of them are 49 bits, behind the lock-out of codes."""


def new(world: World) -> tuple[str, ...]:
    """A new set, as it is shown once."""
    return tuple(
        f"{world.chance.text(HALF, LETTERS)}-{world.chance.text(HALF, LETTERS)}" for _ in range(MANY)
    )


def keep(tx: Tx, world: World, holders: Sequence[Thing], codes: Sequence[str]) -> None:
    """Let these codes, and no others from now on, stand for the authenticators of some holders."""
    for holder in holders:
        _keep(tx, world, holder, [_recognised(world, holder, code) for code in codes])


def forget(tx: Tx, holder: Thing) -> None:
    """Let no code stand for anything any more."""
    if RECOVERY in things.secret_purposes(tx.sql, holder.key):
        verbs.keep_secret(tx, holder, RECOVERY, None)


def left(sql: Connection, world: World, holder: Thing) -> int:
    """How many of a holder's codes are good yet."""
    return len(_kept(sql, world, holder))


def use(tx: Tx, world: World, holder: Thing, code: str) -> bool:
    """Use up a code; returns False, and changes nothing, if it is none of the holder's."""
    given, kept = _recognised(world, holder, code), _kept(tx.sql, world, holder)
    # All are compared, or the time taken would tell which it was.
    right = [each for each in kept if hmac.compare_digest(each, given)]
    if not right:
        return False
    _keep(tx, world, holder, [each for each in kept if each not in right])
    return True


def is_one(code: str) -> bool:
    """Whether a text has the form of a recovery code, so that it is looked for among them."""
    return len(_plain(code)) == 2 * HALF


def _plain(code: str) -> str:
    return "".join(each for each in code.lower() if each in LETTERS)


def _recognised(world: World, holder: Thing, code: str) -> str:
    """What is kept of a code: with a key that is not in the database, and bound to the holder."""
    key = world.sealer.subkey("recovery codes")
    return hmac.new(key, f"{holder.id} {_plain(code)}".encode(), hashlib.sha256).hexdigest()


def _kept(sql: Connection, world: World, holder: Thing) -> list[str]:
    sealed = things.sealed(sql, holder.key, RECOVERY)
    if sealed is None:
        return []
    return msgspec.json.decode(world.sealer.open(sealed, _bound(holder)), type=list[str])


def _keep(tx: Tx, world: World, holder: Thing, kept: list[str]) -> None:
    sealed = world.sealer.seal(msgspec.json.encode(kept), _bound(holder))
    verbs.keep_secret(tx, holder, RECOVERY, sealed)


def _bound(holder: Thing) -> str:
    return f"{RECOVERY}:{holder.id}"
