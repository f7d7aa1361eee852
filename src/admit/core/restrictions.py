"""The second step of a decision: what control policies leave of an access that was granted.

A control policy only narrows. Each of its parts (sources, hours, approval, channels, commands)
is decided by the first policy that sets this part: the smallest priority number, and of equals
the newest. A policy that leaves a part out says nothing about it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Generic, TypeAlias, TypeVar

from admit.core.commands import Acl, Commands, Verdict
from admit.core.validity import HOUR, MINUTE, SECOND, Millis, Validity

Rule = TypeVar("Rule")
Address: TypeAlias = IPv4Address | IPv6Address
Range: TypeAlias = tuple[Address, Address]
"""The first and the last address of a range."""


@lru_cache(maxsize=4096)
def address_range(text: str) -> Range:
    """An address, a network (``10.0.0.0/8``) or a range (``10.0.0.1-10.0.0.9``).

    Raises:
        ValueError: it is none of these, or ends before it begins.
    """
    first, dash, last = (part.strip() for part in text.partition("-"))
    if dash:
        low, high = ip_address(first), ip_address(last)
        # Of two families neither comes first: comparing them is a TypeError.
        if low.version != high.version or (low.packed > high.packed):
            raise ValueError(text)
        return low, high
    network = ip_network(first, strict=False)
    return network[0], network[-1]


@dataclass(frozen=True, slots=True)
class Sources:
    """Which addresses sessions may come from."""

    acl: Acl
    addresses: tuple[str, ...] = ()
    """Each as ``address_range`` reads it."""

    def admit(self, peer: str) -> bool:
        """Whether a session may come from an address; one that cannot be read is on no white list."""
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return self.acl is Acl.BLACK and not self.addresses
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        address = mapped or address
        listed = any(
            low.version == address.version and low.packed <= address.packed <= high.packed
            for low, high in map(address_range, self.addresses)
        )
        return listed is (self.acl is Acl.WHITE)


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of the week at which sessions may be open, on the clock of a zone."""

    open: frozenset[tuple[int, int]]
    """ISO weekday (1 is Monday) and hour (0 to 23)."""
    zone: tzinfo = UTC

    def hold_at(self, moment: Millis) -> bool:
        """Whether a moment is in one of the hours."""
        local = _local(moment, self.zone)
        return (local.isoweekday(), local.hour) in self.open

    def next_change(self, now: Millis) -> Millis | None:
        """When they end, or begin, next; None if they never do."""
        held, moment = self.hold_at(now), now
        # Eight days: a week and what a change of the clock may add.
        while moment < now + 8 * 24 * HOUR:
            local = _local(moment, self.zone)
            moment += HOUR - (local.minute * MINUTE + local.second * SECOND + local.microsecond // 1000)
            if self.hold_at(moment) is not held:
                return moment
        return None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _local(moment: Millis, zone: tzinfo) -> datetime:
    return (_EPOCH + timedelta(milliseconds=moment)).astimezone(zone)


class Channel(StrEnum):
    """What may be done over SSH, by the name of its switch on the wire."""

    SHELL = "SSHChannel"
    """A shell. Without it neither exec, nor forwards, nor X11."""
    EXEC = "ExecCommand"
    """A command without a shell; ``rsync``, ``git`` and ``scp -O`` are such commands too."""
    SFTP = "SFTPChannel"
    """Files by SFTP. Without it none of what follows."""
    UPLOAD = "SFTPUploadFile"
    DOWNLOAD = "SFTPDownloadFile"
    MKDIR = "SFTPMkdir"
    REMOVE = "SFTPRemoveFile"
    RENAME = "SFTPRenameFile"
    RMDIR = "SFTPRmdir"
    FORWARD = "AllowTcpForwarding"
    """Connections through the host."""
    X11 = "X11Forwarding"


OPEN_CHANNELS = frozenset(Channel) - {Channel.X11}
"""What is open where no policy says anything."""

_NEEDED = {
    Channel.EXEC: Channel.SHELL,
    Channel.FORWARD: Channel.SHELL,
    Channel.X11: Channel.SHELL,
    **dict.fromkeys(
        (
            Channel.UPLOAD,
            Channel.DOWNLOAD,
            Channel.MKDIR,
            Channel.REMOVE,
            Channel.RENAME,
            Channel.RMDIR,
        ),
        Channel.SFTP,
    ),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """A control policy that applies; a part that is None is not set."""

    id: str
    name: str
    priority: int
    """The smaller goes first."""
    created_at: Millis = 0
    sources: Sources | None = None
    hours: Hours | None = None
    approval: bool | None = None
    """Whether a session needs a ticket that was accepted."""
    channels: frozenset[Channel] | None = None
    commands: Commands | None = None


class Part(StrEnum):
    """The parts of a control policy, as people call them."""

    SOURCES = "source address"
    HOURS = "hours"
    APPROVAL = "approval"
    CHANNELS = "protocol"
    COMMANDS = "commands"


@dataclass(frozen=True, slots=True)
class Decided(Generic[Rule]):
    """What one part comes to, and the policy that says so."""

    policy: Policy
    rule: Rule


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a control policy refuses something."""

    part: Part
    policy: Policy
    text: str
    """For the person who was refused; it goes on after "admit: "."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request that was accepted."""

    id: str
    validity: Validity
    used: bool = False
    """Whether it was good for one session and had it."""


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What control policies leave of one user's access to one resource."""

    sources: Decided[Sources] | None = None
    hours: Decided[Hours] | None = None
    approval: Decided[bool] | None = None
    channels: Decided[frozenset[Channel]] | None = None
    commands: Decided[Commands] | None = None
    tickets: tuple[Ticket, ...] = ()
    """Those that were accepted for this user and this resource."""
    changes: tuple[Millis, ...] = ()
    """When the user begins or ends to belong to groups: other policies may then apply."""

    def at_logon(self, peer: str, now: Millis) -> Refusal | None:
        """Why a session must not begin from an address at a moment; None if it may."""
        return self._refusal(peer, now, beginning=True)

    def in_session(self, peer: str, now: Millis) -> Refusal | None:
        """Why a session that was let begin must end; None if it may go on."""
        return self._refusal(peer, now, beginning=False)

    def ticket(self, now: Millis) -> Ticket | None:
        """The ticket that a session beginning now is good for; None if none is, or none is needed."""
        if self.approval is None or not self.approval.rule:
            return None
        usable = (each for each in self.tickets if each.validity.holds_at(now) and not each.used)
        return max(usable, key=lambda each: each.validity.end, default=None)

    def next_change_at(self, now: Millis) -> Millis | None:
        """The next moment at which the answer to anything here may differ; None if there is none."""
        moments = list(self.changes)
        if self.hours is not None and (change := self.hours.rule.next_change(now)) is not None:
            moments.append(change)
        if self.approval is not None and self.approval.rule:
            moments += [end for each in self.tickets for end in (each.validity.start, each.validity.end)]
        return min((moment for moment in moments if moment > now), default=None)

    def allows(self, channel: Channel) -> bool:
        """Whether something may be done over SSH."""
        return self.refuses(channel) is None

    def refuses(self, channel: Channel) -> Refusal | None:
        """Why something may not be done over SSH; None if it may."""
        open_ = OPEN_CHANNELS if self.channels is None else self.channels.rule
        if channel in open_ and _NEEDED.get(channel, channel) in open_:
            return None
        if self.channels is None:
            default = Policy("", "default", 0)
            return Refusal(Part.CHANNELS, default, f"{_CHANNEL_WORDS[channel]} is not open on this gate")
        policy = self.channels.policy
        return Refusal(
            Part.CHANNELS,
            policy,
            f"the control policy {policy.name} does not allow {_CHANNEL_WORDS[channel]}",
        )

    def command(self, text: str) -> Verdict:
        """What becomes of a command line. See ``Commands`` for how little that is worth."""
        return Verdict.ALLOW if self.commands is None else self.commands.rule.judge(text)

    def _refusal(self, peer: str, now: Millis, *, beginning: bool) -> Refusal | None:
        if self.sources is not None and not self.sources.rule.admit(peer):
            policy = self.sources.policy
            return Refusal(
                Part.SOURCES, policy, f"the control policy {policy.name} does not allow sessions from {peer}"
            )
        if self.hours is not None and not self.hours.rule.hold_at(now):
            return _closed(self.hours, now)
        if self.approval is not None and self.approval.rule:
            good = [each for each in self.tickets if each.validity.holds_at(now)]
            if not good or (beginning and self.ticket(now) is None):
                policy = self.approval.policy
                return Refusal(
                    Part.APPROVAL,
                    policy,
                    f"the control policy {policy.name} asks for an approval; request one",
                )
        return None


_CHANNEL_WORDS = {
    Channel.SHELL: "a shell",
    Channel.EXEC: "remote commands",
    Channel.SFTP: "file transfer",
    Channel.UPLOAD: "uploading files",
    Channel.DOWNLOAD: "downloading files",
    Channel.MKDIR: "making directories",
    Channel.REMOVE: "removing files",
    Channel.RENAME: "renaming files",
    Channel.RMDIR: "removing directories",
    Channel.FORWARD: "forwarding connections",
    Channel.X11: "X11",
}


def _closed(hours: Decided[Hours], now: Millis) -> Refusal:
    text = f"the control policy {hours.policy.name} does not allow sessions at this hour"
    opens = hours.rule.next_change(now)
    if opens is not None:
        text += f"; it does from {_local(opens, hours.rule.zone):%A %H:%M %Z}"
    return Refusal(Part.HOURS, hours.policy, text)


def restrict(
    policies: Sequence[Policy], tickets: Sequence[Ticket] = (), changes: Sequence[Millis] = ()
) -> Restrictions:
    """What the policies that apply to a user and a resource leave of the access, part by part."""
    ordered = sorted(policies, key=_rank)
    return Restrictions(
        sources=_first(ordered, lambda each: each.sources),
        hours=_first(ordered, lambda each: each.hours),
        approval=_first(ordered, lambda each: each.approval),
        channels=_first(ordered, lambda each: each.channels),
        commands=_first(ordered, lambda each: each.commands),
        tickets=tuple(tickets),
        changes=tuple(changes),
    )


def _rank(policy: Policy) -> tuple[int, Millis, int]:
    # Ids are numbers given out in order: of two made in one millisecond the greater is the newer.
    return policy.priority, -policy.created_at, -int(policy.id)


def _first(policies: Sequence[Policy], part: Callable[[Policy], Rule | None]) -> Decided[Rule] | None:
    for each in policies:
        rule = part(each)
        if rule is not None:
            return Decided(each, rule)
    return None


NOTHING = Restrictions()
"""What is left where no control policy applies: all that was granted."""
