"""The decision: may this subject use this resource now, why, and until when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import heappop, heappush

from admit.core.links import Link, Ref
from admit.core.validity import FOREVER, Millis

MOST_PATHS = 1_000
"""How many closed paths are looked at to find the one nearest to opening."""


class Reason(StrEnum):
    """Why a decision came out as it did."""

    GRANTED = "granted"
    STARTS_LATER = "starts later"
    HAS_ENDED = "has ended"
    DISABLED = "disabled"
    NOT_GRANTED = "not granted"


@dataclass(frozen=True, slots=True)
class Question:
    """May ``subject`` use ``resource``?"""

    subject: Ref
    resource: Ref


@dataclass(frozen=True, slots=True)
class Facts:
    """The links that can matter to a question, and what is switched off, at one revision."""

    links: tuple[Link, ...]
    blocked: Mapping[Ref, str] = field(default_factory=dict)
    """Each thing that passes nothing on, with the word for it: ``locked``, ``disabled``."""
    revision: int = 0

    def flipped(self) -> "Facts":
        """The same facts with every link seen from its target."""
        return Facts(tuple(link.flipped() for link in self.links), self.blocked, self.revision)


@dataclass(frozen=True, slots=True)
class Reach:
    """Something a walk arrived at, by the path that stays open longest."""

    ref: Ref
    until: Millis
    path: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a question, with its reason."""

    question: Question
    reason: Reason
    at: Millis
    revision: int
    because: tuple[Link, ...] = ()
    """The path that decided: open if granted; else the one nearest to being open."""
    valid_until: Millis = 0
    """When granted: the first moment at which the path no longer holds."""
    changes_at: Millis | None = None
    """When refused for time: when the path opens (starts later) or closed (has ended)."""
    blocked: Ref | None = None
    """When disabled: the thing on the path that is switched off."""

    @property
    def allowed(self) -> bool:
        """Whether access is granted."""
        return self.reason is Reason.GRANTED

    def permit(self) -> "Permit":
        """Proof that access was granted.

        Raises:
            AccessDenied: the decision is a refusal.
        """
        return Permit(self)


class AccessDenied(Exception):
    """A decision was a refusal."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reason.value)
        self.decision = decision


@dataclass(frozen=True, slots=True)
class Permit:
    """What a door needs to open. It cannot be made from a refusal.

    Raises:
        AccessDenied: ``decision`` is a refusal.
    """

    decision: Decision

    def __post_init__(self) -> None:
        if not self.decision.allowed:
            raise AccessDenied(self.decision)


def walk(start: Ref, facts: Facts, now: Millis) -> Iterator[Reach]:
    """Everything reachable from ``start`` at ``now``, what stays open longest first.

    Each thing comes once, by the path whose earliest end is latest. A blocked
    thing is not passed, nor arrived at.
    """
    if start in facts.blocked:
        return
    outward: dict[Ref, list[Link]] = {}
    for link in facts.links:
        outward.setdefault(link.source, []).append(link)
    arrived: set[Ref] = set()
    # The count keeps the order of equals stable and paths out of comparisons.
    waiting: list[tuple[Millis, int, int, Ref, tuple[Link, ...]]] = [(-FOREVER, 0, 0, start, ())]
    count = 0
    while waiting:
        until, _, _, ref, path = heappop(waiting)
        if ref in arrived:
            continue
        arrived.add(ref)
        if path:
            yield Reach(ref, -until, path)
        for link in outward.get(ref, ()):
            target = link.target
            if target in arrived or target in facts.blocked or not link.validity.holds_at(now):
                continue
            count += 1
            # Of paths that end together the shorter one explains more.
            heappush(waiting, (max(until, -link.validity.end), len(path), count, target, (*path, link)))


def reachable(subject: Ref, facts: Facts, now: Millis) -> Iterator[Reach]:
    """Everything ``decide`` would grant ``subject``, by the same walk."""
    return walk(subject, facts, now)


def reached_by(resource: Ref, facts: Facts, now: Millis) -> Iterator[Reach]:
    """Everything that ``decide`` would let reach ``resource``; paths run towards the resource."""
    for reach in walk(resource, facts.flipped(), now):
        path = tuple(link.flipped() for link in reversed(reach.path))
        yield Reach(reach.ref, reach.until, path)


def decide(question: Question, facts: Facts, now: Millis) -> Decision:
    """Whether the subject may use the resource at ``now``, why, and until when."""
    for reach in walk(question.subject, facts, now):
        if reach.ref == question.resource:
            return Decision(
                question, Reason.GRANTED, now, facts.revision, because=reach.path, valid_until=reach.until
            )
    return _refuse(question, facts, now)


def open_paths(question: Question, facts: Facts, now: Millis) -> Iterator[tuple[Link, ...]]:
    """Every path that holds at ``now``, in no particular order."""
    for path in _paths(question, facts):
        things = (question.subject, *(link.target for link in path))
        if all(link.validity.holds_at(now) for link in path) and not any(t in facts.blocked for t in things):
            yield path


def _refuse(question: Question, facts: Facts, now: Millis) -> Decision:
    """The refusal that tells most: of all closed paths, the one nearest to being open."""
    refusals = [_closed(question, facts, now, path) for path in _paths(question, facts)]
    if refusals:
        return min(refusals, key=lambda refusal: _distance(refusal, now))
    return Decision(question, Reason.NOT_GRANTED, now, facts.revision)


_NEAREST = (Reason.DISABLED, Reason.STARTS_LATER, Reason.HAS_ENDED)


def _distance(refusal: Decision, now: Millis) -> tuple[int, Millis, int]:
    away = abs((refusal.changes_at or now) - now)
    return _NEAREST.index(refusal.reason), away, len(refusal.because)


def _closed(question: Question, facts: Facts, now: Millis, path: tuple[Link, ...]) -> Decision:
    """Why this one path does not hold."""
    opens = max((link.validity.start for link in path), default=0)
    closes = min((link.validity.end for link in path), default=FOREVER)
    things = (question.subject, *(link.target for link in path))
    off = next((thing for thing in things if thing in facts.blocked), None)
    if opens > now and opens < closes:
        reason, changes_at = Reason.STARTS_LATER, opens
    elif closes <= now or opens >= closes:
        reason, changes_at = Reason.HAS_ENDED, min(closes, now)
    else:
        return Decision(question, Reason.DISABLED, now, facts.revision, because=path, blocked=off)
    return Decision(question, reason, now, facts.revision, path, changes_at=changes_at, blocked=off)


def _paths(question: Question, facts: Facts) -> Iterator[tuple[Link, ...]]:
    """Every path from subject to resource, open or not; at most MOST_PATHS of them."""
    inward: dict[Ref, list[Link]] = {}
    for link in facts.links:
        inward.setdefault(link.target, []).append(link)
    found = 0
    waiting: list[tuple[Link, ...]] = [(link,) for link in inward.get(question.resource, ())]
    while waiting and found < MOST_PATHS:
        path = waiting.pop()
        source = path[0].source
        if source == question.subject:
            found += 1
            yield path
        elif all(link.target != source for link in path):
            waiting.extend((link, *path) for link in inward.get(source, ()))


def losses(before: Iterable[Reach], after: Iterable[Reach]) -> tuple[list[Reach], list[Reach]]:
    """Who gains and who loses between two answers about the same thing: ``(gained, lost)``."""
    old = {reach.ref: reach for reach in before}
    new = {reach.ref: reach for reach in after}
    gained = [reach for ref, reach in new.items() if ref not in old]
    lost = [reach for ref, reach in old.items() if ref not in new]
    return gained, lost
