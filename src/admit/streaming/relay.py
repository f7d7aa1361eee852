"""Between a page and a screen: bytes both ways, each side read only as fast as the other takes them."""

import asyncio
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from admit.streaming.recording import ScreenTape
from admit.streaming.stream import Over, Page, Speak, Stream, encoded

PART = 64 * 1024
FAREWELL_S = 2.0
"""How long a page has to take the last notice before its connection is let go."""
_INPUT = frozenset((4, 5, 255))
"""The first byte of what a page sends for a key or a pointer (RFC 6143 §7.5; 255: with scan codes)."""

Wires = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def shown(
    websocket: WebSocket, stream: Stream, page: Page, wires: Wires, tape: ScreenTape | None
) -> None:
    """Show a session to a page, which is accepted already, until either is over.

    When keys and buttons are pressed is noted. ``tape`` is given what is shown, before the page is.
    """
    stream.join(page)
    reader, writer = wires
    tasks = {
        asyncio.create_task(_down(reader, websocket, tape)),
        asyncio.create_task(_up(websocket, writer, stream)),
        asyncio.create_task(_told(page, websocket)),
        asyncio.create_task(page.over.wait()),
    }
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stream.pages.discard(page)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()


async def farewell(websocket: WebSocket, over: Over, speak: Speak) -> None:
    """Tell a page why its connection is closed, if it is there to be told."""
    with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
        async with asyncio.timeout(FAREWELL_S):
            told = {"kind": "over", "code": int(over.code), "text": over.text}
            await websocket.send_text(encoded(told, speak))
            await websocket.close(int(over.code))


async def _down(reader: asyncio.StreamReader, websocket: WebSocket, tape: ScreenTape | None) -> None:
    """From the screen to the page."""
    while part := await reader.read(PART):
        if tape is not None:
            tape.output(part)
            await tape.keep_up()
        await websocket.send_bytes(part)


async def _up(websocket: WebSocket, writer: asyncio.StreamWriter, stream: Stream) -> None:
    """From the page to the screen. Text is nothing a page may send."""
    while True:
        part = await websocket.receive_bytes()
        if part and part[0] in _INPUT:
            stream.used_at = stream.now()
        writer.write(part)
        await writer.drain()


async def _told(page: Page, websocket: WebSocket) -> None:
    """Notices to the page."""
    while True:
        await websocket.send_text(encoded(await page.notices.get(), page.speak))
