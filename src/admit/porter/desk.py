"""The control plane's side of one gate: what the gate was given, and what it may ask for by that.

A gate names everything by what it was given on this very link. Names of visitors and admissions cannot be
guessed, and would be worth nothing on another link; its sessions a gate numbers itself.
"""

import asyncio
from collections import deque
from typing import Any

import msgspec
import structlog

from admit.core.recordings import Opening, RecordingRefused
from admit.core.transfers import Transfer
from admit.porter.admissions import DirectAdmission
from admit.porter.asks import Refused, Session
from admit.porter.direct import DirectPorter, DirectVisitor
from admit.porter.link import Link, LinkBroken
from admit.porter.live import DirectRecording, DirectSession
from admit.porter.messages import Answer, Ended, Leaves, No, Taken, Warned
from admit.porter.names import Wanted
from admit.porter.questions import Arrive, Begun, Offer, Open, Recorded
from admit.porter.seasons import Seasons
from admit.porter.wire import LARGEST_TOLD

log = structlog.get_logger("admit.porter")

VISITORS = 20_000
SESSIONS = 20_000
"""How many of each a gate may have at once."""
ADMISSIONS = 256
"""How many of a visitor's admissions are remembered, the newest."""
HANDLE = 24
"""Letters of a name that nobody guesses: 124 bits."""
TOO_MUCH = "the gate has too much to do: try again in a moment"
AHEAD = 16 * 1024 * 1024
"""Bytes of a recording that a gate may send before it is told that they were taken."""
TAKEN_EVERY = 256 * 1024


class Remote:
    """The screen of a session at a gate."""

    def __init__(self, link: Link[Any], number: int) -> None:
        self._link = link
        self._number = number

    def warn(self, text: str) -> None:
        """Show a sentence."""
        self._link.send(Warned(self._number, text))

    def end(self, text: str) -> None:
        """Show a last sentence, and close at once."""
        self._link.send(Ended(self._number, text))


class Feed:
    """A recording that a gate feeds, no faster than the disk takes it."""

    def __init__(self, link: Link[Any], number: int, recording: DirectRecording) -> None:
        self.recording = recording
        self._link = link
        self._number = number
        self._sent = self._taken = 0
        self._keeping_up: asyncio.Task[None] | None = None

    def take(self, octets: bytes, *, typed: bool) -> None:
        """Some more of it.

        Raises:
            LinkBroken: the gate does not wait until what it sent is taken.
        """
        self._sent += len(octets)
        if self._sent - self._taken > AHEAD:
            raise LinkBroken("it sends more of a recording than is taken")
        try:
            (self.recording.input if typed else self.recording.output)(octets)
        except RecordingRefused:
            # The session was told its end when this became so; what is on its way meanwhile is lost.
            return
        if self._sent - self._taken >= TAKEN_EVERY and self._keeping_up is None:
            self._keeping_up = asyncio.create_task(self._keep_up())

    async def _keep_up(self) -> None:
        sent = self._sent
        await self.recording.keep_up()
        self._keeping_up, self._taken = None, sent
        self._link.send(Taken(self._number, sent))


