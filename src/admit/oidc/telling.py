"""Telling applications that a sign-in is over: by back-channel logout, at once, again until it is heard."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog

from admit.base.later import httpx
from admit.control.eiam import signing_keys
from admit.control.eiam.sign_ins import AUTHOR
from admit.control.eiam.signing_keys import SigningKey
from admit.control.world import World
from admit.core.validity import HOUR, SECOND, Millis
from admit.oidc import id_tokens
from admit.store import sign_ins as stored
from admit.store import things
from admit.store.engine import Store, Tx
from admit.store.sign_ins import SignIn, Tried
from admit.store.things import Thing

log = structlog.get_logger("admit.oidc")

POLL_S = 1.0
"""How often to look for sign-ins that ended elsewhere, and for those to try again."""
TIMEOUT_S = 5.0
"""How long an application may take to answer, to the last byte."""
LARGEST = 64 * 1024
"""Bytes of an answer that are read, so that the connection can be used again; nothing in them matters."""
AT_ONCE = 100
TOGETHER = 20
"""How many letters are on their way at a time."""
ONE_PLACE = 4
"""How many of them to one server: more only wait for each other, and one that is gone delays no other."""
MOST_LANES = 1_000
"""How many servers are remembered that nothing may be on its way to."""
MOST_TRIES = 12
"""After so many it is given up: some three hours."""
LONGEST_PAUSE: Millis = HOUR


@dataclass(frozen=True, slots=True)
class _Letter:
    """That a sign-in is over, signed, for its application."""

    sign_in: SignIn
    token: str


class Telling:
    """Tells applications, each sign-in once that it was heard of."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._under_way: set[str] = set()
        self._room = asyncio.Semaphore(TOGETHER)
        self._lanes: dict[str, asyncio.Semaphore] = {}
        """How many more may be sent, by server."""
        self._back: list[tuple[SignIn, str | None]] = []
        """Letters that came back, and with which fault, of which it is still to be written down."""
        self._writing = asyncio.Lock()
        self._running = False

    def tell(self, session: str) -> None:
        """Have the application told that this sign-in is over, without waiting for its row to say so.

        Where another node tells them, that one finds the row.
        """
        if self._running:
            self._waiting.put_nowait(session)

    async def run(self) -> None:
        """Tell for as long as the door is open."""
        self._running = True
        try:
            await self._run()
        finally:
            self._running = False

    async def _run(self) -> None:
        # What tells them takes a while to make, and where nobody ever signs out it is not needed.
        while not (letters := await self._over()):
            pass
        async with (
            httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as web,
            asyncio.TaskGroup() as tasks,
        ):
            while True:
                for letter in letters:
                    tasks.create_task(self._told(web, letter))
                letters = await self._over()

    async def _over(self) -> list[_Letter]:
        """What applications are to be told now: of those this process ended, else of those that are due."""
        sessions: list[str] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                sessions.append(await self._waiting.get())
        while not self._waiting.empty():
            sessions.append(self._waiting.get_nowait())
        found = await asyncio.to_thread(self._found, sessions, frozenset(self._under_way))
        self._under_way |= {each.sign_in.session for each in found}
        return found

    def _found(self, sessions: list[str], but: frozenset[str]) -> list[_Letter]:
        with self._store.read() as sql:
            if sessions:
                known = [stored.by_session(sql, each) for each in dict.fromkeys(sessions)]
                over = [each for each in known if each and each.logout_uri and each.told_at is None]
            else:
                over = stored.to_tell(sql, self._world.clock.now(), AT_ONCE)
            over = [each for each in over if each.session not in but]
            applications = things.by_keys(sql, [each.application for each in over])
            instances = things.by_keys(sql, [each.parent for each in applications.values()])
        keys = {
            key: signing_keys.current(self._store, self._world, idaas) for key, idaas in instances.items()
        }
        return [self._letter(each, applications[each.application], keys) for each in over]

    def _letter(self, sign_in: SignIn, application: Thing, keys: Mapping[int, SigningKey]) -> _Letter:
        claims = {
            "iss": sign_in.issuer,
            "sub": sign_in.subject,
            "aud": application.id,
            "jti": self._world.chance.text(24),
            "sid": sign_in.session,
            "events": {id_tokens.LOGOUT_EVENT: {}},
            **id_tokens.times(self._world.clock.now(), id_tokens.LOGOUT_LASTS_S),
        }
        return _Letter(sign_in, id_tokens.signed(keys[application.parent], claims, "logout+jwt"))

    async def _told(self, web: "httpx.AsyncClient", letter: _Letter) -> None:
        sign_in = letter.sign_in
        try:
            async with self._lane(sign_in), self._room:
                fault = await _sent(web, letter)
            await self._noted(sign_in, fault)
        except Exception:
            log.exception("an application could not be told", session=sign_in.session)
        finally:
            self._under_way.discard(sign_in.session)

    async def _noted(self, sign_in: SignIn, fault: str | None) -> None:
        """Write down what became of a letter, with all others that came back while somebody wrote."""
        self._back.append((sign_in, fault))
        async with self._writing:
            back, self._back = self._back, []
            if back:
                await asyncio.wrap_future(self._store.write(AUTHOR, lambda tx: self._note_all(tx, back)))

    def _note_all(self, tx: Tx, back: list[tuple[SignIn, str | None]]) -> None:
        for sign_in, fault in back:
            self._note(tx, sign_in, fault)

    def _lane(self, sign_in: SignIn) -> asyncio.Semaphore:
        place = urlsplit(sign_in.logout_uri or "").netloc
        if len(self._lanes) > MOST_LANES:
            self._lanes = {each: lane for each, lane in self._lanes.items() if lane.locked()}
        return self._lanes.setdefault(place, asyncio.Semaphore(ONE_PLACE))

    def _note(self, tx: Tx, sign_in: SignIn, fault: str | None) -> None:
        tries = sign_in.tries + 1
        outcome = "told" if fault is None else "given up" if tries >= MOST_TRIES else "again"
        self._world.metrics.logouts_told.labels(outcome).inc()
        if fault is None:
            stored.told(tx.sql, sign_in.session, tx.now)
            return
        log.warning("an application did not take a logout", session=sign_in.session, fault=fault, tries=tries)
        pause = min(SECOND * 2**tries, LONGEST_PAUSE)
        stored.tried(tx.sql, sign_in.session, Tried(tries, tx.now + pause, fault))
        if tries >= MOST_TRIES:
            stored.told(tx.sql, sign_in.session, tx.now)


async def _sent(web: "httpx.AsyncClient", letter: _Letter) -> str | None:
    """Send a logout token; the fault, if it was not taken."""
    said = {"logout_token": letter.token}
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            web.stream("POST", letter.sign_in.logout_uri or "", data=said) as answer,
        ):
            size = 0
            # As it comes: what is unpacked could be a thousand times as long.
            async for part in answer.aiter_raw():
                size += len(part)
                if size > LARGEST:
                    break
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        return type(error).__name__
    return None if answer.is_success else f"HTTP {answer.status_code}"
