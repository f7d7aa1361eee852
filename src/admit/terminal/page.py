"""The web terminal: a page that opens what the SSH door opens, admitted, watched and recorded alike."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from admit.control.signing_in.web_sessions import SignedIn
from admit.core.validity import FOREVER, SECOND, Millis
from admit.pages.site import Forged, Site
from admit.porter.asks import SAID_BY, Admission
from admit.porter.direct import DirectPorter
from admit.porter.names import LONGEST_PART, Wanted
from admit.porter.opener import Opener
from admit.ssh.openings import open_session
from admit.ssh.session import ClientEnd, Terminal
from admit.ssh.visits import Visit
from admit.terminal.channel import (
    SIGNED_OUT,
    SIGNED_OUT_MEANWHILE,
    TOO_MANY,
    UNREADABLE,
    Code,
    Size,
    WebChannel,
)

KIND = "xterm-256color"
"""What the page's terminal is to the programs that draw in it."""
LOOK_MS: Millis = SECOND
"""How often to look whether the browser is still signed in, and until when access holds."""
MOST_OF_ONE = 32
"""How many terminals one browser may have open."""
POLICY = {"style-src": "'self' 'unsafe-inline'"}
"""The terminal sets colours and sizes in its own elements."""


class WebVisit(Visit):
    """The visit of one page, which remembers what it was let in to."""

    admitted: Admission | None = None

    async def admission(self, client: ClientEnd | None = None) -> Admission:
        """The one thing that is meant and may be opened, or that is chosen in the terminal."""
        self.admitted = await super().admission(client)
        return self.admitted


class WebEnd(ClientEnd):
    """The end of a session that a page holds."""

    def __init__(self, channel: WebChannel, size: Size, now: Callable[[], Millis]) -> None:
        super().__init__(_begun_already)
        self.web = self.channel = channel
        self.terminal = Terminal(KIND, (size.columns, size.rows, 0, 0), {})
        self.until: Millis = FOREVER
        self._now = now
        channel.give = lambda typed: self.data_received(typed, None)

    def warn(self, text: str) -> None:
        """A sentence beside the terminal, where it disturbs no program's screen."""
        self.web.tell({"warn": self.web.reader.sentence(text)})

    @property
    def language(self) -> str:
        """That of the page."""
        return self.web.reader.language

    def refuse(self, line: str) -> None:
        """The last line, and the end. What was said of the end before stays."""
        self.web.finish(Code.REFUSED, line.removeprefix(SAID_BY))
        super().refuse(line)

    def cut(self, line: str) -> None:
        """End at once: what still waits to be shown is not theirs to see any more."""
        code = Code.EXPIRED if self.until <= self._now() else Code.REFUSED
        self.web.drop_unsent()
        self.web.finish(code, line.removeprefix(SAID_BY))
        super().cut(line)

    def leave(self, code: Code, text: str) -> None:
        """End for a reason of the page's own."""
        self.web.finish(code, text)
        super().cut(SAID_BY + text)

    def tell_until(self, until: Millis) -> None:
        """Tell the page until when access holds."""
        self.until = until
        self.web.tell({"until": None if until == FOREVER else until})


def _done() -> asyncio.Future[None]:
    """That they are in: whoever has signed in with the browser is."""
    done = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done


async def _begun_already(_client: ClientEnd) -> None:
    """Nothing: whoever accepts the page begins its session."""


