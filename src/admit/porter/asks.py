"""The porter: what a door asks to let people in, and what it is told.

A door holds no facts and no keys. Who somebody has proven to be, what they may open and what opens it
stays with the porter; the door has something to name it by. So a door cannot say who somebody is, nor
open what nobody who signed in at it may open.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal, Protocol

import msgspec

from admit.base.ssh_exchange import Exchange, Signed
from admit.core.recordings import Opening
from admit.core.restrictions import Leave
from admit.core.transfers import Transfer
from admit.core.validity import Millis
from admit.porter.names import Wanted

SAID_BY = "admit: "
"""What every line of the gate begins with, so that nobody takes it for the host's."""


class Refused(Exception):
    """The door stays shut. The text is one line for the person, who proved to be somebody."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.text = SAID_BY + reason


class Away(Refused):
    """The control plane cannot be asked now. Nobody is let in meanwhile."""

    def __init__(self) -> None:
        super().__init__("the control plane cannot be reached: try again in a moment")


class What(StrEnum):
    """What a session is for."""

    SHELL = "shell"
    EXEC = "exec"
    SFTP = "sftp"
    FORWARD = "forward"
    TUNNEL = "tunnel"


class Step(msgspec.Struct, frozen=True, array_like=True):
    """Where somebody is with signing in."""

    state: Literal["refused", "proven", "code", "change"]
    """code: what was shown is right, and a code is asked for besides. change: the password is right, and
    must be changed before it proves anything."""
    text: str = ""
    """The question for the code; else a line for them, or nothing."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where an admission leads."""

    label: str
    """As people call it: ``root@db-1``."""
    login: str
    """The name to log on with; empty if nobody said."""
    has_account: bool
    """Whether what logs on is kept; else it is the person's own."""
    host: str
    host_id: str
    where: str
    """The host's ID with that of its bastion host: no two hosts have the same."""
    address: str
    """Empty if the host has none in use."""
    port: int
    fingerprint: str
    """SHA256 of the only host key it may show; empty if none is pinned."""
    key_exchange: str
    """The key exchange to prefer; empty if it does not matter."""
    until: Millis
    """When access ends if nothing changes."""


class Reachable(msgspec.Struct, frozen=True, array_like=True):
    """Something that can be opened, for a menu."""

    label: str
    until: Millis
    why: str
    """What tells it from others of its name."""
    account: str
    """Empty for a host alone."""
    host: str
    """Names this host and no other."""


class Credentials(msgspec.Struct, frozen=True, array_like=True):
    """What logs on to an account; whatever is there may be tried, the key first.

    A private key stays with the porter, who signs with it.
    """

    password: str | None = None
    key: str | None = None
    """The public key, as a line of OpenSSH's."""
    certificate: str | None = None
    """Belongs to the key, likewise."""

    def __repr__(self) -> str:
        return "Credentials(****)"


class Screen(Protocol):
    """The person's end of a session. Both are called on the event loop, and may not wait."""

    def warn(self, text: str) -> None:
        """Show a sentence, if there is where to show it."""
        ...

    def end(self, text: str) -> None:
        """Show a last sentence, and close at once."""
        ...


class Recording(Protocol):
    """The recording of one session."""

    def output(self, octets: bytes) -> None:
        """What the terminal showed.

        Raises:
            RecordingRefused: it cannot be recorded; it must not be shown either.
        """
        ...

    def input(self, octets: bytes) -> None:
        """What was typed: recorded only where that is switched on.

        Raises:
            RecordingRefused: as :meth:`output`.
        """
        ...

    def resized(self, width: int, height: int) -> None:
        """The terminal has another size.

        Raises:
            RecordingRefused: as :meth:`output`.
        """
        ...

    async def keep_up(self) -> None:
        """Return when the disk is not too far behind: to be awaited before more is read from the host."""
        ...

    def finish(self) -> None:
        """Nothing more comes of it."""
        ...


