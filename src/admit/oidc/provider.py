"""The provider: it opens a sign-in with a permit, lets it go on while access holds, and ends it."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from admit.control import names
from admit.control.access import ask_as
from admit.control.eiam import claims, sign_ins, signing_keys
from admit.control.eiam.applications import ApplicationDetails
from admit.control.eiam.sign_ins import AUTHOR, Begun, Given, Standing
from admit.control.live import session_ledger
from admit.control.live.sessions import About, Live, Sessions
from admit.control.world import World
from admit.core.access import AccessDenied
from admit.core.links import Kind
from admit.core.sessions import LASTING_DOOR
from admit.core.validity import HOUR, SECOND, Millis
from admit.oidc.secret_uses import SecretUses
from admit.oidc.telling import Telling
from admit.store import secret_uses, sessions, things, web_sessions
from admit.store import sign_ins as stored
from admit.store.engine import Store, Tx
from admit.store.sign_ins import SignIn, Token
from admit.store.things import Thing, Where

T = TypeVar("T")
log = structlog.get_logger("admit.oidc")

THREADS = 8
"""How many requests are worked on at a time: the rest waits."""
EVERY: Millis = SECOND
"""How often it is looked for sign-ins whose time is over."""
TAKEN_OVER_EVERY: Millis = 10 * SECOND
AT_ONCE = 200
KEPT_AFTER: Millis = 24 * HOUR
"""How long what was given out is known after its end."""
OUT_OF_TIME = "its time was over"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a sign-in is opened with."""

    begun: Begun
    token: Token
    """What was used up for it: a code, or a device's."""
    user: Thing
    application: Thing
    label: str


@dataclass(slots=True)
class Screen:
    """The person's end of a sign-in: the application, which is told when it is over."""

    telling: Telling
    session: str = ""
    """Empty until it is opened: nothing ends it before."""

    def warn(self, text: str) -> None:
        """An application has no place for a warning."""

    def end(self, text: str) -> None:  # noqa: ARG002 - it is told that, and not why
        """Tell the application."""
        self.telling.tell(self.session)


