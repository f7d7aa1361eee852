"""A launcher that is a process of its own: the only part of streaming that needs root, where it is wanted.

It listens at a UNIX socket and does what its verbs are, for one user of the machine and for root. Commands,
mounts and limits are those of its own catalogue. Descriptors travel beside answers.
"""

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

import msgspec
import structlog

from admit.streaming.homes import FileRefused, Stored
from admit.streaming.launcher import SEE_LOG, Fate, NewFile, Order, StartRefused
from admit.streaming.launching import START_S, LocalLauncher

log = structlog.get_logger("admit.streaming")

LARGEST = 64 * 1024
"""Bytes of a question at most."""
ANSWER_S = START_S + 5
_PEER = struct.Struct("3i")


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is asked of a launcher."""

    verb: str
    order: Order | None = None
    session: str = ""
    sessions: tuple[str, ...] = ()
    name: str = ""


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What it answers; descriptors come beside it."""

    refused: str = ""
    """Why not, for the person."""
    gone: bool = False
    """The session is over."""
    sessions: tuple[str, ...] = ()
    files: tuple[Stored, ...] = ()
    name: str = ""
    room: int = 0
    """Bytes that a new file has room for."""
    fate: Fate = Fate.CLOSED


# -- the launcher's side -----------------------------------------------------------------------------


async def serve(launcher: LocalLauncher, listening: socket.socket, user: int) -> None:
    """Answer at a socket, which is bound already, for a user of this machine and for root."""
    loop = asyncio.get_running_loop()
    listening.setblocking(False)  # noqa: FBT003 - the socket's own
    answering: set[asyncio.Task[None]] = set()
    while True:
        connection, _ = await loop.sock_accept(listening)
        task = asyncio.create_task(_answered(launcher, connection, user))
        answering.add(task)
        task.add_done_callback(answering.discard)


async def _answered(launcher: LocalLauncher, connection: socket.socket, user: int) -> None:
    with connection:
        connection.setblocking(False)  # noqa: FBT003 - the socket's own
        _, uid, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
        if uid not in (0, user):
            log.warning("a stranger came to the launcher", uid=uid)
            return
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                line = await _line(connection)
                reply, descriptors = await _reply(launcher, line)
                await _send(connection, reply, descriptors)


async def _line(connection: socket.socket) -> bytes:
    loop, found = asyncio.get_running_loop(), b""
    while not found.endswith(b"\n") and len(found) < LARGEST:
        part = await loop.sock_recv(connection, LARGEST)
        if not part:
            break
        found += part
    return found


async def _reply(launcher: LocalLauncher, line: bytes) -> tuple[Reply, list[int]]:
    try:
        question = msgspec.json.decode(line, type=Question)
        verb = _VERBS[question.verb]
    except (msgspec.DecodeError, KeyError):
        return Reply(refused="The launcher does not understand."), []
    try:
        return await verb(launcher, question)
    except (StartRefused, FileRefused) as refused:
        return Reply(refused=str(refused)), []
    except (OSError, ValueError) as error:
        log.warning("the launcher could not do it", verb=question.verb, error=str(error))
        return Reply(gone=True), []


async def _start(launcher: LocalLauncher, question: Question) -> tuple[Reply, list[int]]:
    if question.order is None:
        return Reply(refused="The launcher was told nothing to start."), []
    await launcher.start(question.order)
    return Reply(), []


async def _connect(launcher: LocalLauncher, question: Question) -> tuple[Reply, list[int]]:
    return Reply(), [(await launcher.connect(question.session)).detach()]


async def _renew(launcher: LocalLauncher, question: Question) -> tuple[Reply, list[int]]:
    return Reply(sessions=tuple(await launcher.renew(question.sessions))), []


async def _stop(launcher: LocalLauncher, question: Question) -> tuple[Reply, list[int]]:
    await launcher.stop(question.session)
    return Reply(), []


async def _list(launcher: LocalLauncher, _question: Question) -> tuple[Reply, list[int]]:
    return Reply(sessions=tuple(launcher.sessions())), []


async def _files(launcher: LocalLauncher, question: Question) -> tuple[Reply, list[int]]:
    return Reply(files=tuple(await launcher.files(question.session))), []


