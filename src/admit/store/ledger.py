"""The chain over the change log: each entry's hash covers the entry and the hash before it."""

import hashlib
import hmac
from typing import NamedTuple

import msgspec

from admit.core.validity import Millis

GENESIS = bytes(32)
"""The hash before the first entry."""


class LedgerBroken(Exception):
    """Something does not fit; the text names the first thing that does not."""


def place_name(revision: int, ordinal: int) -> str:
    """An entry's place as people are told it."""
    return f"{revision}/{ordinal}"


class Entry(NamedTuple):
    """One change, as it is stored and hashed."""

    revision: int
    ordinal: int
    at: Millis
    actor: str
    action: str
    request_id: str
    event: str
    fact: str


def chain(key: bytes, before: bytes, entry: Entry) -> bytes:
    """The hash of ``entry`` after ``before``: HMAC-SHA-256, 32 bytes."""
    return hmac.digest(key, before + msgspec.json.encode(entry), hashlib.sha256)
