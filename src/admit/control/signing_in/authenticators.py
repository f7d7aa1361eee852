"""Authenticators that people set up for themselves: one for all of the users they have proven to be."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import pyotp
from sqlalchemy import Connection

from admit.base.sealing import SealBroken
from admit.control import things as verbs
from admit.control.bastionhost.bastion import UserDetails
from admit.control.signing_in import one_time_codes, recovery_codes
from admit.control.signing_in.one_time_codes import ONE_TIME_CODE
from admit.control.signing_in.web_sessions import Proven
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


class _Asked(msgspec.Struct):
    """What was demanded of a user."""

    status: Literal["Global", "Disable"]
    methods: tuple[str, ...]


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
        was = msgspec.json.encode(_Asked(details.two_factor_status, details.two_factor_methods))
        verbs.keep_secret(tx, user, OWN_CHOICE, world.sealer.seal(was, f"{OWN_CHOICE}:{user.id}"))
    methods = tuple(dict.fromkeys((*details.two_factor_methods, "totp")))
    changed = msgspec.structs.replace(details, two_factor_status="Enable", two_factor_methods=methods)
    verbs.change(tx, user, details=changed)


def demand(tx: Tx, user: Thing) -> None:
    """An administrator says what is demanded of a user, whatever they had chosen for themselves."""
    if OWN_CHOICE in things.secret_purposes(tx.sql, user.key):
        verbs.keep_secret(tx, user, OWN_CHOICE, None)


def forget(tx: Tx, world: World, proven: Proven) -> None:
    """Ask for no code any more, and for no recovery code; all else is demanded as it was before.

    Raises:
        NotTheirs: an administrator demands it of one of them.
    """
    for holder in holders(proven):
        purposes = things.secret_purposes(tx.sql, holder.key)
        if ONE_TIME_CODE not in purposes:
            continue
        if one_time_codes.is_of_bastion(tx.sql, holder):
            _give_back(tx, world, holder)
        one_time_codes.forget_secret(tx, holder)
        recovery_codes.forget(tx, holder)


def _give_back(tx: Tx, world: World, user: Thing) -> None:
    """Have the SSH door ask as it did before the user chose to be asked."""
    details = user.read(UserDetails)
    sealed = things.sealed(tx.sql, user.key, OWN_CHOICE)
    if sealed is None:
        if details.two_factor_status == "Disable":
            return
        raise NotTheirs
    # Nothing is in those that were kept before it was written down: such users were asked as everybody.
    kept = world.sealer.open(sealed, f"{OWN_CHOICE}:{user.id}")
    was = msgspec.json.decode(kept, type=_Asked) if kept else _Asked("Global", ())
    changed = msgspec.structs.replace(details, two_factor_status=was.status, two_factor_methods=was.methods)
    verbs.change(tx, user, details=changed)
    verbs.keep_secret(tx, user, OWN_CHOICE, None)


def has(sql: Connection, proven: Proven) -> bool:
    """Whether one of them has an authenticator."""
    return any(ONE_TIME_CODE in things.secret_purposes(sql, each.key) for each in holders(proven))


def codes_left(sql: Connection, world: World, proven: Proven) -> int:
    """How many recovery codes are good yet: of them who has the fewest."""
    asked = [each for each in holders(proven) if ONE_TIME_CODE in things.secret_purposes(sql, each.key)]
    return min((recovery_codes.left(sql, world, each) for each in asked), default=0)
