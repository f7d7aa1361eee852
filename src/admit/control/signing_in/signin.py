"""Signing in at a door: who somebody proves to be, by key, password and code."""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from sqlalchemy import Connection

from admit.base.ldap import DirectoryAway
from admit.control.access import person_behind
from admit.control.bastionhost import bastion_users
from admit.control.bastionhost.bastion import UserDetails, fingerprint_of
from admit.control.signing_in import one_time_codes, passwords, recovery_codes
from admit.control.signing_in.lockout import Lockout
from admit.control.signing_in.one_time_codes import MailedCodes
from admit.control.signing_in.outside_passwords import OutsidePasswords
from admit.control.world import World
from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.core.links import Kind
from admit.core.texts import printable
from admit.core.validity import MINUTE, Millis
from admit.store import things
from admit.store.engine import Author, Store, Tx
from admit.store.things import Thing, Where

T = TypeVar("T")
How: TypeAlias = Literal["key", "password", "code"]

LONGEST_NAME = 128
LONGEST_PASSWORD = 1024
ALIKE = 4
"""How many passwords are checked for any name at most where there are several bastion hosts."""
AUTHOR = Author("admit", "sign-in", "")
"""What it writes changes no policy, so that it stands in no ledger."""


class SignInRefused(Exception):
    """A refusal whose reason may be told: nobody learns from it whether a name exists."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = f"admit: {text}"


class PasswordMustChange(SignInRefused):
    """A password is right, and must be changed before it proves anything."""

    def __init__(self) -> None:
        super().__init__("your password must be changed before it can be used")


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What is still asked for before users are proven."""

    users: tuple[Thing, ...]
    """Those who are proven once the code is right."""
    prompt: str


@dataclass(frozen=True, slots=True)
class _Password:
    user: Thing
    digest: str


