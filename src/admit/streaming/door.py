"""From who was proven and what they want to a session that runs, and what ends it."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from admit.control import decisions, programs
from admit.control.decisions import Asker
from admit.control.expected import Coming, Wanted
from admit.control.live.live_session import About, Live
from admit.control.live.recorder import Recorder
from admit.control.live.session_rows import wait
from admit.control.live.sessions import Sessions
from admit.control.streaming.streamed_apps import Streamed, asked
from admit.control.world import World
from admit.core.access import AccessDenied, Decision, Permit, Reason
from admit.core.activity import Activity, ActivityKind, Detail, Mention, Outcome
from admit.core.recordings import RecordingRefused
from admit.core.sessions import AHEAD
from admit.store.engine import Store
from admit.store.things import Thing
from admit.streaming import ahead
from admit.streaming.launcher import NO_PROGRAM, Fate, Launcher, Order, StartRefused
from admit.streaming.launching import RENEWED_S
from admit.streaming.places import Places, place_of
from admit.streaming.recording import ScreenTape, recorded
from admit.streaming.refusals import (
    CLOSED,
    ENDED,
    GAVE_WAY,
    GIVEN_UP,
    Close,
    Refused,
    refusal,
)
from admit.streaming.relay import Wires
from admit.streaming.stream import Over, Stream

log = structlog.get_logger("admit.streaming")

GREETING_S = 2.0
"""How long a screen has to speak first, as RFB wants it (RFC 6143 §7.1.1); one that hangs is not gone."""
T = TypeVar("T")

DOOR = "streaming"
"""What the door is called in sessions, decisions and metrics."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has proven who they are."""

    person: str
    """The name they signed in with."""
    users: tuple[Thing, ...]
    """Exactly the users that were proven."""
    peer: str
    client: str


@dataclass(frozen=True, slots=True)
class Means:
    """What the door has to work with."""

    launcher: Launcher
    most: int
    """How many sessions there may be at once."""
    recorder: Recorder | None = None
    """None where sessions are not recorded."""


