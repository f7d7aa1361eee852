"""Gates at a real socket: honest ones, and one that says whatever it likes."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from admit.base.chance import Chance
from admit.base.local_socket import listen_at
from admit.porter.asks import What
from admit.porter.direct import DirectPorter
from admit.porter.gates import Gates
from admit.porter.house import House
from admit.porter.link import Link
from admit.porter.messages import Answer, Asked, FromPorter, Hello, No, Season, Welcome
from admit.porter.names import Wanted
from admit.porter.questions import Admissions, Arrive, Ask, ByKey, Enter, Offer, Open, answer_type
from admit.porter.remote import RemotePorter
from admit.porter.wire import LARGEST_TOLD, VERSION, Message
from tests.porter.lobby import HOME, Lobby, exchange, signed


@dataclass
class Liar:
    """A gate that is in somebody else's hands: it says what it likes, and keeps all it is told."""

    link: Link[FromPorter]
    lobby: Lobby
    season: Season
    host_key: bytes
    told: list[FromPorter] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def ask(self, ask: Ask[Any]) -> Any:
        """The answer to a question; a refusal's reason if there is one."""
        number = next(self.numbers)
        self.link.send(Asked(number, ask))
        said = await self.hear(lambda each: isinstance(each, Answer | No) and each.number == number)
        if isinstance(said, No):
            return said.reason
        return msgspec.msgpack.decode(bytes(said.content), type=answer_type(type(ask)))

    async def hear(self, wanted: Any) -> Any:
        """What is said next that is wanted."""
        while True:
            said = await self.link.receive()
            self.told.append(said)
            if wanted(said):
                return said

    def say(self, message: Message) -> None:
        self.link.send(message)

    async def alice(self) -> str:
        """alice signs in at it, as she believes; what she is called."""
        number = next(self.numbers)
        me = await self.ask(Arrive(HOME, self.season.number, number))
        made = exchange(self.season.cookie(number), self.lobby.public_host_key(self))
        step = await self.ask(ByKey(me, signed(self.lobby.key, "alice", made)))
        assert step.state == "proven"
        await self.ask(Enter(me, "SSH-2.0-client"))
        return str(me)

    async def offered(self, me: str, account: str = "root") -> Offer:
        (offer,) = await self.ask(Admissions(me, Wanted("alice", account, "db-1")))
        return offer

    async def opened(self, me: str, account: str = "root") -> int:
        """The number of a shell of alice's."""
        number = next(self.numbers)
        offer = await self.offered(me, account)
        begun = await self.ask(Open(offer.admission, number, What.SHELL, None))
        assert begun.id.startswith("s-")
        return number


@dataclass
class Counter:
    """A control plane at a socket."""

    lobby: Lobby
    house: House
    gates: Gates
    path: Path

    links: list[Link[FromPorter]] = field(default_factory=list)

    async def restart(self) -> None:
        """It is gone, and another one answers in its place."""
        await self.gates.close()
        self.gates = Gates(DirectPorter(self.house), frozenset({os.geteuid()}))
        await self.gates.listen(listen_at(self.path))

    async def link(self) -> Link[FromPorter]:
        """A connection on which nothing was said yet."""
        streams = await asyncio.open_unix_connection(str(self.path))
        self.links.append(Link(streams, msgspec.msgpack.Decoder(FromPorter), LARGEST_TOLD))
        return self.links[-1]

    async def greeted(self, version: int = VERSION) -> tuple[Link[FromPorter], FromPorter]:
        """A connection on which a gate of some version said hello, and what it was told."""
        link = await self.link()
        link.send(Hello(version))
        return link, await link.receive()

    async def liar(self) -> Liar:
        """A gate that lies."""
        link, welcome = await self.greeted()
        assert isinstance(welcome, Welcome)
        return Liar(link, self.lobby, welcome.season, welcome.host_key)

    @asynccontextmanager
    async def remote(self) -> AsyncIterator[RemotePorter]:
        """An honest gate's porter."""
        porter = RemotePorter([self.path], Chance())
        running = asyncio.create_task(porter.run())
        await asyncio.wait_for(porter.reached.wait(), 10)
        try:
            yield porter
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def counter(lobby: Lobby, users: frozenset[int] | None = None) -> AsyncIterator[Counter]:
    """A control plane at a socket, until the block ends."""
    allowed = frozenset({os.geteuid()}) if users is None else users
    # A socket's path has room for a hundred letters.
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        async with lobby.house() as house:
            gates = Gates(DirectPorter(house), allowed)
            await gates.listen(listen_at(Path(short) / "gates"))
            there = Counter(lobby, house, gates, Path(short) / "gates")
            try:
                yield there
            finally:
                for each in there.links:
                    each.close()
                await there.gates.close()