class SignIn:
    """Proves users: of any bastion host on this gate, and no others.

    A name is the name of such users, or of the person behind them. What is proven
    are exactly the users that hold the key or the password: a user made elsewhere
    under the same name gains nothing by it. Only users who are neither locked nor
    outside their time can be proven.

    ``()`` is a refusal without a reason. Whether the name exists shows neither in
    it nor in the time it takes.
    """

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world
        self._lockout = Lockout(store, world)
        self._mailed = MailedCodes(world)
        self._decoy = passwords.decoy(world)
        self._outside = OutsidePasswords(world)
        # Guessing must not take the processor from those who are in: the rest waits its turn.
        self._hashing = asyncio.Semaphore(max(1, (os.cpu_count() or 1) - 1))

    async def by_key(self, name: str, key: bytes, peer: str) -> tuple[Thing, ...]:  # noqa: ARG002 - all take it
        """The users of a name that hold a public key, given in SSH's wire form.

        It is asked before a signature is made, too: that the key's owner is there
        is shown by the signature, which the door checks, and not by this.
        """
        return await self._read(
            lambda sql: bastion_users.holders(sql, name, fingerprint_of(key), self._world.clock.now())
        )

    async def by_password(self, name: str, password: str, peer: str) -> tuple[Thing, ...]:
        """The users of a name whose password this is.

        A password that must be changed first proves nothing: it was set by somebody
        else, who knows it.

        Raises:
            SignInRefused: too many wrong tries.
            PasswordMustChange: the password is right, and must be changed first.
        """
        right = await self._with_password(name, password, peer)
        users = tuple(user for user in right if not user.read(UserDetails).need_reset_password)
        if right and not users:
            self._refuse(name, "password", peer, "must be changed")
            raise PasswordMustChange
        return users

    async def change_password(self, name: str, former: str, password: str, peer: str) -> tuple[Thing, ...]:
        """Change a password that must be changed, and sign in with it: the users of a name that had it.

        Others are not changed here: who finds a terminal open must not keep its owner out.

        Raises:
            SignInRefused: too many wrong tries; or the new password is the former one, or too weak.
        """
        users = await self._with_password(name, former, peer)
        users = tuple(user for user in users if user.read(UserDetails).need_reset_password)
        if not users:
            return ()
        weak = passwords.weakness(password)
        if weak is not None or password == former:
            why = "it is the one you had." if weak is None else weak.why
            raise SignInRefused(f"the new password is not taken: {why}")
        async with self._hashing:
            digests = [await asyncio.to_thread(passwords.hashed, self._world, password) for _ in users]
        author = Author(printable(name), "door:ChangePassword", self._world.chance.request_id())

        def body(tx: Tx) -> None:
            for user, digest in zip(users, digests, strict=True):
                passwords.replace_hash(tx, self._world, user, digest)

        await asyncio.wrap_future(self._store.write(author, body))
        return users

    async def _with_password(self, name: str, password: str, peer: str) -> tuple[Thing, ...]:
        """The users of a name whose password this is, whether or not it must be changed."""
        await self._take_turn(name, name, "password", peer)
        now = self._world.clock.now()
        # A copy a hundred times as long would take longer to hash, and is nobody's.
        fits = len(name) <= LONGEST_NAME and len(password) <= LONGEST_PASSWORD
        held, places = await self._read(lambda sql: self._passwords(sql, name, now))
        right = await self._matching(held, places, password[:LONGEST_PASSWORD])
        right += await self.outside(name, password[:LONGEST_PASSWORD], right)
        if not right or not fits:
            self._refuse(name, "password", peer, "wrong")
            return ()
        await self._lockout.was_right(name, peer)
        return tuple(right)

    async def outside(self, name: str, password: str, known: Sequence[Thing]) -> list[Thing]:
        """The users of a name whose password this is as a directory outside says.

        Raises:
            SignInRefused: it cannot be asked, and the password is not one of those ``known`` here.
        """
        now = self._world.clock.now()
        users = await self._read(lambda sql: self._outside.candidates(sql, name, now))
        try:
            return await self._outside.right(users, password)
        except DirectoryAway:
            if known:
                return []
            raise SignInRefused("the directory of passwords cannot be asked: try again later") from None

    async def second_factor(self, users: tuple[Thing, ...], peer: str) -> SecondFactor | None:
        """What proven users must still show; None if nothing. A code that is to be mailed is mailed now.

        Users who cannot be asked are left out, as long as others remain.

        Raises:
            SignInRefused: none of them can be asked.
        """
        methods = await self._read(
            lambda sql: {user: one_time_codes.method_of(sql, self._world, user) for user in users}
        )
        left = tuple(user for user in users if methods[user] != "unknown")
        if users and not left:
            raise SignInRefused(
                "the second factor that is set for you cannot be asked for here: "
                "ask an administrator to set up a one-time code or e-mail"
            )
        mailed = [user for user in left if methods[user] == "email"]
        if all(methods[user] == "none" for user in left):
            return None
        for user in mailed:
            await self._mail(user, peer)
        if mailed:
            address = one_time_codes.masked(mailed[0].read(UserDetails).email)
            return SecondFactor(left, f"Code sent to {address}: ")
        return SecondFactor(left, "One-time code: ")

    async def by_code(self, factor: SecondFactor, name: str, code: str, peer: str) -> tuple[Thing, ...]:
        """The users that are proven by a code, besides those who need none.

        ``name`` is what the person signs in as. A code is good once.

        Raises:
            SignInRefused: too many wrong tries.
        """
        counted = f"code/{name}"
        await self._take_turn(counted, name, "code", peer)
        now = self._world.clock.now()
        given = "".join(code.split())
        methods = await self._read(
            lambda sql: {user: one_time_codes.method_of(sql, self._world, user) for user in factor.users}
        )
        asked = [user for user in factor.users if methods[user] != "none"]
        right = [user for user in asked if await self._is_code(user, given, now)]
        if not right:
            self._refuse(name, "code", peer, "wrong")
            return ()
        await self._lockout.was_right(counted, peer)
        return tuple(user for user in factor.users if user in right or methods[user] == "none")

    async def signed_in(self, users: tuple[Thing, ...], name: str, peer: str, how: How) -> None:
        """The door says that somebody is in, with all that was asked for; ``how`` is what was shown last."""
        await self._lockout.came_in((name, f"code/{name}"), peer)
        self._count(how, "signed in")
        people = await self._read(lambda sql: [_person_of(sql, user) for user in users])
        for user, person in zip(users, people, strict=True):
            self._note(Outcome.OK, name, how, peer, user=_mention(user), person=_mention(person))

    async def _take_turn(self, counted: str, name: str, how: How, peer: str) -> None:
        pause = await self._lockout.take_turn(counted, peer)
        if pause:
            self._refuse(name, how, peer, "too many wrong tries")
            minutes = -(-pause // MINUTE)
            raise SignInRefused(
                f"too many wrong tries: try again in {minutes} minute{'s' if minutes > 1 else ''}"
            )

    def _passwords(self, sql: Connection, name: str, now: Millis) -> tuple[list[_Password], int]:
        """The passwords of a name, and how many bastion hosts there are."""
        found = []
        for user in bastion_users.usable(sql, bastion_users.named(sql, name), now):
            digest = passwords.hash_of(sql, self._world, user)
            if digest is not None and user.read(UserDetails).source == "Local":
                found.append(_Password(user, digest))
        return found, things.count(sql, Where(Kind.BASTION, parent=self._world.account_key))

    async def _matching(self, held: list[_Password], bastions: int, password: str) -> list[Thing]:
        """Whose password it is, with as many checks for a name that nobody has."""
        checks = max(len(held), min(bastions, ALIKE), 1)
        digests = [each.digest for each in held] + [self._decoy] * (checks - len(held))
        right = [await self._matches(digest, password) for digest in digests]
        return [each.user for each, is_right in zip(held, right, strict=False) if is_right]

    async def _matches(self, digest: str, password: str) -> bool:
        async with self._hashing:
            return await asyncio.to_thread(passwords.matches, digest, password)

    async def _is_code(self, user: Thing, code: str, now: Millis) -> bool:
        if await self._is_mailed(user, code, now):
            return True
        if recovery_codes.is_one(code):
            return await self._is_recovery_code(user, code)
        step = await self._read(lambda sql: one_time_codes.matching_step(sql, self._world, user, code, now))
        if step is None:
            return False
        used = self._store.write(AUTHOR, lambda tx: one_time_codes.use_step(tx, user, step))
        return await asyncio.wrap_future(used)

    async def _is_recovery_code(self, user: Thing, code: str) -> bool:
        """Whether it is one of the user's, which is used up by it."""
        author = Author(printable(user.name), "door:UseRecoveryCode", self._world.chance.request_id())
        used = self._store.write(author, lambda tx: recovery_codes.use(tx, self._world, user, code))
        return await asyncio.wrap_future(used)

    async def _is_mailed(self, user: Thing, code: str, now: Millis) -> bool:
        """Whether it is the code that was mailed to the user, which is used up by it."""
        if not await self._read(lambda sql: self._mailed.awaits(sql, user, now)):
            return False
        return await asyncio.wrap_future(
            self._store.write(AUTHOR, lambda tx: self._mailed.use(tx, user, code))
        )

    async def _mail(self, user: Thing, peer: str) -> None:
        await asyncio.wrap_future(self._store.write(AUTHOR, lambda tx: self._mailed.mail(tx, user, peer)))

    async def _read(self, body: Callable[[Connection], T]) -> T:
        """What a few indexed reads find: at once on SQLite, elsewhere in a thread."""

        def read() -> T:
            with self._store.read() as sql:
                return body(sql)

        return read() if self._store.is_sqlite else await asyncio.to_thread(read)

    def _refuse(self, name: str, how: How, peer: str, why: str) -> None:
        self._count(how, why)
        # Whoever it was, it concerns whom the name belongs to.
        claimed = Mention(printable(name[:LONGEST_NAME]))
        self._note(Outcome.REFUSED, name, how, peer, reason=why, person=claimed)

    def _note(self, outcome: Outcome, name: str, how: How, peer: str, **more: Any) -> None:
        # A stranger writes the name: as long and as odd as a packet allows.
        actor = printable(name[:LONGEST_NAME])
        now = self._world.clock.now()
        self._world.activities.note(
            Activity(now, ActivityKind.SIGN_IN, outcome, actor, how, peer=peer, **more)
        )

    def _count(self, how: How, outcome: str) -> None:
        self._world.metrics.sign_ins.labels(how, outcome).inc()


def _person_of(sql: Connection, user: Thing) -> Thing:
    return things.by_key(sql, person_behind(sql, user.ref).key)


def _mention(thing: Thing) -> Mention:
    return Mention(printable(thing.name), thing.key)
