"""Authenticators that people set up for themselves: one for all of the users they have proven to be."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import pyotp
from sqlalchemy import Connection

from admit.base.sealing import SealBroken
from admit.control import one_time_codes, recovery_codes
from admit.control import things as verbs
from admit.control.bastion import UserDetails
from admit.control.one_time_codes import ONE_TIME_CODE
from admit.control.web_sessions import Proven
from admit.control.world import World
from admit.core.validity import MINUTE, Millis
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing

DRAFT = "authenticator draft"
GOOD_FOR: Millis = 15 * MINUTE
OWN_CHOICE = "own authenticator"
"""The purpose that says that the person switched the second factor on, and may switch it off."""


class CodeRefused(Exception):
    """What was given is no code of the authenticator that was shown."""


class NotTheirs(Exception):
    """An administrator demands the second factor: it can be replaced, and not given up."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An authenticator that counts once a code of it was given."""

    address: str
    """``otpauth://…``, as it is drawn for the app."""
    secret: str
    """The same for who types it."""
    sealed: str
    """It, as it travels through the page."""


class _Kept(msgspec.Struct):
    secret: str
    until: Millis


def holders(proven: Proven) -> Sequence[Thing]:
    """Everybody who is proven: an authenticator is for all of them."""
    return [*proven.users, *([] if proven.caller is None else [proven.caller])]


def new(world: World, name: str) -> Draft:
    """A new one; nothing is changed yet."""
    secret = one_time_codes.new_secret(world)
    kept = _Kept(secret, world.clock.now() + GOOD_FOR)
    sealed = base64.urlsafe_b64encode(world.sealer.seal(msgspec.json.encode(kept), DRAFT)).decode()
    return Draft(one_time_codes.address_of(secret, name), secret, sealed)


def take(tx: Tx, world: World, proven: Proven, sealed: str, code: str) -> None:
    """Let an authenticator that was shown count from now on, for the web and for every other door.

    Raises:
        CodeRefused: the code is none of it, or it was shown too long ago.
    """
    try:
        opened = world.sealer.open(base64.urlsafe_b64decode(sealed), DRAFT)
    except (ValueError, SealBroken):
        raise CodeRefused from None
    kept = msgspec.json.decode(opened, type=_Kept)
    given = "".join(code.split())
    if kept.until <= tx.now or not one_time_codes.steps_of(pyotp.TOTP(kept.secret), given, tx.now):
        raise CodeRefused
    for holder in holders(proven):
        one_time_codes.keep_secret(tx, world, holder, kept.secret)
        if one_time_codes.is_of_bastion(tx.sql, holder):
            _demand(tx, world, holder)


def _demand(tx: Tx, world: World, user: Thing) -> None:
    """Have the SSH door ask for it too."""
    details = user.read(UserDetails)
    if details.two_factor_status != "Enable":
        verbs.keep_secret(tx, user, OWN_CHOICE, world.sealer.seal(b"", f"{OWN_CHOICE}:{user.id}"))
    methods = tuple(dict.fromkeys((*details.two_factor_methods, "totp")))
    changed = msgspec.structs.replace(details, two_factor_status="Enable", two_factor_methods=methods)
    verbs.change(tx, user, details=changed)


def forget(tx: Tx, proven: Proven) -> None:
    """Ask for no code any more, and for no recovery code.

    Raises:
        NotTheirs: an administrator demands it of one of them.
    """
    for holder in holders(proven):
        purposes = things.secret_purposes(tx.sql, holder.key)
        if ONE_TIME_CODE not in purposes:
            continue
        if one_time_codes.is_of_bastion(tx.sql, holder):
            if OWN_CHOICE not in purposes:
                raise NotTheirs
            details = msgspec.structs.replace(
                # As for everybody, who may be asked for one all the same.
                holder.read(UserDetails),
                two_factor_status="Global",
                two_factor_methods=(),
            )
            verbs.change(tx, holder, details=details)
            verbs.keep_secret(tx, holder, OWN_CHOICE, None)
        one_time_codes.forget_secret(tx, holder)
        recovery_codes.forget(tx, holder)


def has(sql: Connection, proven: Proven) -> bool:
    """Whether one of them has an authenticator."""
    return any(ONE_TIME_CODE in things.secret_purposes(sql, each.key) for each in holders(proven))


def codes_left(sql: Connection, world: World, proven: Proven) -> int:
    """How many recovery codes are good yet: of them who has the fewest."""
    asked = [each for each in holders(proven) if ONE_TIME_CODE in things.secret_purposes(sql, each.key)]
    return min((recovery_codes.left(sql, world, each) for each in asked), default=0)
