"""Live sessions: opened with a permit, watched against every change and the clock, ended with a reason."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Protocol

import structlog

from admit.control import session_words
from admit.control.access import ask_as
from admit.control.session_checks import Ended, Paths, Question, Verdict, judge
from admit.control.session_rows import AUTHOR, Rows, wait
from admit.control.world import World
from admit.core.access import Decision, Permit
from admit.core.sessions import Outcome, Standing, looked_at_next, warning
from admit.core.validity import FOREVER, MINUTE, SECOND, Millis
from admit.store import changes
from admit.store.changes import Change
from admit.store.engine import Store, Tx
from admit.store.links import current_revision
from admit.store.sessions import End, NewSession
from admit.store.things import Thing

log = structlog.get_logger("admit.sessions")

POLL_S = 0.1
"""How often to look for changes that another process made; our own wake us."""
RETRY_S = 1.0
"""How long to wait when the store could not be read."""
BLIND: Millis = MINUTE
"""How long sessions may live of which nothing can be found out."""
AT_ONCE = 25
"""How many sessions are asked about, and told, before the loop serves others."""


@dataclass(frozen=True, slots=True)
class About:
    """What is told of a session besides whose it is and what for."""

    door: str
    """ssh"""
    resource: str
    """What people call it: root@db-1."""
    login: str
    """The name used at the resource."""
    peer: str
    """The address it came from."""
    client: str
    """The program at the other end, as it says itself."""
    what: str
    """shell, exec, sftp, forward"""


class Screen(Protocol):
    """The person's end of a session. Both are called on the event loop, and may not wait."""

    def warn(self, text: str) -> None:
        """Show a sentence, if there is where to show it."""
        ...

    def end(self, text: str) -> None:
        """Show a last sentence, and close at once."""
        ...


class Live:
    """A session that lives."""

    def __init__(self, sessions: "Sessions", question: Question, about: About, screen: Screen) -> None:
        self.id = question.id
        self.about = about
        self.screen = screen
        self.question = question
        self.told: Millis = FOREVER
        """The warning given last, by how long before the end it is due."""
        self.look_at: Millis = 0
        """When the clock is next of importance to it."""
        self._sessions = sessions

    @property
    def standing(self) -> Standing:
        """What it stands on."""
        return self.question.standing

    def stand_on(self, standing: Standing) -> None:
        """It stands on something else from now on."""
        if standing.until != self.standing.until:
            self.told = FOREVER
        self.question = Question(self.id, self.question.user, self.question.resource, standing)

    def closed(self, reason: str) -> None:
        """The door says that it is over for another reason than access. After its end that is nothing."""
        self._sessions.forget(self, Ended(Outcome.CLOSED, reason))


