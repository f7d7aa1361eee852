"""The way of packets through a connection, without what asyncssh spends on each of them.

For every packet asyncssh makes its ciphers anew, sends an empty packet before it, describes it for
a log that nobody reads, and moves all that was received after it. Once somebody is in, and uses a
cipher of ``ciphers``, packets of channels go this way instead; everything else goes asyncssh's.
The empty packet is for ciphers that chain blocks, and hides nothing from those that are here.
"""

import asyncio
import inspect
import socket
import time
from typing import Any

from asyncssh import MACError, ProtocolError
from asyncssh.connection import SSHConnection
from asyncssh.constants import (
    MSG_CHANNEL_DATA,
    MSG_CHANNEL_EXTENDED_DATA,
    MSG_CHANNEL_FIRST,
    MSG_CHANNEL_LAST,
    MSG_USERAUTH_LAST,
)
from asyncssh.packet import PacketDecodeError, SSHPacket, SSHPacketLogger

from admit.base.chance import Chance
from admit.ssh.ciphers import LENGTH, TAG, Quick, quick

LEAST_PADDING = 4
CHANNEL = 5
"""Where a packet of a channel goes on behind its kind and the channel's number."""
DATA = 10
"""Where the bytes begin that a channel gets, behind their length."""
LAST_SEQUENCE = 0xFFFFFFFF


class Padding:
    """Random bytes to fill packets up with, drawn by the kilobyte.

    Each draw is a system call that lets other threads have the interpreter: as many of them as packets
    take a fifth of what it takes to close a session.
    """

    DRAWN = 4096

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._drawn, self._used = b"", 0

    def take(self, count: int) -> bytes:
        """So many that were given to nobody before; at most :attr:`DRAWN`."""
        start, end = self._used, self._used + count
        if end > len(self._drawn):
            self._drawn, start, end = self._chance.fill(self.DRAWN), 0, count
        self._used = end
        return self._drawn[start:end]


_PADDING = Padding(Chance())


class PacketPath(SSHConnection):
    """A connection whose packets of channels go the short way."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        self._unsent: list[bytes | bytearray] = []
        self._socket: socket.socket | None = transport.get_extra_info("socket")
        super().connection_made(transport)

    def send_newkeys(self, k: bytes, h: bytes) -> None:
        """A key exchange ends: from now on other ciphers are used."""
        super().send_newkeys(k, h)
        self._send_encryption = quick(self._send_encryption)
        self._next_recv_encryption = quick(self._next_recv_encryption)

    # -- sending -----------------------------------------------------------------------------------

    def send_packet(self, pkttype: int, *args: bytes, handler: SSHPacketLogger | None = None) -> None:
        """Send a packet."""
        sealing = self._send_encryption
        if pkttype <= MSG_USERAUTH_LAST or not isinstance(sealing, Quick) or self._waits():
            super().send_packet(pkttype, *args, handler=handler)
            return
        bare = sum(map(len, args)) + 2
        padding = -bare % self._send_blocksize
        if padding < LEAST_PADDING:
            padding += self._send_blocksize
        packet = b"".join((bytes((padding, pkttype)), *args, _PADDING.take(padding)))
        sequence = self._send_seq
        self._send_seq = (sequence + 1) & LAST_SEQUENCE
        self._rekey_bytes_sent += bare + padding
        self._send(sealing.seal(sequence, packet))

    def _send(self, data: bytes | bytearray) -> None:
        """Send bytes, together with all that is sent in this turn of the loop."""
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(data)

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        if unsent and self._transport is not None and not self._transport.is_closing():
            self._transport.writelines(unsent)

    def _force_close(self, exc: Exception | None) -> None:
        """Close at once: what was sent before is on its way."""
        self._flush()
        super()._force_close(exc)

    def _waits(self) -> bool:
        """Whether a packet must wait, or new keys are due first."""
        if not (self._auth_complete and self._kex_complete) or self._compressor is not None:
            return True
        late = bool(self._rekey_seconds) and time.monotonic() >= self._rekey_time
        return late or self._rekey_bytes_sent >= self._rekey_bytes

    # -- receiving ---------------------------------------------------------------------------------

    def data_received(self, data: bytes, datatype: int | None = None) -> None:
        """Bytes came."""
        super().data_received(data, datatype)
        if not self._auth_complete and self._socket is not None:
            acknowledge_at_once(self._socket)

    def _recv_pkthdr(self) -> bool:
        """Take out as many packets of channels as came; another one is asyncssh's."""
        opening = self._recv_encryption
        if not (self._auth_complete and isinstance(opening, Quick) and self._decompressor is None):
            return super()._recv_pkthdr()
        received, at = memoryview(self._inpbuf), 0
        while (end := self._end_of_packet(opening, received, at)) is not None:
            packet = opening.open(self._recv_seq, received[at:end])
            if packet is None:
                raise MACError("MAC verification failed")
            channel = self._channel_of(packet)
            if channel is None:
                opening.opened = packet
                self._inpbuf = bytes(received[at:])
                return super()._recv_pkthdr()
            at = end
            if not self._taken(channel, packet):
                # It is over, or what comes next waits until this one has been dealt with.
                if self._transport is not None:
                    self._inpbuf = bytes(received[at:])
                return False
        if at:
            self._inpbuf = bytes(received[at:])
        return False

    def _end_of_packet(self, opening: Quick, received: memoryview, at: int) -> int | None:
        """Where a packet ends that begins somewhere; None if it is not all there yet."""
        if len(received) - at < self._recv_blocksize:
            return None
        size = opening.size(self._recv_seq, received[at : at + LENGTH])
        if size > self._max_recv_pktlen:
            raise ProtocolError("Max packet size exceeded")
        end = at + LENGTH + size + TAG
        return end if end <= len(received) else None

    def _channel_of(self, packet: bytes) -> Any:
        """The channel that a packet is for, if it is one that channels take."""
        if len(packet) < CHANNEL + 1 or not MSG_CHANNEL_FIRST <= packet[1] <= MSG_CHANNEL_LAST:
            return None
        channel = self._channels.get(int.from_bytes(packet[2 : CHANNEL + 1], "big"))
        return channel if channel is not None and packet[1] in channel._packet_handlers else None  # noqa: SLF001 - asyncssh's

    def _taken(self, channel: Any, packet: bytes) -> bool:
        """Give a packet to its channel; whether the next one may be taken out."""
        sequence, kind, result = self._recv_seq, packet[1], None
        if kind == MSG_CHANNEL_DATA:
            _deliver(channel, packet)
        else:
            rest = SSHPacket(packet[1 : -packet[0]])
            rest.get_bytes(CHANNEL)
            try:
                result = channel.process_packet(kind, sequence, rest)
            except PacketDecodeError as error:
                raise ProtocolError(str(error)) from None
        if inspect.isawaitable(result):
            self._recv_handler = lambda: False
            dealt = self.create_task(result)
            dealt.add_done_callback(lambda _: self._finish_recv_packet(kind, sequence, is_async=True))
            return False
        self._auth_final = True
        self._recv_seq = (sequence + 1) & LAST_SEQUENCE
        return self._transport is not None


