"""The chain over the change log: each entry's hash covers the entry and the hash before it.

Kept is where it stands after each transaction: what lies between follows from the entries.
"""

import hmac
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

import msgspec

from admit.core.events import Named
from admit.core.validity import Millis

GENESIS = bytes(32)
"""The hash before the first entry."""


class LedgerBroken(Exception):
    """Something does not fit; the text names the first thing that does not."""


def place_name(revision: int, ordinal: int) -> str:
    """An entry's place as people are told it."""
    return f"{revision}/{ordinal}"


class Entry(NamedTuple):
    """One change, as it is hashed."""

    revision: int
    ordinal: int
    at: Millis
    actor: str
    action: str
    request_id: str
    event: str
    fact: str


def about(things: Sequence[Named]) -> tuple[int, int | None]:
    """Under which keys an entry is found that is about these things: one, or both ends."""
    return things[0].key, things[1].key if len(things) > 1 else None


def seal_of(sealed: bytes) -> str:
    """By what a sealed secret is known again. It tells nothing of it: sealed anew, the same has another."""
    return sha256(sealed).hexdigest()


def chain(key: bytes, before: bytes, entry: Entry) -> bytes:
    """The hash of ``entry`` after ``before``: HMAC-SHA-256, 32 bytes."""
    sealed = _begun(key).copy()
    sealed.update(before + msgspec.json.encode(entry))
    return sealed.digest()


@lru_cache(maxsize=8)
def _begun(key: bytes) -> hmac.HMAC:
    """HMAC of nothing yet. Begun anew for each entry, most of it would be about the key."""
    return hmac.new(key, digestmod="sha256")