class Sessions:
    """The live sessions of one process. ``run`` must run while there are any: ``open`` waits for it."""

    def __init__(self, store: Store, world: World, node: str = "gate") -> None:
        """``node`` names the place: sessions that another process of it left open are over."""
        self._store = store
        self._world = world
        self._clock = world.clock
        self._rows = Rows(store, world.clock, node, world.chance.text(12))
        self._live: dict[str, Live] = {}
        self._paths = Paths()
        self._moments: list[tuple[Millis, str]] = []
        self._new: set[str] = set()
        """Sessions opened since the last look: the policy may have changed before they were known here."""
        self._seen: int | None = None
        """The revision up to which changes were dealt with."""
        self._checked_at: Millis = 0
        self._asked: list[asyncio.Future[None]] = []
        self._woken = asyncio.Event()
        self._watched = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        store.on_commit(self._wake)

    def __len__(self) -> int:
        return len(self._live)

    def _wake(self, _revision: int) -> None:
        if self._loop is not None and self._live:
            self._loop.call_soon_threadsafe(self._woken.set)

    # -- the door's side ---------------------------------------------------------------------------

    async def open(self, permit: Permit, user: Thing, about: About, screen: Screen) -> Live:
        """A session of a user for what the permit is about. It is written down before it begins.

        Raises:
            AccessDenied: access has ended since the permit was given.
        """
        await self._watched.wait()
        resource = permit.decision.question.resource
        session = f"s-{self._world.chance.text(16)}"

        def body(tx: Tx) -> Decision:
            decision = ask_as(tx.sql, user.ref, resource, tx.now).permit().decision
            new = NewSession(
                id=session,
                node=self._rows.node,
                process=self._rows.process,
                door=about.door,
                person=decision.question.subject.key,
                user=user.key,
                resource=resource.key,
                login=about.login,
                peer=about.peer,
                client=about.client,
                what=about.what,
                revision=decision.revision,
                until=decision.valid_until,
            )
            self._rows.add(tx, new)
            return decision

        decision = await self._written(session, self._store.write(AUTHOR, body))
        live = Live(self, Question(session, user.ref, resource, Standing.on(decision)), about, screen)
        self._live[session] = live
        self._world.metrics.sessions_live.labels(about.door).inc()
        self._stand(live, live.standing)
        self._new.add(session)
        self._woken.set()
        return live

    async def _written(self, session: str, written: "Future[Decision]") -> Decision:
        """The decision a session was written down with; whoever stops waiting leaves none open."""
        try:
            return await asyncio.wrap_future(written)
        except asyncio.CancelledError:
            gone = End(self._clock.now(), Outcome.CLOSED, "given up while it opened")
            loop = asyncio.get_running_loop()
            written.add_done_callback(lambda _: loop.call_soon_threadsafe(self._rows.end, session, gone))
            raise

    def forget(self, live: Live, ended: Ended) -> bool:
        """A session is over: write it down. Returns False if it was over already."""
        if self._live.pop(live.id, None) is None:
            return False
        now = self._clock.now()
        self._paths.drop(live.id)
        self._new.discard(live.id)
        self._rows.end(live.id, End(now, ended.outcome, ended.reason))
        self._world.metrics.sessions_live.labels(live.about.door).dec()
        self._world.metrics.sessions_ended.labels(live.about.door, ended.outcome.value).inc()
        log.info(
            "session ended",
            session=live.id,
            door=live.about.door,
            resource=live.about.resource,
            outcome=ended.outcome.value,
            reason=ended.reason,
        )
        return True

    # -- watching ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Watch for as long as the door is open; cancelled, it ends every session: the gate stops."""
        self._loop = asyncio.get_running_loop()
        self._checked_at = self._clock.now()
        await self._rows.clear()
        self._watched.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch())
                tasks.create_task(self._rows.keep(lambda: frozenset(self._live), self._missing))
        finally:
            self._watched.clear()
            self._loop = None
            self._end(self._live, Ended(Outcome.STOPPED, "the gate stopped"))
            await self._rows.flush()

    async def look(self) -> None:
        """Have dealt with all that happened until now, rather than a moment later."""
        asked = asyncio.get_running_loop().create_future()
        self._asked.append(asked)
        self._woken.set()
        await asked

    async def _watch(self) -> None:
        while True:
            self._woken.clear()
            asked, self._asked = self._asked, []
            try:
                await self._look()
                for each in asked:
                    if not each.done():
                        each.set_result(None)
            except Exception:
                log.exception("sessions could not be checked")
                self._asked += asked
                self._unsure()
                await wait(asyncio.Event(), RETRY_S)
            else:
                self._checked_at = self._clock.now()
                await self._rest()

    async def _look(self) -> None:
        """Ask about every session that a change or the clock may have ended."""
        news = await asyncio.to_thread(self._news)
        # From here to the next await nothing else happens: what opens later is new, and asked about then.
        if news.skipped:
            self._new |= self._live.keys()
        self._seen = news.revision
        since: dict[str, Millis] = {}
        for change in news.changes:
            for session in self._paths.touched(change.event):
                since.setdefault(session, change.at)
        asked = list(dict.fromkeys([*since, *self._due(), *self._new]))
        self._new = set()
        try:
            await self._ask(asked, since)
        except BaseException:
            self._new |= {*asked} & self._live.keys()
            raise

    async def _ask(self, asked: list[str], since: dict[str, Millis]) -> None:
        for start in range(0, len(asked), AT_ONCE):
            some = [self._live[each] for each in asked[start : start + AT_ONCE] if each in self._live]
            questions = [live.question for live in some]
            for live, verdict in zip(some, await asyncio.to_thread(self._judge, questions), strict=True):
                if isinstance(verdict, Standing):
                    self._stand(live, verdict)
                elif self._end_one(live, verdict):
                    began = since.get(live.id, live.standing.until)
                    seconds = max(self._clock.now() - began, 0) / SECOND
                    self._world.metrics.session_cut_seconds.labels(verdict.outcome.value).observe(seconds)

    def _news(self) -> "_News":
        """What happened since the last look; what nobody's session could be touched by is skipped."""
        with self._store.read() as sql:
            newest = current_revision(sql)
            if self._seen is None or not self._live:
                return _News(newest, [], skipped=True)
            found: list[Change] = []
            place = self._seen
            while place < newest:
                found += changes.after(sql, place, 200)
                place = found[-1].revision
            return _News(newest, found)

    def _judge(self, questions: list[Question]) -> list[Verdict]:
        with self._store.read() as sql:
            now = self._clock.now()
            return [judge(sql, each, now) for each in questions]

    def _due(self) -> list[str]:
        """The sessions to which this moment is of importance."""
        now, due = self._clock.now(), []
        while self._moments and self._moments[0][0] <= now:
            moment, session = heappop(self._moments)
            if session in self._live and self._live[session].look_at == moment:
                due.append(session)
        return due

    def _stand(self, live: Live, standing: Standing) -> None:
        """A session may go on: warn if it is not for long, and look again when that is due."""
        if live.id not in self._live:
            return
        now, was = self._clock.now(), live.standing
        live.stand_on(standing)
        self._paths.put(live.id, standing.keys)
        if standing.until != was.until:
            self._rows.set_until(live.id, standing.until)
        due = warning(standing.until, now, live.told)
        if due is not None:
            live.told = due
            self._warn(live, session_words.ends_soon(live.about.resource, standing.until - now))
        live.look_at = looked_at_next(standing.until, now, live.told)
        if live.look_at < FOREVER:
            heappush(self._moments, (live.look_at, live.id))

    def _warn(self, live: Live, text: str) -> None:
        try:
            live.screen.warn(text)
        except Exception:
            log.exception("a session could not be warned", session=live.id)

    def _end(self, sessions: Iterable[str], ended: Ended) -> None:
        for session in list(sessions):
            if session in self._live:
                self._end_one(self._live[session], ended)

    def _end_one(self, live: Live, ended: Ended) -> bool:
        if not self.forget(live, ended):
            return False
        try:
            live.screen.end(session_words.ended(live.about.resource, ended.reason))
        except Exception:
            log.exception("a session could not be told its end", session=live.id)
        return True

    def _missing(self, sessions: set[str]) -> None:
        self._end(sessions, Ended(Outcome.UNCHECKED, "it was taken for dead"))

    def _unsure(self) -> None:
        """End what is past its end by the clock alone; and all, if nothing could be found out for long."""
        now = self._clock.now()
        blind = now - self._checked_at >= BLIND
        over = [each.id for each in self._live.values() if blind or each.standing.until <= now]
        self._end(over, Ended(Outcome.UNCHECKED, "it could not be checked whether access still holds"))

    async def _rest(self) -> None:
        """Until a change, the next moment of importance, or the next look for changes of other processes."""
        if self._new:
            return
        if not self._live:
            await self._woken.wait()
            return
        next_at = self._moments[0][0] if self._moments else FOREVER
        waits: list[asyncio.Task[object]] = [asyncio.create_task(self._woken.wait())]
        if next_at < FOREVER:
            waits.append(asyncio.create_task(self._clock.sleep_until(next_at)))
        try:
            await asyncio.wait(waits, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()


@dataclass(frozen=True, slots=True)
class _News:
    """What happened since the last look at the change log."""

    revision: int
    changes: list[Change]
    skipped: bool = False
    """Changes were passed over: there was no session they could have touched."""
