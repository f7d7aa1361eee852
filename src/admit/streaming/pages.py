"""The pages of the door: opening an application, its screen, its files, its end."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from admit.control.expected import Wanted
from admit.control.signing_in.web_sessions import SignedIn
from admit.core.activity import ActivityKind
from admit.core.recordings import RecordingRefused
from admit.core.validity import SECOND, Millis
from admit.pages.pictures import picture
from admit.pages.site import CSRF_HEADER, Forged, NotSignedIn, PageRefused, Site
from admit.streaming import refusals, tickets
from admit.streaming.door import Door, Visitor
from admit.streaming.homes import FileRefused
from admit.streaming.recording import ScreenTape
from admit.streaming.refusals import Close, Refused
from admit.streaming.relay import Wires, farewell, shown
from admit.streaming.stream import Over, Page, Speak, Stream

T = TypeVar("T")

PART = 256 * 1024
GONE = "There is no such session of yours. It may be over."
HOME = "/home"
LOOK_MS: Millis = SECOND
"""How often to look whether the browser that shows a session is still signed in."""
OVER = Over(Close.OVER, refusals.OVER)


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages of the door are made with."""

    site: Site
    door: Door
    most_bytes: int
    """The largest file that may be uploaded."""

    # -- opening -----------------------------------------------------------------------------------

    async def start(self, request: Request) -> Response:
        """Open an application: the form of a tile."""
        signed_in = await self.site.require(request)
        fields = await self.site.form(request, signed_in)
        visitor = Visitor(signed_in.name, signed_in.users, _peer(request), _client(request))
        wanted = Wanted(*(str(fields.get(name, "")) for name in ("group", "app", "session")))
        try:
            stream = await self.door.open(visitor, wanted)
        except Refused as refused:
            values = {"signed_in": signed_in, "text": self._speak(request)(refused.text)}
            values["wanted"] = refused.wanted
            return self.site.page(request, "streaming/refused.html", values, status=refused.status)
        return RedirectResponse(f"/stream/{stream.id}", HTTPStatus.SEE_OTHER)

    async def ticket(self, request: Request) -> Response:
        """Open what a connection ticket is for."""
        return await tickets.opened(self.site, self.door, request)

    # -- the screen --------------------------------------------------------------------------------

    async def screen(self, request: Request) -> Response:
        """The page of a session."""
        stream, csrf = await self._stream(request)
        streamed, rules = stream.streamed, stream.rules
        values = {
            "signed_in": await self.site.signed_in(request),
            "session": stream.id,
            "csrf": csrf,
            "app": stream.label,
            "group": streamed.group.name,
            "wanted": streamed.group.key,
            "picture": picture(self.site, streamed.program, streamed.app.name),
            "home": HOME,
            "fixed": streamed.rules.size is not None,
            "lasting": not streamed.rules.forgets,
            "copy_in": rules.clipboard in ("readwrite", "write"),
            "copy_out": rules.clipboard in ("readwrite", "read"),
            "upload": rules.file_transfer in ("all", "upload"),
            "download": rules.file_transfer in ("all", "download"),
        }
        return self.site.page(request, "streaming/screen.html", values)

    async def rfb(self, websocket: WebSocket) -> None:
        """The screen itself, and what is told beside it."""
        try:
            self.site.require_origin(websocket)
            stream, _ = await self._stream(websocket)
            holds = tickets.is_holder(websocket, stream)
            signed_in = None if holds else await self.site.require(websocket)
            wires = await self.door.connect(stream)
        except (PageRefused, NotSignedIn, Forged, OSError):
            await websocket.close()
            return
        await websocket.accept()
        page = Page(self._speak(websocket))
        try:
            tape = await self.door.tape(stream)
        except RecordingRefused:
            wires[1].close()
            await farewell(websocket, stream.over or OVER, page.speak)
            return
        watching = asyncio.create_task(self._watched(stream, page, signed_in))
        try:
            await self._show(websocket, stream, page, wires, tape)
        finally:
            watching.cancel()

    async def _watched(self, stream: Stream, page: Page, signed_in: SignedIn | None) -> None:
        """Let a page go whose person signs out, or is signed out; the holder of a ticket never signed in."""
        clock, used_at = self.door.world.clock, stream.used_at
        while signed_in is not None:
            # Whoever only watches is idle, as in the web terminal.
            if not await self.site.sessions.lives(signed_in, in_use=stream.used_at != used_at):
                page.leave(refusals.SIGNED_OUT)
                return
            used_at = stream.used_at
            await clock.sleep_until(clock.now() + LOOK_MS)

    async def _show(
        self, websocket: WebSocket, stream: Stream, page: Page, wires: Wires, tape: ScreenTape | None
    ) -> None:
        stream.left_at = 0
        try:
            await shown(websocket, stream, page, wires, tape)
        finally:
            if not stream.pages:
                stream.left_at = stream.now()
            if tape is not None:
                self.door.finish(tape.finished())
        if page.left is not None:
            await farewell(websocket, page.left, page.speak)
        elif stream.over is not None or await self.door.broke_off(stream):
            await farewell(websocket, stream.over or OVER, page.speak)

    def _speak(self, request: HTTPConnection) -> Speak:
        return self.site.reader(request).sentence

    async def end(self, request: Request) -> Response:
        """The person ends their session."""
        stream, _ = await self._stream(request, forms=True)
        self.door.close(stream, "the person ended it", refusals.ENDED_BY_PERSON)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    # -- files -------------------------------------------------------------------------------------

    async def files(self, request: Request) -> Response:
        """What lies in the home folder."""
        stream, _ = await self._stream(request)
        _require(stream, "download")
        found = await self._or_404(self.door.launcher.files(stream.id))
        listed = [{"path": each.path, "size": each.size, "changed_at": each.changed_at} for each in found]
        return JSONResponse({"files": listed}, headers={"cache-control": "no-store"})

    async def download(self, request: Request) -> Response:
        """A file of the home folder."""
        stream, _ = await self._stream(request)
        _require(stream, "download")
        path = request.path_params["path"]
        opened = await self._or_404(self.door.launcher.open_file(stream.id, path))
        size = os.fstat(opened).st_size
        self.door.note(ActivityKind.TRANSFER, stream, f"download {path}"[:1000], bytes=size)
        name = quote(path.rpartition("/")[2])
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{name}",
            "content-security-policy": "sandbox; default-src 'none'",
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        }
        return StreamingResponse(
            _read(opened, stream), media_type="application/octet-stream", headers=headers
        )

    async def upload(self, request: Request) -> Response:
        """A file for the home folder: the body as it is."""
        try:
            name, size = await self._uploaded(request)
        except PageRefused as refused:
            return JSONResponse({"refused": self._speak(request)(refused.text)}, refused.status)
        return JSONResponse({"name": name, "size": size})

    async def _uploaded(self, request: Request) -> tuple[str, int]:
        stream, _ = await self._stream(request, forms=True)
        _require(stream, "upload")
        made = await self._or_404(
            self.door.launcher.new_file(stream.id, request.query_params.get("name", ""))
        )
        size, most = 0, min(self.most_bytes, made.room)
        try:
            async for part in request.stream():
                size += len(part)
                if size > most or stream.over is not None:
                    os.ftruncate(made.opened, 0)
                    raise PageRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, refusals.TOO_LARGE)
                await asyncio.to_thread(_write, made.opened, part)
        finally:
            os.close(made.opened)
        self.door.note(ActivityKind.TRANSFER, stream, f"upload {made.name}"[:1000], bytes=size)
        return made.name, size

    # -- who may -----------------------------------------------------------------------------------

    async def _stream(self, request: HTTPConnection, *, forms: bool = False) -> tuple[Stream, str]:
        """The session that is asked for, if it is theirs who ask; and what its forms send along.

        Raises:
            PageRefused: it is not, or there is none.
            NotSignedIn, Forged: as for every page.
        """
        stream = self.door.streams.get(request.path_params["session"])
        if stream is not None and tickets.is_holder(request, stream):
            if forms:
                self.site.require_origin(request)
                if request.headers.get(CSRF_HEADER) != tickets.form_token(stream):
                    raise Forged
            return stream, tickets.form_token(stream)
        signed_in = await self.site.require(request)
        if forms:
            self.site.require_origin(request)
            self.site.require_token(request, signed_in)
        if stream is None or stream.streamed.user.ref not in {user.ref for user in signed_in.users}:
            raise PageRefused(HTTPStatus.NOT_FOUND, GONE)
        return stream, signed_in.csrf

    async def _or_404(self, wanted: Coroutine[None, None, T]) -> T:
        try:
            return await wanted
        except FileRefused as refused:
            raise PageRefused(HTTPStatus.NOT_FOUND, str(refused)) from None


