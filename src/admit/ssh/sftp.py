"""SFTP as it passes: each request is judged before the host gets it, and what became of it is told.

Version 3 of the protocol, which is OpenSSH's (draft-ietf-secsh-filexfer-02): a client that offers a newer
one is given this one. The content of files passes without being looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from admit.core.restrictions import Channel
from admit.core.transfers import Transfer, Verb
from admit.ssh.sftp_packets import (
    ANSWER_HEAD,
    CLOSE,
    DATA,
    EXTENDED,
    FOR_READING,
    FOR_WRITING,
    FSETSTAT,
    HANDLE,
    INIT,
    LARGEST,
    MKDIR,
    OPEN,
    READ,
    REMOVE,
    RENAME,
    RMDIR,
    SETSTAT,
    STATUS,
    SYMLINK,
    VERSION,
    VERSION_TOLD,
    WRITE,
    WRITE_HEAD,
    Answers,
    Broken,
    Reader,
    refusal,
)

PENDING = 65_536
"""How many requests may wait for their answers: some clients ask for all of a file at once."""
NEEDS: Mapping[int, tuple[Channel, Verb | None]] = {
    REMOVE: (Channel.REMOVE, "remove"),
    MKDIR: (Channel.MKDIR, "mkdir"),
    RMDIR: (Channel.RMDIR, "rmdir"),
    RENAME: (Channel.RENAME, "rename"),
    # They give a file another content, another owner, or another name beside its own.
    SETSTAT: (Channel.UPLOAD, None),
    FSETSTAT: (Channel.UPLOAD, None),
    SYMLINK: (Channel.UPLOAD, "link"),
}
EXTENSIONS: Mapping[bytes, tuple[Channel, Verb | None]] = {
    b"posix-rename@openssh.com": (Channel.RENAME, "rename"),
    b"hardlink@openssh.com": (Channel.UPLOAD, "link"),
    b"lsetstat@openssh.com": (Channel.UPLOAD, None),
}
HARMLESS = frozenset(
    (
        *(b"statvfs@openssh.com", b"fstatvfs@openssh.com", b"fsync@openssh.com", b"limits@openssh.com"),
        *(b"expand-path@openssh.com", b"home-directory", b"users-groups-by-id@openssh.com"),
        # Between two files that are open for it already.
        b"copy-data",
    )
)

Shut: TypeAlias = Callable[[], Mapping[Channel, str]]
"""What may not be done now, each with the words that say so."""


@dataclass(slots=True)
class _File:
    """A file that is open."""

    verb: Verb
    path: str
    size: int = 0
    fault: str = ""

    def told(self) -> Transfer:
        """What was done with it."""
        return Transfer(self.verb, self.path, "failed" if self.fault else "ok", self.fault, size=self.size)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a file that is read or written."""

    handle: bytes
    writes: bool


_OTHER = _Part(b"", writes=False)
"""Whatever else waits for its answer, of which nothing is told."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Where what passes goes."""

    host: Callable[[bytes], None]
    client: Callable[[bytes], None]
    tell: Callable[[Transfer], None]
    """Is told what was done with files."""
    broken: Callable[[str], None]
    """Is told, in a line, that the session cannot go on."""


