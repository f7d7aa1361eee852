"""Bytes between two channels: each is read only as fast as the other takes it."""

from collections.abc import Callable
from typing import Any

from admit.ssh.connections import Outlet, Tap
from admit.ssh.guard import Guard
from admit.ssh.packets import write_to

CHANNEL = "channel"
"""The reason to hold back what goes to a channel that is full."""


class End:
    """One of two joined ends. What it receives goes to the other one.

    It is given the calls that asyncssh makes to a session. Before it is joined it
    keeps what comes, which is no more than the channel's window.
    """

    def __init__(self) -> None:
        self.channel: Any = None
        self.other: End | None = None
        self.tap: Tap | None = None
        self.read: Callable[[bytes], None] | None = None
        """Gets what is received in place of the other end, while somebody is asked something."""
        self.guard: Guard | None = None
        """Looks at what is received before the other end gets it."""
        self._early: list[tuple[bytes, int | None]] = []
        self._ended_early = False

    @property
    def outlet(self) -> Outlet:
        """Where what is sent to this end may have to wait."""
        found: Outlet = self.channel.get_connection().outlet
        return found

    def connection_made(self, chan: Any) -> None:
        """The channel is open."""
        self.channel = chan

    def join(self, other: "End") -> None:
        """Pass on what was kept, and from now on what comes, both ways."""
        for here, there in ((self, other), (other, self)):
            here.other = there
            here.tap = Tap(here.channel)
            there.outlet.feed(here.tap)
        for end in (self, other):
            end.release_early()

    def release_early(self) -> None:
        """Hand on what came before there was anywhere to hand it to."""
        early, self._early = self._early, []
        for part, datatype in early:
            self.data_received(part, datatype)
        if self._ended_early:
            self.eof_received()
        self.channel.resume_reading()

    def part(self) -> None:
        """Be joined no more."""
        if self.guard is not None:
            self.guard.close()
        if self.other is not None and self.tap is not None:
            self.other.outlet.leave(self.tap)
        self.other = None

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Something came."""
        if self.read is not None and datatype is None:
            self.read(data)
        elif self.other is None:
            self._early.append((data, datatype))
            self.channel.pause_reading()
        else:
            other = self.other
            if not self.passing(data):
                return
            if self.guard is not None and datatype is None:
                self.guard.typed(data)
            else:
                other.write(data, datatype)

    def passing(self, data: bytes) -> bool:  # noqa: ARG002 - others look at it
        """Something is on its way from here to the other end; whether it may get there."""
        return True

    def write(self, data: bytes, datatype: int | None = None) -> None:
        """Send, unless the peer wants no more."""
        if not self.channel.is_closing():
            write_to(self.channel, data, datatype)

    def eof_received(self) -> bool:
        """The peer sends no more, and may still receive."""
        if self.read is not None:
            self.read(b"")
        elif self.other is None:
            self._ended_early = True
        elif self.guard is not None:
            self.guard.ended(self.other.channel.write_eof)
        else:
            self.other.channel.write_eof()
        return True

    def pause_writing(self) -> None:
        """The peer's window is full."""
        if self.other is not None and self.other.tap is not None:
            self.other.tap.hold(CHANNEL)

    def resume_writing(self) -> None:
        """It is not any more."""
        if self.other is not None and self.other.tap is not None:
            self.other.tap.release(CHANNEL)