class WebTerminal:
    """The page and what it is connected to."""

    def __init__(self, porter: DirectPorter, site: Site) -> None:
        self._porter = porter
        self._site = site
        self._open: Counter[str] = Counter()
        """How many terminals each browser has open, by its session."""

    async def page(self, request: Request) -> Response:
        """The page; it says by itself what becomes of the connection."""
        signed_in = await self._site.require(request)
        wanted = _wanted(signed_in, request.path_params["target"])
        values = {"signed_in": signed_in, "label": wanted.label, "target": request.path_params["target"]}
        return self._site.page(request, "terminal/terminal.html", values, policy=POLICY)

    async def connected(self, socket: WebSocket) -> None:
        """The page's connection, from its handshake to its end."""
        signed_in = await self._site.signed_in(socket)
        if not self._is_ours(socket):
            # Before it is accepted: to whoever asks from elsewhere there is nothing here.
            await socket.close()
            return
        await socket.accept()
        channel = WebChannel(socket, self._site.reader(socket))
        if signed_in is None or not signed_in.users:
            channel.finish(Code.SIGNED_OUT, SIGNED_OUT)
            await channel.send()
        elif self._open[signed_in.id] >= MOST_OF_ONE:
            channel.finish(Code.REFUSED, TOO_MANY)
            await channel.send()
        else:
            self._open[signed_in.id] += 1
            try:
                with suppress(WebSocketDisconnect):
                    await self._serve(socket, channel, signed_in)
            finally:
                self._open[signed_in.id] -= 1

    def _is_ours(self, socket: WebSocket) -> bool:
        """Whether a page of ours asks. Cookies come along wherever a connection is begun from."""
        if "origin" not in socket.headers:
            return False
        try:
            self._site.require_origin(socket)
        except Forged:
            return False
        return True

    async def _serve(self, socket: WebSocket, channel: WebChannel, signed_in: SignedIn) -> None:
        size = await channel.first_size()
        if size is None:
            channel.finish(Code.UNREADABLE, UNREADABLE)
            await channel.send()
            return
        peer = socket.client.host if socket.client else ""
        client = f"web {socket.headers.get('user-agent', '')}"[:200]
        visitor = self._porter.entered(Opener(signed_in.name, signed_in.users, peer, client, door="web"))
        clock, wanted = self._site.world.clock, _wanted(signed_in, socket.path_params["target"])
        visit = WebVisit(visitor, wanted, clock, _done())
        end = WebEnd(channel, size, clock.now)
        watch = _Watch(self._site, signed_in, visit, end)
        tasks = [asyncio.create_task(each) for each in (open_session(visit, end), watch.run())]
        sending = asyncio.create_task(channel.send())
        receiving = asyncio.create_task(channel.receive(_resizer(end), watch.typed))
        try:
            await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, sending, receiving):
                task.cancel()
            end.connection_lost(None)
            visit.close()
            visitor.leave()
            await asyncio.gather(*tasks, sending, receiving, return_exceptions=True)


class _Watch:
    """Looks, while a terminal is open, whether its browser is signed in and until when access holds."""

    def __init__(self, site: Site, signed_in: SignedIn, visit: WebVisit, end: WebEnd) -> None:
        self._site, self._signed_in, self._visit, self._end = site, signed_in, visit, end
        self._was_typed = False

    def typed(self) -> None:
        """Somebody is there: whoever types is not idle."""
        self._was_typed = True

    async def run(self) -> None:
        """Until either is over."""
        sessions, clock = self._site.sessions, self._site.world.clock
        told: Millis | None = None
        while True:
            if not await sessions.lives(self._signed_in, in_use=self._was_typed):
                self._end.leave(Code.SIGNED_OUT, SIGNED_OUT_MEANWHILE)
                return
            self._was_typed = False
            admitted = self._visit.admitted
            until = None if admitted is None else await admitted.until()
            if until is not None and until != told:
                told = until
                self._end.tell_until(until)
            await clock.sleep_until(clock.now() + LOOK_MS)


def _resizer(end: WebEnd) -> Callable[[Size], None]:
    return lambda size: end.terminal_size_changed(size.columns, size.rows, 0, 0)


def _wanted(signed_in: SignedIn, target: str) -> Wanted:
    """What an address names: ``ACCOUNT@HOST``, ``@HOST`` the host alone, ``HOST`` what there is on it."""
    account, sign, host = target.rpartition("@")
    if not target.isprintable() or max(len(account), len(host)) > LONGEST_PART:
        return Wanted(signed_in.name, None, None)
    return Wanted(signed_in.name, account if sign else None, host or None)


def routes(porter: DirectPorter, site: Site) -> list[BaseRoute]:
    """Where the terminal is."""
    terminal = WebTerminal(porter, site)
    return [
        Route("/terminal/{target:path}", terminal.page),
        WebSocketRoute("/terminal/{target:path}", terminal.connected),
    ]
