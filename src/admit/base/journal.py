"""Sealed journals: files that only grow, in blocks that can be neither read, altered, swapped nor dropped.

A journal begins with :data:`MAGIC`. Each block is a head (its kind, and how long the rest is), a nonce, and
what AES-256-GCM makes of the compressed content. Bound to it are the journal's name, the block's number and
kind, and the hash of all before it, so that a block opens only where it was written. Its own hash continues
that chain. The last block is of a kind of its own: without it a journal is cut off, by a crash or by
somebody.

Whoever has the key could write another journal: the hash at its end must be kept elsewhere.
"""

import errno
import fcntl
import hashlib
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC: Final = b"admit journal 1\n"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
LARGEST: Final = 1 << 20
"""Bytes of content in one block at most: what a reader must hold in memory."""

_HEAD = struct.Struct(">BI")
_LONGEST_SEALED = LARGEST + (LARGEST >> 8) + 64
"""What cannot be compressed grows a little, and has a tag."""
_CONTENT, _END = 1, 2


class JournalBroken(Exception):
    """A journal is not what was written: altered, put together anew, or another one."""


@dataclass(frozen=True, slots=True)
class Position:
    """Between two blocks."""

    number: int
    """Of blocks before it."""
    offset: int
    """Of bytes before it."""
    chain: bytes
    """The hash of all before it, 32 bytes."""

    @classmethod
    def start(cls, name: str) -> "Position":
        """Before the first block of a journal."""
        return cls(0, len(MAGIC), hashlib.sha256(MAGIC + name.encode()).digest())

    def after(self, block: bytes) -> "Position":
        """Behind a block that stands here."""
        chain = hashlib.sha256(self.chain + block).digest()
        return Position(self.number + 1, self.offset + len(block), chain)

    def bound(self, name: str, kind: int) -> bytes:
        """What a block that stands here is sealed to."""
        return MAGIC + self.number.to_bytes(8, "big") + bytes((kind,)) + self.chain + name.encode()


@dataclass(frozen=True, slots=True)
class Block:
    """One block, read back."""

    content: bytes
    after: Position
    last: bool
    """Nothing may follow it."""


@final
class JournalWriter:
    """Writes one journal. Not to be used by two threads at once.

    While it is open the file is locked: :func:`is_open` tells.
    """

    def __init__(self, path: Path, key: bytes, name: str, fill: Callable[[int], bytes]) -> None:
        """Begin a journal; ``name`` is what it must be read under, ``fill`` gives random bytes.

        Raises:
            OSError: it exists already, or cannot be written.
        """
        self.position = Position.start(name)
        self.ended = False
        self._name = name
        self._cipher = AESGCM(key)
        self._fill = fill
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            _write_all(self._file, MAGIC)
            _sync_directory(path.parent)
        except BaseException:
            self.close()
            path.unlink(missing_ok=True)
            raise

    def append(self, content: bytes) -> None:
        """Write a block of at most :data:`LARGEST` bytes, to the operating system's keeping.

        Raises:
            OSError: it cannot be written, as on a full disk. The journal ends with the block before.
        """
        if len(content) > LARGEST:
            raise ValueError(f"a block holds {LARGEST} bytes at most")
        self._append(content, _CONTENT)

    def end(self) -> None:
        """Write the last block, and all of it to the disk.

        Raises:
            OSError: as :meth:`append`.
        """
        self._append(b"", _END)
        self.ended = True
        self.sync()

    def sync(self) -> None:
        """Bring what was written to the disk.

        Raises:
            OSError: the disk did not take it.
        """
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _append(self, content: bytes, kind: int) -> None:
        if self.ended:
            raise ValueError("the journal has ended")
        nonce = self._fill(NONCE_BYTES)
        # The fastest level: it shrinks what terminals show to a fifth, and must keep up with a flood.
        packed = zlib.compress(content, 1)
        sealed = nonce + self._cipher.encrypt(nonce, packed, self.position.bound(self._name, kind))
        block = _HEAD.pack(kind, len(sealed)) + sealed
        try:
            _write_all(self._file, block)
        except OSError:
            # Half a block is none: what stands behind the last whole one is taken off again.
            os.ftruncate(self._file, self.position.offset)
            raise
        self.position = self.position.after(block)


def read(path: Path, key: bytes, name: str, begin: Position | None = None) -> Iterator[Block]:
    """The blocks of a journal, from a position that an earlier block gave, or from the start.

    The journal is whole if a block comes that is the last. Without one it is still
    written, or was cut off; half a block at its end is left out.

    Raises:
        JournalBroken: what was read is not what was written there.
        OSError: it cannot be read.
    """
    position, cipher = begin or Position.start(name), AESGCM(key)
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise JournalBroken("it does not begin as a journal does")
        file.seek(position.offset)
        while True:
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return
            kind, length = _HEAD.unpack(head)
            if kind not in (_CONTENT, _END) or not NONCE_BYTES < length <= _LONGEST_SEALED:
                raise JournalBroken(f"what stands behind block {position.number} is no block")
            sealed = file.read(length)
            if len(sealed) < length:
                return
            content = _opened(cipher, sealed, position, position.bound(name, kind))
            position = position.after(head + sealed)
            yield Block(content, position, kind == _END)
            if kind == _END:
                if file.read(1):
                    raise JournalBroken("something stands behind its last block")
                return


def _opened(cipher: AESGCM, sealed: bytes, position: Position, bound: bytes) -> bytes:
    broken = f"block {position.number} was altered, or does not belong where it stands"
    try:
        packed = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
    except InvalidTag:
        raise JournalBroken(broken) from None
    inflater = zlib.decompressobj()
    content = inflater.decompress(packed, LARGEST + 1)
    if len(content) > LARGEST:
        raise JournalBroken(broken)
    return content


def is_open(path: Path) -> bool:
    """Whether somebody writes the journal, in whichever process.

    Raises:
        OSError: it cannot be read.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def _write_all(file: int, octets: bytes) -> None:
    left = memoryview(octets)
    while left:
        written = os.write(file, left)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left = left[written:]


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
