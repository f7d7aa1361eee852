"""Browsers that are signed in: as exactly which users, as which caller, until when."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sqlalchemy import Connection

from admit.base.logout_tokens import Left
from admit.control.bastionhost import bastion_users
from admit.control.callers import Caller, root_caller, user_caller
from admit.control.eiam import sign_ins
from admit.control.signing_in import outside_logout, passwords
from admit.control.signing_in.outside_logout import ByOutside
from admit.control.signing_in.passwords import PASSWORD
from admit.control.world import World
from admit.core.errors import SignedOut
from admit.core.links import Kind
from admit.core.validity import HOUR, MINUTE, Millis
from admit.store import things
from admit.store import web_sessions as stored
from admit.store.engine import Author, Store, Tx
from admit.store.things import Thing
from admit.store.web_sessions import WebSession

T = TypeVar("T")

TOKEN_BYTES = 32
AGENT_CHARACTERS = 200
"""How much is kept of what a browser calls itself."""
AUTHOR = Author("admit", "web-sign-in", "")
"""What it writes changes no policy, so that it stands in no ledger."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Who somebody has proven to be."""

    users: tuple[Thing, ...]
    """Exactly the users whose password, code or passkey was shown."""
    caller: Thing | None = None
    """The RAM user, or the administrator's person, whose was."""
    by: ByOutside | None = None
    """The provider outside that proved them, if one did."""

    def __bool__(self) -> bool:
        return bool(self.users) or self.caller is not None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser that is signed in, as it stands at this moment."""

    id: str
    name: str
    """The name that was signed in with."""
    users: tuple[Thing, ...]
    """The users that were proven and may still be used."""
    caller: Caller | None
    """Whom its calls come from; None for people who may call nothing."""
    csrf: str
    """What each of its forms sends along, to show that they are ours."""
    opened_at: Millis
    proven_at: Millis
    """When it was last proven who this is."""
    token: bytes = field(repr=False)
    """The hash that it is kept under."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long a browser stays signed in."""

    most: Millis = 12 * HOUR
    idle: Millis = HOUR


