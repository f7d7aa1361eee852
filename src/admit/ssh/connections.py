"""SSH connections that pass on when their peer does not take what is sent."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, cast

from asyncssh import (
    DISC_NO_MORE_AUTH_METHODS_AVAILABLE,
    SSHClientConnection,
    SSHServer,
    SSHServerConnection,
    SSHServerConnectionOptions,
)

from admit.ssh.packets import PacketPath

UNSENT_BYTES = 1024 * 1024
"""How much may wait for a peer's TCP window, whatever the windows of its channels allow."""
FULL = "connection"
"""The reason to hold back what goes to a connection that is full."""


class Tap:
    """Lets a channel be read as long as nothing speaks against it."""

    __slots__ = ("_against", "_channel")

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._against: set[str] = set()

    def hold(self, why: str) -> None:
        """Read no more of the channel for now."""
        if not self._against:
            self._channel.pause_reading()
        self._against.add(why)

    def release(self, why: str) -> None:
        """Read on, if this was the last that spoke against it."""
        if why in self._against:
            self._against.remove(why)
            if not self._against:
                self._channel.resume_reading()


class Outlet:
    """Where taps that feed a connection are held while it is full."""

    def __init__(self) -> None:
        self._taps: set[Tap] = set()
        self._full = False

    def feed(self, tap: Tap) -> None:
        """From now on what is read there goes to this connection."""
        self._taps.add(tap)
        if self._full:
            tap.hold(FULL)

    def leave(self, tap: Tap) -> None:
        """No more of it."""
        self._taps.discard(tap)

    def fill(self) -> None:
        """The connection takes no more."""
        self._full = True
        for tap in tuple(self._taps):
            tap.hold(FULL)

    def drain(self) -> None:
        """It does again."""
        self._full = False
        for tap in tuple(self._taps):
            tap.release(FULL)


def _limit(transport: asyncio.BaseTransport) -> None:
    # A channel is no asyncio transport, but has this of it.
    transport.set_write_buffer_limits(high=UNSENT_BYTES)  # type: ignore[attr-defined]


class TargetConnection(PacketPath, SSHClientConnection):
    """A connection to a host."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.outlet = Outlet()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        _limit(transport)
        super().connection_made(transport)

    def pause_writing(self) -> None:
        """The host does not take what is sent."""
        self.outlet.fill()

    def resume_writing(self) -> None:
        """It does again."""
        self.outlet.drain()


class Signing(Protocol):
    """Who sees to it that a client proves who it is."""

    def refused(self) -> bool:
        """A try was in vain; whether there may be another."""
        ...

    def is_partial(self) -> bool:
        """Whether what was shown last was right, and more is asked for."""
        ...

    async def signed(self, algorithm: bytes) -> bool:
        """A signature was right; whether that is all that is asked for."""
        ...


class ClientConnection(PacketPath, SSHServerConnection):
    """A connection of somebody's client."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: SSHServerConnectionOptions,
        owner: Callable[[], SSHServer],
    ) -> None:
        super().__init__(loop, options)
        self._protocol_factory = owner
        self.outlet = Outlet()

    @property
    def signing(self) -> Signing:
        """Who sees to it that the client proves who it is."""
        return cast(Signing, self.get_owner())

    @property
    def open_channels(self) -> int:
        """How many channels are open."""
        return len(self._channels)

    async def validate_public_key(self, username: str, key: bytes, msg: bytes, signature: bytes) -> bool:
        """Whether a key may be used, and once there is a signature: whether that is all that is asked for."""
        right = await super().validate_public_key(username, key, msg, signature)
        if not (right and msg):
            return right
        size = int.from_bytes(signature[:4], "big")
        return await self.signing.signed(signature[4 : 4 + size])

    def send_userauth_failure(self, partial_success: bool) -> None:  # noqa: FBT001 - asyncssh's
        """That it was not enough; after too many times that it is over."""
        owner = self.get_owner()
        if owner is None:
            return
        partial = self.signing.is_partial()
        if partial or self.signing.refused():
            # Some clients, paramiko among them, ask for the service again before they try on.
            self._next_service = b"ssh-userauth"
            super().send_userauth_failure(partial_success or partial)
        else:
            self.disconnect(DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "Too many authentication failures")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        _limit(transport)
        super().connection_made(transport)

    def pause_writing(self) -> None:
        """The client does not take what is sent."""
        self.outlet.fill()

    def resume_writing(self) -> None:
        """It does again."""
        self.outlet.drain()

    async def reload_config(self) -> None:
        """Nothing: there is no file with settings for one name or another."""
