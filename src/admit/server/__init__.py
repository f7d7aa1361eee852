"""Serving: HTTP and HTTPS in one process, from the first request until the last is finished."""

import asyncio
import contextlib
import gc
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
import uvicorn

from admit.main import Admit
from admit.server import background
from admit.server.protocol import LimitedProtocol, drop_slow
from admit.server.ssh import Doors, open_doors
from admit.server.streaming import streaming_door
from admit.store.schema import NEWEST

KEEP_ALIVE_S = 65
"""How long a connection may be idle: longer than load balancers keep theirs, so that they end them first."""
GRACE_S = 20
"""How long a stopping server waits for what is under way."""
CONNECTIONS = 10_000
"""Beyond so many, requests are answered 503."""
NO_DOORS = Doors()
log = structlog.get_logger("admit.server")


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that is bound already, so that no later step fails for want of the port."""

    socket: socket.socket
    tls: ssl.SSLContext | None = None

    @property
    def address(self) -> str:
        """``host:port``, with the port that was given if 0 was asked for."""
        host, port = self.socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def url(self) -> str:
        """As a client writes it."""
        return f"{'http' if self.tls is None else 'https'}://{self.address}"

    def close(self) -> None:
        """Let go of the port."""
        self.socket.close()


def run(
    admit: Admit, listeners: Sequence[Listener], ready: Callable[[], object], doors: Doors = NO_DOORS
) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` is called once requests are answered.

    A signal lets what is under way finish; a second one does not wait for it.
    """
    # What was made by now stays for good. To look through it again and again, and find that none of it can
    # go, would only make pauses, which every request of that moment feels.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    loop_factory = _config(admit, None).get_loop_factory()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(serve_until(admit, listeners, ready, doors))


class _Server(uvicorn.Server):
    """A server that leaves signals to the one who runs several, and says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answering.set()


def _config(admit: Admit, tls: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        admit.web,
        http=LimitedProtocol,
        ws="websockets-sansio",
        # What is sent over them is compressed already, or is typed a letter at a time.
        ws_per_message_deflate=False,
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        # Who calls is what the connection says. A header would let anybody on this machine claim any address.
        proxy_headers=False,
        workers=1,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )


async def serve_until(
    admit: Admit,
    listeners: Sequence[Listener],
    ready: Callable[[], object],
    doors: Doors = NO_DOORS,
) -> None:
    """What :func:`run` does, on the loop there is."""
    servers = [(_Server(_config(admit, each.tls)), each) for each in listeners]
    stopping = asyncio.Event()
    signals = _stop_on_signals([server for server, _ in servers], stopping, admit.changes.stop)
    serving = [asyncio.create_task(server.serve([listener.socket])) for server, listener in servers]
    # What this node opens must not be taken for that of one that is gone.
    await asyncio.to_thread(admit.roll.look)
    beside = [asyncio.create_task(each) for each in background.tasks(admit)]
    beside += [asyncio.create_task(admit.roll.run()), asyncio.create_task(_stop_when_outdated(admit))]
    beside += [
        asyncio.create_task(drop_slow(server.server_state, admit.world.clock)) for server, _ in servers
    ]
    beside += [
        asyncio.create_task(background.keep_certificate(admit, listener.tls))
        for _, listener in servers
        if listener.tls is not None
    ]
    answering = asyncio.gather(*(server.answering.wait() for server, _ in servers))
    watched: list[asyncio.Future[Any]] = [answering, *serving]
    try:
        async with open_doors(admit, doors), streaming_door(admit):
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                ready()
            await asyncio.gather(*serving)
    finally:
        for task in (*watched, *beside):
            task.cancel()
        await asyncio.gather(*watched, *beside, return_exceptions=True)
        signals.close()


async def _stop_when_outdated(admit: Admit) -> None:
    """Stop, as a signal would have it, once the schema of the database has moved on."""
    await admit.roll.outdated.wait()
    log.error("the schema of the database has moved on: this version of admit stops", knows=NEWEST)
    signal.raise_signal(signal.SIGTERM)


def _stop_on_signals(
    servers: Sequence[_Server], stopping: asyncio.Event, dismiss: Callable[[], None]
) -> contextlib.ExitStack:
    """Let the first signal end the servers, and the second one end them at once."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.force_exit = stopping.is_set()
            server.should_exit = True
        # Pages that follow changes would be waited for.
        dismiss()
        stopping.set()

    handlers = contextlib.ExitStack()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
        handlers.callback(loop.remove_signal_handler, number)
    return handlers