class SftpGuard:
    """Stands on a client's side of an SFTP session, and sees what the host answers."""

    def __init__(self, shut: Shut, ways: Ways) -> None:
        self._shut = shut
        self._ways = ways
        self._kept = b""
        """What came of a request that is not all there."""
        self._passing = 0
        """How many bytes more are a request's that may pass."""
        self._pending: dict[int, _File | Transfer | _Part] = {}
        """What waits for its answer, by number: a file to open, something to be told, a part, or another."""
        self._open: dict[bytes, _File] = {}
        self._answers = Answers(self._answered)
        self._refusals: list[bytes] = []
        """What the client is to be told as soon as an answer of the host is over."""

    # -- from the client -----------------------------------------------------------------------------

    def typed(self, data: bytes) -> None:
        """Send on what may pass."""
        try:
            self._requested(data)
        except Broken as broken:
            self._ways.broken(f"this is no SFTP: {broken}")

    def _requested(self, data: bytes) -> None:
        if self._kept:
            data, self._kept = self._kept + data, b""
        start = at = 0
        while at < len(data):
            if self._passing:
                passed = min(self._passing, len(data) - at)
                self._passing -= passed
                at += passed
                continue
            size = self._size_of(data, at)
            if size is None:
                self._kept = data[at:]
                break
            head = min(size, WRITE_HEAD) if data[at + 4] == WRITE else size
            instead = self._asked(data[at : at + head])
            if instead is None:
                self._passing = size
                continue
            if at > start:
                self._ways.host(data[start:at])
            if instead:
                self._ways.host(instead)
            start = at = at + size
        if at > start:
            self._ways.host(data if start == 0 and at == len(data) else data[start:at])

    def _size_of(self, data: bytes, at: int) -> int | None:
        """How long the request is that begins somewhere; None if not enough of it is there."""
        if len(data) - at < 5:
            return None
        size, kind = 4 + int.from_bytes(data[at : at + 4], "big"), data[at + 4]
        if size < 5 or (kind != WRITE and size > LARGEST):
            raise Broken("a request of a length that none has")
        return size if len(data) - at >= (min(size, WRITE_HEAD) if kind == WRITE else size) else None

    def ended(self, tell: Callable[[], None]) -> None:
        """Nothing more comes."""
        tell()

    def close(self) -> None:
        """The session is over: what is open was cut off."""
        for file in self._open.values():
            file.fault = file.fault or "it was cut off"
            self._ways.tell(file.told())
        self._open.clear()

    def _asked(self, packet: bytes) -> bytes | None:
        """What is sent in place of a request; None if it may pass as it is."""
        kind, reader = packet[4], Reader(packet)
        if kind == INIT:
            version = reader.number()
            return packet[:5] + VERSION.to_bytes(4, "big") + packet[9:] if version > VERSION else None
        number = reader.number()
        if number in self._pending:
            # Which of them an answer is to could not be told, nor what was done with which file.
            raise Broken("two requests of one number")
        if kind in (READ, WRITE):
            self._part(number, reader, writes=kind == WRITE)
            return None
        instead = self._judged(kind, number, reader)
        if instead is None and number not in self._pending:
            self._wait(number, _OTHER)
        return instead

    def _judged(self, kind: int, number: int, reader: Reader) -> bytes | None:
        """The same of a request that is about more than a part of a file."""
        if kind == CLOSE:
            file = self._open.pop(reader.string(), None)
            if file is not None:
                self._ways.tell(file.told())
        elif kind == OPEN:
            return self._opening(number, reader)
        elif kind in NEEDS:
            return self._doing(number, *NEEDS[kind], reader)
        elif kind == EXTENDED:
            return self._extended(number, reader)
        return None

    def _part(self, number: int, reader: Reader, *, writes: bool) -> None:
        handle = reader.string()
        file = self._open.get(handle)
        if file is not None and writes:
            reader.octets(8)
            file.size += reader.number()
        if len(self._pending) < PENDING:
            # What is beyond it is not counted, which hurts nobody but the figure.
            self._pending[number] = _Part(handle, writes)

    def _opening(self, number: int, reader: Reader) -> bytes | None:
        path, flags = reader.path(), reader.number()
        writes, shut = bool(flags & FOR_WRITING), self._shut()
        if writes and Channel.UPLOAD in shut:
            return self._refuse(number, shut[Channel.UPLOAD], Transfer("put", path))
        if (flags & FOR_READING or not writes) and Channel.DOWNLOAD in shut:
            return self._refuse(number, shut[Channel.DOWNLOAD], Transfer("get", path))
        self._wait(number, _File("put" if writes else "get", path))
        return None

    def _extended(self, number: int, reader: Reader) -> bytes | None:
        name = reader.string()
        if name in EXTENSIONS:
            return self._doing(number, *EXTENSIONS[name], reader)
        shut = self._shut()
        if name in HARMLESS or not shut:
            return None
        # What cannot be told apart may be what is shut.
        return self._refuse(number, next(iter(shut.values())), None)

    def _doing(self, number: int, needed: Channel, verb: Verb | None, reader: Reader) -> bytes | None:
        what: Transfer | None = None
        if verb is not None:
            path = reader.path()
            what = Transfer(verb, path, to=reader.path() if verb in ("rename", "link") else "")
        shut = self._shut()
        if needed in shut:
            return self._refuse(number, shut[needed], what)
        if what is not None:
            self._wait(number, what)
        return None

    def _wait(self, number: int, what: "_File | Transfer | _Part") -> None:
        if len(self._pending) >= PENDING:
            raise Broken("more requests than answers are waited for")
        self._pending[number] = what

    def _refuse(self, number: int, reason: str, what: Transfer | None) -> bytes:
        if what is not None:
            self._ways.tell(Transfer(what.verb, what.path, "refused", reason, what.to))
        self._refusals.append(refusal(number, reason))
        if self._answers.at_a_boundary:
            self._told_refusals()
        return b""

    # -- from the host -------------------------------------------------------------------------------

    def shown(self, data: bytes) -> None:
        """Pass on what the host answers, and between two answers what is refused."""
        try:
            self._shown(data)
        except Broken as broken:
            self._ways.broken(f"the host speaks no SFTP: {broken}")

    def _shown(self, data: bytes) -> None:
        while self._refusals and (end := self._answers.first_end(data)) is not None:
            self._answers.feed(data[:end])
            self._ways.client(data[:end])
            data = data[end:]
            self._told_refusals()
        self._answers.feed(data)
        if data:
            self._ways.client(data)

    def _told_refusals(self) -> None:
        refusals, self._refusals = self._refusals, []
        self._ways.client(b"".join(refusals))

    def _answered(self, head: bytes) -> None:
        """The beginning of an answer."""
        kind, reader = head[4], Reader(head)
        if kind == VERSION_TOLD:
            return
        number, argument = reader.number(), reader.number() if len(head) >= ANSWER_HEAD else 0
        waited = self._pending.pop(number, None)
        if isinstance(waited, _Part):
            file = self._open.get(waited.handle)
            if file is not None and waited.writes and (kind, argument) != (STATUS, 0):
                file.fault = "the host did not take all of it"
            elif file is not None and kind == DATA:
                file.size += argument
        elif isinstance(waited, _File):
            if kind == HANDLE:
                self._open[reader.octets(argument)] = waited
            else:
                self._ways.tell(Transfer(waited.verb, waited.path, "failed", "the host refused it"))
        elif waited is not None:
            if (kind, argument) != (STATUS, 0):
                waited = Transfer(waited.verb, waited.path, "failed", "the host refused it", waited.to)
            self._ways.tell(waited)


class HostSide:
    """The same guard, on the host's side of the session."""

    def __init__(self, guard: SftpGuard) -> None:
        self.typed = guard.shown

    def ended(self, tell: Callable[[], None]) -> None:
        """Nothing more comes."""
        tell()

    def close(self) -> None:
        """The session is over."""
