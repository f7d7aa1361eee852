"""A visit: what one client's connection opens, and the connection to the host that its channels share."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import Connection

from admit.control.access import everything_as
from admit.core.access import Reach
from admit.core.links import Kind, Ref
from admit.ssh.connections import TargetConnection
from admit.ssh.door import Admission, Door, Visitor
from admit.ssh.menu import Choice, choose
from admit.ssh.names import NameRefused, Wanted
from admit.ssh.refusals import Refused
from admit.ssh.session import ClientEnd
from admit.ssh.targets import Login
from admit.ssh.terminal import ClientTerminal
from admit.store import things
from admit.store.things import Thing

SHOWN = 8
"""How many of several candidates a line names."""


class Visit:
    """Each channel asks anew; the connection to a host is shared by those of one visit alone."""

    def __init__(self, door: Door, visitor: Visitor, wanted: Wanted | NameRefused) -> None:
        self.door = door
        self.visitor = visitor
        self._wanted = wanted
        self._shared: dict[Ref, TargetConnection] = {}
        self._open: list[TargetConnection] = []
        self._is_over = False
        self._dialing = asyncio.Lock()

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
            return await self._chosen(client, await self._everything())
        found = await self.door.admissions(self.visitor, wanted)
        if len(found) == 1:
            return found[0]
        if client is None or client.terminal is None:
            raise _several(found, wanted)
        return await self._chosen(client, found)

    async def connection(self, admission: Admission, typed: Login | None = None) -> TargetConnection:
        """The connection to what an admission opens, made if there is none.

        Raises:
            Refused: it cannot be had.
        """
        if typed is not None:
            # What somebody typed opens the session they typed it for, and no other.
            return self._kept(await self.door.connect(admission, typed))
        resource = admission.target.resource
        async with self._dialing:
            known = self._shared.get(resource)
            if known is None or known.is_closed():
                known = self._shared[resource] = self._kept(await self.door.connect(admission))
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

    async def _everything(self) -> list[Admission]:
        found = await self.door.read(lambda sql: _reached(sql, self.visitor, self.door.world.clock.now()))
        wanted = [Wanted(self.visitor.person, account, host) for account, host in found]
        return [each for one in wanted for each in await self.door.admissions(self.visitor, one)]

    async def _chosen(self, client: ClientEnd | None, found: Sequence[Admission]) -> Admission:
        if not found:
            raise Refused("nothing is granted to you now: ask an administrator for a grant")
        if client is None or client.terminal is None:
            raise Refused(f"say what to open: {self.visitor.person}+ACCOUNT+HOST before the @")
        choices = {
            Choice(each.label, each.permit.decision.valid_until, each.target.address): each for each in found
        }
        terminal = ClientTerminal(client)
        try:
            chosen = await choose(terminal, list(choices), self.door.world.clock)
        finally:
            terminal.close()
        if chosen is None:
            raise Refused("nothing was chosen")
        return choices[chosen]


def _reached(sql: Connection, visitor: Visitor, now: int) -> list[tuple[str, str]]:
    """All hosts and accounts that proven users may use, as account and qualified host."""
    reaches: dict[Ref, Reach] = {
        reach.ref: reach for user in visitor.users for reach in everything_as(sql, user.ref, now)
    }
    accounts = [ref.key for ref in reaches if ref.kind is Kind.HOST_ACCOUNT]
    found = things.by_keys(sql, accounts)
    hosts = things.by_keys(sql, [each.parent for each in found.values()])
    lone = things.by_keys(sql, [ref.key for ref in reaches if ref.kind is Kind.HOST and ref.key not in hosts])
    bastions = things.by_keys(sql, [each.parent for each in (*hosts.values(), *lone.values())])

    def qualified(host: Thing) -> str:
        return f"{host.id}.{bastions[host.parent].id}"

    return [
        *((found[key].name, qualified(hosts[found[key].parent])) for key in accounts),
        *(("", qualified(host)) for host in lone.values()),
    ]


def _several(found: Sequence[Admission], wanted: Wanted) -> Refused:
    hosts = {each.target.host.key for each in found}
    if len(hosts) == 1:
        names = [f"{wanted.person}+{each.target.login}+{wanted.host}" for each in found]
    else:
        account = f"{wanted.account}+" if wanted.account else ""
        names = [f"{wanted.person}+{account}{each.target.host.id}" for each in found]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return Refused(f"{wanted.label} can mean several: name one, {', '.join(names[:SHOWN])}{more}")
