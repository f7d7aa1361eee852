"""Passwords that people sign in with: recognised, never known."""

from argon2 import PasswordHasher

from admit.control import things
from admit.control.world import World
from admit.store.engine import Tx
from admit.store.things import Thing

PASSWORD = "password hash"  # noqa: S105 - the purpose a sealed secret is kept under
SALT_BYTES = 16
"""RFC 9106 §3.1 recommends 16 for passwords."""

# Argon2id with 19 MiB, two passes and one lane: the least that OWASP's Password Storage Cheat Sheet
# recommends. More would hold up other writes for longer than it would hold up who stole the sealed hashes.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(world: World, password: str) -> str:
    """What it takes to recognise a password: its Argon2id hash, slow to make on purpose."""
    return _HASHER.hash(password, salt=world.chance.fill(SALT_BYTES))


def keep(tx: Tx, world: World, owner: Thing, password: str) -> None:
    """Let somebody sign in with a password; it is forgotten, and its hash is kept sealed."""
    keep_hash(tx, world, owner, hashed(world, password))


def keep_hash(tx: Tx, world: World, owner: Thing, digest: str) -> None:
    """The same with a password that was hashed already."""
    sealed = world.sealer.seal(digest.encode(), f"{PASSWORD}:{owner.id}")
    things.keep_secret(tx, owner, PASSWORD, sealed)
