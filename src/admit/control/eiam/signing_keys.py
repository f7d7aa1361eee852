"""The keys an IDaaS instance signs with: one signs, the others are published until they are not needed."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import msgspec
from joserfc.jwk import RSAKey
from sqlalchemy import Connection

from admit.control import things as verbs
from admit.control.things import New
from admit.control.world import World
from admit.core.links import Kind
from admit.core.validity import DAY, Millis
from admit.store import things
from admit.store.engine import Author, Store, Tx
from admit.store.things import Thing, Where

PRIVATE = "signing key"
"""The purpose a private key is kept under."""
BITS = 2048
ROTATED_AFTER: Millis = 90 * DAY
"""How long a key signs before its successor does."""
PUBLISHED_AHEAD: Millis = DAY
"""How long a successor is published before it signs: who reads keys once a day knows it by then."""
PUBLISHED_AFTER: Millis = DAY
"""How long a key is published when its successor signs: longer than what it signed lasts."""
AUTHOR = Author("admit", "signing keys", "")


class KeyDetails(msgspec.Struct):
    """What is kept of a signing key besides its private half."""

    public: dict[str, Any]
    """As a JSON Web Key."""
    signs_from: Millis


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key with both halves."""

    id: str
    """The thumbprint of the public half (RFC 7638), so that two keys never share it."""
    private: RSAKey


def published(sql: Connection, idaas: Thing) -> list[dict[str, Any]]:
    """The public halves that tokens of an instance are checked with."""
    return [each.read(KeyDetails).public for each in _kept(sql, idaas)]


def current(store: Store, world: World, idaas: Thing) -> SigningKey:
    """The key that signs now; the first one is made when it is first asked for."""
    with store.read() as sql:
        found = _signing(_kept(sql, idaas), world.clock.now())
        if found is not None:
            return _opened(sql, world, found)
    rotate(store, world, idaas)
    return current(store, world, idaas)


def rotate(store: Store, world: World, idaas: Thing, *, now: bool = False) -> None:
    """Make the next key if its time has come, or ``now``, and forget those that nothing lives by."""
    with store.read() as sql:
        due = now or _due(_kept(sql, idaas), world.clock.now())
    # It takes a while: nobody waits for it, as would who writes.
    fresh = RSAKey.generate_key(BITS, private=True) if due else None
    store.write_now(AUTHOR, lambda tx: _rotate(tx, world, idaas, fresh, now=now))


def _rotate(tx: Tx, world: World, idaas: Thing, fresh: RSAKey | None, *, now: bool) -> None:
    kept = _kept(tx.sql, idaas)
    if fresh is not None and (now or _due(kept, tx.now)):
        _add(tx, world, idaas, fresh, tx.now if now or not kept else tx.now + PUBLISHED_AHEAD)
        kept = _kept(tx.sql, idaas)
    for old, successor in pairwise(kept):
        if successor.read(KeyDetails).signs_from + PUBLISHED_AFTER <= tx.now:
            verbs.remove(tx, old)


def _add(tx: Tx, world: World, idaas: Thing, fresh: RSAKey, signs_from: Millis) -> None:
    key_id = fresh.thumbprint()
    public = {**fresh.as_dict(private=False), "kid": key_id, "use": "sig", "alg": "RS256"}
    new = New(Kind.SIGNING_KEY, idaas.key, key_id, KeyDetails(public, signs_from), key_id)
    made = verbs.add(tx, new)
    sealed = world.sealer.seal(fresh.as_pem(private=True), f"{PRIVATE}:{key_id}")
    verbs.keep_secret(tx, made, PRIVATE, sealed)


def _kept(sql: Connection, idaas: Thing) -> list[Thing]:
    """Every key of an instance, the one that signs first first."""
    found = things.find(sql, Where(Kind.SIGNING_KEY, parent=idaas.key))
    return sorted(found, key=lambda each: (each.read(KeyDetails).signs_from, each.key))


def _signing(kept: list[Thing], now: Millis) -> Thing | None:
    signing = [each for each in kept if each.read(KeyDetails).signs_from <= now]
    return signing[-1] if signing else None


def _due(kept: list[Thing], now: Millis) -> bool:
    return not kept or kept[-1].read(KeyDetails).signs_from + ROTATED_AFTER - PUBLISHED_AHEAD <= now


def _opened(sql: Connection, world: World, found: Thing) -> SigningKey:
    sealed = things.sealed(sql, found.key, PRIVATE)
    if sealed is None:
        raise LookupError(f"the signing key {found.id} is not kept")
    return _loaded(found.id, world.sealer.open(sealed, f"{PRIVATE}:{found.id}"))


@lru_cache(maxsize=64)
def _loaded(key_id: str, pem: bytes) -> SigningKey:
    """A key, ready to sign: reading one takes as long as fifty signatures, since its numbers are checked."""
    return SigningKey(key_id, RSAKey.import_key(pem, {"kid": key_id}))