class GateDesk:
    """What one gate was given."""

    def __init__(self, porter: DirectPorter, link: Link[Any], seasons: Seasons) -> None:
        self._porter = porter
        self._link = link
        self._seasons = seasons
        self._visitors: dict[str, DirectVisitor] = {}
        self._admissions: dict[str, DirectAdmission] = {}
        self._of_visitor: dict[str, deque[str]] = {}
        self._sessions: dict[int, DirectSession] = {}
        self._feeds: dict[int, Feed] = {}
        self._opening: set[int] = set()

    # -- what a gate asks --------------------------------------------------------------------------

    async def answer(self, number: int, ask: Any) -> None:
        """Answer a question."""
        try:
            content = msgspec.msgpack.encode(await ask.put(self))
        except Refused as refused:
            self._link.send(No(number, refused.reason))
        except RecordingRefused as refused:
            self._link.send(No(number, refused.why, recording=True))
        except Exception:
            # The gate must not be left waiting, nor be told what is inside.
            log.exception("a gate's question could not be answered", ask=repr(ask))
            self._link.send(No(number, "something went wrong here: the log says what"))
        else:
            if len(content) > LARGEST_TOLD:
                self._link.send(No(number, "that is too much to list: name what to open"))
            else:
                self._link.send(Answer(number, msgspec.Raw(content)))

    def arrive(self, arrival: Arrive) -> str:
        """What to name somebody by who has just come."""
        if len(self._visitors) >= VISITORS:
            raise Refused(TOO_MUCH)
        cookie = self._seasons.cookie(arrival.season, arrival.number)
        handle = self._handle()
        self._visitors[handle] = self._porter.visitor_with(cookie, arrival.peer)
        return handle

    def visitor(self, handle: str) -> DirectVisitor:
        """Who is named so."""
        found = self._visitors.get(handle)
        if found is None:
            raise Refused("nobody of that name has come")
        return found

    async def admissions(self, visitor: str, wanted: Wanted) -> list[Offer]:
        """What a visitor may open."""
        found = (await self.visitor(visitor).admissions(wanted))[:ADMISSIONS]
        # They may have left meanwhile.
        self.visitor(visitor)
        names = self._of_visitor.setdefault(visitor, deque())
        offers = []
        for each in found:
            offers.append(Offer(self._handle(), each.place))
            self._admissions[offers[-1].admission] = each
            names.append(offers[-1].admission)
        while len(names) > ADMISSIONS:
            del self._admissions[names.popleft()]
        return offers

    def admission(self, handle: str) -> DirectAdmission:
        """What was offered under a name."""
        found = self._admissions.get(handle)
        if found is None:
            raise Refused("that was not offered, or too long ago: try again")
        return found

    async def open(self, opening: Open) -> Begun:
        """A session."""
        admission, number = self.admission(opening.admission), opening.session
        if number in self._sessions or number in self._opening:
            raise Refused("there is a session of that number")
        if len(self._sessions) + len(self._opening) >= SESSIONS:
            raise Refused(TOO_MUCH)
        self._opening.add(number)
        try:
            session = await admission.open(opening.what, opening.detail, Remote(self._link, number))
            self._sessions[number] = session
        finally:
            self._opening.discard(number)
        session.follow(lambda leave: self._link.send(Leaves(number, leave)))
        return Begun(session.id, session.leave)

    def session(self, number: int) -> Session:
        """The session of a number."""
        return self._session(number)

    def _session(self, number: int) -> DirectSession:
        found = self._sessions.get(number)
        if found is None:
            raise Refused("there is no session of that number")
        return found

    async def record(self, number: int, opening: Opening) -> Recorded:
        """Begin a session's recording, if there is to be one."""
        recording = await self._session(number).record(opening)
        if recording is None:
            return "no"
        if number in self._sessions:
            self._feeds[number] = Feed(self._link, number, recording)
        else:
            recording.finish()
        return "typed" if recording.of_input else "shown"

    # -- what a gate says --------------------------------------------------------------------------

    def left(self, handle: str) -> None:
        """A visitor is gone."""
        visitor = self._visitors.pop(handle, None)
        if visitor is not None:
            visitor.leave()
        for each in self._of_visitor.pop(handle, ()):
            del self._admissions[each]

    def closed(self, number: int, reason: str) -> None:
        """A session is over for another reason than access."""
        session, feed = self._sessions.pop(number, None), self._feeds.pop(number, None)
        if session is not None:
            session.closed(reason)
        if feed is not None:
            feed.recording.finish()

    def shown(self, number: int, octets: bytes, *, typed: bool) -> None:
        """What a session showed, or what was typed.

        Raises:
            LinkBroken: the gate does not wait until what it sent is taken.
        """
        feed = self._feeds.get(number)
        if feed is not None:
            feed.take(octets, typed=typed)

    def resized(self, number: int, width: int, height: int) -> None:
        """The terminal of a session has another size."""
        feed = self._feeds.get(number)
        if feed is not None:
            feed.recording.resize(width, height)

    def transferred(self, number: int, transfer: Transfer) -> None:
        """Something was done with a file in a session, or was to be."""
        session = self._sessions.get(number)
        if session is not None:
            session.transferred(transfer)

    def lost(self, why: str) -> None:
        """The gate is gone, and so is all that it had."""
        for session in self._sessions.values():
            session.lost(why)
        for visitor in self._visitors.values():
            visitor.leave()
        log.info("a gate is gone", why=why, sessions=len(self._sessions), visitors=len(self._visitors))

    def _handle(self) -> str:
        return self._porter.house.world.chance.text(HANDLE)
