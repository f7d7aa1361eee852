"""Live sessions: opened with a permit, watched against every change and the clock, ended with a reason."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Container, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from heapq import heappop, heappush

import structlog

from admit.control.live.foresight import Foresight
from admit.control.live.live_session import About, Live, Opened, Screen
from admit.control.live.session_checks import Ended, Paths, Verdict, judge
from admit.control.live.session_rows import AUTHOR, Asking, Rows, wait
from admit.control.world import World
from admit.core.access import Permit
from admit.core.activity import ActivityKind
from admit.core.events import SessionEndOrdered
from admit.core.sessions import Outcome, Standing
from admit.core.validity import FOREVER, SECOND, Millis
from admit.store import changes
from admit.store import sessions as stored
from admit.store.changes import Change
from admit.store.engine import Store, Tx
from admit.store.links import current_revision
from admit.store.sessions import End
from admit.store.things import Thing

__all__ = ["About", "Live", "Screen", "Sessions"]

log = structlog.get_logger("admit.sessions")

POLL_S = 0.1
"""How often to look for changes that another process made; our own wake us."""
RETRY_S = 1.0
"""How long to wait when the store could not be read."""
AT_ONCE = 25
"""How many sessions are asked about, and told, before the loop serves others."""
AHEAD = 2
"""How many such parts are asked about ahead, so that neither the thread nor the loop waits for the other."""
CHANGES_AT_ONCE = 200
STOPPED = Ended(Outcome.STOPPED, "the gate stopped")
UNSURE = Ended(Outcome.UNCHECKED, "it could not be checked whether access still holds")
GIVEN_UP = "given up while it opened"


@dataclass(frozen=True, slots=True)
class _News:
    """What happened since the last look at the change log."""

    revision: int
    changes: list[Change]
    skipped: bool = False
    """Changes were passed over: there was no session they could have touched."""


class Sessions:
    """The live sessions of one process. ``open`` waits until ``run`` runs."""

    def __init__(self, store: Store, world: World, *, lasting: bool = False) -> None:
        """Where they are ``lasting`` they stay open when this process stops: see :meth:`take_over`."""
        self._lasting = lasting
        self._store = store
        self._world = world
        self._clock = world.clock
        self._rows = Rows(store, world.clock, world.node.name, world.node.process)
        self._live: dict[str, Live] = {}
        self._paths = Paths()
        self._foresight = Foresight()
        self._moments: list[tuple[Millis, str]] = []
        self._new: set[str] = set()
        """Sessions to ask about at the next look: the policy may have changed before they were known here."""
        self._seen: int | None = None
        """The revision up to which changes were dealt with."""
        self._checked_at: Millis = 0
        self._asked: list[asyncio.Future[None]] = []
        self._woken = asyncio.Event()
        self._watched = asyncio.Event()
        self._calm = asyncio.Event()
        self._calm.set()
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
        session = f"s-{self._world.chance.text(16)}"

        def body(tx: Tx) -> Opened:
            return self._rows.let_in(tx, Asking(session, permit, user), about)

        opened = await self._written(session, self._store.write(AUTHOR, body))
        live = self._begin(opened, about, screen)
        self._world.activities.note(live.activity(ActivityKind.SESSION_OPENED, self._clock.now()))
        return live

    async def retell(self, live: Live, about: About) -> None:
        """Tell of a session otherwise than when it was opened: its person has come to it."""
        live.retold(about)
        told = stored.Told(about.peer, about.client, about.what)

        def body(tx: Tx) -> None:
            stored.retell(tx.sql, live.id, told)

        await asyncio.wrap_future(self._store.write(AUTHOR, body))

    async def take_over(self, screen: Callable[[str], Screen]) -> int:
        """Watch the lasting sessions that a process which is gone left open; returns how many.

        Each is asked about at once: what was taken away meanwhile ends it now.
        """
        await self._watched.wait()
        found = await asyncio.wrap_future(self._store.write(AUTHOR, self._rows.take_over))
        for opened, about in found:
            self._begin(opened, about, screen(opened.question.id))
        return len(found)

    def by_id(self, session: str) -> Live | None:
        """A session that lives here."""
        return self._live.get(session)

    def foresees(self, live: Live) -> bool:
        """Whether it is known that a session ends, and why, at the end it has now."""
        return live.id in self._foresight

    def _begin(self, opened: Opened, about: About, screen: Screen) -> Live:
        live = Live(opened, about, screen, self._forget)
        self._live[live.id] = live
        self._world.metrics.sessions_live.labels(about.door).inc()
        self._stand(live, live.standing)
        self._new.add(live.id)
        self._woken.set()
        return live

    async def _written(self, session: str, written: "Future[Opened]") -> Opened:
        """What was written down; whoever stops waiting for it leaves no session open."""
        try:
            return await asyncio.wrap_future(written)
        except asyncio.CancelledError:
            gone, loop = End(self._clock.now(), Outcome.CLOSED, GIVEN_UP), asyncio.get_running_loop()
            written.add_done_callback(lambda _: loop.call_soon_threadsafe(self._given_up, session, gone))
            raise

    def _given_up(self, session: str, gone: End) -> None:
        self._rows.end(session, gone)
        self._rows.wake()

    async def calm(self) -> None:
        """Return when none is just being ended: what is only written down of one waits for that."""
        await self._calm.wait()

    def _forget(self, live: Live, ended: Ended) -> bool:
        """A session is over. Returns False if it was over already."""
        if not self._drop(live, ended):
            return False
        self._rows.wake()
        self._tell(live, ended)
        return True

    def _drop(self, live: Live, ended: Ended) -> bool:
        """A session is over: it is to be written down. Returns False if it was over already."""
        if self._live.pop(live.id, None) is None:
            return False
        live.ended_at, live.outcome = self._clock.now(), ended.outcome
        self._paths.drop(live.id)
        self._foresight.drop(live.id)
        self._new.discard(live.id)
        self._rows.end(live.id, End(live.ended_at, ended.outcome, ended.reason))
        return True

    def _tell(self, live: Live, ended: Ended) -> None:
        """Count, note and log that a session is over."""
        about, how, at = live.about, ended.outcome.value, live.ended_at
        self._world.metrics.sessions_live.labels(about.door).dec()
        self._world.metrics.sessions_ended.labels(about.door, how).inc()
        self._world.activities.note(live.activity(ActivityKind.SESSION_ENDED, at, f"{how}: {ended.reason}"))
        log.info("session ended", session=live.id, resource=about.resource, outcome=how, reason=ended.reason)

    # -- watching ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Watch for as long as the door is open; cancelled, it ends every session: the gate stops."""
        self._loop = asyncio.get_running_loop()
        self._checked_at = self._clock.ticks()
        self._watched.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch())
                tasks.create_task(self._rows.keep(lambda: frozenset(self._live), self._missing))
        finally:
            self._watched.clear()
            self._loop = None
            if not self._lasting:
                self._end(self._live, STOPPED)
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
            except Exception:
                log.exception("sessions could not be checked")
                self._asked += asked
                self._unsure()
                await wait(asyncio.Event(), RETRY_S)
            else:
                self._checked_at = self._clock.ticks()
                for each in asked:
                    if not each.done():
                        each.set_result(None)
                await self._look_ahead()
                await self._rest()

    async def _look(self) -> None:
        """Ask about every session that a change or the clock may have ended."""
        began = self._clock.now()
        news = await asyncio.to_thread(self._news)
        # From here to the next await nothing else happens: what opens later is new, and asked about then.
        if news.skipped:
            self._new |= self._live.keys()
        self._seen = news.revision
        self._foresight.heed(change.event for change in news.changes)
        since: dict[str, Millis] = {}
        for change in news.changes:
            for session in self._paths.touched(change.event):
                since.setdefault(session, change.at)
        asked = list(dict.fromkeys([*since, *self._due(), *self._new]))
        orders = (each.event for each in news.changes if isinstance(each.event, SessionEndOrdered))
        unread = {*self._new, *(order.session for order in orders)}
        self._new = set()
        living = [self._live[each] for each in asked if each in self._live]
        # A change after the news was read may have put off an end that came only then.
        foreseen = self._foresight.take((live for live in living if live.id not in unread), began)
        try:
            await self._ask(asked, unread, since, foreseen)
            self._foresight.near((each for each in living if each.id in self._live), self._clock.now())
        except BaseException:
            self._new |= {*asked} & self._live.keys()
            raise

    async def _ask(
        self, asked: list[str], unread: set[str], since: dict[str, Millis], foreseen: dict[str, Ended]
    ) -> None:
        over: list[tuple[Live, Ended, Millis]] = []
        self._calm.clear()
        try:
            async for live, verdict in self._verdicts(asked, unread, foreseen):
                if isinstance(verdict, Standing):
                    self._stand(live, verdict)
                elif self._drop(live, verdict):
                    live.show_end(verdict.reason)
                    over.append((live, verdict, since.get(live.id, live.standing.until)))
        finally:
            # What is only written and told about it waits until the last one is closed.
            self._calm.set()
            self._rows.wake()
            for live, ended, began in over:
                seconds = max(live.ended_at - began, 0) / SECOND
                self._world.metrics.session_cut_seconds.labels(ended.outcome.value).observe(seconds)
                self._tell(live, ended)

    async def _verdicts(
        self, asked: list[str], unread: set[str], foreseen: dict[str, Ended]
    ) -> AsyncIterator[tuple[Live, Verdict]]:
        """What becomes of each session. While some are told, the next are asked about on another thread."""
        for number, session in enumerate(foreseen, 1):
            if session in self._live:
                yield self._live[session], foreseen[session]
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)  # noqa: TID251  # a turn for others: no time is waited for
        # Those of one user stand together: what is asked for one of them answers the others too.
        living = [each for each in asked if each in self._live]
        asked = sorted(living, key=lambda each: self._live[each].question.user.key)
        parts = [asked[start : start + AT_ONCE] for start in range(0, len(asked), AT_ONCE)]
        loop, waiting = asyncio.get_running_loop(), deque[tuple[list[Live], asyncio.Future[list[Verdict]]]]()
        while parts or waiting:
            while parts and len(waiting) < AHEAD:
                some = [self._live[each] for each in parts.pop(0) if each in self._live]
                waiting.append((some, loop.run_in_executor(None, self._judge, some, unread)))
            some, judged = waiting.popleft()
            for verdict in zip(some, await judged, strict=True):
                yield verdict

    async def _look_ahead(self) -> None:
        """Ask what will become of those whose end is near, for as long as nothing else is to be done."""
        while not self._woken.is_set() and (found := self._foresight.next(AT_ONCE, self._live)) is not None:
            until, some = found
            try:
                judged = await asyncio.to_thread(self._judge, some, (), until)
            except Exception:
                # They are asked about at their end all the same.
                log.exception("sessions could not be asked about ahead")
                return
            for live, verdict in zip(some, judged, strict=True):
                if live.id in self._live:
                    self._foresight.put(live.id, until, verdict)

    def _news(self) -> _News:
        """What happened since the last look; without sessions it touches nobody, and is passed over."""
        with self._store.read() as sql:
            newest = current_revision(sql)
            if self._seen is None or not self._live:
                return _News(newest, [], skipped=True)
            found: list[Change] = []
            place = self._seen
            while place < newest:
                found += changes.after(sql, place, CHANGES_AT_ONCE)
                place = found[-1].revision
            return _News(newest, found)

    def _judge(self, some: list[Live], unread: Container[str], at: Millis | None = None) -> list[Verdict]:
        questions = [live.question for live in some]
        with self._store.read() as sql:
            return judge(sql, self._world, questions, unread, at)

    def _due(self) -> list[str]:
        """The sessions to which this moment is of importance."""
        now, due = self._clock.now(), []
        while self._moments and self._moments[0][0] <= now:
            moment, session = heappop(self._moments)
            if session in self._live and self._live[session].look_at == moment:
                due.append(session)
        return due

    def _stand(self, live: Live, standing: Standing) -> None:
        """A session may go on, unless it is over by now."""
        if live.id not in self._live:
            return
        was = live.standing
        live.stand_on(standing, self._clock.now())
        self._paths.put(live.id, standing.keys)
        if standing.until != was.until:
            self._rows.set_until(live.id, standing.until)
        if live.look_at < FOREVER:
            heappush(self._moments, (live.look_at, live.id))

    def _end(self, sessions: Iterable[str], ended: Ended) -> None:
        for live in [self._live[each] for each in sessions if each in self._live]:
            if self._forget(live, ended):
                live.show_end(ended.reason)

    def _missing(self, sessions: set[str]) -> None:
        """The table has sessions as ended that live here: they are asked about, and found so."""
        self._new |= sessions & self._live.keys()
        self._woken.set()

    def _unsure(self) -> None:
        """End what is past its end by the clock alone; and all, if nothing could be found out for long."""
        now = self._clock.now()
        blind = self._clock.ticks() - self._checked_at >= self._world.node.alone
        self._end([each.id for each in self._live.values() if blind or each.standing.until <= now], UNSURE)

    async def _rest(self) -> None:
        """Until a change, the next moment of importance, or the next look for changes of other processes."""
        if not self._live:
            await self._woken.wait()
            return
        waits: list[asyncio.Task[object]] = [asyncio.create_task(self._woken.wait())]
        if self._moments:
            waits.append(asyncio.create_task(self._clock.sleep_until(self._moments[0][0])))
        try:
            await asyncio.wait(waits, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
