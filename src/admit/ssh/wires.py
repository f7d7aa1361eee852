"""A plain connection as one end of two that are joined."""

import asyncio
from typing import cast

from admit.ssh.connections import UNSENT_BYTES, Outlet
from admit.ssh.relay import End


class Wire:
    """A TCP connection with what a channel has."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._ended = False
        self._peer_ended = False
        self.outlet = Outlet()

    def get_connection(self) -> "Wire":
        """Itself: it has one channel."""
        return self

    def pause_reading(self) -> None:
        """Receive nothing for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Receive again."""
        self._transport.resume_reading()

    def is_closing(self) -> bool:
        """Whether nothing more is sent."""
        return self._ended or self._transport.is_closing()

    def write(self, data: bytes, datatype: int | None = None) -> None:
        """Send; there is one kind of data."""
        if datatype is None:
            self._transport.write(data)

    def write_eof(self) -> None:
        """Send no more."""
        if not self.is_closing():
            self._ended = True
            self._transport.write_eof()
            self._close_if_over()

    def peer_ended(self) -> None:
        """The host sends no more."""
        self._peer_ended = True
        self._close_if_over()

    def _close_if_over(self) -> None:
        # A socket on which both have said their last would stay, and say nothing of it.
        if self._ended and self._peer_ended:
            self._transport.close()

    def close(self) -> None:
        """Close once all is sent."""
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()


class Wired(End, asyncio.Protocol):
    """The end of a connection that is a host's."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        # uvloop's transports are none of asyncio's classes, and all that they promise.
        stream = cast(asyncio.Transport, transport)
        stream.set_write_buffer_limits(high=UNSENT_BYTES)
        self.channel = Wire(stream)

    def data_received(self, data: bytes, datatype: int | None = None) -> None:
        """Something came."""
        super().data_received(data, datatype)

    def eof_received(self) -> bool:
        """The host sends no more, and may still receive."""
        super().eof_received()
        self.channel.peer_ended()
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """The host closed it."""
        other = self.other
        if other is not None:
            self.part()
            other.part()
            other.channel.close()
