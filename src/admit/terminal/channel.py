"""A browser's WebSocket as the channel of a person's client: bytes both ways, as fast as they are taken."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from admit.pages.site import Reader
from admit.ssh.connections import Outlet

WINDOW_BYTES = 512 * 1024
"""How much may be on its way that the page has not drawn: a flood must not keep Ctrl-C waiting."""
FULL_BYTES = 256 * 1024
"""How much may wait here before the host is read no more."""
PIECE_BYTES = 32 * 1024
TYPED_BYTES = 1024 * 1024
"""How much may be typed, or pasted, ahead of what the host takes."""
ENVIRONMENT: Mapping[str | bytes, str | bytes] = {"LANG": "C.UTF-8"}
"""Without it a host's shell takes a letter that is not ASCII for several."""

PROGRAM_ENDED = "The program ended."
SIGNALLED = "The program was ended by the signal {name}."
HOST_CLOSED = "The host closed the session."
UNREADABLE = "The page sent something that cannot be read."
TYPED_TOO_MUCH = "More was typed than the host takes."
SIGNED_OUT = "You are signed out."
SIGNED_OUT_MEANWHILE = "you have signed out"
TOO_MANY = "Too many terminals are open in this browser: close one."
_OF_THE_BROWSER = (SIGNED_OUT, SIGNED_OUT_MEANWHILE, TOO_MANY)
FORMS = (PROGRAM_ENDED, SIGNALLED, HOST_CLOSED, UNREADABLE, TYPED_TOO_MUCH, *_OF_THE_BROWSER)
"""All that a page is told of its end besides what the gate says; each is said in every language of pages."""


class Code(IntEnum):
    """Why a page is told that it is over. Browsers leave 4000 and above to whoever serves."""

    OVER = 4000
    """The program ended, or the host broke off."""
    SIGNED_OUT = 4401
    REFUSED = 4403
    """Access was taken away, or there was none."""
    EXPIRED = 4410
    """The time it was granted for is over."""
    TOO_MUCH = 1009
    UNREADABLE = 1007


class Size(msgspec.Struct, tag="size"):
    """The terminal has this size, from now on."""

    columns: int
    rows: int

    @property
    def fits(self) -> bool:
        """Whether it is a size that a terminal has."""
        return 1 <= self.columns <= 1000 and 1 <= self.rows <= 1000


class Drawn(msgspec.Struct, tag="drawn"):
    """So many bytes more have been drawn."""

    many: int


_FROM_PAGE = msgspec.json.Decoder(Size | Drawn)


@dataclass(frozen=True, slots=True)
class _Last:
    code: int
    text: str


class WebChannel:
    """What a client's end needs of a channel, on a WebSocket that was accepted."""

    def __init__(self, socket: WebSocket, reader: Reader) -> None:
        """The page is told in the reader's language what becomes of the session."""
        self._socket = socket
        self.reader = reader
        self.outlet = Outlet()
        self._unsent = bytearray()
        self._undrawn = 0
        self._notes: list[Any] = []
        self._more = asyncio.Event()
        self._reads = True
        self._typed = bytearray()
        self._last: _Last | None = None
        self._sending: asyncio.Task[None] | None = None
        self.give: Callable[[bytes], None] = lambda _typed: None
        """Gets what is typed, while it is read."""

    # -- what the end asks of it -------------------------------------------------------------------

    def get_connection(self) -> "WebChannel":
        """Itself: it has one channel."""
        return self

    def get_environment(self) -> Mapping[str | bytes, str | bytes]:
        """What the page would set."""
        return ENVIRONMENT

    def is_closing(self) -> bool:
        """Whether nothing more is sent."""
        return self._last is not None

    def pause_reading(self) -> None:
        """Hand on nothing for now."""
        self._reads = False

    def resume_reading(self) -> None:
        """Hand on again, what came meanwhile first."""
        self._reads = True
        typed, self._typed = bytes(self._typed), bytearray()
        if typed:
            self.give(typed)

    def write(self, octets: bytes, _kind: int | None = None) -> None:
        """Show; a terminal shows both kinds of output alike."""
        self._unsent += octets
        if len(self._unsent) > FULL_BYTES:
            self.outlet.fill()
        self._more.set()

    def write_eof(self) -> None:
        """Nothing: the end itself is told."""

    def tell(self, note: Any) -> None:
        """Tell the page something beside what its terminal shows."""
        self._notes.append(note)
        self._more.set()

    def exit(self, _status: int) -> None:
        """The program ended."""
        self.finish(Code.OVER, PROGRAM_ENDED)

    def exit_with_signal(self, name: str, *_more: object) -> None:
        """A signal ended the program."""
        self.finish(Code.OVER, SIGNALLED.format(name=name))

    def finish(self, code: Code, text: str) -> None:
        """Say why it is over, after all that is still to be shown, and close. The first reason stays."""
        if self._last is None:
            self._last = _Last(code, text)
            self._more.set()

    def drop_unsent(self) -> None:
        """Show no more of what waits: it is not theirs to see any more, or would hold up the last line."""
        self._unsent.clear()

    def close(self) -> None:
        """Close once all is shown."""
        self.finish(Code.OVER, HOST_CLOSED)

    def abort(self) -> None:
        """Close at once."""
        self.close()
        if self._sending is not None:
            self._sending.cancel()

    # -- the browser -------------------------------------------------------------------------------

    async def first_size(self) -> Size | None:
        """The size the page's terminal has; None if it does not begin with that."""
        message = await self._socket.receive()
        try:
            first = _FROM_PAGE.decode(message.get("text") or "")
        except msgspec.MsgspecError:
            return None
        return first if isinstance(first, Size) and first.fits else None

    async def send(self) -> None:
        """Send for as long as there is anything to say; it ends with the session."""
        self._sending = asyncio.current_task()
        with suppress(WebSocketDisconnect, RuntimeError):
            while not await self._sent_all():
                await self._more.wait()
                self._more.clear()

    async def _sent_all(self) -> bool:
        while self._notes:
            await self._say(self._notes.pop(0))
        while self._unsent and (self._undrawn < WINDOW_BYTES or self._last is not None):
            part = bytes(self._unsent[:PIECE_BYTES])
            del self._unsent[:PIECE_BYTES]
            self._undrawn += len(part)
            await self._socket.send_bytes(part)
            if len(self._unsent) <= FULL_BYTES // 2:
                self.outlet.drain()
        last = self._last
        if last is None or self._unsent:
            return False
        await self._say({"ended": self.reader.sentence(last.text), "code": last.code})
        await self._socket.close(last.code)
        return True

    async def _say(self, note: Any) -> None:
        await self._socket.send_text(msgspec.json.encode(note).decode())

    async def receive(self, resized: Callable[[Size], None], typing: Callable[[], None]) -> None:
        """Take what the page sends, until it is gone."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            octets = message.get("bytes")
            if octets:
                typing()
                self._take(octets)
                continue
            try:
                note = _FROM_PAGE.decode(message.get("text") or "")
            except msgspec.MsgspecError:
                self.finish(Code.UNREADABLE, UNREADABLE)
                continue
            if isinstance(note, Drawn):
                self._undrawn = max(0, self._undrawn - max(0, note.many))
                self._more.set()
            elif note.fits:
                resized(note)

    def _take(self, octets: bytes) -> None:
        if self._reads:
            self.give(octets)
        elif len(self._typed) + len(octets) <= TYPED_BYTES:
            # Receiving goes on, or the page could not say any more what it has drawn.
            self._typed += octets
        else:
            self.finish(Code.TOO_MUCH, TYPED_TOO_MUCH)
