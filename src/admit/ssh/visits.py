"""A visit: what one client's connection opens, and the connection to the host that its channels share."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypeVar

from admit.base.clock import Clock
from admit.porter.asks import Admission, Place, Refused, Session, Visitor
from admit.porter.names import NameRefused, Wanted
from admit.ssh.connections import TargetConnection
from admit.ssh.menu import Choice, choose
from admit.ssh.reaching import reach
from admit.ssh.session import ClientEnd
from admit.ssh.targets import Login
from admit.ssh.terminal import ClientTerminal

T = TypeVar("T")

SHOWN = 8
"""How many of several candidates a line names."""


class Visit:
    """Each channel asks anew; the connection to a host is shared by those of one visit alone."""

    def __init__(
        self, visitor: Visitor, wanted: Wanted | NameRefused, clock: Clock, entering: asyncio.Future[None]
    ) -> None:
        """``entering`` is done when the visitor is in."""
        self.visitor = visitor
        self.clock = clock
        self._wanted = wanted
        self._entering = entering
        self._shared: dict[tuple[str, str], TargetConnection] = {}
        self._open: list[TargetConnection] = []
        self._is_over = False
        self._dialing = asyncio.Lock()

    def to(self, wanted: Wanted) -> "Visit":
        """The visit of a connection behind this one, by the same visitor."""
        return Visit(self.visitor, wanted, self.clock, self._entering)

    @property
    def wanted(self) -> Wanted:
        """What they want to use.

        Raises:
            Refused: what they wrote cannot be meant.
        """
        if isinstance(self._wanted, NameRefused):
            raise Refused(str(self._wanted))
        return self._wanted

    async def admission(self, client: ClientEnd | None = None) -> Admission:
        """The one thing that is meant and may be opened; with a terminal of several the one that is chosen.

        Raises:
            Refused: there is none, or more than one, or none was chosen.
        """
        wanted = self.wanted
        if not wanted.host:
            wanted = await self._chosen(client)
        found = await self.admissions(wanted)
        if len(found) == 1:
            return found[0]
        if client is None or client.terminal is None:
            raise _several(found, wanted)
        choices = {Choice(each.place.label, each.place.until, each.place.host_id): each for each in found}
        return await self._choice(client, choices)

    async def admissions(self, wanted: Wanted) -> Sequence[Admission]:
        """All that can be meant, and may be opened.

        Raises:
            Refused: there is none.
        """
        await self._entering
        return await self.visitor.admissions(wanted)

    async def connection(
        self, session: Session, place: Place, typed: Login | None = None
    ) -> TargetConnection:
        """The connection to a session's host, made if there is none.

        Raises:
            Refused: it cannot be had.
        """
        if typed is not None:
            # What somebody typed opens the session they typed it for, and no other.
            return self._kept(await reach(session, place, typed))
        account = (place.where, place.login)
        async with self._dialing:
            known = self._shared.get(account)
            if known is None or known.is_closed():
                known = self._shared[account] = self._kept(await reach(session, place))
            return known

    def close(self) -> None:
        """The client is gone, and so is all that it had open."""
        self._is_over = True
        for connection in self._open:
            connection.close()

    def _kept(self, connection: TargetConnection) -> TargetConnection:
        """A connection that ends with the visit."""
        if self._is_over:
            connection.close()
            raise Refused("the client left")
        self._open = [*(each for each in self._open if not each.is_closed()), connection]
        return connection

    async def _chosen(self, client: ClientEnd | None) -> Wanted:
        await self._entering
        person = self.wanted.person
        choices = {
            Choice(each.label, each.until, each.why): Wanted(person, each.account, each.host)
            for each in await self.visitor.reachable()
        }
        if not choices:
            raise Refused("nothing is granted to you now: ask an administrator for a grant")
        if client is None or client.terminal is None:
            raise Refused(f"say what to open: {person}+ACCOUNT+HOST before the @")
        return await self._choice(client, choices)

    async def _choice(self, client: ClientEnd, choices: Mapping[Choice, T]) -> T:
        terminal = ClientTerminal(client)
        try:
            chosen = await choose(terminal, list(choices), self.clock)
        finally:
            terminal.close()
        if chosen is None:
            raise Refused("nothing was chosen")
        return choices[chosen]


def _several(found: Sequence[Admission], wanted: Wanted) -> Refused:
    hosts = {each.place.where for each in found}
    if len(hosts) == 1:
        names = [f"{wanted.person}+{each.place.login}+{wanted.host}" for each in found]
    else:
        account = f"{wanted.account}+" if wanted.account else ""
        names = [f"{wanted.person}+{account}{each.place.host_id}" for each in found]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return Refused(f"{wanted.label} can mean several: name one, {', '.join(names[:SHOWN])}{more}")
