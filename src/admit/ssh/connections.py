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

from admit.base.ssh_exchange import COOKIE_BYTES, Exchange, Signed
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


def exchange_of(connection: Any, kex: Any, k: bytes) -> Exchange | None:
    """What goes into the hash of a key exchange that is just over; None of those that hash otherwise."""
    key = connection.get_server_host_key()
    try:
        ours = (kex._gex_data, kex._format_client_key(), kex._format_server_key())  # noqa: SLF001 - asyncssh's
    except AttributeError:
        return None
    host_key = key.public_data
    size = len(host_key).to_bytes(4, "big")
    content = b"".join((connection.get_hash_prefix(), size, host_key, *ours, k))
    return Exchange(content, kex._hash_alg().name)  # noqa: SLF001 - asyncssh's


class TargetConnection(PacketPath, SSHClientConnection):
    """A connection to a host."""

    exchange: Exchange | None = None
    """Its first key exchange, as soon as there was one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.outlet = Outlet()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        _limit(transport)
        super().connection_made(transport)

    def send_newkeys(self, k: bytes, h: bytes) -> None:
        """A key exchange is over."""
        if self.exchange is None:
            self.exchange = exchange_of(self, self._kex, k)
        super().send_newkeys(k, h)

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

    async def holds(self, username: str, key: bytes) -> bool:
        """Whether somebody of a name holds a key, given in wire form."""
        ...

    async def signed(self, signed: Signed) -> bool:
        """A signature; whether it is right, and all that is asked for."""
        ...


class ClientConnection(PacketPath, SSHServerConnection):
    """A connection of somebody's client."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: SSHServerConnectionOptions,
        owner: Callable[[], SSHServer],
        cookie: bytes,
    ) -> None:
        super().__init__(loop, options)
        self._protocol_factory = owner
        self._cookie = cookie
        self._exchange: Exchange | None = None
        self.outlet = Outlet()

    @property
    def signing(self) -> Signing:
        """Who sees to it that the client proves who it is."""
        return cast(Signing, self.get_owner())

    @property
    def open_channels(self) -> int:
        """How many channels are open."""
        return len(self._channels)

    def _send_kexinit(self) -> None:
        """Begin a key exchange: the first one with the cookie that signatures are looked at for."""
        if self._exchange is not None:
            super()._send_kexinit()
            return

        def with_cookie(kind: int, content: bytes) -> None:
            content = self._cookie + content[COOKIE_BYTES:]
            self._server_kexinit = bytes((kind,)) + content
            del self.send_packet
            self.send_packet(kind, content)

        # asyncssh draws the cookie where nobody can reach it: it is put in on the packet's way out.
        self.send_packet = with_cookie  # type: ignore[assignment,method-assign]
        super()._send_kexinit()

    def send_newkeys(self, k: bytes, h: bytes) -> None:
        """A key exchange is over."""
        if self._exchange is None:
            self._exchange = exchange_of(self, self._kex, k)
        super().send_newkeys(k, h)

    async def validate_public_key(self, username: str, key: bytes, msg: bytes, signature: bytes) -> bool:
        """Whether a key may be used, and once there is a signature: whether that is all that is asked for.

        Signatures are looked at where it is known who holds which key.
        """
        if not msg:
            return await self.signing.holds(username, key)
        if self._exchange is None:
            return False
        return await self.signing.signed(Signed(self._exchange, msg, signature))

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
