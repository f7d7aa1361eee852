"""What a running admit is made of, as the verbs need it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TypeAlias

from admit.base.chance import Chance
from admit.base.clock import Clock
from admit.base.ldap import LdapServer
from admit.base.metrics import Metrics
from admit.base.sealing import Sealer
from admit.control.activity import Activities
from admit.control.expected import Expected
from admit.control.findings import Doctor
from admit.control.nodes import Node
from admit.control.programs import Programs
from admit.core.links import Kind
from admit.core.validity import Millis
from admit.store.engine import Tx
from admit.store.things import Thing

UserMaker: TypeAlias = Callable[[Tx, "World", Thing, str], Thing]
"""Makes a user in a directory (the third argument) of whom no more is known than the name.

Raises HandleTaken: another user of the directory has the name.
"""


@dataclass(frozen=True, slots=True)
class World:
    """The things every verb may need, handed in once by ``main``."""

    account_id: str
    account_key: int
    """Key of the account's own thing."""
    region: str
    clock: Clock
    chance: Chance
    sealer: Sealer
    endpoint: str = "127.0.0.1:8080"
    """``host:port`` under which clients reach this server."""
    url: str = "http://127.0.0.1:8080"
    """Where browsers and applications reach this server, without a slash at the end."""
    propagation_ms: Millis = 0
    """How much later than the grant itself the client view of App Streaming honours it."""
    recordings: Path = Path("recordings")
    """The directory where recordings of sessions are kept."""
    metrics: Metrics = field(default_factory=Metrics)
    zone: tzinfo = UTC
    """Whose clock the hours of control policies are told by."""
    activities: Activities = field(default_factory=Activities)
    """Where to note what happens all the time."""
    mails: bool = False
    """Whether a mail server is set: without one nothing can be mailed while somebody waits for it."""
    two_factor: tuple[str, ...] = ()
    """What second factors users of bastion hosts may show who follow the setting for all; none is asked for
    if it is empty."""
    programs: Programs = field(default_factory=dict)
    """The catalogue of programs that can be streamed."""
    directory: LdapServer | None = None
    """Who knows the passwords of users from AD and LDAP; None if nobody does, and they sign in by key."""
    user_makers: Mapping[Kind, UserMaker] = field(default_factory=dict)
    """How a user is made, by the kind of the directory they are to be in."""
    expected: Expected = field(default_factory=Expected)
    """Where to tell of people who are likely to open something soon."""
    doctor: Doctor = field(default_factory=Doctor)
    """Who looks whether all is well."""
    node: Node = field(default_factory=Node)
    """Which of the nodes this is that serve the same database."""
    activity_days: int = 365
    """How many days what happened is known."""
