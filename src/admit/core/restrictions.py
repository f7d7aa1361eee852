"""The second step of a decision: what control policies leave of an access that was granted.

A control policy only narrows. Each of its parts (sources, hours, approval, channels, commands)
is decided by the first policy that sets this part: the smallest priority number, and of equals
the newest. A policy that leaves a part out says nothing about it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from admit.core.command_line import Line
from admit.core.commands import Acl, Commands, Verdict
from admit.core.hours import Hours, local_time
from admit.core.sources import Sources
from admit.core.validity import Millis, Validity

Rule = TypeVar("Rule")


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

USES: Mapping[str, tuple[Channel, ...]] = {
    "shell": (Channel.SHELL,),
    "exec": (Channel.EXEC,),
    # What is done with files in it is looked at one by one.
    "sftp": (Channel.SFTP,),
    "forward": (Channel.FORWARD,),
    # What is done inside is not seen: a policy that forbids any of it forbids the tunnel.
    "tunnel": tuple(sorted(OPEN_CHANNELS)),
}
"""Which switches must be on for what a session is for: when it begins, and for as long as it lasts."""

FILES = (
    Channel.UPLOAD,
    Channel.DOWNLOAD,
    Channel.MKDIR,
    Channel.REMOVE,
    Channel.RENAME,
    Channel.RMDIR,
)
"""What may be done with files, each by a switch of its own."""

_NEEDED = {
    Channel.EXEC: Channel.SHELL,
    Channel.FORWARD: Channel.SHELL,
    Channel.X11: Channel.SHELL,
    **dict.fromkeys(FILES, Channel.SFTP),
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
class Narrowing:
    """One part in which a policy leaves less than was granted."""

    part: Part
    policy: Policy
    text: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request that was accepted."""

    id: str
    validity: Validity
    used: bool = False
    """Whether it was good for one session and had it."""


@dataclass(frozen=True, slots=True)
class Leave:
    """What control policies leave to do inside a session, for the door that looks into it."""

    commands: Commands | None = None
    """What command lines are judged by; None if they need not be read."""
    shut: tuple[tuple[Channel, str], ...] = ()
    """What may not be done with files, each with the words that say so."""


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

    def refuses_use(self, what: str) -> Refusal | None:
        """Why a session must not be for this, one of :data:`USES`; None if it may."""
        if what == "tunnel" and self.commands is not None:
            policy = self.commands.policy
            text = f"the control policy {policy.name} looks at commands, and those in a tunnel cannot be seen"
            return Refusal(Part.COMMANDS, policy, text)
        return next(filter(None, map(self.refuses, USES[what])), None)

    def command(self, text: str) -> Verdict:
        """What becomes of a command line. See ``Commands`` for how little that is worth."""
        return Verdict.ALLOW if self.commands is None else self.commands.rule.judge(text)

    def judge_typed(self, line: Line) -> Verdict:
        """The same of a line typed to a shell."""
        return Verdict.ALLOW if self.commands is None else self.commands.rule.judge_typed(line)

    @property
    def leave(self) -> Leave:
        """What may be done inside a session."""
        commands = None if self.commands is None or self.commands.rule.is_empty else self.commands.rule
        refusals = ((channel, self.refuses(channel)) for channel in FILES)
        return Leave(commands, tuple((channel, told.text) for channel, told in refusals if told is not None))

    def told(self, now: Millis) -> Iterator[Narrowing]:
        """Each part in which a policy leaves less than was granted, in words."""
        if self.sources is not None and self.sources.rule.addresses:
            listed, white = self.sources.rule, self.sources.rule.acl is Acl.WHITE
            words = f"{'only' if white else 'not'} from {', '.join(listed.addresses)}"
            yield Narrowing(Part.SOURCES, self.sources.policy, words)
        if self.hours is not None:
            change = self.hours.rule.next_change(now)
            is_open = self.hours.rule.hold_at(now)
            if change is not None or not is_open:
                words = f"{'open' if is_open else 'closed'} now"
                until = "" if change is None else f", until {_clock(self.hours.rule, change)}"
                yield Narrowing(Part.HOURS, self.hours.policy, words + until)
        if self.approval is not None and self.approval.rule:
            held = any(each.validity.holds_at(now) for each in self.tickets)
            words = "only with an accepted ticket" + ("; there is one" if held else "; there is none")
            yield Narrowing(Part.APPROVAL, self.approval.policy, words)
        yield from self._told_inside()

    def _told_inside(self) -> Iterator[Narrowing]:
        """The same of what may be done in a session."""
        if self.channels is not None:
            shut = [words for channel, words in _CHANNEL_WORDS.items() if not self.allows(channel)]
            if shut:
                yield Narrowing(Part.CHANNELS, self.channels.policy, f"without {', '.join(shut)}")
        if self.commands is not None:
            commands = self.commands.rule
            white = commands.acl is Acl.WHITE
            words = []
            if commands.listed or white:
                words.append(f"{'only' if white else 'not'} {', '.join(commands.listed)}")
            if commands.approval:
                words.append(f"with approval {', '.join(commands.approval)}")
            if words:
                yield Narrowing(Part.COMMANDS, self.commands.policy, "; ".join(words))

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
        text += f"; it does from {_clock(hours.rule, opens)}"
    return Refusal(Part.HOURS, hours.policy, text)


def _clock(hours: Hours, moment: Millis) -> str:
    return f"{local_time(moment, hours.zone):%A %H:%M %Z}"


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
