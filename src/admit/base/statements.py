"""Signed statements: files of JSON lines that say what they are, and whoever has the public key can check."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from admit.base.sealing import Sealer

PURPOSE: Final = "statement signing 1"
"""Under another number it would be another key, which no auditor knows."""
_DOMAIN: Final = b"admit statement 1\n"
LONGEST_LINE = 1024 * 1024
"""Bytes of a line; what is longer was not written here."""


class StatementBroken(Exception):
    """A file that is no statement, was altered, or is signed with another key; the text says which."""


@dataclass(frozen=True, slots=True)
class StatementKey:
    """The key that statements are signed with.

    It is derived from the first key of the key file: every node with that file signs alike.
    """

    private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def of(cls, sealer: Sealer) -> "StatementKey":
        """The key of a key file."""
        return cls(Ed25519PrivateKey.from_private_bytes(sealer.subkey(PURPOSE)))

    @property
    def public(self) -> str:
        """The public half, 32 bytes in base64."""
        return base64.b64encode(self.private.public_key().public_bytes_raw()).decode()

    @property
    def fingerprint(self) -> str:
        """What tells it from every other key."""
        return fingerprint(self.public)


def fingerprint(public: str) -> str:
    """A public key's fingerprint, in the form of OpenSSH's: ``SHA256:…``."""
    digest = hashlib.sha256(base64.b64decode(public, validate=True)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def write(file: BinaryIO, key: StatementKey, head: Mapping[str, Any], lines: Iterable[object]) -> int:
    """Write a statement: what it is, its lines, and the signature over all bytes before it.

    Returns how many lines there are.
    """
    digest, count = hashlib.sha256(_DOMAIN), 0

    def put(line: object) -> None:
        encoded = msgspec.json.encode(line) + b"\n"
        digest.update(encoded)
        file.write(encoded)

    put({**head, "public_key": key.public})
    for line in lines:
        put(line)
        count += 1
    signature = base64.b64encode(key.private.sign(digest.digest())).decode()
    file.write(msgspec.json.encode({"lines": count, "signature": signature}) + b"\n")
    return count


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement that is as it was signed."""

    head: dict[str, Any]
    lines: int
    fingerprint: str


class _End(msgspec.Struct, forbid_unknown_fields=True):
    lines: int
    signature: str


def check(file: BinaryIO, trusted: str, each: Callable[[bytes], object] = len) -> Checked:
    """Check a statement against the public key that is trusted, or its fingerprint.

    ``each`` is called with every line between the first and the last.

    Raises:
        StatementBroken: it is none, was altered, or is signed with another key.
    """
    digest, count = hashlib.sha256(_DOMAIN), 0
    first = _line(file)
    head = _decoded(first, dict[str, Any])
    digest.update(first)
    last = _line(file)
    while following := file.readline(LONGEST_LINE + 1):
        digest.update(last)
        each(last)
        count += 1
        last = following
    end = _decoded(last, _End)
    public = head.get("public_key")
    if not isinstance(public, str) or trusted not in (public, _fingerprint(public)):
        raise StatementBroken("It is signed with another key than the one that is trusted.")
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(end.signature, validate=True), digest.digest())
    except (InvalidSignature, ValueError):
        raise StatementBroken("It is not as it was signed: something in it was altered.") from None
    if end.lines != count:
        raise StatementBroken(f"It has {count} lines, and was signed with {end.lines}.")
    return Checked(head, count, fingerprint(public))


def _fingerprint(public: str) -> str | None:
    try:
        return fingerprint(public)
    except ValueError:
        return None


def _line(file: BinaryIO) -> bytes:
    line = file.readline(LONGEST_LINE + 1)
    if not line.endswith(b"\n"):
        raise StatementBroken("It breaks off, or is no statement of admit.")
    return line


def _decoded(line: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise StatementBroken("It breaks off, or is no statement of admit.") from None
