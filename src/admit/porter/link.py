"""One end of the socket between a gate and the control plane: messages, each with its length before it."""

import asyncio
from typing import Generic, TypeVar

import msgspec

from admit.porter.wire import LEASE_S, Message

M = TypeVar("M")

HEAD = 4
"""Bytes of a length."""
UNREAD = 32 * 1024 * 1024
"""How many bytes may wait for the other end to read before it is given up."""

_ENCODER = msgspec.msgpack.Encoder()


async def pause(seconds: float) -> None:
    """Wait by the loop's clock: a wall clock that is set must not break a link."""
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, passed.set)
    await passed.wait()


class LinkBroken(Exception):
    """The other end is gone, silent, or says what cannot be understood. The text says which."""


class Link(Generic[M]):
    """Sends without waiting; what is sent in one turn of the loop goes out together."""

    def __init__(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        said: msgspec.msgpack.Decoder[M],
        largest: int,
    ) -> None:
        """``said`` reads what the other end says; ``largest`` is how many bytes it may say at once."""
        self._reader, self._writer = streams
        self._said = said
        self._largest = largest
        self._unsent: list[bytes] = []
        self._loop = asyncio.get_running_loop()

    def send(self, message: Message) -> None:
        """Say something. To one who is gone that is nothing."""
        if not self._unsent:
            self._loop.call_soon(self._flush)
        content = _ENCODER.encode(message)
        self._unsent += (len(content).to_bytes(HEAD, "big"), content)

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        transport = self._writer.transport
        if transport.is_closing():
            return
        transport.write(b"".join(unsent))
        if transport.get_write_buffer_size() > UNREAD:
            # It does not read what it asked for: to wait for it would hold up those who are told their end.
            transport.abort()

    async def receive(self) -> M:
        """What the other end says next, once it reads what it is told.

        Raises:
            LinkBroken: it says nothing, or nothing that can be understood.
        """
        try:
            async with asyncio.timeout(LEASE_S):
                await self._writer.drain()
                size = int.from_bytes(await self._reader.readexactly(HEAD), "big")
                if size > self._largest:
                    raise LinkBroken(f"it says {size} bytes at once")
                content = await self._reader.readexactly(size)
        except TimeoutError:
            raise LinkBroken("it was silent for too long") from None
        except (asyncio.IncompleteReadError, OSError):
            raise LinkBroken("it is gone") from None
        try:
            return self._said.decode(content)
        except msgspec.DecodeError as error:
            raise LinkBroken(f"it says what cannot be understood: {error}") from None

    def close(self) -> None:
        """Hang up, once all that was said is sent."""
        self._flush()
        self._writer.close()
