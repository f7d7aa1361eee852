"""The rows of live sessions: written beside the watching, which never waits for them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from admit.base.clock import Clock
from admit.control import names
from admit.control.access import ask_as, ask_as_of
from admit.control.live.live_session import About, Opened
from admit.control.live.session_checks import Question
from admit.core.access import Permit
from admit.core.activity import Mention
from admit.core.sessions import Standing
from admit.core.validity import SECOND, Millis
from admit.store import sessions as stored
from admit.store import things
from admit.store.engine import Author, Store, Tx
from admit.store.sessions import End, NewSession, Place, Session
from admit.store.things import Thing

log = structlog.get_logger("admit.sessions")

SEEN_EVERY: Millis = 10 * SECOND
"""How often a door says that its sessions live: so much a crash leaves open about when they ended."""
RETRY_S = 1.0
AT_ONCE = 500
"""How many sessions of a process that is gone are taken over in one transaction."""
AUTHOR = Author("admit", "sessions", "")
"""Rows of sessions are no policy: they stand in no ledger until they are over."""


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event, or for so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


@dataclass(frozen=True, slots=True)
class Asking:
    """A session that somebody with a permit wants to begin."""

    id: str
    permit: Permit
    user: Thing


@dataclass(slots=True)
class Rows:
    """What is still to be written of the sessions of one process."""

    store: Store
    clock: Clock
    node: str
    process: str
    ends: dict[str, End] = field(default_factory=dict)
    untils: dict[str, Millis] = field(default_factory=dict)
    _waiting: asyncio.Event = field(default_factory=asyncio.Event)

    def let_in(self, tx: Tx, asking: Asking, about: About) -> Opened:
        """Write down a session that begins; its access is asked for again in this transaction.

        Raises:
            AccessDenied: access has ended since.
        """
        wanted = asking.permit.decision.question.resource
        decision = ask_as(tx.sql, asking.user.ref, wanted, tx.now).permit().decision
        question = decision.question
        known = things.by_keys(tx.sql, (question.subject.key, question.resource.key))
        person, resource = known[question.subject.key], known[question.resource.key]
        asked = Question(asking.id, asking.user, resource, about.peer, about.what, Standing.on(decision))
        opened = Opened(decision, asked, Mention(person.name, person.key))
        stored.add(tx.sql, self._row(opened, about), tx.now)
        return opened

    def _row(self, opened: Opened, about: About) -> NewSession:
        asked = opened.question
        return NewSession(
            id=asked.id,
            node=self.node,
            process=self.process,
            door=about.door,
            person=opened.decision.question.subject.key,
            user=asked.user.key,
            resource=asked.resource.key,
            login=about.login,
            peer=about.peer,
            client=about.client,
            what=about.what,
            revision=opened.decision.revision,
            until=opened.decision.valid_until,
        )

    def end(self, session: str, how: End) -> None:
        """Let it be written that a session ended, at the next :meth:`wake`."""
        self.ends[session] = how
        self.untils.pop(session, None)

    def set_until(self, session: str, until: Millis) -> None:
        """Let it be written when a session ends if nothing changes, at the next :meth:`wake`."""
        self.untils[session] = until

    def wake(self) -> None:
        """Write now what there is to write."""
        if self.ends or self.untils:
            self._waiting.set()

    def take_over(self, tx: Tx) -> list[tuple[Opened, About]]:
        """Make this process's the lasting sessions whose process is gone."""
        place = Place(self.node, self.process)
        left = stored.take_over(tx.sql, place, tx.now, AT_ONCE)
        return [_as_left(tx, each) for each in left]

    async def keep(self, known: Callable[[], frozenset[str]], missing: Callable[[set[str]], None]) -> None:
        """Write what there is to write, and every few seconds that the ``known`` sessions live.

        ``missing`` is told which of them the table has as ended: another node took this one for gone.
        """
        while True:
            self._waiting.clear()
            before = known()
            try:
                missing({*before} - await self.flush() - self.ends.keys())
            except Exception:
                log.exception("sessions could not be written down")
                await wait(asyncio.Event(), RETRY_S)
            else:
                await self._rest()

    async def flush(self) -> set[str]:
        """Write all that waits; the sessions of this process that the table has as living.

        What could not be written waits again.
        """
        ends, untils = self.ends, self.untils
        self.ends, self.untils = {}, {}

        def body(tx: Tx) -> set[str]:
            stored.set_until(tx.sql, untils)
            stored.end(tx.sql, ends)
            return stored.see(tx.sql, self.process, tx.now)

        try:
            return await asyncio.wrap_future(self.store.write(AUTHOR, body))
        except BaseException:
            self.ends, self.untils = ends | self.ends, untils | self.untils
            raise

    async def _rest(self) -> None:
        """Until there is something to write, or it is time to say again what lives."""
        asleep = asyncio.create_task(self.clock.sleep_until(self.clock.now() + SEEN_EVERY))
        woken = asyncio.create_task(self._waiting.wait())
        try:
            await asyncio.wait((asleep, woken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            asleep.cancel()
            woken.cancel()


def _as_left(tx: Tx, row: Session) -> tuple[Opened, About]:
    """A session as its process left it: on what it stood when that was last heard of."""
    known = things.by_keys(tx.sql, (row.person, row.user, row.resource))
    user, resource = known[row.user], known[row.resource]
    decision = ask_as_of(tx.sql, user.ref, resource.ref, row.seen_at)
    asked = Question(row.id, user, resource, row.peer, row.what, Standing.on(decision))
    label = names.labels(tx.sql, [row.resource])[row.resource].label
    about = About(row.door, label, row.login, row.peer, row.client, row.what)
    return Opened(decision, asked, Mention(known[row.person].name, row.person)), about
