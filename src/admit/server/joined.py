"""Writing to a connection: all that one turn of the loop writes to it leaves as one."""

import asyncio

KNOWN = ("socket", "peername", "sockname", "sslcontext")
"""What a protocol of HTTP asks about a connection."""
AT_ONCE = 64 * 1024
"""So many bytes are not held back: the connection must be able to tell that it has enough."""


class JoinedWrites(asyncio.Transport):
    """A connection that sends at the end of a turn what was written to it meanwhile.

    Each writing wakes whoever reads at the other end, on another core or, worse, on this one: a head and a
    body that leave one by one, in the midst of answering others, cost more than many answers do. Of a
    transport it has what a protocol of HTTP uses.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__({name: transport.get_extra_info(name) for name in KNOWN})
        self._transport = transport
        self._loop = loop
        self._held = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send it with the rest of this turn, or at once if that is much."""
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held += data
        if len(self._held) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Send what is held back, unless there is nobody any more to read it."""
        held, self._held = self._held, b""
        if held and not self._transport.is_closing():
            self._transport.write(held)

    def bare(self) -> asyncio.Transport:
        """The connection itself, for a protocol that writes otherwise."""
        self.flush()
        return self._transport

    def close(self) -> None:
        """End the connection once all is sent."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """End the connection now."""
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether it is ending, or has ended."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Receive no more for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Receive again."""
        self._transport.resume_reading()
