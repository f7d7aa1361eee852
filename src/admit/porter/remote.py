"""The porter as a gate of its own has it: whatever is asked goes over a socket."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import asyncssh
import msgspec
import structlog

from admit.base.chance import Chance
from admit.base.ssh_exchange import COOKIE_BYTES, Exchange, Signed
from admit.core.recordings import Opening
from admit.core.restrictions import Leave
from admit.core.transfers import Transfer
from admit.core.validity import Millis
from admit.porter.asks import Away, Credentials, Place, Reachable, Screen, Step, What
from admit.porter.line import Line
from admit.porter.link import Link, LinkBroken, pause
from admit.porter.messages import (
    Closed,
    FromPorter,
    Hello,
    Left,
    Resized,
    Shown,
    Transferred,
    Unwelcome,
    Welcome,
)
from admit.porter.names import Wanted
from admit.porter.questions import (
    Admissions,
    Approve,
    Arrive,
    Begun,
    ByCode,
    ByKey,
    ByPassword,
    ChangePassword,
    CredentialsOf,
    Enter,
    Holds,
    Offer,
    Open,
    Pin,
    ReachableBy,
    Record,
    Sign,
    Until,
)
from admit.porter.wire import LARGEST_TOLD, VERSION

log = structlog.get_logger("admit.ssh")

RETRY_S = 0.5
"""Between two tries to reach the control plane."""
BEHIND = 4 * 1024 * 1024
"""Bytes of a recording that may be on their way before the session must wait."""
LONGEST_TEXT = 1000

_SAID: msgspec.msgpack.Decoder[FromPorter] = msgspec.msgpack.Decoder(FromPorter)


class NotWelcome(Exception):
    """The control plane does not let this gate in. The text says what to do."""


class RemotePorter:
    """Asks the first of some sockets at which a control plane answers. ``run`` must run meanwhile."""

    def __init__(self, sockets: Sequence[Path], chance: Chance) -> None:
        self.host_key = b""
        """Known once it was reached for the first time."""
        self.reached = asyncio.Event()
        self._sockets = sockets
        self._chance = chance
        self._line: Line | None = None
        self._unreached: set[str] = set()

    def visitor(self, peer: str) -> "RemoteVisitor":
        """Somebody comes from an address."""
        return RemoteVisitor(self._line, peer, self._chance.fill(COOKIE_BYTES))

    async def run(self) -> None:
        """Keep a line to the control plane, for ever.

        Raises:
            NotWelcome: it does not let this gate in.
        """
        while True:
            for path in self._sockets:
                await self._talk_at(path)
            await pause(RETRY_S)

    async def _talk_at(self, path: Path) -> None:
        try:
            streams = await asyncio.open_unix_connection(str(path))
        except OSError as error:
            # Once, and not twice a second until it is back.
            if str(path) not in self._unreached:
                log.warning("the control plane cannot be reached", socket=str(path), why=error.strerror)
            self._unreached.add(str(path))
            return
        self._unreached.discard(str(path))
        link = Link(streams, _SAID, LARGEST_TOLD)
        line: Line | None = None
        beating: asyncio.Task[None] | None = None
        try:
            line = self._line = await self._welcomed(link)
            beating = asyncio.create_task(line.beat())
            await line.listen()
        except LinkBroken as broken:
            log.warning("the control plane was lost", socket=str(path), why=str(broken))
        finally:
            self._line = None
            if beating is not None:
                beating.cancel()
            if line is not None:
                line.lost()
            link.close()

    async def _welcomed(self, link: Link[FromPorter]) -> Line:
        link.send(Hello(VERSION))
        said = await link.receive()
        if isinstance(said, Unwelcome):
            raise NotWelcome(said.why)
        if not isinstance(said, Welcome):
            raise LinkBroken("it does not welcome")
        if self.host_key and not _is_same(self.host_key, said.host_key):
            raise NotWelcome("another system answers at the socket: its clients would see another host key")
        self.host_key = said.host_key
        self.reached.set()
        log.info("the control plane is reached")
        return Line(link, said.season)

    @property
    def is_reached(self) -> bool:
        """Whether the control plane can be asked now."""
        return self._line is not None

    def stop(self) -> None:
        """End all sessions: the gate stops."""
        if self._line is not None:
            self._line.stop()


def _is_same(key: bytes, other: bytes) -> bool:
    # The form they come in has something random in it.
    ours, theirs = (asyncssh.import_private_key(each).public_data for each in (key, other))
    return bool(ours == theirs)


class RemoteVisitor:
    """Somebody at the gate; who they have proven to be is known at the control plane."""

    def __init__(self, line: Line | None, peer: str, cookie: bytes) -> None:
        """``cookie`` is one that counts nothing, for when nobody can be asked."""
        self.cookie = cookie
        self._line = line
        self._handle: asyncio.Future[str] | None = None
        if line is not None:
            self._number = next(line.numbers)
            self._arrival = Arrive(peer, line.season.number, self._number)
            self.cookie = line.season.cookie(self._number)

    async def _known(self) -> tuple[Line, str]:
        """The line, and what the visitor is called on it."""
        if self._line is None:
            raise Away
        if self._handle is None:
            # Most of those who come leave without a word: only who signs in need be known.
            self._handle = asyncio.ensure_future(self._line.ask(self._arrival))
        return self._line, await asyncio.shield(self._handle)

    async def holds(self, name: str, key: bytes) -> bool:
        """Whether somebody of this name holds a public key."""
        line, me = await self._known()
        return await line.ask(Holds(me, name, key))

    async def by_key(self, signed: Signed) -> Step:
        """A signature."""
        line, me = await self._known()
        return await line.ask(ByKey(me, signed))

    async def by_password(self, name: str, password: str) -> Step:
        """A password."""
        line, me = await self._known()
        return await line.ask(ByPassword(me, name, password))

    async def change_password(self, name: str, former: str, password: str) -> Step:
        """A password that must be changed, and a new one."""
        line, me = await self._known()
        return await line.ask(ChangePassword(me, name, former, password))

    async def by_code(self, code: str) -> Step:
        """The code that was asked for."""
        line, me = await self._known()
        return await line.ask(ByCode(me, code))

    async def enter(self, client: str) -> None:
        """They are in."""
        line, me = await self._known()
        await line.ask(Enter(me, client[:LONGEST_TEXT]))

    async def admissions(self, wanted: Wanted) -> "Sequence[RemoteAdmission]":
        """All that they may mean and open."""
        line, me = await self._known()
        return [RemoteAdmission(line, each) for each in await line.ask(Admissions(me, wanted))]

    async def reachable(self) -> Sequence[Reachable]:
        """All that they may open now."""
        line, me = await self._known()
        return await line.ask(ReachableBy(me))

    def leave(self) -> None:
        """Their connection is gone."""
        if self._handle is not None:
            self._handle.add_done_callback(self._left)

    def _left(self, known: "asyncio.Future[str]") -> None:
        if not known.cancelled() and known.exception() is None and self._line is not None:
            self._line.say(Left(known.result()))


class RemoteAdmission:
    """Something that a visitor may open."""

    def __init__(self, line: Line, offer: Offer) -> None:
        self._line = line
        self._offer = offer

    @property
    def place(self) -> Place:
        """Where it leads."""
        return self._offer.place

    async def until(self) -> Millis | None:
        """Until when access holds, asked again."""
        return await self._line.ask(Until(self._offer.admission))

    async def open(self, what: What, detail: str | None, screen: Screen) -> "RemoteSession":
        """A session."""
        line, number = self._line, next(self._line.numbers)
        line.show(number, screen)
        try:
            begun = await line.ask(Open(self._offer.admission, number, what, detail))
        except BaseException:
            # If it was given up just when it began, it ends by this.
            line.say(Closed(number, "given up while it opened"))
            line.forget(number)
            raise
        return RemoteSession(line, number, begun)


class RemoteSession:
    """A session that the control plane watches."""

    def __init__(self, line: Line, number: int, begun: Begun) -> None:
        self.id = begun.id
        self.leave = begun.leave
        self._line = line
        self._number = number
        line.follow(number, self._left)

    def _left(self, leave: Leave) -> None:
        self.leave = leave

    def transferred(self, transfer: Transfer) -> None:
        """Something was done with a file in it, or was to be."""
        self._line.say(Transferred(self._number, transfer))

    async def credentials(self) -> Credentials:
        """What logs on to the account it was let begin for."""
        return await self._line.ask(CredentialsOf(self._number))

    async def sign(self, exchange: Exchange, request: bytes, algorithm: str) -> bytes:
        """A request to let the account in, signed by its key."""
        return await self._line.ask(Sign(self._number, exchange, request, algorithm))

    async def pin(self, fingerprint: str) -> str:
        """Pin the host key that the host showed first."""
        return await self._line.ask(Pin(self._number, fingerprint))

    async def approved(self, command: str) -> bool:
        """Whether somebody lets a command run."""
        return await self._line.ask(Approve(self._number, command))

    async def record(self, opening: Opening) -> "RemoteRecording | None":
        """The recording of what it shows."""
        recorded = await self._line.ask(Record(self._number, opening))
        if recorded == "no":
            return None
        return RemoteRecording(self._line, self._number, typed=recorded == "typed")

    def closed(self, reason: str) -> None:
        """It is over for another reason than access."""
        if self._line.forget(self._number):
            self._line.say(Closed(self._number, reason[:LONGEST_TEXT]))


class RemoteRecording:
    """A recording that the control plane writes."""

    def __init__(self, line: Line, number: int, *, typed: bool) -> None:
        self._line = line
        self._number = number
        self._typed = typed
        self._sent = self._taken = 0
        self._caught_up = asyncio.Event()
        line.feed(number, self._took)

    def output(self, octets: bytes) -> None:
        """What the terminal showed."""
        self._say(octets, typed=False)

    def input(self, octets: bytes) -> None:
        """What was typed."""
        if self._typed:
            self._say(octets, typed=True)

    def resized(self, width: int, height: int) -> None:
        """The terminal has another size."""
        self._line.say(Resized(self._number, width, height))

    async def keep_up(self) -> None:
        """Return when what was sent is taken, but for a little."""
        while self._sent - self._taken > BEHIND:
            self._caught_up.clear()
            await self._caught_up.wait()

    def finish(self) -> None:
        """Nothing more comes of it: the control plane knows by its session, which is closed."""
        self._line.finish(self._number)

    def _say(self, octets: bytes, *, typed: bool) -> None:
        self._sent += len(octets)
        self._line.say(Shown(self._number, octets, typed))

    def _took(self, size: int) -> None:
        self._taken = size
        self._caught_up.set()
