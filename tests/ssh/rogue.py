"""A host that lets in whoever may, and then does as it likes."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import asyncssh

from tests.ssh.office import Office
from tests.ssh.target import Target

Misdeed: TypeAlias = Callable[[Any], Awaitable[None]]
"""What it does to a session once something was typed."""


class _Dropping(asyncssh.SSHServerSession[bytes]):
    """A session that is gone as soon as it is asked for a terminal."""

    def connection_made(self, chan: Any) -> None:
        self._connection = chan.get_connection()

    def pty_requested(self, term_type: str, term_size: Any, term_modes: Any) -> bool:
        self._connection.abort()
        return False


class _Server(asyncssh.SSHServer):
    """One that asks for a key."""

    def __init__(self, known: list[asyncssh.SSHServerConnection], *, drops: bool) -> None:
        self._known = known
        self._drops = drops

    def session_requested(self) -> "asyncssh.SSHServerSession[bytes] | bool":
        return _Dropping() if self._drops else False

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._known.append(conn)

    def begin_auth(self, username: str) -> bool:
        return bool(username)


async def _serve(
    target: Target, misdeed: Misdeed, listening: "asyncio.Future[int]", over: asyncio.Event
) -> None:
    known: list[asyncssh.SSHServerConnection] = []

    async def serve(process: Any) -> None:
        process.stdout.write(b"ready\n")
        await process.stdin.read(1)
        assert misdeed is not None
        await misdeed(process)

    async with asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=lambda: _Server(known, drops=misdeed is None),
        server_host_keys=[str(target.host_key)],
        authorized_client_keys=f"{target.key}.pub",
        process_factory=None if misdeed is None else serve,
        encoding=None,
    ) as server:
        listening.set_result(server.get_port())
        await over.wait()
    for each in known:
        each.abort()
    await asyncio.gather(*(each.wait_closed() for each in known))


@contextmanager
def rogue(office: Office, name: str, misdeed: Misdeed | None) -> Iterator[None]:
    """A host of alice's that says that it is ready, and misbehaves once something was typed.

    Without a misdeed it is gone as soon as it is asked for a terminal.
    """
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    listening: asyncio.Future[int] = loop.create_future()
    serving = loop.create_task(_serve(office.target, misdeed, listening, over))
    port = loop.run_until_complete(listening)
    turning = threading.Thread(target=loop.run_until_complete, args=[serving])
    turning.start()
    try:
        office.ids[name] = office.add_host(name, port)
        office.ids[f"{name} account"] = office.add_account(office.ids[name], office.target)
        office.grant("alice", name, f"{name} account")
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        turning.join()
        loop.close()
