"""The gate: an SSH server that lets people through to what they may use."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import asyncssh
from asyncssh import (
    SSHServer,
    SSHServerConnection,
    SSHServerConnectionOptions,
    SSHServerSession,
    SSHTCPSession,
)

from admit.base.clock import Clock
from admit.base.ssh_exchange import SIGNATURES, Signed
from admit.porter.asks import SAID_BY, Porter, Refused, Step, Visitor
from admit.porter.names import NameRefused, Wanted, parse, person_of
from admit.ssh import algorithms, forwards, openings
from admit.ssh.arrivals import Arrivals, Entrance, address_of
from admit.ssh.connections import ClientConnection
from admit.ssh.session import LINGER_S, ClientEnd
from admit.ssh.visits import Visit

Challenge: TypeAlias = tuple[str, str, str, tuple[tuple[str, bool], ...]]
"""A question of keyboard-interactive (RFC 4256): name, instruction, language, and prompts, echoed or not."""

VERSION = "admit"
"""What the gate calls itself: no more than that it is one."""
LOGIN_S = 60
"""How long somebody may take to sign in: time for a password and a code."""
TRIES = 10
"""How many keys and passwords one connection may try: an agent may hold many keys."""
KEEPALIVE_S = 30
"""How often a silent client is asked whether it is there; after three times it is not."""
CHANNELS = 256
"""How many channels one connection may have open: a browser behind ``-D`` opens many."""


class Gate:
    """Listens, and keeps what its connections share."""

    def __init__(self, porter: Porter, clock: Clock) -> None:
        self.porter = porter
        self.clock = clock
        self.arrivals = Arrivals()
        self.connections: set[ClientConnection] = set()
        self._options: SSHServerConnectionOptions | None = None

    async def listen(self, listening: socket.socket) -> asyncio.Server:
        """Let people in who come to a socket."""
        self._options = await SSHServerConnectionOptions.construct(
            config=None,
            server_version=VERSION,
            server_host_keys=[asyncssh.import_private_key(self.porter.host_key)],
            kex_algs=algorithms.KEY_EXCHANGES,
            encryption_algs=algorithms.CIPHERS,
            mac_algs=algorithms.MACS,
            signature_algs=SIGNATURES,
            compression_algs=None,
            gss_host=None,
            gss_kex=False,
            gss_auth=False,
            host_based_auth=False,
            agent_forwarding=False,
            x11_forwarding=False,
            line_editor=False,
            encoding=None,
            window=algorithms.WINDOW,
            max_pktsize=algorithms.PACKET,
            login_timeout=LOGIN_S,
            keepalive_interval=KEEPALIVE_S,
        )
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Entrance(self.arrivals, self._arrived), sock=listening)

    def _arrived(self, transport: asyncio.Transport) -> ClientConnection:
        visitor = self.porter.visitor(address_of(transport.get_extra_info("peername")))
        return self._connection(lambda: GateServer(self, visitor, transport), visitor.cookie)

    def inside(self, visit: Visit, host: str) -> ClientConnection:
        """A connection to one host of somebody who is in already: they are not asked who they are again."""
        return self._connection(
            lambda: GateServer(self, visit.visitor, inside=(visit, host)), visit.visitor.cookie
        )

    def _connection(self, owner: Callable[[], SSHServer], cookie: bytes) -> ClientConnection:
        if self._options is None:
            raise RuntimeError("the gate does not listen yet")
        return ClientConnection(asyncio.get_running_loop(), self._options, owner, cookie)

    async def close(self) -> None:
        """Let go of everybody who is connected, once those who were told an end have read it."""
        going = [asyncio.ensure_future(each.wait_closed()) for each in tuple(self.connections)]
        if going:
            await asyncio.wait(going, timeout=LINGER_S)
        for connection in tuple(self.connections):
            connection.disconnect(asyncssh.DISC_BY_APPLICATION, f"{SAID_BY}the gate stops")
        await asyncio.gather(*going)


class GateServer(SSHServer):
    """One client's connection: signing in, and what is opened then."""

    def __init__(
        self,
        gate: Gate,
        visitor: Visitor,
        transport: asyncio.Transport | None = None,
        inside: tuple[Visit, str] | None = None,
    ) -> None:
        """``inside`` is whose visit it belongs to, and the host it is for, of somebody who is in already."""
        self._gate = gate
        self._visitor = visitor
        self._transport = transport
        self._inside = inside
        self._connection: ClientConnection | None = None
        self._name = ""
        self._tries = 0
        self._prompt: str | None = None
        """The question for a code, once that is all that is missing."""
        self._former: str | None = None
        self._partial = False
        self._visit: Visit | None = None

    def connection_made(self, conn: SSHServerConnection) -> None:
        """The connection stands; nothing is known of who it is."""
        if isinstance(conn, ClientConnection):
            self._connection = conn
            self._gate.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's
        """The client is gone."""
        if self._transport is not None:
            self._gate.arrivals.go(self._transport)
        if self._connection is not None:
            self._gate.connections.discard(self._connection)
        if self._visit is not None:
            self._visit.close()
        if self._inside is None:
            self._visitor.leave()

    # -- signing in --------------------------------------------------------------------------------

    def begin_auth(self, username: str) -> bool:
        """Somebody says who they are. Whatever was shown under another name counts no more."""
        self._name = username
        self._prompt, self._former, self._partial = None, None, False
        return self._inside is None

    def public_key_auth_supported(self) -> bool:
        """Not once a code is asked for."""
        return self._prompt is None

    def password_auth_supported(self) -> bool:
        """Not once a code is asked for."""
        return self._prompt is None

    def kbdint_auth_supported(self) -> bool:
        """It asks for the password, and for the code."""
        return True

    async def holds(self, username: str, key: bytes) -> bool:
        """Whether somebody of this name holds a key; a signature must still show that it is they."""
        try:
            return await self._visitor.holds(person_of(username), key)
        except Refused as refused:
            return self._take(Step("refused", refused.reason))

    async def signed(self, signed: Signed) -> bool:
        """Whether a signature is right, and all that is asked for."""
        return self._take(await _step(self._visitor.by_key(signed)))

    async def validate_password(self, username: str, password: str) -> bool:
        """Whether a password is right, and all that is asked for.

        Raises:
            PasswordChangeRequired: it is right, and must be changed first.
        """
        step = await _step(self._visitor.by_password(person_of(username), password))
        if step.state == "change":
            raise asyncssh.PasswordChangeRequired(SAID_BY + step.text)
        return self._take(step)

    async def change_password(self, username: str, old_password: str, new_password: str) -> bool:
        """Whether a password that must be changed is right, and the new one is taken."""
        change = self._visitor.change_password(person_of(username), old_password, new_password)
        return self._take(await _step(change))

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Challenge:  # noqa: ARG002 - asyncssh's
        """One question at a time."""
        self._former = None
        return self._question()

    async def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> Challenge | bool:
        """Whether an answer is right: True, False, or the next question."""
        if self._prompt is None:
            return await self._answered_password(username, responses)
        answer = responses[0] if len(responses) == 1 else ""
        return self._take(await _step(self._visitor.by_code(answer)))

    async def _answered_password(self, username: str, answers: Sequence[str]) -> Challenge | bool:
        """Whether the answers are the password, or the new one twice: True, False, or the next question."""
        former, self._former = self._former, None
        if former is not None:
            if len(answers) != 2 or answers[0] != answers[1]:
                return self._take(Step("refused", "the new password was not the same twice"))
            right = await self.change_password(username, former, answers[0])
        else:
            password = answers[0] if len(answers) == 1 else ""
            try:
                right = await self.validate_password(username, password)
            except asyncssh.PasswordChangeRequired as refused:
                self._former = password
                return ("", refused.prompt, "", (("New password: ", False), ("The same again: ", False)))
        if self._partial:
            self._partial = False
            return self._question()
        return right

    def _question(self) -> Challenge:
        return ("", "", "", ((self._prompt or "Password: ", False),))

    def _take(self, step: Step) -> bool:
        """Whether somebody is in by a step; else tell what there is to tell."""
        if step.state == "code":
            self._prompt, self._partial = step.text, True
        elif step.state == "refused" and step.text and self._connection is not None:
            self._connection.send_auth_banner(f"{SAID_BY}{step.text}\r\n")
        return step.state == "proven"

    def is_partial(self) -> bool:
        """Whether what was shown last was right, and a code is asked for."""
        partial, self._partial = self._partial, False
        return partial

    def refused(self) -> bool:
        """A try was in vain; whether there may be another."""
        self._tries += 1
        return self._tries <= TRIES

    def auth_completed(self) -> None:
        """They are in."""
        if self._connection is None:
            return
        if self._inside is not None:
            visit, host = self._inside
            self._visit = visit.to(Wanted(visit.wanted.person, self._name, host))
            return
        if self._transport is not None:
            self._gate.arrivals.go(self._transport)
        client = str(self._connection.get_extra_info("client_version", ""))
        entering = asyncio.ensure_future(self._visitor.enter(client))
        # Who asks for nothing does not hear of it if it fails.
        entering.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._visit = Visit(self._visitor, _wanted(self._name), self._gate.clock, entering)

    # -- what is opened then -----------------------------------------------------------------------

    def session_requested(self) -> SSHServerSession[bytes]:
        """A shell, a command or SFTP."""
        visit = self._entered()
        return ClientEnd(lambda client: openings.open_session(visit, client))

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Awaitable[SSHTCPSession[bytes]]:
        """A connection through the host, or to it."""
        origin = forwards.Origin(orig_host, orig_port)
        return forwards.opened(self._gate, self._entered(), forwards.Place(dest_host, dest_port), origin)

    def _entered(self) -> Visit:
        if self._visit is None:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "not signed in")
        if self._connection is None or self._connection.open_channels > CHANNELS:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, f"{SAID_BY}too many channels")
        return self._visit


async def _step(asked: Awaitable[Step]) -> Step:
    """Where somebody is with signing in; a step that cannot be asked for now is refused."""
    try:
        return await asked
    except Refused as refused:
        return Step("refused", refused.reason)


def _wanted(name: str) -> Wanted | NameRefused:
    try:
        return parse(name)
    except NameRefused as refused:
        # It is told once there is a channel to tell it on.
        return refused
