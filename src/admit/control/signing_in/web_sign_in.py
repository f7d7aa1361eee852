"""Signing in with a browser: whose name and password it is, of any directory, of RAM, of the account."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from admit.control.bastionhost import bastion_users
from admit.control.signing_in import one_time_codes, passwords
from admit.control.signing_in.lockout import Lockout
from admit.control.signing_in.passkeys import PasskeyRefused
from admit.control.signing_in.signin import (
    LONGEST_NAME,
    LONGEST_PASSWORD,
    PasswordMustChange,
    SecondFactor,
    SignIn,
    SignInRefused,
)
from admit.control.signing_in.web_sessions import Proven
from admit.control.world import World
from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.core.links import Kind
from admit.core.texts import printable
from admit.core.validity import DAY, MINUTE, Millis
from admit.store import things
from admit.store.engine import Author, Store, Tx
from admit.store.things import Thing, Where

CHECKS = 6
"""How many passwords are checked for any name, at most."""


class _Kept(msgspec.Struct):
    """What the users of the services say about their passwords, each in its own words."""

    source: str = "Local"
    need_reset_password: bool = False
    change_password_at_logon: bool = False
    password_expire_days: int | None = None
    password_set_at: Millis | None = None

    def usable(self, now: Millis) -> bool:
        """Whether the password may be used at all."""
        days, since = self.password_expire_days, self.password_set_at
        expired = days is not None and since is not None and now >= since + days * DAY
        return self.source not in ("AD", "LDAP", "Ram") and not expired

    @property
    def must_change(self) -> bool:
        """Whether it was set by somebody else, who knows it."""
        return self.need_reset_password or self.change_password_at_logon


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Somebody who is called so, and the hash of their password."""

    thing: Thing
    digest: str
    must_change: bool = False


