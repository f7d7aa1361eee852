"""The second thing a person shows: a code from an authenticator, or one that was mailed."""

import hashlib
import hmac
from typing import Literal, TypeAlias

import pyotp
from sqlalchemy import Connection

from admit.control import things as verbs
from admit.control.bastionhost.bastion import UserDetails
from admit.control.world import World
from admit.core.links import Kind
from admit.core.validity import MINUTE, SECOND, Millis
from admit.store import mailed_codes as stored
from admit.store import messages, things, tokens
from admit.store.engine import Tx
from admit.store.mailed_codes import Mailed
from admit.store.messages import NewMessage
from admit.store.things import Thing

ONE_TIME_CODE = "one-time code"
"""The purpose an authenticator's secret is sealed under."""
SECRET_BYTES = 20
"""RFC 4226 §4 recommends 160 bits."""
STEP: Millis = 30 * SECOND
DIGITS = 6
MAILED_FOR: Millis = 5 * MINUTE
"""How long a mailed code is good."""
MAILED_AGAIN: Millis = MINUTE
"""How long no other code is mailed: who has the password must not fill the mailbox."""
MAILED_TRIES = 5

Method: TypeAlias = Literal["totp", "email", "unknown", "none"]


def method_of(sql: Connection, world: World, user: Thing) -> Method:
    """How a user is asked for a second time.

    ``none``: not at all. ``unknown``: by a way there is not here (SMS, DingTalk, mail
    without a mail server), or an authenticator that was never set up; they cannot sign in.
    Users who follow the setting for all of them are asked as that says.
    """
    if not is_of_bastion(sql, user):
        # Nobody demands it of others: who has set up an authenticator wants to be asked.
        return "totp" if ONE_TIME_CODE in things.secret_purposes(sql, user.key) else "none"
    kept = user.read(UserDetails)
    own = kept.two_factor_methods if kept.two_factor_status == "Enable" else ()
    methods = world.two_factor if kept.two_factor_status == "Global" else own
    if not methods and kept.two_factor_status != "Enable":
        return "none"
    if "totp" in methods and ONE_TIME_CODE in things.secret_purposes(sql, user.key):
        return "totp"
    mailed = "email" in methods and kept.email and world.mails
    return "email" if mailed else "unknown"


def is_of_bastion(sql: Connection, user: Thing) -> bool:
    """Whether it is a bastion host's user, whose settings say what second factor is demanded."""
    return user.kind is Kind.USER and things.by_key(sql, user.parent).kind is Kind.BASTION


def set_secret(tx: Tx, world: World, user: Thing) -> str:
    """Give a user a new authenticator; its address (``otpauth://…``) is told this once."""
    secret = new_secret(world)
    keep_secret(tx, world, user, secret)
    return address_of(secret, user.name)


def new_secret(world: World) -> str:
    """A new authenticator's secret, as apps take it."""
    # Base32 of 20 bytes ends without padding.
    return world.chance.text(SECRET_BYTES * 8 // 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def keep_secret(tx: Tx, world: World, holder: Thing, secret: str) -> None:
    """Let an authenticator with this secret, and no other, make somebody's codes."""
    sealed = world.sealer.seal(secret.encode(), f"{ONE_TIME_CODE}:{holder.id}")
    verbs.keep_secret(tx, holder, ONE_TIME_CODE, sealed)


def address_of(secret: str, name: str) -> str:
    """``otpauth://…``, as an app is given a secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="admit")


def forget_secret(tx: Tx, user: Thing) -> bool:
    """Forget a user's authenticator; returns False, and changes nothing, if there is none."""
    if ONE_TIME_CODE not in things.secret_purposes(tx.sql, user.key):
        return False
    verbs.keep_secret(tx, user, ONE_TIME_CODE, None)
    return True


def matching_step(sql: Connection, world: World, user: Thing, code: str, now: Millis) -> int | None:
    """Which half minute a user's code belongs to: this one, or the one before or after (RFC 6238 §5.2)."""
    sealed = things.sealed(sql, user.key, ONE_TIME_CODE)
    if sealed is None:
        return None
    totp = pyotp.TOTP(world.sealer.open(sealed, f"{ONE_TIME_CODE}:{user.id}").decode())
    right = steps_of(totp, code, now)
    return right[0] if right else None


def steps_of(totp: pyotp.TOTP, code: str, now: Millis) -> list[int]:
    """The half minutes, of this one and its neighbours, whose code this is."""
    step = now // STEP
    # All three are compared, or the time taken would tell which it was.
    return [each for each in (step - 1, step, step + 1) if _same(totp.generate_otp(each), code)]


def use_step(tx: Tx, user: Thing, step: int) -> bool:
    """Mark a code as used, for every process; returns False if it was used before."""
    (fresh,) = tokens.use_nonces(tx.sql, [f"{ONE_TIME_CODE} {user.key} {step}"], tx.now)
    return fresh


class MailedCodes:
    """The codes that are under way: good on every node; kept as hashes, whose key is not in the database."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._key = world.sealer.subkey("mailed codes")

    def mail(self, tx: Tx, user: Thing, peer: str) -> None:
        """Mail a user a new code, unless they were mailed one only just now that is still good."""
        held = stored.of(tx.sql, user.key)
        if held is not None and held.tries > 0 and 0 <= tx.now - held.at < MAILED_AGAIN:
            return
        code = self._world.chance.text(DIGITS, "0123456789")
        stored.put(tx.sql, user.key, Mailed(self._digest(user, code), tx.now, MAILED_TRIES))
        mail(tx, self._world, user, code, peer)

    def awaits(self, sql: Connection, user: Thing, now: Millis) -> bool:
        """Whether a code was mailed to a user that is good now."""
        return _is_good(stored.of(sql, user.key), now)

    def use(self, tx: Tx, user: Thing, code: str) -> bool:
        """Whether it is the user's code, which is then used up; so it is after five wrong ones."""
        held = stored.of(tx.sql, user.key)
        if held is None or not _is_good(held, tx.now):
            return False
        if not hmac.compare_digest(held.digest, self._digest(user, code)):
            stored.tried(tx.sql, user.key)
            return False
        stored.drop(tx.sql, user.key)
        return True

    def _digest(self, user: Thing, code: str) -> bytes:
        return hmac.digest(self._key, ascii((user.key, code)).encode(), hashlib.sha256)


def _is_good(mailed: Mailed | None, now: Millis) -> bool:
    return mailed is not None and mailed.tries > 0 and now - mailed.at < MAILED_FOR


def mail(tx: Tx, world: World, user: Thing, code: str, peer: str) -> None:
    """Put a code into the outbox."""
    unique = world.chance.request_id().lower()
    text = (
        f"Hello {user.name},\n\nyour code to sign in is {code}. It is good for 5 minutes, once.\n\n"
        f"Somebody at {peer} has just shown your key or your password. If that was not you, do not "
        "pass the code on, change your password, and tell an administrator.\n"
    )
    address = user.read(UserDetails).email
    new = NewMessage(f"code/{unique}", address, "Your code to sign in", text, f"<{unique}@code.admit>")
    messages.add(tx.sql, new, tx.now)


def masked(address: str) -> str:
    """An e-mail address as its owner recognises it and nobody else learns it."""
    box, _, domain = address.partition("@")
    return f"{box[:1]}…@{domain}"


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))