def routes(site: Site, door: Door, most_bytes: int) -> list[BaseRoute]:
    """The door's own paths."""
    pages = Pages(site, door, most_bytes)
    return [
        Route("/stream/start", pages.start, methods=["POST"]),
        Route("/stream/open", pages.ticket, methods=["GET"]),
        Route("/stream/{session}", pages.screen),
        WebSocketRoute("/stream/{session}/rfb", pages.rfb),
        Route("/stream/{session}/end", pages.end, methods=["POST"]),
        Route("/stream/{session}/files", pages.files, methods=["GET"]),
        Route("/stream/{session}/files", pages.upload, methods=["POST"]),
        Route("/stream/{session}/files/{path:path}", pages.download, methods=["GET"]),
    ]


def _require(stream: Stream, way: str) -> None:
    if stream.rules.file_transfer not in ("all", way):
        raise PageRefused(HTTPStatus.FORBIDDEN, "Files may not be copied this way here.")


def _peer(request: HTTPConnection) -> str:
    return request.client.host if request.client else ""


def _client(request: HTTPConnection) -> str:
    return request.headers.get("user-agent", "")[:200]


async def _read(opened: int, stream: Stream) -> AsyncIterator[bytes]:
    """The bytes of a file, for as long as the session lasts."""
    try:
        while stream.over is None and (part := await asyncio.to_thread(partial(os.read, opened, PART))):
            yield part
    finally:
        os.close(opened)


def _write(opened: int, part: bytes) -> None:
    left = memoryview(part)
    while left:
        left = left[os.write(opened, left) :]