class Door:
    """What every opening passes through, and the sessions that are open. ``run`` must run beside."""

    def __init__(self, store: Store, world: World, means: Means) -> None:
        self.store = store
        self.world = world
        self.launcher = means.launcher
        self.recorder = means.recorder
        self.sessions = Sessions(store, world)
        self.places = Places(means.most)
        self._finishing: set[asyncio.Task[None]] = set()

    async def read(self, body: Callable[[Connection], T]) -> T:
        """What a few indexed reads find: at once on SQLite, elsewhere in a thread."""

        def read() -> T:
            with self.store.read() as sql:
                return body(sql)

        return read() if self.store.is_sqlite else await asyncio.to_thread(read)

    # -- opening -----------------------------------------------------------------------------------

    @property
    def streams(self) -> dict[str, Stream]:
        """The sessions that are open, by their IDs."""
        return self.places.streams

    async def open(self, visitor: Visitor, wanted: Wanted, size: tuple[int, int] | None = None) -> Stream:
        """The session of what somebody wants: the one they have, or a new one.

        Raises:
            Refused: they may not, or there is no place for it.
        """
        streamed, permit = await self._admitted(visitor, wanted)
        running = await self.places.standing(place_of(streamed))
        if running is not None:
            return await self._taken(running, visitor)
        for each in self.places.cleared_for(streamed):
            self.close(each, "somebody else needed its place", GAVE_WAY)
        stream = Stream(streamed, streamed.app.name, self.world.clock.now, self._ended)
        return await self._begun(stream, permit, visitor, size)

    async def open_ahead(self, coming: Coming) -> None:
        """Make a session ready for who is likely to want it soon, unless they have it.

        Raises:
            Refused: they may not, or it would take too much.
        """
        visitor = Visitor(coming.users[0].name, coming.users, "", "")
        streamed, permit = await self._admitted(visitor, coming.wanted, noted=False)
        if not streamed.rules.opens_ahead or await self.places.standing(place_of(streamed)) is not None:
            return
        self.places.refuse_crowding(streamed)
        stream = Stream(streamed, streamed.app.name, self.world.clock.now, self._ended, ahead=True)
        await self._begun(stream, permit, visitor, None)

    async def _taken(self, stream: Stream, visitor: Visitor) -> Stream:
        """A session that runs, for who comes to it; from now on it is used, if it was opened ahead."""
        if stream.ahead:
            stream.taken()
            await self.sessions.retell(self._live(stream), _about(stream, visitor))
            if stream.over is not None:
                raise Refused(stream.over.text)
        return stream

    async def _admitted(
        self, visitor: Visitor, wanted: Wanted, *, noted: bool = True
    ) -> tuple[Streamed, Permit]:
        """What they want, with a permit; ``noted`` says whether it is noted what was decided."""
        now = self.world.clock.now()

        def body(sql: Connection) -> tuple[Streamed, Permit] | Refused:
            found = asked(sql, visitor.users, wanted, now)
            best = max(found, key=lambda each: (each[1].allowed, each[1].valid_until), default=None)
            if best is not None and best[1].allowed:
                if noted:
                    self._note(sql, visitor, best[1])
                return best[0], best[1].permit()
            nearest = min(found, key=lambda each: each[1].reason is Reason.NOT_GRANTED, default=None)
            if nearest is None:
                if noted:
                    self._note_nothing(visitor, wanted)
                return refusal(sql, None, "")
            if noted:
                self._note(sql, visitor, nearest[1])
            return refusal(sql, nearest[1], nearest[0].app.name, nearest[0].group.key)

        found = await self.read(body)
        if isinstance(found, Refused):
            raise found
        return found

    def _note(self, sql: Connection, visitor: Visitor, decision: Decision) -> None:
        asker, labels = Asker(visitor.person, DOOR, peer=visitor.peer), decisions.labels_of(sql, decision)
        self.world.activities.note(decisions.noted(decision, labels, asker, self.world.clock.now()))

    def _note_nothing(self, visitor: Visitor, wanted: Wanted) -> None:
        now, what = self.world.clock.now(), Mention(f"app:{wanted.app}"[:200])
        kind, refused, why = ActivityKind.DECISION, Outcome.REFUSED, Reason.NOT_GRANTED.value
        self.world.activities.note(
            Activity(now, kind, refused, visitor.person, DOOR, why, resource=what, peer=visitor.peer)
        )

    async def _begun(
        self, stream: Stream, permit: Permit, visitor: Visitor, size: tuple[int, int] | None
    ) -> Stream:
        streamed = stream.streamed
        key = programs.key_of(self.world.programs, streamed.program or "", streamed.app.name)
        if key is None:
            raise Refused(NO_PROGRAM, 503)
        with self.places.held_for(stream):
            try:
                stream.live = await self.sessions.open(permit, streamed.user, _about(stream, visitor), stream)
            except AccessDenied as denied:
                nearest = denied.decision
                raise await self.read(
                    lambda sql: refusal(sql, nearest, streamed.app.name, streamed.group.key)
                ) from None
            if stream.over is not None:
                stream.live.closed("somebody else needed its place")
                raise Refused(stream.over.text)
            stream.began()
            self.streams[stream.id] = stream
            await self._started(stream, key, size)
        return stream

    async def _started(self, stream: Stream, key: str, size: tuple[int, int] | None) -> None:
        try:
            await self.launcher.start(self._order(stream, key, size))
        except StartRefused as refused:
            self.close(stream, "it could not be started", str(refused))
            raise Refused(str(refused), 503) from None
        except BaseException:
            self.close(stream, "given up while it began", GIVEN_UP)
            raise
        if stream.over is not None:
            # Access ended while it began, or its place was needed.
            self._stop(stream)
            raise Refused(stream.over.text)
        stream.standing.set()

    def _order(self, stream: Stream, key: str, size: tuple[int, int] | None) -> Order:
        streamed = stream.streamed
        home = f"{streamed.group.id}/{streamed.user.id}"
        return Order(stream.id, key, home, stream.screen(size), lasting=not streamed.rules.forgets)

    # -- what is open ------------------------------------------------------------------------------

    async def connect(self, stream: Stream) -> Wires:
        """A connection to the screen of a session.

        Raises:
            OSError: it is over.
        """
        connection = await self.launcher.connect(stream.id)
        return await asyncio.open_unix_connection(sock=connection)

    async def tape(self, stream: Stream) -> ScreenTape | None:
        """The recording of a page that is about to show a session; None where nothing is recorded.

        Raises:
            RecordingRefused: it cannot begin; the session is over with that.
        """
        if self.recorder is None:
            return None

        def failed(text: str) -> None:
            self.close(stream, "it could not be recorded", text.removeprefix("admit: "))

        try:
            return await recorded(self.recorder, stream, stream.screen(), failed)
        except RecordingRefused as refused:
            failed(refused.text)
            raise

    async def broke_off(self, stream: Stream) -> bool:
        """Whether a screen that broke off is gone, and its session with it: the application was closed."""
        if await self._greets(stream):
            return False
        await self._gone(stream)
        return True

    async def _greets(self, stream: Stream) -> bool:
        """Whether the screen of a session speaks: one that is about to end is still connected to."""
        try:
            reader, writer = await self.connect(stream)
            try:
                async with asyncio.timeout(GREETING_S):
                    return await reader.read(1) != b""
            finally:
                writer.close()
        except TimeoutError:
            return True
        except OSError:
            return False

    async def _gone(self, stream: Stream) -> None:
        """Close a session whose sandbox is gone."""
        try:
            fate = await self.launcher.fate(stream.id)
        except OSError:
            fate = Fate.CLOSED
        self.close(stream, fate, CLOSED if fate is Fate.CLOSED else ENDED.format(why=fate))

    def finish(self, rest: Coroutine[None, None, None]) -> None:
        """Do what is left to be done of something that is over; the door does not close before."""
        self._keep(asyncio.create_task(rest), "what was left to be done failed")

    def _keep(self, task: asyncio.Task[None], fault: str) -> None:
        def over(task: asyncio.Task[None]) -> None:
            self._finishing.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error(fault, exc_info=error)

        self._finishing.add(task)
        task.add_done_callback(over)

    def close(self, stream: Stream, reason: str, text: str) -> None:
        """End a session for a reason that is not access."""
        if stream.live is not None:
            stream.live.closed(reason)
        stream.close(Over(Close.OVER, text))

    def _ended(self, stream: Stream) -> None:
        if stream.live is not None:
            self.streams.pop(stream.live.id, None)
            self._stop(stream)

    def _stop(self, stream: Stream) -> None:
        task = asyncio.create_task(self.launcher.stop(stream.id))
        self._keep(task, "a session could not be stopped: it ends with its lease")

    def note(self, kind: ActivityKind, stream: Stream, action: str, **details: Detail) -> None:
        """Note what is done in a session."""
        live = self._live(stream)
        self.world.activities.note(
            Activity(
                self.world.clock.now(),
                kind,
                Outcome.OK,
                live.question.user.name,
                action,
                peer=live.about.peer,
                session=live.id,
                details={"resource": live.about.resource, **details},
            )
        )

    def _live(self, stream: Stream) -> Live:
        if stream.live is None:
            raise RuntimeError("the session is not written down yet")
        return stream.live

    # -- beside ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Watch and renew for as long as the door is open; cancelled, end every session: the server stops."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.sessions.run())
                tasks.create_task(self._renew())
                tasks.create_task(ahead.run(self.world.expected, self.open_ahead))
        finally:
            await asyncio.gather(*self._finishing, return_exceptions=True)

    async def _renew(self) -> None:
        """Let the sessions live on whose access is watched, and end what nobody uses."""
        while True:
            await wait(asyncio.Event(), RENEWED_S)
            await self.look()

    async def look(self) -> None:
        """Renew, and end what is over, now rather than a moment later."""
        standing = {key: each for key, each in self.streams.items() if each.standing.is_set()}
        try:
            living = await self.launcher.renew(standing)
        except OSError:
            log.exception("leases could not be renewed")
            return
        now = self.world.clock.now()
        for key, stream in standing.items():
            if key not in living:
                await self._gone(stream)
            elif (why := stream.unused(now)) is not None:
                self.close(stream, why, ENDED.format(why=why))
            else:
                stream.tell(stream.left())


def _about(stream: Stream, visitor: Visitor) -> About:
    """What is told of a session that somebody comes to, or that is made ready for them."""
    app, what = stream.streamed.app, AHEAD if stream.ahead else "stream"
    return About(DOOR, app.name, app.id, visitor.peer, visitor.client, what)
