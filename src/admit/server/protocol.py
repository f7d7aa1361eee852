"""What one connection may cost: the size of a request's head, its whole size, and how long it may take."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.server import ServerState

from admit.base.clock import Clock
from admit.core.validity import SECOND
from admit.server.at_once import AtOnceProtocol
from admit.server.joined import JoinedWrites

HEAD_LIMIT = 64 * 1024
"""The most bytes of a request line and headers; what arrives in one piece may be a little more."""
REQUEST_LIMIT = 64 * 1024 * 1024
"""The most bytes of a request, read or thrown away; the application refuses a body long before."""
REQUEST_S = 60
"""The most seconds from a request's first byte, or the connection, to the request's last."""
FAREWELL_S = 1
"""How long a server that stops waits for idle peers to hear of it."""
LOOK_MS = 5 * SECOND
"""How often slow connections are looked for."""


class LimitedProtocol(AtOnceProtocol):
    """HTTP on one connection, within the limits."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.begun: float | None = self.loop.time()
        """When the request that is being received began, by the loop's clock; None between two."""
        self._in_head = True
        self._received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected."""
        self._joined = JoinedWrites(transport, self.loop)
        super().connection_made(self._joined)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, within the limits."""
        self._received += len(data)
        super().data_received(data)
        if self._received <= HEAD_LIMIT or self.transport.is_closing():
            return
        if self._in_head:
            self._refuse_head()
        elif self._received > REQUEST_LIMIT:
            self.transport.close()

    def eof_received(self) -> None:
        """Nothing more comes, and the connection ends: what was answered until now still leaves."""
        self._joined.flush()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.begun = self.loop.time()
        self._in_head = True
        self._received = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; what follows a body in chunks is none, and must not pass for one."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there."""
        self.begun = None
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """What follows is no request any more."""
        self.begun = None
        self.transport = self._joined.bare()
        super().handle_websocket_upgrade()

    def shutdown(self) -> None:
        """End now, or after the answer that is under way."""
        super().shutdown()
        if self.transport.is_closing():
            # TLS waits for the peer's own farewell, and one that is idle sends it when it next looks.
            self.loop.call_later(FAREWELL_S, self.transport.abort)

    def _refuse_head(self) -> None:
        self.transport.write(STATUS_LINE[431] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()


async def drop_slow(state: ServerState, clock: Clock) -> None:
    """Close, for as long as it runs, connections whose request does not come to an end, or does not come."""
    while True:
        await clock.sleep_until(clock.now() + LOOK_MS)
        for connection in list(state.connections):
            if isinstance(connection, LimitedProtocol) and _slow(connection):
                connection.transport.close()


def _slow(connection: LimitedProtocol) -> bool:
    now, begun, idle = connection.loop.time(), connection.begun, connection.idle
    if begun is not None:
        return now - begun > REQUEST_S
    return idle is not None and now - idle > connection.timeout_keep_alive
