"""A host that shows a key and lets nobody in; and one that accepts connections and stays silent."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncssh

from tests.base.accepted import Accepted


@dataclass(frozen=True)
class Host:
    """A host under test."""

    port: int
    fingerprint: str = ""


@contextmanager
def showing_key(kind: str = "ssh-ed25519") -> Iterator[Host]:
    """A host with a key of this kind."""
    key = asyncssh.generate_private_key(kind)
    loop, started, ports = asyncio.new_event_loop(), threading.Event(), []
    accepted = Accepted()

    async def serve() -> asyncssh.SSHAcceptor:
        factory = accepted.by(asyncssh.SSHServer)
        server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[key], server_factory=factory)
        ports.append(server.get_port())
        started.set()
        return server

    async def stop(server: asyncssh.SSHAcceptor) -> None:
        server.close()
        await accepted.close()
        await server.wait_closed()

    def run() -> None:
        server = loop.run_until_complete(serve())
        loop.run_forever()
        loop.run_until_complete(stop(server))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    try:
        yield Host(ports[0], key.get_fingerprint("sha256"))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@contextmanager
def silent() -> Iterator[Host]:
    """A host that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Host(listener.getsockname()[1])


def closed_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