class WebSessions:
    """Opens, finds and ends what browsers are signed in to."""

    def __init__(self, store: Store, world: World, lasting: Lasting) -> None:
        self._store = store
        self._world = world
        self.lasting = lasting
        self._told: list[Callable[[], None]] = []
        self._forms = world.sealer.subkey("web forms")

    async def open(self, proven: Proven, how: str, name: str, browser: tuple[str, str]) -> str:
        """Sign a browser (its address, what it calls itself) in; returns the token for its cookie.

        Raises:
            SignedOut: the provider that proved them has said since that they left.
        """
        now = self._world.clock.now()
        new = self._new(proven, how, name, browser, now)
        token, kept = self._token()

        def body(sql: Connection) -> bool:
            if outside_logout.has_left(sql, proven.by):
                return False
            stored.add(sql, kept, new)
            return True

        if not await self._write(body):
            raise SignedOut
        return token

    async def prove(self, signed_in: SignedIn, proven: Proven, how: str) -> str:
        """Somebody who is signed in has proven to be (also) this; returns a new token for the cookie.

        Raises:
            SignedOut: they are signed in no more.
        """
        token, kept = self._token()

        def body(sql: Connection) -> bool:
            row = stored.by_token(sql, signed_in.token)
            if row is None or outside_logout.has_left(sql, proven.by):
                return False
            users = tuple(dict.fromkeys((*row.users, *(user.key for user in proven.users))))
            caller = row.caller if proven.caller is None else proven.caller.key
            now = self._world.clock.now()
            new = replace(row, users=users, caller=caller, how=how, proven_at=now, seen_at=now)
            new = _known_by(new, proven.by)
            return stored.renew(sql, signed_in.token, kept, new)

        if not await self._write(body):
            raise SignedOut
        return token

    async def current(self, token: str) -> SignedIn | None:
        """Who a cookie's token stands for now; None for nobody."""
        kept = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        found = await self.read(lambda sql: self._signed_in(sql, kept))
        if found is None:
            return None
        signed_in, seen_at = found
        now = self._world.clock.now()
        if now - seen_at > MINUTE:
            await self._write(lambda sql: stored.seen(sql, signed_in.id, now))
        return signed_in

    async def lives(self, signed_in: SignedIn, *, in_use: bool = False) -> bool:
        """Whether somebody is still signed in who keeps a page open; with ``in_use`` they are not idle."""
        # By its ID: whoever shows again who they are has another token from then on.
        found = await self.read(lambda sql: self._standing(sql, stored.by_id(sql, signed_in.id), b""))
        now = self._world.clock.now()
        if found is not None and in_use and now - found[1] > MINUTE:
            await self._write(lambda sql: stored.seen(sql, signed_in.id, now))
        return found is not None

    async def caller_of(self, signed_in: SignedIn) -> Thing | None:
        """The RAM user or administrator that a session stands for, as a thing."""

        def read(sql: Connection) -> Thing | None:
            row = stored.by_token(sql, signed_in.token)
            return None if row is None or row.caller is None else things.living(sql, row.caller)

        return None if signed_in.caller is None else await self.read(read)

    def whom(self, signed_in: SignedIn) -> Callable[[Connection], Caller]:
        """Whom its calls come from, asked again in the view each call is carried out in."""

        def now(sql: Connection) -> Caller:
            found = self._signed_in(sql, signed_in.token)
            if found is None or found[0].caller is None:
                raise SignedOut
            return found[0].caller

        return now

    async def mine(self, signed_in: SignedIn) -> list[WebSession]:
        """All sessions that stand for somebody this one stands for, this one among them."""
        return await self.read(lambda sql: self._mine(sql, signed_in))

    def on_end(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` on the event loop when somebody was signed out here."""
        self._told.append(tell)

    async def end(self, signed_in: SignedIn, ids: tuple[str, ...]) -> int:
        """Sign out some of :meth:`mine`, and of all that was begun from them; how many there were."""

        def body(tx: Tx) -> int:
            mine = {each.id for each in self._mine(tx.sql, signed_in)}
            return _sign_out(tx, [each for each in ids if each in mine])

        return await self._ended(body)

    async def leave(self, issuer: str, left: Left) -> int | None:
        """Sign out whoever has left a provider outside, of all they came to by it; how many browsers it were.

        None if that was heard before.
        """

        def body(tx: Tx) -> int | None:
            leaving = outside_logout.leave(tx, issuer, left)
            return None if leaving is None else _sign_out(tx, leaving)

        return await self._ended(body)

    async def _ended(self, body: Callable[[Tx], T]) -> T:
        """What a body says that signs browsers out; whoever keeps their pages open looks now."""
        said = await asyncio.wrap_future(self._store.write(AUTHOR, body))
        for tell in self._told:
            tell()
        return said

    async def read(self, body: Callable[[Connection], T]) -> T:
        """What a few indexed reads find: at once on SQLite, elsewhere in a thread."""

        def read() -> T:
            with self._store.read() as sql:
                return body(sql)

        return read() if self._store.is_sqlite else await asyncio.to_thread(read)

    def is_form_token(self, signed_in: SignedIn, given: str) -> bool:
        """Whether this is what the forms of a session send along."""
        return hmac.compare_digest(signed_in.csrf.encode(), given.encode("utf-8", "surrogatepass"))

    def _form_token(self, kept: bytes) -> str:
        return hmac.new(self._forms, kept, hashlib.sha256).hexdigest()

    def _new(self, proven: Proven, how: str, name: str, browser: tuple[str, str], now: Millis) -> WebSession:
        peer, agent = browser
        new = WebSession(
            id=f"web-{self._world.chance.text(12)}",
            name=name,
            users=tuple(user.key for user in proven.users),
            caller=None if proven.caller is None else proven.caller.key,
            how=how,
            peer=peer,
            agent=agent[:AGENT_CHARACTERS],
            opened_at=now,
            proven_at=now,
            seen_at=now,
        )
        return _known_by(new, proven.by)

    def _token(self) -> tuple[str, bytes]:
        token = self._world.chance.fill(TOKEN_BYTES).hex()
        return token, hashlib.sha256(token.encode()).digest()

    def _signed_in(self, sql: Connection, kept: bytes) -> tuple[SignedIn, Millis] | None:
        return self._standing(sql, stored.by_token(sql, kept), kept)

    def _standing(
        self, sql: Connection, row: WebSession | None, kept: bytes
    ) -> tuple[SignedIn, Millis] | None:
        """What a session stands for now, and when it was used last; None if for nobody."""
        now = self._world.clock.now()
        if row is None or now - row.opened_at >= self.lasting.most or now - row.seen_at >= self.lasting.idle:
            return None
        found = things.by_keys(sql, list(row.users))
        living = [each for each in found.values() if _lives(sql, each)]
        users = tuple(bastion_users.usable(sql, living, now))
        caller = None if row.caller is None else caller_behind(sql, self._world, row.caller)
        if not users and caller is None:
            return None
        csrf = self._form_token(kept)
        signed_in = SignedIn(row.id, row.name, users, caller, csrf, row.opened_at, row.proven_at, kept)
        return signed_in, row.seen_at

    def _mine(self, sql: Connection, signed_in: SignedIn) -> list[WebSession]:
        mine = stored.by_token(sql, signed_in.token)
        if mine is None:
            return []
        users = set(mine.users)
        return [
            each
            for each in stored.every(sql)
            if users & set(each.users) or (mine.caller is not None and mine.caller == each.caller)
        ]

    async def _write(self, body: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._store.write(AUTHOR, lambda tx: body(tx.sql)))


def _sign_out(tx: Tx, leaving: list[str]) -> int:
    """Sign browsers out, and of all that was begun from them."""
    for each in leaving:
        sign_ins.sign_out(tx, each)
    return stored.remove(tx.sql, leaving)


def reset_password(tx: Tx, world: World, holder: Thing, digest: str) -> None:
    """Give somebody another password, and sign out every browser: who is signed in may be why it is given."""
    passwords.keep_hash(tx, world, holder, digest)
    every = stored.every(tx.sql)
    _sign_out(tx, [each.id for each in every if holder.key in each.users or holder.key == each.caller])


def _known_by(session: WebSession, by: ByOutside | None) -> WebSession:
    """A session that is found again when somebody leaves the provider that proved them."""
    if by is None:
        return session
    return replace(session, issuer=by.issuer, subject=by.subject or None, outside_session=by.session or None)


def caller_behind(sql: Connection, world: World, key: int) -> Caller | None:
    """Whom a RAM user or an administrator calls as; None if they may not, or are no more."""
    thing = things.by_keys(sql, [key]).get(key)
    if thing is None or not _lives(sql, thing) or things.block_words(sql, key):
        return None
    # Without a password the RAM user has no access to the console any more.
    if PASSWORD not in things.secret_purposes(sql, key):
        return None
    return user_caller(sql, world, thing) if thing.kind is Kind.RAM_USER else root_caller(world)


def _lives(sql: Connection, thing: Thing) -> bool:
    return things.by_id(sql, thing.kind, thing.parent, thing.id) is not None
