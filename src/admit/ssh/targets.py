"""Reaching a host: its pinned host key is seen before anything of ours is shown."""

import asyncio
from dataclasses import dataclass

import asyncssh
from asyncssh import SSHClientConnectionOptions, SSHKey

from admit.base.host_keys import HOST_KEYS
from admit.base.ssh_exchange import Exchange
from admit.porter.asks import Place, Refused
from admit.ssh.algorithms import QUICKEST_FIRST
from admit.ssh.connections import TargetConnection
from admit.ssh.kept_keys import KeptKey, KeptKeyPair

CONNECT_S = 15
"""How long a host may take to answer at all."""
LOGIN_S = 30
"""How long it may take from there until the session can begin."""
KEEPALIVE_S = 30
"""How often a silent host is asked whether it is there; after three times it is not."""


class HostKeyRefused(Exception):
    """A host showed another key than the pinned one, or the first that is seen of it."""

    def __init__(self, shown: SSHKey) -> None:
        super().__init__(shown.get_fingerprint())
        self.shown = shown


@dataclass(frozen=True, slots=True)
class Login:
    """What is shown to a host once it has shown its key."""

    name: str
    key: KeptKey | None = None
    password: str | None = None


class _Client(asyncssh.SSHClient):
    """Looks at the host's key, and remembers what it saw."""

    def __init__(self, pinned: str) -> None:
        self._pinned = pinned
        self._connection: TargetConnection | None = None
        self.shown: SSHKey | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """The connection stands."""
        if isinstance(conn, TargetConnection):
            self._connection = conn

    def exchange(self) -> Exchange | None:
        """The key exchange of the connection."""
        return None if self._connection is None else self._connection.exchange

    def validate_host_public_key(self, host: str, addr: str, port: int, key: SSHKey) -> bool:  # noqa: ARG002 - asyncssh's
        self.shown = key
        return bool(self._pinned) and key.get_fingerprint() == self._pinned


async def dial(place: Place, login: Login) -> TargetConnection:
    """A connection to a host that is logged on to.

    Raises:
        HostKeyRefused: the host's key is not the pinned one; none that was not seen before is.
        Refused: it cannot be reached, or does not let in.
    """
    families = list(HOST_KEYS)
    first: HostKeyRefused | None = None
    while True:
        try:
            return await _dial(place, login, [name for family in families for name in family])
        except HostKeyRefused as refused:
            first = first or refused
            # It may have the pinned key too: of several it shows the one that we prefer.
            left = [each for each in families if refused.shown.get_algorithm() not in each]
            families = [] if not place.fingerprint or len(left) == len(families) else left
        except Refused:
            # Without a key of another kind some hosts say so, and others just hang up.
            families = []
            if first is None:
                raise
        if not families and first is not None:
            raise first


async def _dial(place: Place, login: Login, host_key_algorithms: list[str]) -> TargetConnection:
    client = _Client(place.fingerprint)
    options = await SSHClientConnectionOptions.construct(
        config=None,
        client_factory=lambda: client,
        client_version="admit",
        host=place.address,
        port=place.port,
        username=login.name,
        password=login.password,
        client_keys=None if login.key is None else [KeptKeyPair(login.key, client.exchange)],
        # Keys that are trusted beforehand: none, so that the client is asked about each.
        known_hosts=([], [], []),
        # Nor is anything of whoever runs the gate looked at, which it may not even be let see.
        x509_trusted_certs=None,
        x509_trusted_cert_paths=[],
        server_host_key_algs=host_key_algorithms,
        kex_algs=_key_exchanges(place),
        encryption_algs=QUICKEST_FIRST,
        agent_path=None,
        gss_host=None,
        gss_kex=False,
        gss_auth=False,
        compression_algs=None,
        encoding=None,
        login_timeout=LOGIN_S,
        keepalive_interval=KEEPALIVE_S,
    )
    loop = asyncio.get_running_loop()
    options.waiter = loop.create_future()
    connection: TargetConnection | None = None
    try:
        async with asyncio.timeout(CONNECT_S):
            _, connection = await loop.create_connection(
                lambda: TargetConnection(loop, options, wait="auth"), place.address, place.port
            )
        async with asyncio.timeout(LOGIN_S):
            await options.waiter
    except BaseException as error:  # noqa: BLE001 - what is no matter of the host's goes on as it is
        if connection is not None:
            connection.abort()
        if client.shown is not None and isinstance(error, asyncssh.HostKeyNotVerifiable):
            raise HostKeyRefused(client.shown) from None
        raise _refusal(place, login, error) from None
    return connection


def _key_exchanges(place: Place) -> str | tuple[()]:
    return f"^{place.key_exchange}" if place.key_exchange else ()


def _refusal(place: Place, login: Login, error: BaseException) -> BaseException:
    """What became of an attempt, in words; what is no matter of the host's stays as it is."""
    shown = _place(place)
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return Refused(f"{shown} speaks no algorithm that the gate does")
    if isinstance(error, asyncssh.PermissionDenied):
        return _not_let_in(shown, login)
    if isinstance(error, TimeoutError):
        return Refused(f"{shown} does not answer in time")
    if isinstance(error, asyncssh.DisconnectError):
        return Refused(f"{shown} broke off: {_printable(error.reason)}")
    if isinstance(error, OSError):
        return Refused(f"{shown} cannot be reached: {error.strerror or 'unknown host'}")
    return error


def _not_let_in(shown: str, login: Login) -> Refused:
    if login.key is None or login.key.certificate is None:
        return Refused(f"{shown} does not let {login.name} in with what is kept for that account")
    return Refused(
        f"{shown} does not let {login.name} in with a certificate of the gate's: ask an administrator, "
        f"who can have it trust what `admit authority ssh` prints"
    )


def _place(place: Place) -> str:
    return f"{place.host} ({place.address}:{place.port})"


def _printable(text: str) -> str:
    return "".join(each for each in text[:200] if each.isprintable())