class Session(Protocol):
    """A session that was let begin, and lives until it is closed, or its screen is told its end."""

    @property
    def id(self) -> str:
        """What lists and the ledger call it."""
        ...

    @property
    def leave(self) -> Leave:
        """What control policies leave to do in it now; a change of a policy may change it any time."""
        ...

    def transferred(self, transfer: Transfer) -> None:
        """Something was done with a file in it, or was to be."""
        ...

    async def credentials(self) -> Credentials:
        """What logs on to the account it was let begin for.

        Raises:
            Refused: the session is over, or what is kept cannot be used.
        """
        ...

    async def sign(self, exchange: Exchange, request: bytes, algorithm: str) -> bytes:
        """A request to let the account in, signed by its key: for the host with the pinned host key alone.

        Raises:
            Refused: the session is over, or the request is another.
        """
        ...

    async def pin(self, fingerprint: str) -> str:
        """Pin the host key that the host showed first, unless one is pinned; returns the pinned one.

        Raises:
            Refused: the session is over.
        """
        ...

    async def approved(self, command: str) -> bool:
        """Whether somebody lets a command run; waits until they decide. Cancel it when nobody waits."""
        ...

    async def record(self, opening: Opening) -> Recording | None:
        """The recording of what it shows; None if it need not be recorded.

        When it cannot go on the screen is told its end.

        Raises:
            RecordingRefused: it must be recorded, and cannot be.
            Refused: the session is over.
        """
        ...

    def closed(self, reason: str) -> None:
        """It is over for another reason than access."""
        ...


class Admission(Protocol):
    """Something that a visitor may open, as one of the users they have proven to be."""

    @property
    def place(self) -> Place:
        """Where it leads."""
        ...

    async def until(self) -> Millis | None:
        """Until when access holds, asked again; None if it does not any more."""
        ...

    async def open(self, what: What, detail: str | None, screen: Screen) -> Session:
        """A session, if access still holds and control policies leave it. It is watched from now on.

        ``detail`` is the command, or where to a connection is forwarded.

        Raises:
            Refused: it may not begin.
        """
        ...


class Visitor(Protocol):
    """Somebody at the door. Whatever they prove under one name counts nothing under another.

    Each of these that proves something may raise ``Away``.
    """

    @property
    def cookie(self) -> bytes:
        """What the server's first message of the key exchange must bear, so that signatures count."""
        ...

    async def holds(self, name: str, key: bytes) -> bool:
        """Whether somebody of this name holds a public key, given in wire form. It proves nothing yet."""
        ...

    async def by_key(self, signed: Signed) -> Step:
        """A signature; the name is the one that was signed."""
        ...

    async def by_password(self, name: str, password: str) -> Step:
        """A password."""
        ...

    async def change_password(self, name: str, former: str, password: str) -> Step:
        """A password that must be changed, and a new one."""
        ...

    async def by_code(self, code: str) -> Step:
        """The code that was asked for."""
        ...

    async def enter(self, client: str) -> None:
        """They are in, by all that was asked for; ``client`` is what their program calls itself.

        Raises:
            Refused: it was not all.
        """
        ...

    async def admissions(self, wanted: Wanted) -> Sequence[Admission]:
        """All that they may mean and open, best first: one, or several to choose from.

        Raises:
            Refused: there is none.
        """
        ...

    async def reachable(self) -> Sequence[Reachable]:
        """All that they may open now.

        Raises:
            Refused: they are not in.
        """
        ...

    def leave(self) -> None:
        """Their connection is gone; their sessions are closed one by one."""
        ...


class Porter(Protocol):
    """Where a door asks."""

    @property
    def host_key(self) -> bytes:
        """The gate's private host key, in OpenSSH's form: what its clients know it by."""
        ...

    def visitor(self, peer: str) -> Visitor:
        """Somebody comes from an address."""
        ...