class WebSignIn:
    """Proves people, RAM users and administrators by a name and a password.

    A name is that of users of any directory or of the person behind them, of a RAM
    user, or of the administrator. Proven is exactly whoever has the password: a user
    made elsewhere under the same name gains nothing by it.
    """

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world
        self.at_doors = SignIn(store, world)
        self._lockout = Lockout(store, world)
        self._decoy = passwords.decoy(world)
        # Guessing must not take the processor from those who are in: the rest waits its turn.
        self._hashing = asyncio.Semaphore(max(1, (os.cpu_count() or 1) - 1))

    async def by_password(self, name: str, password: str, peer: str) -> Proven:
        """Who of a name has this password. Nobody: it tells nothing, nor does the time it takes.

        Raises:
            SignInRefused: too many wrong tries.
            PasswordMustChange: the password is right, and must be changed first.
        """
        await self._take_turn(name, peer)
        now = self._world.clock.now()
        fits = len(name) <= LONGEST_NAME and len(password) <= LONGEST_PASSWORD
        found, checks = await self._read(name, now)
        right = await self._matching(found, checks, password[:LONGEST_PASSWORD])
        known = [each.thing for each in right]
        outside = await self.at_doors.outside(name, password[:LONGEST_PASSWORD], known)
        right += [_Candidate(each, "") for each in outside]
        if not right or not fits:
            self.note(Outcome.REFUSED, name, "password", peer, reason="wrong")
            return Proven(())
        await self._lockout.was_right(name, peer)
        proven = _proven(right)
        if not proven:
            self.note(Outcome.REFUSED, name, "password", peer, reason="must be changed")
            raise PasswordMustChange
        return proven

    async def second_factor(self, proven: Proven, peer: str) -> SecondFactor | None:
        """What must still be shown; None if nothing.

        Raises:
            SignInRefused: it cannot be asked for here.
        """
        return await self.at_doors.second_factor(_things(proven), peer) if proven else None

    async def by_code(self, factor: SecondFactor, proven: Proven, name: str, code: str, peer: str) -> Proven:
        """Who is proven once the code is right; nobody if it is wrong.

        Raises:
            SignInRefused: too many wrong tries.
        """
        right = await self.at_doors.by_code(factor, name, code, peer)
        if not right:
            return Proven(())
        return _proven_among(proven, right)

    async def shows_code(self, proven: Proven) -> bool:
        """Whether a code is asked for besides the password of one of them."""

        def read() -> bool:
            with self._store.read() as sql:
                methods = [one_time_codes.method_of(sql, self._world, each) for each in _things(proven)]
            return any(method in ("totp", "email") for method in methods)

        return read() if self._store.is_sqlite else await asyncio.to_thread(read)

    async def by_passkey(self, prove: Callable[[Tx], tuple[Proven, str]], peer: str) -> tuple[Proven, str]:
        """Whom a passkey proves, and their name. It is two factors in one: nothing is asked for besides.

        Raises:
            PasskeyRefused: nobody.
        """
        author = Author("admit", "web-sign-in", self._world.chance.request_id())
        try:
            return await asyncio.wrap_future(self._store.write(author, prove))
        except PasskeyRefused as refused:
            self.note(Outcome.REFUSED, "", "passkey", peer, reason=refused.kind)
            raise

    async def came_in(self, proven: Proven, name: str, how: str, peer: str) -> None:
        """Somebody is in, with all that was asked for."""
        await self._lockout.came_in((name, f"code/{name}"), peer)
        for thing in (*proven.users, *([proven.caller] if proven.caller else [])):
            user = Mention(printable(thing.name), thing.key)
            self.note(Outcome.OK, name, how, peer, user=user)

    def note(  # noqa: PLR0913 - what an activity says
        self,
        outcome: Outcome,
        name: str,
        how: str,
        peer: str,
        *,
        reason: str = "",
        user: Mention | None = None,
    ) -> None:
        """Note and count a sign-in, or that it was refused."""
        self._world.metrics.sign_ins.labels(how, reason or "signed in").inc()
        # A stranger writes the name: as long and as odd as a form allows.
        actor = printable(name[:LONGEST_NAME])
        claimed = Mention(actor) if user is None else None
        self._world.activities.note(
            Activity(
                self._world.clock.now(),
                ActivityKind.SIGN_IN,
                outcome,
                actor,
                how,
                reason,
                peer=peer,
                user=user,
                person=claimed,
            )
        )

    async def _take_turn(self, name: str, peer: str) -> None:
        pause = await self._lockout.take_turn(name, peer)
        if pause:
            self.note(Outcome.REFUSED, name, "password", peer, reason="too many wrong tries")
            minutes = -(-pause // MINUTE)
            raise SignInRefused(
                f"too many wrong tries: try again in {minutes} minute{'s' if minutes > 1 else ''}"
            )

    async def _read(self, name: str, now: Millis) -> tuple[list[_Candidate], int]:
        def read() -> tuple[list[_Candidate], int]:
            with self._store.read() as sql:
                return self._candidates(sql, name, now), _places(sql, self._world)

        return read() if self._store.is_sqlite else await asyncio.to_thread(read)

    def _candidates(self, sql: Connection, name: str, now: Millis) -> list[_Candidate]:
        found = []
        for user in bastion_users.usable(sql, bastion_users.called(sql, name), now):
            kept = user.read(_Kept)
            if kept.usable(now) and (digest := passwords.hash_of(sql, self._world, user)) is not None:
                found.append(_Candidate(user, digest, kept.must_change))
        administrator = things.by_handle(sql, Kind.PERSON, 0, name)
        callers = things.find(sql, Where(Kind.RAM_USER, parent=self._world.account_key, names=(name,)))
        for thing in ([administrator] if administrator else []) + callers:
            digest = passwords.hash_of(sql, self._world, thing)
            if digest is not None and not things.block_words(sql, thing.key):
                found.append(_Candidate(thing, digest, thing.read(_Kept).must_change))
        return found

    async def _matching(self, found: list[_Candidate], checks: int, password: str) -> list[_Candidate]:
        """Whose password it is, with as many checks for a name that nobody has."""
        digests = [each.digest for each in found]
        digests += [self._decoy] * (checks - len(found))
        right = [await self._matches(digest, password) for digest in digests]
        return [each for each, is_right in zip(found, right, strict=False) if is_right]

    async def _matches(self, digest: str, password: str) -> bool:
        async with self._hashing:
            return await asyncio.to_thread(passwords.matches, digest, password)


def _places(sql: Connection, world: World) -> int:
    """How many passwords a name may have: one in each directory, one in RAM."""
    directories = sum(
        things.count(sql, Where(kind, parent=world.account_key)) for kind in (Kind.BASTION, Kind.IDAAS)
    )
    return min(directories + 2, CHECKS)


def _things(proven: Proven) -> tuple[Thing, ...]:
    return (*proven.users, *([] if proven.caller is None else [proven.caller]))


def _proven_among(proven: Proven, right: tuple[Thing, ...]) -> Proven:
    """Those of the proven who also showed what was asked for besides."""
    keys = {each.key for each in right}
    caller = proven.caller if proven.caller is not None and proven.caller.key in keys else None
    return Proven(tuple(user for user in proven.users if user.key in keys), caller, proven.by)


def _proven(right: list[_Candidate]) -> Proven:
    usable = [each.thing for each in right if not each.must_change]
    users = tuple(thing for thing in usable if thing.kind is Kind.USER)
    callers = [thing for thing in usable if thing.kind is not Kind.USER]
    return Proven(users, callers[0] if callers else None)
