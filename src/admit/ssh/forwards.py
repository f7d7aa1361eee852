"""Connections through the gate: to what a host can reach as itself, or to the host's own SSH server."""

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

import asyncssh
import structlog
from asyncssh import SSHTCPSession

from admit.porter.asks import SAID_BY, Admission, Refused, Session, What
from admit.porter.names import Wanted
from admit.ssh.algorithms import PACKET, WINDOW
from admit.ssh.connections import ClientConnection
from admit.ssh.relay import End
from admit.ssh.targets import CONNECT_S
from admit.ssh.visits import Visit
from admit.ssh.wires import Wired

log = structlog.get_logger("admit.ssh")

SSH_PORT = 22
"""What clients take for granted: behind a jump it stands for the host's SSH port, whichever that is."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""How a host calls itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a connection is to go."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the client says that it comes from."""

    host: str
    port: int


class Inside(Protocol):
    """Makes the connection of somebody who is in already, to one host."""

    def inside(self, visit: Visit, host: str) -> ClientConnection:
        """It is about to stand."""
        ...


async def opened(gate: Inside, visit: Visit, place: Place, origin: Origin) -> Any:
    """What takes the channel of a connection that a client asks for.

    Raises:
        ChannelOpenError: it may not be, or cannot be.
    """
    try:
        if visit.wanted.host:
            return await _through(visit, place, origin)
        return await _jump(gate, visit, place)
    except Refused as refused:
        raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, refused.text) from None
    except asyncssh.ChannelOpenError:
        raise
    except Exception:
        log.exception("a connection could not be forwarded")
        raise asyncssh.ChannelOpenError(
            asyncssh.OPEN_CONNECT_FAILED, f"{SAID_BY}something went wrong here"
        ) from None


class Forwarded(End, SSHTCPSession[bytes]):
    """One end of a forwarded connection, whichever side it is on."""

    def __init__(self) -> None:
        End.__init__(self)
        self.session: Session | None = None
        self.is_over = False
        self._far: End | None = None

    @property
    def begun(self) -> Session:
        """Its session."""
        if self.session is None:
            raise Refused("this session is over")
        return self.session

    def never(self) -> None:
        """It could not be made."""
        if self.session is not None:
            self.session.closed("it could not be made")

    def meet(self, far: End) -> None:
        """Be joined to the far end as soon as the client's channel is open."""
        self._far = far

    def session_started(self) -> None:
        """The channel is open; asyncssh makes it be read only after this."""
        if self._far is not None:
            asyncio.get_running_loop().call_soon(self._join)

    def _join(self) -> None:
        if self._far is None:
            return
        if self.is_over:
            self._far.channel.abort()
            self.channel.abort()
        else:
            self.join(self._far)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's
        """This end is closed: what was sent to the other one is still delivered."""
        self.is_over = True
        lost(self)
        if self.session is not None:
            self.session.closed("the connection was closed")

    def warn(self, text: str) -> None:
        """There is nobody to read it."""

    def end(self, text: str) -> None:  # noqa: ARG002 - there is nobody to read it
        """Access has ended, and so does this."""
        self.is_over = True
        other = self.other
        self.part()
        if other is not None:
            other.part()
            other.channel.abort()
        if self.channel is not None:
            self.channel.abort()


def lost(end: End) -> None:
    """An end is closed, so the other one is."""
    other = end.other
    if other is not None:
        end.part()
        other.part()
        other.channel.close()


async def _begun(admission: Admission, what: What, place: Place) -> Forwarded:
    client = Forwarded()
    client.session = await admission.open(what, f"{place.host}:{place.port}", client)
    return client


async def _through(visit: Visit, place: Place, origin: Origin) -> Forwarded:
    """A connection that the host makes, to itself and nowhere else."""
    admission = await visit.admission()
    at = admission.place
    if not at.has_account:
        raise Refused(f"{at.host} is granted to you without an account: go to it with ssh -J")
    own = {each.lower() for each in (at.host, at.host_id, at.address, visit.wanted.host or "")}
    if place.host.lower() not in {*LOOPBACK, *own}:
        raise Refused(f"connections through {at.host} lead to itself only, as localhost or by its name")
    client = await _begun(admission, What.FORWARD, place)
    towards = place.host if place.host.lower() in LOOPBACK else at.address
    try:
        connection = await visit.connection(client.begun, at)
        far: Any
        _, far = await connection.create_connection(
            Forwarded, towards, place.port, origin.host, origin.port, window=WINDOW, max_pktsize=PACKET
        )
    except BaseException:
        client.never()
        raise
    client.meet(far)
    return client


async def _jump(gate: Inside, visit: Visit, place: Place) -> ClientConnection | Forwarded:
    """To a host's SSH server: ours in its place, if there are accounts to log on to; else its own."""
    found = await visit.admissions(Wanted(visit.wanted.person, None, place.host))
    first = found[0].place
    if any(place.port not in (SSH_PORT, each.place.port) for each in found):
        raise Refused(f"connections to {place.host} lead to its SSH port only, {first.port}")
    if first.has_account:
        return gate.inside(visit, place.host)
    if len(found) > 1:
        raise Refused(f"{place.host} can mean several: name one by its ID")
    client = await _begun(found[0], What.TUNNEL, place)
    try:
        async with asyncio.timeout(CONNECT_S):
            _, far = await asyncio.get_running_loop().create_connection(Wired, first.address, first.port)
    except (OSError, TimeoutError):
        client.never()
        raise Refused(f"{first.host} cannot be reached") from None
    client.meet(far)
    return client