class Provider:
    """Every sign-in to an application that this process watches."""

    def __init__(self, store: Store, world: World) -> None:
        self.store = store
        self.world = world
        self.sessions = Sessions(store, world, lasting=True)
        self.telling = Telling(store, world)
        self.secret_uses = SecretUses(store, world)
        self.threads = ThreadPoolExecutor(THREADS, "oidc")
        self._loop: asyncio.AbstractEventLoop | None = None

    # -- on the event loop ---------------------------------------------------------------------------

    async def run(self) -> None:
        """Watch for as long as the door is open, also what a node that is gone has left."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.sessions.run())
                tasks.create_task(self._take_over())
                tasks.create_task(self.secret_uses.run())
        finally:
            self._loop = None

    async def keep_up(self) -> None:
        """Tell and clean up for as long as the door is open: one node does it for all."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.telling.run())
            tasks.create_task(self._end_past_ones())
            tasks.create_task(self._clean_up())

    def close(self) -> None:
        """Let go of the threads."""
        self.threads.shutdown(cancel_futures=True)

    async def on_thread(self, body: Callable[[], T]) -> T:
        """Do something that waits for the store, or for the event loop, on one of the door's threads."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, body)

    async def _take_over(self) -> None:
        """Watch what nodes have left that are gone."""
        while True:
            while await self.sessions.take_over(lambda session: Screen(self.telling, session)):
                pass
            await self.world.clock.pause(TAKEN_OVER_EVERY)

    async def _end_past_ones(self) -> None:
        """End what lasts no longer."""
        while True:
            await self.on_thread(self._end_past)
            await self.world.clock.pause(EVERY)

    async def _clean_up(self) -> None:
        """Each hour, let keys follow each other, and forget what nobody can use."""
        clock = self.world.clock
        while True:
            await self.on_thread(self._rotate)
            await asyncio.wrap_future(self.store.write(AUTHOR, _forget))
            await clock.sleep_until(clock.now() + HOUR)

    # -- on a thread -----------------------------------------------------------------------------------

    def read(self, body: Callable[[Connection], T]) -> T:
        """What a body finds in the store."""
        with self.store.read() as sql:
            return body(sql)

    def began(self, used: Token, given: Sequence[Given]) -> Standing | None:
        """Open a sign-in with what was used up for it, and give out tokens; None if access is refused."""
        opening = self.read(lambda sql: self._opening(sql, used))
        if opening is None:
            return None
        live = self._open(opening)
        if live is None:
            return None
        try:
            kept = self.store.write_now(AUTHOR, lambda tx: self._keep(tx, live, opening, given))
        except BaseException:
            self.end(live.id, "it could not be written down")
            raise
        if isinstance(kept, Standing):
            return kept
        self.end(live.id, kept)
        return None

    def _opening(self, sql: Connection, used: Token) -> Opening | None:
        begun = used.read(Begun)
        known = things.by_keys(sql, (begun.user, used.application))
        user, application = known[begun.user], known[used.application]
        if not sign_ins.opens(application):
            return None
        label = names.labels(sql, [application.key])[application.key].label
        return Opening(begun, used, user, application, label)

    def _open(self, opening: Opening) -> Live | None:
        """A live session at this door; None if access is not granted at this moment."""
        user, application, begun = opening.user, opening.application, opening.begun
        about = About(LASTING_DOOR, opening.label, user.name, begun.peer, begun.client, "sign-in")

        async def opened() -> Live:
            screen = Screen(self.telling)
            live = await self.sessions.open(permit, user, about, screen)
            screen.session = live.id
            return live

        if self._loop is None:
            raise RuntimeError("the door is not open")
        try:
            permit = self.read(
                lambda sql: ask_as(sql, user.ref, application.ref, self.world.clock.now())
            ).permit()
            return asyncio.run_coroutine_threadsafe(opened(), self._loop).result()
        except AccessDenied:
            return None

    def _keep(self, tx: Tx, live: Live, opening: Opening, given: Sequence[Given]) -> Standing | str:
        """Write a sign-in down with what is given out for it; or why it is over already."""
        latest, begun = stored.token(tx.sql, opening.token.hash), opening.begun
        if latest is None or latest.read(Begun).replayed:
            return sign_ins.REPLAYED
        # Signing out ends what was begun by then: what is begun later would be ended by nothing.
        if begun.web_session is not None and web_sessions.by_id(tx.sql, begun.web_session) is None:
            return sign_ins.SIGNED_OUT
        details = opening.application.read(ApplicationDetails)
        subject = claims.subject(tx.sql, opening.user, details.oidc)
        sign_in = SignIn(
            session=live.id,
            application=opening.application.key,
            user=opening.user.key,
            issuer=begun.issuer,
            subject=subject or opening.user.id,
            web_session=begun.web_session,
            scope=begun.scope,
            proven_at=begun.proven_at,
            lasts_until=tx.now + details.oidc.refresh_token_s * SECOND,
            logout_uri=details.logout_uri,
        )
        stored.add(tx.sql, sign_in)
        stored.change(tx.sql, opening.token.hash, begun, live.id)
        for each in given:
            sign_ins.give(tx, sign_in.application, sign_in.session, each)
        return Standing(sign_in, opening.application, opening.user)

    def refreshed(self, used: Token, given: Sequence[Given]) -> Standing | None:
        """Give out new tokens for a refresh token, once; a second time ends the sign-in."""
        session = used.session or ""
        found = self.read(lambda sql: sign_ins.standing(sql, session, self.world.clock.now()))
        if found is None:
            return None

        def body(tx: Tx) -> bool:
            if not stored.use(tx.sql, used.hash, tx.now):
                return False
            config = found.application.read(ApplicationDetails).oidc
            stored.prolong(tx.sql, session, tx.now + config.refresh_token_s * SECOND)
            for each in given:
                sign_ins.give(tx, used.application, session, each)
            return True

        if self.store.write_now(AUTHOR, body):
            return found
        self.end(session, sign_ins.REPLAYED)
        return None

    def use(self, text: str, kind: str, application: int) -> Token | None:
        """Use up a code; None if there is none such. A second use ends what the first one gave."""

        def body(tx: Tx) -> tuple[Token | None, bool]:
            found = sign_ins.token(tx.sql, text, tx.now)
            if found is None or found.kind != kind or found.application != application:
                return None, False
            if stored.use(tx.sql, found.hash, tx.now):
                return found, False
            begun = found.read(Begun)
            begun.replayed = True
            stored.change(tx.sql, found.hash, begun, found.session)
            return found, True

        found, replayed = self.store.write_now(AUTHOR, body)
        if not replayed or found is None:
            return found
        if found.session is not None:
            self.end(found.session, sign_ins.REPLAYED)
        return None

    def end(self, session: str, reason: str) -> None:
        """End a sign-in, wherever it is watched: nothing it gave out is good from here on."""

        def body(tx: Tx) -> None:
            stored.end(tx.sql, session, tx.now)
            row = sessions.by_id(tx.sql, session)
            if row is not None and self.sessions.by_id(session) is None:
                session_ledger.order_end(tx, row, reason)

        self.store.write_now(AUTHOR, body)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._close, session, reason)

    def _close(self, session: str, reason: str) -> None:
        live = self.sessions.by_id(session)
        if live is not None:
            live.closed(reason)
        self.telling.tell(session)

    def _end_past(self) -> None:
        now = self.world.clock.now()
        for each in self.read(lambda sql: stored.past(sql, now, AT_ONCE)):
            self.end(each.session, OUT_OF_TIME)

    def _rotate(self) -> None:
        for idaas in self.read(self._signing):
            signing_keys.rotate(self.store, self.world, idaas)

    def _signing(self, sql: Connection) -> list[Thing]:
        """The instances that have signed anything."""
        instances = things.find(sql, Where(Kind.IDAAS, parent=self.world.account_key))
        return [each for each in instances if signing_keys.published(sql, each)]


def _forget(tx: Tx) -> None:
    stored.forget(tx.sql, tx.now - KEPT_AFTER)
    secret_uses.forget(tx.sql)
