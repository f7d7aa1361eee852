"""Passwords that people sign in with: recognised, never known."""

import base64
from typing import Literal, NamedTuple

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from admit.control import things
from admit.control.bastionhost.bastion import UserDetails
from admit.control.world import World
from admit.store import things as stored
from admit.store.engine import Tx
from admit.store.things import Thing

PASSWORD = "password hash"  # noqa: S105 - the purpose a sealed secret is kept under
SALT_BYTES = 16
"""RFC 9106 §3.1 recommends 16 for passwords."""
DIGEST_BYTES = 32

# Argon2id with 19 MiB, two passes and one lane: the least that OWASP's Password Storage Cheat Sheet
# recommends. More would keep callers waiting for longer than it would keep who stole the sealed hashes.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=DIGEST_BYTES)


def hashed(world: World, password: str) -> str:
    """What it takes to recognise a password: its Argon2id hash, slow to make on purpose."""
    return _HASHER.hash(password, salt=world.chance.fill(SALT_BYTES))


def matches(digest: str, password: str) -> bool:
    """Whether a password is the one of a hash; as slow as making the hash."""
    try:
        return _HASHER.verify(digest, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def decoy(world: World) -> str:
    """A hash like any other, of no password: what an unknown name is checked against."""
    salt, digest = (
        base64.b64encode(world.chance.fill(length)).rstrip(b"=").decode()
        for length in (SALT_BYTES, DIGEST_BYTES)
    )
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


def keep(tx: Tx, world: World, owner: Thing, password: str) -> None:
    """Let somebody sign in with a password; it is forgotten, and its hash is kept sealed."""
    keep_hash(tx, world, owner, hashed(world, password))


def keep_hash(tx: Tx, world: World, owner: Thing, digest: str) -> None:
    """The same with a password that is hashed already: in a transaction it would hold up all others."""
    sealed = world.sealer.seal(digest.encode(), f"{PASSWORD}:{owner.id}")
    things.keep_secret(tx, owner, PASSWORD, sealed)


def replace_hash(tx: Tx, world: World, user: Thing, digest: str) -> None:
    """Take a bastion user's new password, which need not be changed any more."""
    # As the user stands now, if they still do: the former password was shown a while ago.
    found = stored.by_id(tx.sql, user.kind, user.parent, user.id)
    if found is not None:
        keep_hash(tx, world, found, digest)
        details = msgspec.structs.replace(found.read(UserDetails), need_reset_password=False)
        things.change(tx, found, details=details)


class _Aging(msgspec.Struct, omit_defaults=True):
    """What a service that lets passwords grow old keeps of one."""

    password_set_at: int | None = None
    change_password_at_logon: bool | None = None


def note_new(tx: Tx, owner: Thing) -> None:
    """Let a new password be new, where its service counts its days, and not one that must be changed."""
    kept = owner.read(_Aging)
    fields: dict[str, object] = {}
    if kept.password_set_at is not None:
        fields["password_set_at"] = tx.now
    if kept.change_password_at_logon:
        fields["change_password_at_logon"] = False
    things.set_fields(tx, owner, fields)


class Weakness(NamedTuple):
    """Why a password will not do."""

    why: str
    fault: Literal["Length", "InvalidChars", "Format"]


def weakness(password: str) -> Weakness | None:
    """Why a password of a local bastion user will not do; None if it will. The rule is the vendor's."""
    if not 8 <= len(password) <= 128:
        return Weakness("it must be 8 to 128 characters long.", "Length")
    if not password.isprintable():
        return Weakness("it contains characters that are not allowed.", "InvalidChars")
    kinds = (str.isupper, str.islower, str.isdigit, _is_special)
    if not all(any(kind(letter) for letter in password) for kind in kinds):
        why = "it must contain an upper-case letter, a lower-case letter, a digit and a special character."
        return Weakness(why, "Format")
    return None


def _is_special(letter: str) -> bool:
    return not letter.isalnum()


def hash_of(sql: Connection, world: World, owner: Thing) -> str | None:
    """The hash that is kept of somebody's password; None if they have none."""
    sealed = stored.sealed(sql, owner.key, PASSWORD)
    return None if sealed is None else world.sealer.open(sealed, f"{PASSWORD}:{owner.id}").decode()
