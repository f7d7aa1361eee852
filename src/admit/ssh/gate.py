"""The gate: an SSH server that lets people through to what they may use."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import asyncssh
import structlog
from asyncssh import (
    SSHServer,
    SSHServerConnection,
    SSHServerConnectionOptions,
    SSHServerSession,
    SSHTCPSession,
)

from admit.control.held_commands import HeldCommands
from admit.control.sessions import Sessions
from admit.control.signin import How, PasswordMustChange, SecondFactor, SignIn, SignInRefused
from admit.control.world import World
from admit.ssh import algorithms, forwards, openings
from admit.ssh.arrivals import Arrivals, Entrance, address_of
from admit.ssh.connections import ClientConnection
from admit.ssh.door import Door, Visitor
from admit.ssh.host_key import host_key
from admit.ssh.names import NameRefused, Wanted, parse, person_of
from admit.ssh.recording import Recorder
from admit.ssh.refusals import SAID_BY
from admit.ssh.session import ClientEnd
from admit.ssh.visits import Visit
from admit.store.engine import Store
from admit.store.things import Thing

log = structlog.get_logger("admit.ssh")

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

    def __init__(self, store: Store, world: World, recorder: Recorder | None = None) -> None:
        self.sessions = Sessions(store, world)
        held = HeldCommands(store, world)
        self.door = Door(store, world, SignIn(store, world), self.sessions, held, recorder)
        self.arrivals = Arrivals()
        self.connections: set[ClientConnection] = set()
        self._options: SSHServerConnectionOptions | None = None

    async def listen(self, listening: socket.socket) -> asyncio.Server:
        """Let people in who come to a socket."""
        self._options = await SSHServerConnectionOptions.construct(
            config=None,
            server_version=VERSION,
            server_host_keys=[host_key(self.door.world.sealer)],
            kex_algs=algorithms.KEY_EXCHANGES,
            encryption_algs=algorithms.CIPHERS,
            mac_algs=algorithms.MACS,
            signature_algs=algorithms.SIGNATURES,
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
        return self.connection(lambda: GateServer(self, transport))

    def inside(self, visitor: Visitor, host: str) -> ClientConnection:
        """A connection to one host of somebody who is in already: they are not asked who they are again."""
        return self.connection(lambda: GateServer(self, None, visitor, host))

    def connection(self, owner: Callable[[], SSHServer]) -> ClientConnection:
        """A connection that is about to stand."""
        if self._options is None:
            raise RuntimeError("the gate does not listen yet")
        return ClientConnection(asyncio.get_running_loop(), self._options, owner)

    async def close(self) -> None:
        """Let go of everybody who is connected."""
        for connection in tuple(self.connections):
            connection.disconnect(asyncssh.DISC_BY_APPLICATION, f"{SAID_BY}the gate stops")
        await asyncio.gather(*(each.wait_closed() for each in tuple(self.connections)))
        await asyncio.gather(*self.door.finishing, return_exceptions=True)


class GateServer(SSHServer):
    """One client's connection: signing in, and what is opened then."""

    def __init__(
        self,
        gate: Gate,
        transport: asyncio.Transport | None,
        proven: Visitor | None = None,
        host: str | None = None,
    ) -> None:
        self._gate = gate
        self._transport = transport
        self._proven = proven
        self._host = host
        self._connection: ClientConnection | None = None
        self._peer = "" if transport is None else address_of(transport.get_extra_info("peername"))
        self._name = ""
        self._tries = 0
        self._shown: tuple[Thing, ...] = ()
        self._factor: SecondFactor | None = None
        self._former: str | None = None
        self._partial = False
        self._how: How = "key"
        self._visit: Visit | None = None
        self._channels = 0

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

    # -- signing in --------------------------------------------------------------------------------

    def begin_auth(self, username: str) -> bool:
        """Somebody says who they are. Whatever was shown under another name counts no more."""
        self._name = username
        self._shown, self._factor, self._partial = (), None, False
        self._former = None
        return self._proven is None

    def public_key_auth_supported(self) -> bool:
        """Not once a code is asked for."""
        return self._factor is None

    def password_auth_supported(self) -> bool:
        """Not once a code is asked for."""
        return self._factor is None

    def kbdint_auth_supported(self) -> bool:
        """It asks for the password, and for the code."""
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether somebody of this name holds a key; a signature must still show that it is they."""
        self._shown = ()
        shown = await self._gate.door.sign_in.by_key(person_of(username), key.public_data, self._peer)
        self._shown, self._how = shown, "key"
        return bool(shown)

    async def signed(self, algorithm: bytes) -> bool:
        """A signature by the key that was shown last is right."""
        if algorithm.decode("ascii", "replace") not in algorithms.SIGNATURES:
            return False
        return await self._suffices()

    async def validate_password(self, username: str, password: str) -> bool:
        """Whether a password is right, and all that is asked for.

        Raises:
            PasswordChangeRequired: it is right, and must be changed first.
        """
        try:
            return await self._password(username, password)
        except PasswordMustChange as refused:
            raise asyncssh.PasswordChangeRequired(refused.text) from None

    async def change_password(self, username: str, old_password: str, new_password: str) -> bool:
        """Whether a password that must be changed is right, and the new one is taken."""
        self._shown = ()
        change = self._gate.door.sign_in.change_password
        try:
            shown = await change(person_of(username), old_password, new_password, self._peer)
        except SignInRefused as refused:
            return self._tell(refused)
        self._shown, self._how = shown, "password"
        return bool(shown) and await self._suffices()

    async def _password(self, username: str, password: str) -> bool:
        self._shown = ()
        try:
            shown = await self._gate.door.sign_in.by_password(person_of(username), password, self._peer)
        except PasswordMustChange:
            raise
        except SignInRefused as refused:
            return self._tell(refused)
        self._shown, self._how = shown, "password"
        return bool(shown) and await self._suffices()

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Challenge:  # noqa: ARG002 - asyncssh's
        """One question at a time."""
        self._former = None
        return self._question()

    async def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> Challenge | bool:
        """Whether an answer is right: True, False, or the next question."""
        answer = responses[0] if len(responses) == 1 else ""
        factor = self._factor
        if factor is None:
            return await self._answered_password(username, responses)
        name = person_of(username)
        try:
            shown = await self._gate.door.sign_in.by_code(factor, name, answer, self._peer)
        except SignInRefused as refused:
            return self._tell(refused)
        self._shown, self._how = shown, "code"
        return bool(shown)

    async def _answered_password(self, username: str, answers: Sequence[str]) -> Challenge | bool:
        """Whether the answers are the password, or the new one twice: True, False, or the next question."""
        former, self._former = self._former, None
        if former is not None:
            if len(answers) != 2 or answers[0] != answers[1]:
                return self._tell(SignInRefused("the new password was not the same twice"))
            right = await self.change_password(username, former, answers[0])
        else:
            password = answers[0] if len(answers) == 1 else ""
            try:
                right = await self._password(username, password)
            except PasswordMustChange as refused:
                self._former = password
                return ("", refused.text, "", (("New password: ", False), ("The same again: ", False)))
        if self._partial:
            self._partial = False
            return self._question()
        return right

    def _question(self) -> Challenge:
        prompt = "Password: " if self._factor is None else self._factor.prompt
        return ("", "", "", ((prompt, False),))

    async def _suffices(self) -> bool:
        """Whether what was shown is all that is asked for; else the code is, next."""
        shown = await self._gate.door.askable(self._shown)
        try:
            self._factor = await self._gate.door.sign_in.second_factor(shown, self._peer)
        except SignInRefused as refused:
            return self._tell(refused)
        self._shown = shown
        self._partial = self._factor is not None
        return not self._partial

    def _tell(self, refused: SignInRefused) -> bool:
        self._shown = ()
        if self._connection is not None:
            self._connection.send_auth_banner(f"{refused.text}\r\n")
        return False

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
        client = str(self._connection.get_extra_info("client_version", ""))[:200]
        if self._proven is not None:
            wanted = Wanted(self._proven.person, self._name, self._host)
            self._visit = Visit(self._gate.door, self._proven, wanted)
            return
        if self._transport is not None:
            self._gate.arrivals.go(self._transport)
        name = person_of(self._name)
        visitor = Visitor(name, self._shown, self._peer, client)
        self._visit = Visit(self._gate.door, visitor, _wanted(self._name))
        signed_in = self._gate.door.sign_in.signed_in(visitor.users, name, self._peer, self._how)
        self._connection.create_task(signed_in)

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


def _wanted(name: str) -> Wanted | NameRefused:
    try:
        return parse(name)
    except NameRefused as refused:
        # It is told once there is a channel to tell it on.
        return refused
