"""The control plane's end of the socket: lets gates connect that may, and answers what they ask."""

import asyncio
import socket
from contextlib import nullcontext

import msgspec
import structlog

from admit.base.local_socket import peer_of
from admit.porter.desk import TOO_MUCH, GateDesk
from admit.porter.direct import DirectPorter
from admit.porter.link import Link, LinkBroken, pause
from admit.porter.messages import (
    Asked,
    Closed,
    FromGate,
    GivenUp,
    Hello,
    Here,
    Left,
    No,
    Resized,
    Shown,
    Stops,
    Transferred,
    Unwelcome,
    Welcome,
)
from admit.porter.seasons import Seasons
from admit.porter.wire import BEAT_S, LARGEST_ASKED, VERSION

log = structlog.get_logger("admit.porter")

GATES = 32
"""How many may be connected at once."""
ASKED = 4096
"""How many questions of one gate may wait for their answers; more are refused."""
AT_ONCE = 64
"""How many questions of one gate are looked into at the same time: one that floods us holds up itself."""
BROKE_OFF = "the gate broke off"
STOPPED = "the gate stopped"
SERVER_STOPPED = "the server stopped"

_SAID: msgspec.msgpack.Decoder[FromGate] = msgspec.msgpack.Decoder(FromGate)


class Gates:
    """The gates that are connected to this process."""

    def __init__(self, porter: DirectPorter, users: frozenset[int]) -> None:
        """``users`` are the system users whose gates may connect."""
        self._porter = porter
        self._users = users
        self._talking: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, listening: socket.socket) -> None:
        """Let gates connect."""
        self._server = await asyncio.start_unix_server(self._met, sock=listening)

    def stop_listening(self) -> None:
        """Let no more gates connect."""
        if self._server is not None:
            self._server.close()

    async def close(self) -> None:
        """Hang up, once all that was said is sent."""
        self.stop_listening()
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = peer_of(writer.get_extra_info("socket"))
        link = Link((reader, writer), _SAID, LARGEST_ASKED)
        if peer.user not in self._users or len(self._talking) >= GATES:
            log.warning("a gate may not connect", user=peer.user, process=peer.process)
            link.send(Unwelcome(f"the system user {peer.user} may not connect here: see gate_users"))
            link.close()
            return
        log.info("a gate has come", user=peer.user, process=peer.process)
        # A task of its own: asyncio takes it for a fault when the one it made is cancelled.
        talking = asyncio.create_task(Talk(self._porter, link).through())
        self._talking.add(talking)
        await asyncio.wait((talking,))
        self._talking.discard(talking)
        link.close()


class Talk:
    """What is said with one gate, from hello to goodbye."""

    def __init__(self, porter: DirectPorter, link: Link[FromGate]) -> None:
        world = porter.house.world
        self._host_key = porter.host_key
        self._link = link
        self._seasons = Seasons(world.clock, world.chance)
        self._desk = GateDesk(porter, link, self._seasons)
        self._answering: dict[int, asyncio.Task[None]] = {}
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def through(self) -> None:
        """Listen until the gate is gone."""
        beating: asyncio.Task[None] | None = None
        why = BROKE_OFF
        try:
            hello = await self._link.receive()
            if not isinstance(hello, Hello) or hello.version != VERSION:
                self._link.send(Unwelcome(f"the control plane speaks version {VERSION}: install the same"))
                return
            self._link.send(Welcome(self._host_key, self._seasons.current()))
            beating = asyncio.create_task(self._beat())
            while not isinstance(said := await self._link.receive(), Stops):
                self._hear(said)
            why = STOPPED
        except LinkBroken as broken:
            log.warning("a gate broke off", why=str(broken))
        except asyncio.CancelledError:
            why = SERVER_STOPPED
            raise
        finally:
            waiting = [*self._answering.values(), *([] if beating is None else [beating])]
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            self._desk.lost(why)

    def _hear(self, said: FromGate) -> None:
        match said:
            case Asked():
                self._ask(said)
            case GivenUp(number):
                if (task := self._answering.get(number)) is not None:
                    task.cancel()
            case Left(visitor):
                self._desk.left(visitor)
            case Closed() | Shown() | Resized() | Transferred():
                self._hear_of_session(said)
            case Here():
                pass
            case _:
                raise LinkBroken("it says what it may not say now")

    def _hear_of_session(self, said: Closed | Shown | Resized | Transferred) -> None:
        match said:
            case Closed(session, reason):
                self._desk.closed(session, reason)
            case Shown(session, octets, typed):
                self._desk.shown(session, octets, typed=typed)
            case Resized(session, width, height):
                self._desk.resized(session, width, height)
            case Transferred(session, transfer):
                self._desk.transferred(session, transfer)

    def _ask(self, asked: Asked) -> None:
        number = asked.number
        if number in self._answering:
            raise LinkBroken("it asks twice under one number")
        if len(self._answering) >= ASKED:
            self._link.send(No(number, TOO_MUCH))
            return
        task = asyncio.create_task(self._answer(asked))
        self._answering[number] = task
        task.add_done_callback(lambda _: self._answering.pop(number, None))

    async def _answer(self, asked: Asked) -> None:
        async with nullcontext() if asked.ask.waits_for_people else self._at_once:
            await self._desk.answer(asked.number, asked.ask)

    async def _beat(self) -> None:
        while True:
            await pause(BEAT_S)
            self._link.send(self._seasons.current())
