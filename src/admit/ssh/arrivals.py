"""Connections that have not signed in yet: few for each address, and always room for one more."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import cast

FROM_ONE = 64
"""So many from one address may be signing in at once; more are closed before a byte is said."""
FROM_ALL = 512
"""So many at once; when more come, those that have waited longest go."""


class Arrivals:
    """Who is at the door and has not signed in."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.BaseTransport, str] = {}
        self._from: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._waiting)

    def come(self, transport: asyncio.Transport, peer: str) -> bool:
        """Somebody comes; whether there is room for them."""
        if self._from[peer] >= FROM_ONE:
            return False
        if len(self._waiting) >= FROM_ALL:
            # Who signs in takes seconds; who only holds a place would hold it until the time is over.
            longest = next(iter(self._waiting))
            self.go(longest)
            longest.abort()  # type: ignore[attr-defined]  # only transports were put in
        self._waiting[transport] = peer
        self._from[peer] += 1
        return True

    def go(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is in, or away."""
        peer = self._waiting.pop(transport, None)
        if peer is not None:
            self._from[peer] -= 1
            if not self._from[peer]:
                del self._from[peer]


class Entrance(asyncio.Protocol):
    """The first protocol of a connection: it makes room for the real one, or closes."""

    def __init__(
        self, arrivals: Arrivals, connection: Callable[[asyncio.Transport], asyncio.Protocol]
    ) -> None:
        self._arrivals = arrivals
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        # uvloop's transports are none of asyncio's classes, and all that they promise.
        stream = cast(asyncio.Transport, transport)
        if not self._arrivals.come(stream, address_of(stream.get_extra_info("peername"))):
            stream.abort()
            return
        real = self._connection(stream)
        stream.set_protocol(real)
        real.connection_made(stream)


def address_of(peer: object) -> str:
    """The address of a socket's peer; nobody's if it has gone already."""
    address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
    return address.removeprefix("::ffff:")
