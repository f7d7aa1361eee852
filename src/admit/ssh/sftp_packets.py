"""The packets of SFTP: what they are, how they are read, and where they end in what a host sends."""

from collections.abc import Callable

from admit.core.transfers import LONGEST_PATH

VERSION = 3
INIT, OPEN, CLOSE, READ, WRITE = 1, 3, 4, 5, 6
SETSTAT, FSETSTAT, REMOVE, MKDIR, RMDIR, RENAME, SYMLINK = 9, 10, 13, 14, 15, 18, 20
STATUS, HANDLE, DATA, EXTENDED = 101, 102, 103, 200
DENIED, TOO_MUCH = 3, 4
"""SSH_FX_PERMISSION_DENIED and SSH_FX_FAILURE."""
FOR_READING, FOR_WRITING = 0x01, 0x02 | 0x04 | 0x08 | 0x10
"""What a file is opened for: read; write, append, create, truncate."""

VERSION_TOLD = 2
"""The answer to INIT, which has no number."""
LARGEST = 256 * 1024
"""The largest request that is kept until it is there: OpenSSH's own bound."""
WRITE_HEAD = 4 + 1 + 4 + (4 + 256) + 8 + 4
"""So much of a write is kept: all before its content, the handle being as long as handles may be."""
ANSWER_HEAD = 4 + 1 + 4 + 4
"""So much of an answer tells what it is about."""


class Broken(Exception):
    """What comes is no SFTP."""


class Reader:
    """Reads a packet, behind its kind."""

    def __init__(self, packet: bytes, at: int = 5) -> None:
        self._packet, self._at = packet, at

    def octets(self, size: int) -> bytes:
        """So many of them."""
        self._at += size
        if self._at > len(self._packet):
            raise Broken("it is shorter than it says")
        return self._packet[self._at - size : self._at]

    def number(self) -> int:
        """A number."""
        return int.from_bytes(self.octets(4), "big")

    def string(self) -> bytes:
        """A string."""
        return self.octets(self.number())

    def path(self) -> str:
        """A path, for people."""
        return self.string().decode("utf-8", "replace")[:LONGEST_PATH]


def refusal(number: int, reason: str) -> bytes:
    """The answer to a request that is refused."""
    text = reason.encode()
    body = b"".join(
        (
            bytes((STATUS,)),
            number.to_bytes(4, "big"),
            DENIED.to_bytes(4, "big"),
            *(len(text).to_bytes(4, "big"), text),
            # The language is not told.
            (0).to_bytes(4, "big"),
        )
    )
    return len(body).to_bytes(4, "big") + body


class Answers:
    """Finds the answers in what a host sends: how each begins, and where it ends."""

    def __init__(self, begun: Callable[[bytes], None]) -> None:
        self._begun = begun
        self._head = b""
        self._left = 0
        """How many bytes are to come of the answer that has begun."""

    @property
    def at_a_boundary(self) -> bool:
        """Whether no answer has begun that is not over."""
        return not self._left and not self._head

    def first_end(self, data: bytes) -> int | None:
        """Where in ``data`` the answer ends that has begun, or begins with it; None if it goes on."""
        if self._left:
            return self._left if self._left <= len(data) else None
        begun = self._head + data[: 4 - len(self._head)] if len(self._head) < 4 else self._head
        if len(begun) < 4:
            return None
        end = 4 + int.from_bytes(begun[:4], "big") - len(self._head)
        return end if end <= len(data) else None

    def feed(self, data: bytes) -> None:
        """The host sent this."""
        at = 0
        while at < len(data):
            if self._left:
                passed = min(self._left, len(data) - at)
                self._left -= passed
                at += passed
                continue
            part = data[at : at + _wanted(self._head + data[at : at + ANSWER_HEAD]) - len(self._head)]
            self._head += part
            at += len(part)
            wanted = _wanted(self._head)
            if len(self._head) >= wanted:
                size = 4 + int.from_bytes(self._head[:4], "big")
                head, self._head, self._left = self._head, b"", size - len(self._head)
                if len(head) >= 9:
                    self._begun(head)


def _wanted(head: bytes) -> int:
    """How many bytes from its beginning tell what an answer is about; at least what is there of it."""
    if len(head) < 5:
        return 5
    size, kind = 4 + int.from_bytes(head[:4], "big"), head[4]
    if size < 5:
        raise Broken("an answer of a length that none has")
    if kind == HANDLE:
        return min(size, ANSWER_HEAD + 256)
    return min(size, ANSWER_HEAD if kind in (STATUS, DATA) else 9)