async def _open_file(launcher: LocalLauncher, question: Question) -> tuple[Reply, list[int]]:
    return Reply(), [await launcher.open_file(question.session, question.name)]


async def _new_file(launcher: LocalLauncher, question: Question) -> tuple[Reply, list[int]]:
    made = await launcher.new_file(question.session, question.name)
    return Reply(name=made.name, room=made.room), [made.opened]


async def _fate(launcher: LocalLauncher, question: Question) -> tuple[Reply, list[int]]:
    return Reply(fate=await launcher.fate(question.session)), []


_VERBS: dict[str, Callable[[LocalLauncher, Question], Awaitable[tuple[Reply, list[int]]]]] = {
    "start": _start,
    "connect": _connect,
    "renew": _renew,
    "stop": _stop,
    "list": _list,
    "files": _files,
    "open-file": _open_file,
    "new-file": _new_file,
    "fate": _fate,
}


async def _send(connection: socket.socket, reply: Reply, descriptors: list[int]) -> None:
    octets = msgspec.json.encode(reply) + b"\n"
    try:
        sent = socket.send_fds(connection, [octets], descriptors)
        await asyncio.get_running_loop().sock_sendall(connection, octets[sent:])
    finally:
        for each in descriptors:
            os.close(each)


# -- the door's side ---------------------------------------------------------------------------------


class RemoteLauncher:
    """The launcher that listens at a socket of this machine."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def start(self, order: Order) -> None:
        """Start a session; returns when its screen stands."""
        try:
            reply, _ = await self._ask(Question("start", order=order))
        except OSError as error:
            log.exception("the launcher cannot be reached", path=self._path)
            raise StartRefused(SEE_LOG) from error
        if reply.refused or reply.gone:
            raise StartRefused(reply.refused or SEE_LOG)

    async def connect(self, session: str) -> socket.socket:
        """A connection to the screen of a session."""
        reply, descriptors = await self._ask(Question("connect", session=session))
        if reply.gone or not descriptors:
            raise ConnectionRefusedError(session)
        connection = socket.socket(fileno=descriptors[0])
        connection.setblocking(False)  # noqa: FBT003 - the socket's own
        return connection

    async def renew(self, sessions: Collection[str]) -> frozenset[str]:
        """Let sessions live on; returns those that do."""
        reply, _ = await self._ask(Question("renew", sessions=tuple(sessions)))
        return frozenset(reply.sessions)

    async def stop(self, session: str) -> None:
        """End a session and all that is in it, at once."""
        await self._ask(Question("stop", session=session))

    async def files(self, session: str) -> list[Stored]:
        """The files in a session's home folder."""
        reply, _ = await self._file(Question("files", session=session))
        return list(reply.files)

    async def open_file(self, session: str, path: str) -> int:
        """A file of a session's home folder, open for reading."""
        _, descriptors = await self._file(Question("open-file", session=session, name=path))
        return descriptors[0]

    async def new_file(self, session: str, name: str) -> NewFile:
        """Make a file in a session's home folder."""
        reply, descriptors = await self._file(Question("new-file", session=session, name=name))
        return NewFile(descriptors[0], reply.name, reply.room)

    async def fate(self, session: str) -> Fate:
        """Why a session is over."""
        reply, _ = await self._ask(Question("fate", session=session))
        return reply.fate

    async def _file(self, question: Question) -> tuple[Reply, list[int]]:
        reply, descriptors = await self._ask(question)
        if reply.refused or reply.gone:
            raise FileRefused(reply.refused or "The session is over.")
        return reply, descriptors

    async def _ask(self, question: Question) -> tuple[Reply, list[int]]:
        return await asyncio.to_thread(self._asked, msgspec.json.encode(question) + b"\n")

    def _asked(self, octets: bytes) -> tuple[Reply, list[int]]:
        """On a thread: descriptors come only with a plain call.

        Raises:
            OSError: nobody answers.
        """
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_S)
            connection.connect(self._path)
            connection.sendall(octets)
            said, descriptors, _, _ = socket.recv_fds(connection, LARGEST, 1)
            while not said.endswith(b"\n"):
                part = connection.recv(LARGEST)
                if not part:
                    for each in descriptors:
                        os.close(each)
                    raise ConnectionResetError(self._path)
                said += part
            return msgspec.json.decode(said, type=Reply), list(descriptors)
