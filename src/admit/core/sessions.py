"""Live sessions: what one stands on, when its person is warned, and why it ends."""

from collections.abc import Container
from dataclasses import dataclass, replace
from enum import StrEnum

from admit.core.access import Decision
from admit.core.facts import Facts
from admit.core.links import Link, Ref
from admit.core.restrictions import Leave
from admit.core.validity import FOREVER, MINUTE, SECOND, Millis

WARNINGS: tuple[Millis, ...] = (15 * MINUTE, 5 * MINUTE, MINUTE)
"""How long before its end a session is told of it, the earliest first."""
FORESEEN: Millis = SECOND
"""How long before its end it is asked what will become of it: at the end itself many may end at once."""

AHEAD = "ahead"
"""What a session is that was opened before anybody asked for it, until somebody comes: nobody has used it."""

LASTING_DOOR = "oidc"
"""The door whose sessions outlast the process that opened them: what it gave out is asked about at each use,
so that nothing is open while nobody watches. Another process takes them over."""


class Outcome(StrEnum):
    """How a session ended."""

    CLOSED = "closed"
    """By the person, or by what they were connected to."""
    EXPIRED = "expired"
    """The time it was granted for was over."""
    REVOKED = "revoked"
    """Access was taken away: a grant, a membership, a user, the resource itself."""
    RESTRICTED = "restricted"
    """A control policy allows it no more."""
    ENDED = "ended"
    """Somebody ended this one session."""
    UNCHECKED = "unchecked"
    """Whether access still held could not be found out."""
    STOPPED = "stopped"
    """The gate stopped."""


class Closing(StrEnum):
    """What became of the part of a path that closed it."""

    GONE = "gone"
    """A thing on it was removed."""
    BLOCKED = "blocked"
    REVOKED = "revoked"
    CHANGED = "changed"
    """A link holds for another period than it did."""
    PAST = "past"
    """A link's time is over."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a path that was open is not any more."""

    closing: Closing
    ref: Ref
    """The thing that is gone or blocked; of a link its target."""
    link: Link | None = None
    word: str = ""
    """Of a block: ``locked``, ``disabled``."""

    @property
    def outcome(self) -> Outcome:
        """How a session ends that stood on the path."""
        return Outcome.EXPIRED if self.closing is Closing.PAST else Outcome.REVOKED


def cause_of(path: tuple[Link, ...], facts: Facts, now: Millis, removed: Container[int] = ()) -> Cause | None:
    """Why a path that was open does not hold by the facts of now; None if it does.

    What somebody did comes before what only time did, and what stands nearer
    to the person before what stands further away. ``removed`` are the
    keys of things that are no more: facts show only that their links are gone.
    """
    held = set(facts.links)
    ends = {(link.source, link.target) for link in facts.links}
    for ref in dict.fromkeys(ref for link in path for ref in (link.source, link.target)):
        if ref.key in removed:
            return Cause(Closing.GONE, ref)
    for link in path:
        if (link.source, link.target) not in ends:
            return Cause(Closing.REVOKED, link.target, link)
        for ref in (link.source, link.target):
            if ref in facts.blocked:
                return Cause(Closing.BLOCKED, ref, word=facts.blocked[ref])
        if link not in held:
            return Cause(Closing.CHANGED, link.target, link)
    over = (link for link in path if not link.validity.holds_at(now))
    return next((Cause(Closing.PAST, link.target, link) for link in over), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a live session stands on, and until when that is sure."""

    decision: Decision
    """The last one that granted."""
    until: Millis
    """When it ends if nothing changes."""
    over: bool = False
    """Its grant has ended, and let it go on for a while or until it is finished."""
    ask_at: Millis = FOREVER
    """When to ask again though it need not end: other control policies may then apply."""
    leave: Leave | None = None
    """What control policies leave to do in it; None as long as they were not asked."""

    @classmethod
    def on(cls, decision: Decision) -> "Standing":
        """On a granting decision."""
        return cls(decision, decision.valid_until)

    def narrowed(self, leave: Leave, until: Millis = FOREVER, ask_at: Millis = FOREVER) -> "Standing":
        """The same where control policies leave so much, and close it at a moment or may change at one."""
        return replace(self, until=min(self.until, until), ask_at=ask_at, leave=leave)

    def outlasting(self, grace: Millis, now: Millis) -> "Standing | None":
        """The same, past its end: the grant lets it go on for ``grace`` more. None if that is over too."""
        end = min(self.decision.valid_until + grace, FOREVER)
        return Standing(self.decision, end, over=True) if end > now else None

    @property
    def keys(self) -> frozenset[int]:
        """The things whose change may close it."""
        return frozenset(ref.key for link in self.decision.because for ref in (link.source, link.target))


def warning(until: Millis, now: Millis, told: Millis = FOREVER) -> Millis | None:
    """The warning that is due: the shortest of :data:`WARNINGS` that is not told yet; None if none is.

    ``told`` is the last one that was told of this end.
    """
    due = [span for span in WARNINGS if span < told and now < until <= now + span]
    return min(due, default=None)


def looked_at_next(until: Millis, now: Millis, told: Millis = FOREVER) -> Millis:
    """The next moment that matters to a session: a warning's, the one to look ahead, or its end."""
    moments = (until - span for span in (*WARNINGS, FORESEEN) if span < told)
    return min((moment for moment in moments if moment > now), default=until)