def _deliver(channel: Any, packet: bytes) -> None:
    """Give a channel what a packet brings it, as asyncssh does, and cut out of it only once."""
    size = int.from_bytes(packet[DATA - 4 : DATA], "big")
    if DATA + size + packet[0] != len(packet):
        raise ProtocolError("A packet of another length than its content")
    if channel._recv_state != "open":  # noqa: SLF001 - asyncssh's
        raise ProtocolError("Channel not open for sending")
    if size > channel._recv_window:  # noqa: SLF001
        raise ProtocolError("Window exceeded")
    channel._accept_data(packet[DATA : DATA + size])  # noqa: SLF001


def acknowledge_at_once(connected: socket.socket) -> None:
    """Tell the peer now that its last bytes came.

    OpenSSH waits for that before it sends the next few, and systems put it off by some 40 ms.
    """
    if hasattr(socket, "TCP_QUICKACK"):
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        except OSError:
            # It is gone, or no TCP at all: then there is nothing to hurry.
            return


def write_to(channel: Any, data: bytes, datatype: int | None) -> None:
    """Write to a channel, the short way if nothing waits on it and its window takes all of it."""
    connection = channel.get_connection()
    size = len(data)
    if (
        not isinstance(connection, PacketPath)
        or channel._send_buf  # noqa: SLF001
        or channel._send_state != "open"  # noqa: SLF001
        or channel._send_chan is None  # noqa: SLF001
        or not 0 < size <= min(channel._send_window, channel._send_pktsize)  # noqa: SLF001
    ):
        channel.write(data, datatype)
        return
    channel._send_window -= size  # noqa: SLF001
    number, length = channel._send_chan.to_bytes(4, "big"), size.to_bytes(4, "big")  # noqa: SLF001
    if datatype is None:
        connection.send_packet(MSG_CHANNEL_DATA, number, length, data)
    else:
        kind = datatype.to_bytes(4, "big")
        connection.send_packet(MSG_CHANNEL_EXTENDED_DATA, number, kind, length, data)
