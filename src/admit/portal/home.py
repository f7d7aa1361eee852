"""The page of everything somebody may use now: it follows grants while it is looked at."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from admit.control import names
from admit.control.expected import Coming, Wanted
from admit.control.requests import access_requests, break_glass, reviews
from admit.control.requests.break_glass import AgreementDetails
from admit.control.signing_in.web_sessions import SignedIn
from admit.control.streaming.streamed_apps import GroupRules
from admit.core.validity import DAY, Millis
from admit.pages.changes import ChangeWatch, Watch
from admit.pages.pictures import picture
from admit.pages.site import Site, protected
from admit.portal import working
from admit.portal.cells import cells
from admit.portal.holdings import Holdings, held
from admit.portal.parts import parts
from admit.portal.past import Had, called, had, plain
from admit.store.things import Thing

LONGEST_SEARCH = 200
WAITING_SHOWN = 20
"""How many requests an owner is shown, the oldest: others follow when these are decided."""
LOOK_MS: Millis = 5_000
"""How often an open page looks whether its browser is still signed in."""
GATHER_MS: Millis = 50
"""How long after a change to look what it did: a change seldom comes alone."""


@dataclass(frozen=True, slots=True)
class Glass:
    """A glass that may be broken."""

    agreement: Thing
    label: str
    lasting_ms: Millis
    note: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows, of one moment."""

    held: Holdings
    had: list[Had]
    requests: list[Thing]
    to_decide: list[Thing]
    glass: list[Glass]
    reviews: list[tuple[Thing, int]]
    """The access reviews in which something waits, and how much."""

    def keys(self) -> frozenset[int]:
        """What it hears of changes of."""
        return self.held.keys | {each.key for each in self.requests}

    @property
    def mark(self) -> str:
        """A text that is another as soon as something else is shown."""
        held = tuple([(each.thing.key, each.until, each.label, each.way) for each in self.held.all()])
        rest = (*self.had, *self.glass)
        states = tuple((each.key, each.changed_at) for each in (*self.requests, *self.to_decide))
        states += tuple((each.key, many) for each, many in self.reviews)
        return f"{hash((held, tuple(repr(each) for each in rest), states)):x}"


def seen(sql: Connection, users: tuple[Thing, ...], now: Millis) -> Seen:
    """What the page shows to whoever has proven to be these users."""
    now_held = held(sql, users, now)
    return Seen(
        now_held,
        had(sql, users, now_held.keys, now),
        access_requests.of_users(sql, users)[:20],
        access_requests.to_decide(sql, users, now, WAITING_SHOWN + 1),
        glass_of(sql, users, now),
        reviews.open_to(sql, users, now),
    )


def glass_of(sql: Connection, users: tuple[Thing, ...], now: Millis) -> list[Glass]:
    """The glasses that one of some proven users may break now."""
    found = break_glass.open_to(sql, users, now)
    labels = names.labels(sql, [each.parent for each in found])
    told = []
    for each in found:
        details = each.read(AgreementDetails)
        told.append(Glass(each, plain(labels[each.parent]), details.lasting_ms, details.note))
    return told


class HomePages:
    """It, its part that changes, and what tells it to."""

    def __init__(self, site: Site, changes: ChangeWatch, *, streams: bool) -> None:
        """``streams`` says whether applications are streamed here."""
        self.site = site
        self._changes = changes
        self._streams = streams

    async def home(self, request: Request) -> Response:
        """The whole page."""
        signed_in = await self.site.require(request)
        values = await self._values(request, signed_in)
        self._tell(signed_in, values["seen"].held)
        return self.site.page(request, "portal/home.html", values)

    def _tell(self, signed_in: SignedIn, now_held: Holdings) -> None:
        """Let what their delivery groups open first be made ready: whoever comes here opens something."""
        for each in now_held.streamed:
            if each.asked_as.read(GroupRules).opens_first == each.thing.id:
                session = "" if each.session is None else each.session.id
                wanted = Wanted(each.asked_as.id, each.thing.id, session)
                self.site.world.expected.tell(Coming(signed_in.users, wanted))

    async def now(self, request: Request) -> Response:
        """The part of it that changes."""
        signed_in = await self.site.require(request)
        text = self.site.fragment(request, "portal/now.html", await self._values(request, signed_in))
        return Response(text, media_type="text/html", headers=protected({}))

    async def begin(self, _request: Request) -> Response:
        """The same by another address."""
        return RedirectResponse("/home", 303)

    async def events(self, request: Request) -> Response:
        """Says, for as long as somebody looks, when what they see has changed."""
        signed_in = await self.site.require(request)
        headers = protected({}) | {"x-accel-buffering": "no"}
        return StreamingResponse(
            self._told(signed_in, request.query_params.get("seen")),
            media_type="text/event-stream",
            headers=headers,
        )

    async def _told(self, signed_in: SignedIn, shown: str | None) -> AsyncIterator[str]:
        """``shown`` is what the page shows: it may have changed since it was made."""
        with self._changes.watching() as watch:
            yield "retry: 2000\n\n"
            while not self._changes.stopping:
                watch.woken.clear()
                if not await self.site.sessions.lives(signed_in):
                    yield "event: signed-out\ndata:\n\n"
                    return
                found = await self._seen(signed_in)
                watch.keys = found.keys()
                mark = found.mark
                if shown is not None and mark != shown:
                    yield "event: changed\ndata:\n\n"
                else:
                    # A browser that is gone is noticed by what cannot be sent to it.
                    yield ":\n\n"
                shown = mark
                await self._rest(watch, found.held.next_end)

    async def _rest(self, watch: Watch, next_end: Millis | None) -> None:
        """Until a change that may concern it, the end of something, or the next look at the session."""
        clock = self.site.world.clock
        until = clock.now() + LOOK_MS
        waits: list[asyncio.Task[Any]] = [
            asyncio.create_task(watch.woken.wait()),
            asyncio.create_task(clock.sleep_until(until if next_end is None else min(until, next_end))),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        if watch.woken.is_set():
            await clock.sleep_until(clock.now() + GATHER_MS)

    async def _seen(self, signed_in: SignedIn) -> Seen:
        now = self.site.world.clock.now()
        return await working.read(self.site, lambda sql: seen(sql, signed_in.users, now))

    async def _values(self, request: Request, signed_in: SignedIn) -> dict[str, Any]:
        found = await self._seen(signed_in)
        search = request.query_params.get("q", "")[:LONGEST_SEARCH].strip()
        now = self.site.world.clock.now()
        shown = found.held.matching(search) if search else found.held
        return {
            "signed_in": signed_in,
            "streams": self._streams,
            "seen": found,
            "shown": shown,
            "parts": parts(request.query_params, shown),
            "search": search,
            "ending": found.held.ending(now + DAY),
            "waiting_shown": WAITING_SHOWN,
            "state_of": lambda each: access_requests.state_of(each, now),
            "called": called,
            "picture_of": lambda each: picture(self.site, each.details.program, each.thing.name),
            "asked": lambda each: each.read(access_requests.RequestDetails),
            **cells(self.site.reader(request)),
        }
