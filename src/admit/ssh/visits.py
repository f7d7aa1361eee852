"""A visit: what one client's connection opens, and the connection to the host that its channels share."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from admit.control.access import everything_as
from admit.control.bastion import HostAccountDetails, HostDetails
from admit.core.links import Kind, Ref
from admit.core.validity import Millis
from admit.ssh.connections import TargetConnection
from admit.ssh.door import Admission, Door, Visitor
from admit.ssh.menu import Choice, choose
from admit.ssh.names import NameRefused, Wanted
from admit.ssh.refusals import Refused
from admit.ssh.session import ClientEnd
from admit.ssh.targets import Login
from admit.ssh.terminal import ClientTerminal
from admit.store import things

T = TypeVar("T")

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
            wanted = await self._chosen(client, await self._everything())
        found = await self.door.admissions(self.visitor, wanted)
        if len(found) == 1:
            return found[0]
        if client is None or client.terminal is None:
            raise _several(found, wanted)
        choices = {
            Choice(each.label, each.permit.decision.valid_until, each.target.host.id): each for each in found
        }
        return await _choice(self.door, client, choices)

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

    async def _everything(self) -> dict[Choice, Wanted]:
        now = self.door.world.clock.now()

        def read() -> dict[Choice, Wanted]:
            with self.door.store.read() as sql:
                return _reached(sql, self.visitor, now)

        # Whoever may use thousands of accounts must not hold up the others.
        return await asyncio.to_thread(read)

    async def _chosen(self, client: ClientEnd | None, choices: Mapping[Choice, Wanted]) -> Wanted:
        if not choices:
            raise Refused("nothing is granted to you now: ask an administrator for a grant")
        if client is None or client.terminal is None:
            raise Refused(f"say what to open: {self.visitor.person}+ACCOUNT+HOST before the @")
        return await _choice(self.door, client, choices)


async def _choice(door: Door, client: ClientEnd, choices: Mapping[Choice, T]) -> T:
    terminal = ClientTerminal(client)
    try:
        chosen = await choose(terminal, list(choices), door.world.clock)
    finally:
        terminal.close()
    if chosen is None:
        raise Refused("nothing was chosen")
    return choices[chosen]


def _reached(sql: Connection, visitor: Visitor, now: Millis) -> dict[Choice, Wanted]:
    """All accounts that proven users may use, and the hosts they may use alone."""
    until: dict[Ref, Millis] = {}
    for user in visitor.users:
        for reach in everything_as(sql, user.ref, now):
            until[reach.ref] = max(reach.until, until.get(reach.ref, 0))
    accounts = things.by_keys(sql, [ref.key for ref in until if ref.kind is Kind.HOST_ACCOUNT])
    with_accounts = {each.parent for each in accounts.values()}
    alone = [ref.key for ref in until if ref.kind is Kind.HOST and ref.key not in with_accounts]
    hosts = things.by_keys(sql, [*with_accounts, *alone])
    bastions = things.by_keys(sql, [each.parent for each in hosts.values()])
    found: dict[Choice, Wanted] = {}
    for thing in (*accounts.values(), *(hosts[key] for key in alone)):
        is_account = thing.kind is Kind.HOST_ACCOUNT
        if is_account and thing.read(HostAccountDetails).protocol_name != "SSH":
            continue
        host = hosts[thing.parent if is_account else thing.key]
        label = f"{thing.name}@{host.name}" if is_account else host.name
        qualified = f"{host.id}.{bastions[host.parent].id}"
        # The ID tells apart what bears one name in several bastion hosts.
        choice = Choice(label, until[thing.ref], f"{host.read(HostDetails).address}, ID {host.id}")
        found[choice] = Wanted(visitor.person, thing.name if is_account else "", qualified)
    return found


def _several(found: Sequence[Admission], wanted: Wanted) -> Refused:
    hosts = {each.target.host.key for each in found}
    if len(hosts) == 1:
        names = [f"{wanted.person}+{each.target.login}+{wanted.host}" for each in found]
    else:
        account = f"{wanted.account}+" if wanted.account else ""
        names = [f"{wanted.person}+{account}{each.target.host.id}" for each in found]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return Refused(f"{wanted.label} can mean several: name one, {', '.join(names[:SHOWN])}{more}")
