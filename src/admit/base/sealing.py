"""Secrets: sealed at rest under a key outside the database, hidden in memory from every text form."""

import hmac
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn, final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION: Final = b"\x01"
"""The first byte of everything sealed: the form described at :meth:`Sealer.seal`."""

KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 4
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
KEY_ID_AT: Final = len(VERSION)
NONCE_AT: Final = KEY_ID_AT + KEY_ID_BYTES
CIPHERTEXT_AT: Final = NONCE_AT + NONCE_BYTES

KEY_FILE_HEADER: Final = (
    "# Keys of admit, one a line in hexadecimal; the last one seals, all of them open.\n"
    "# Without this file the secrets in the database are lost: keep a copy apart from it.\n"
)


class SealBroken(Exception):
    """What was sealed does not open: another key, another purpose, or altered bytes."""


class KeyFileRefused(Exception):
    """The key file must not, or cannot, be used. The text names the file, never what is in it."""


@final
class Secret:
    """A text that shows itself only when asked: every other form of it is ``****``.

    Not a dataclass, since msgspec would then encode its field; as it is, neither
    msgspec nor json nor pickle takes it.
    """

    __slots__ = ("_text",)
    __hash__ = None  # type: ignore[assignment]  # a dictionary would compare it in variable time

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "****"

    def __str__(self) -> str:
        return "****"

    def __format__(self, spec: str) -> str:
        return "****"

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same text, compared in constant time; never equal to a str."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_octets(self._text), _octets(other._text))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret is not pickled")


@dataclass(frozen=True, slots=True, eq=False)
class _Key:
    key_id: bytes
    root: bytes = field(repr=False)
    cipher: AESGCM = field(repr=False)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Sealer:
    """Seals and opens secrets with AES-256-GCM, under the keys of one file.

    Nonces are 12 random bytes, so one key is good for 2**32 seals (NIST SP 800-38D §8.3).
    """

    keys: tuple[_Key, ...]
    """Oldest first."""
    fill: Callable[[int], bytes] = field(repr=False)
    """Gives that many random bytes; never a repeatable source outside tests."""

    @classmethod
    def from_file(cls, path: Path, fill: Callable[[int], bytes]) -> "Sealer":
        """The sealer of a key file.

        Raises:
            KeyFileRefused: absent, unreadable, open to others than its owner, or not keys.
        """
        keys = tuple(_key(root) for root in _roots(path))
        if len({key.key_id for key in keys}) < len(keys):
            raise KeyFileRefused(f"The key file {path} holds a key twice.")
        return cls(keys, fill)

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """``plain``, readable only by :meth:`open` with the same purpose.

        The form: version (1 byte), key id (4), nonce (12), ciphertext, tag (16). Version,
        key id and purpose are bound as associated data. The purpose names the one place
        the secret belongs to, such as ``access_key:LTAI…``, so that a sealed value copied
        to another row does not open there.
        """
        key = self.keys[-1]
        head = VERSION + key.key_id
        nonce = self.fill(NONCE_BYTES)
        return head + nonce + key.cipher.encrypt(nonce, plain, head + _octets(purpose))

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """What was sealed for this purpose.

        Raises:
            SealBroken: not sealed by a key of this file, for another purpose, or altered.
        """
        if len(sealed) < CIPHERTEXT_AT + TAG_BYTES or not sealed.startswith(VERSION):
            raise SealBroken(f"What is stored for {purpose!r} is not a sealed value.")
        head, nonce = sealed[:NONCE_AT], sealed[NONCE_AT:CIPHERTEXT_AT]
        key = next((key for key in self.keys if key.key_id == head[KEY_ID_AT:]), None)
        if key is None:
            raise SealBroken(f"What is sealed for {purpose!r} needs a key that is not in the key file.")
        try:
            return key.cipher.decrypt(nonce, sealed[CIPHERTEXT_AT:], head + _octets(purpose))
        except InvalidTag:
            raise SealBroken(
                f"What is sealed for {purpose!r} was altered or sealed for something else."
            ) from None

    def subkey(self, purpose: str) -> bytes:
        """32 bytes for one purpose, the same for as long as the file's first key is the same.

        From the first key, not the newest: what a subkey has authenticated must still
        verify after a key is added.
        """
        return _derive(self.keys[0].root, "subkey:" + purpose, KEY_BYTES)


def create_key_file(path: Path, fill: Callable[[int], bytes]) -> None:
    """Make a key file with one new key, readable by its owner only, and safe on disk on return.

    Raises:
        KeyFileRefused: something of that name exists; it is never overwritten.
        OSError: it cannot be written.
    """
    text = f"{KEY_FILE_HEADER}{fill(KEY_BYTES).hex()}\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyFileRefused(
            f"The key file {path} exists already; without it what it sealed is lost."
        ) from None
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()
        raise
    # A new name is on disk only when its directory is.
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _roots(path: Path) -> list[bytes]:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            # Asked of the open file, so that it cannot be exchanged in between.
            mode = os.fstat(file.fileno()).st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyFileRefused(f"The key file {path} is open to others than its owner: chmod 600 it.")
            lines = [line.strip() for line in file]
    except OSError as error:
        raise KeyFileRefused(f"The key file {path} cannot be read: {error.strerror}.") from None
    roots = [_root(path, number, line) for number, line in enumerate(lines, 1) if line and line[0] != "#"]
    if not roots:
        raise KeyFileRefused(f"The key file {path} holds no key.")
    return roots


def _root(path: Path, number: int, line: str) -> bytes:
    try:
        root = bytes.fromhex(line)
    except ValueError:
        root = b""
    if len(root) != KEY_BYTES:
        raise KeyFileRefused(
            f"Line {number} of the key file {path} is not a key of {2 * KEY_BYTES} hexadecimal digits."
        )
    return root


def _key(root: bytes) -> _Key:
    # The id is computed from the key: it cannot be mistyped, and needs no numbering across nodes.
    return _Key(_derive(root, "key id", KEY_ID_BYTES), root, AESGCM(_derive(root, "seal", KEY_BYTES)))


def _derive(root: bytes, use: str, length: int) -> bytes:
    # RFC 5869; the root is uniformly random, so no salt is needed.
    return HKDF(SHA256(), length, salt=None, info=b"admit 1 " + _octets(use)).derive(root)


def _octets(text: str) -> bytes:
    # Text from the operating system may carry lone surrogates; it must not fail here.
    return text.encode("utf-8", "surrogatepass")
