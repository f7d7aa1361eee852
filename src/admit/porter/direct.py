"""The porter itself: beside the store and the keys, where each question is decided."""

from collections.abc import Sequence
from dataclasses import replace

import structlog
from sqlalchemy import Connection

from admit.base.ssh_exchange import COOKIE_BYTES, SignatureRefused, Signed, proven
from admit.control.signing_in import one_time_codes
from admit.control.signing_in.signin import How, PasswordMustChange, SecondFactor, SignInRefused
from admit.core.validity import DAY, MINUTE, Millis
from admit.porter.admissions import DirectAdmission, admitted, reached
from admit.porter.asks import SAID_BY, Reachable, Refused, Step
from admit.porter.house import House
from admit.porter.names import Wanted, person_of
from admit.porter.opener import Opener
from admit.store.things import Thing

log = structlog.get_logger("admit.porter")

REFUSED = Step("refused")
SIGNED_IN_FOR: Millis = DAY
"""How long after they signed in somebody may begin sessions."""
SIGNING_IN: Millis = 2 * MINUTE
"""How long somebody who came may take to sign in: a door could keep what they showed for another day."""


class DirectPorter:
    """Answers the doors of one process, and those that reach it over a socket."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.host_key = house.host_key

    def visitor(self, peer: str) -> "DirectVisitor":
        """Somebody comes from an address."""
        return self.visitor_with(self.house.world.chance.fill(COOKIE_BYTES), peer)

    def entered(self, opener: Opener) -> "DirectVisitor":
        """Somebody who has proven at another door of this process to be exactly these users, and is in."""
        visitor = self.visitor(opener.peer)
        visitor.let_in(opener)
        return visitor

    def visitor_with(self, cookie: bytes, peer: str) -> "DirectVisitor":
        """Somebody comes to a door that shows a cookie, which nobody could foresee."""
        return DirectVisitor(self.house, peer, cookie)


class DirectVisitor:
    """Somebody at a door, and who they have proven to be."""

    def __init__(self, house: House, peer: str, cookie: bytes) -> None:
        self.cookie = cookie
        self._house = house
        self._peer = peer
        self._name = ""
        self._how: How = "key"
        self._proven: tuple[Thing, ...] = ()
        """Exactly the users that were proven, with all that is asked for."""
        self._factor: SecondFactor | None = None
        self._opener: Opener | None = None
        self._came_at = house.world.clock.now()

    # -- signing in --------------------------------------------------------------------------------

    async def holds(self, name: str, key: bytes) -> bool:
        """Whether somebody of this name holds a public key."""
        return bool(await self._house.sign_in.by_key(name, key, self._peer))

    async def by_key(self, signed: Signed) -> Step:
        """A signature."""
        self._begin("")
        try:
            request = proven(signed, self.cookie, self._house.public_host_key)
        except SignatureRefused as refused:
            log.warning("a signature proved nothing", peer=self._peer, why=str(refused))
            return REFUSED
        name = self._begin(person_of(request.name))
        return await self._shown(await self._house.sign_in.by_key(name, request.key, self._peer), "key")

    async def by_password(self, name: str, password: str) -> Step:
        """A password."""
        self._begin(name)
        try:
            users = await self._house.sign_in.by_password(name, password, self._peer)
        except PasswordMustChange as refused:
            return Step("change", _reason(refused))
        except SignInRefused as refused:
            return Step("refused", _reason(refused))
        return await self._shown(users, "password")

    async def change_password(self, name: str, former: str, password: str) -> Step:
        """A password that must be changed, and a new one."""
        self._begin(name)
        try:
            users = await self._house.sign_in.change_password(name, former, password, self._peer)
        except SignInRefused as refused:
            return Step("refused", _reason(refused))
        return await self._shown(users, "password")

    async def by_code(self, code: str) -> Step:
        """The code that was asked for."""
        factor, self._proven = self._factor, ()
        if factor is None:
            return REFUSED
        try:
            users = await self._house.sign_in.by_code(factor, self._name, code, self._peer)
        except SignInRefused as refused:
            return Step("refused", _reason(refused))
        if self._factor is not factor or not users:
            return REFUSED
        self._proven, self._how = users, "code"
        return Step("proven")

    def _begin(self, name: str) -> str:
        """Somebody says who they are. Whatever was shown before counts no more."""
        self._name, self._proven, self._factor = name, (), None
        return name

    async def _shown(self, users: tuple[Thing, ...], how: How) -> Step:
        """Whether what was shown is all that is asked for."""
        if not users:
            return REFUSED
        name, users = self._name, await self._askable(users)
        try:
            factor = await self._house.sign_in.second_factor(users, self._peer)
        except SignInRefused as refused:
            return Step("refused", _reason(refused))
        if self._name != name:
            # Two answers at once, for two names: neither is to have what the other showed.
            return REFUSED
        if factor is not None:
            self._factor = factor
            return Step("code", factor.prompt)
        self._proven, self._how = users, how
        return Step("proven")

    async def _askable(self, users: tuple[Thing, ...]) -> tuple[Thing, ...]:
        """Users whose second factor can be asked for; all of them if it is so of none."""

        def known(sql: Connection) -> tuple[Thing, ...]:
            methods = ((each, one_time_codes.method_of(sql, self._house.world, each)) for each in users)
            return tuple(each for each, method in methods if method != "unknown")

        return await self._house.read(known) or users

    async def enter(self, client: str) -> None:
        """They are in."""
        users, now = self._proven, self._house.world.clock.now()
        if not users or self._opener is not None:
            raise Refused("not signed in")
        if now - self._came_at > SIGNING_IN:
            raise Refused("that took too long: try again")
        self.let_in(Opener(self._name, users, self._peer, client[:200]))
        await self._house.sign_in.signed_in(users, self._name, self._peer, self._how)

    def let_in(self, opener: Opener) -> None:
        """They have proven who they are, here or elsewhere."""
        self._opener = replace(opener, until=self._house.world.clock.now() + SIGNED_IN_FOR)

    # -- what is opened then -----------------------------------------------------------------------

    async def admissions(self, wanted: Wanted) -> Sequence[DirectAdmission]:
        """All that they may mean and open, best first."""
        opener = self._in()
        found = await self._house.read(lambda sql: admitted(sql, self._house, opener, wanted))
        if isinstance(found, Refused):
            raise found
        return found

    async def reachable(self) -> Sequence[Reachable]:
        """All that they may open now."""
        users, now = self._in().users, self._house.world.clock.now()
        # Whoever may use thousands of accounts must not hold up the others.
        return await self._house.read_apart(lambda sql: reached(sql, users, now))

    def leave(self) -> None:
        """Their connection is gone."""
        self._begin("")
        self._opener = None

    def _in(self) -> Opener:
        if self._opener is None:
            raise Refused("not signed in")
        self._opener.require_in(self._house.world.clock.now())
        return self._opener


def _reason(refused: SignInRefused) -> str:
    return refused.text.removeprefix(SAID_BY)
