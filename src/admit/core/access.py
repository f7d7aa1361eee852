"""The decision: may this subject use this resource now, why, and until when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush

from admit.core.links import Link, Ref, Stage, stage_of
from admit.core.terms import Judge, Judged, Reason, Terms, Unmet, unjudged
from admit.core.validity import FOREVER, Millis

__all__ = ["Decision", "Facts", "Permit", "Question", "Reach", "Reason", "decide", "reachable", "reached_by"]

MOST_PATHS = 1_000
"""How many closed paths are looked at to find the one nearest to opening."""


@dataclass(frozen=True, slots=True)
class Question:
    """May ``subject`` use ``resource``, if an action is named for that?"""

    subject: Ref
    resource: Ref
    action: str | None = None
    """Without one any action that is granted will do."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The links that can matter to a question, and what is switched off, at one revision."""

    links: tuple[Link, ...]
    blocked: Mapping[Ref, str] = field(default_factory=dict)
    """Each thing that passes nothing on, with the word for it: ``locked``, ``disabled``."""
    revision: int = 0
    terms: Mapping[Ref, Terms] = field(default_factory=dict)
    """Of each permission that has any."""


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
    unmet: Unmet | None = None
    """When refused for terms: what is asked for, or missing."""

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


def walk(
    start: Ref, facts: Facts, now: Millis, *, backward: bool = False, judged: Judged | None = None
) -> Iterator[Reach]:
    """Everything that ``start`` may use at ``now``, what stays open longest first.

    A path joins, is granted once, then holds: what a principal was granted it
    uses, and does not act as. ``backward`` walks the links from target to
    source, so the stages come in the other order. Each thing comes once, by
    the path whose earliest end is latest. A blocked thing is not passed, nor
    arrived at; nor is a permission whose terms are not met.
    """
    judged = judged or Judged(facts.terms, None, unjudged)
    if start in facts.blocked:
        return
    onward = _by_end(facts.links, backward=backward)
    arrived: set[tuple[Ref, bool]] = set()
    told: set[Ref] = set()
    # The count keeps the order of equals stable and paths out of comparisons.
    waiting: list[tuple[Millis, int, int, Ref, bool, tuple[Link, ...]]] = [(-FOREVER, 0, 0, start, False, ())]
    count = 0
    while waiting:
        until, _, _, ref, granted, path = heappop(waiting)
        if (ref, granted) in arrived:
            continue
        arrived.add((ref, granted))
        if granted and ref not in told:
            told.add(ref)
            yield Reach(ref, -until, path)
        for link in onward.get(ref, ()):
            end = link.source if backward else link.target
            follows = _follows(_stage(link), granted=granted, backward=backward)
            if not follows or end in facts.blocked or not link.validity.holds_at(now):
                continue
            if judged.unmet(end) is not None:
                continue
            count += 1
            longer = (link, *path) if backward else (*path, link)
            # Of paths that end together the shorter one explains more.
            after = granted or _stage(link) is Stage.GRANT
            heappush(waiting, (max(until, -link.validity.end), len(path), count, end, after, longer))


def _by_end(links: Iterable[Link], *, backward: bool) -> dict[Ref, list[Link]]:
    """Links by the end a walk comes from."""
    found: dict[Ref, list[Link]] = {}
    for link in links:
        found.setdefault(link.target if backward else link.source, []).append(link)
    return found


def _stage(link: Link) -> Stage:
    return stage_of(link.source.kind, link.target.kind)


def _follows(stage: Stage, *, granted: bool, backward: bool) -> bool:
    """Whether a link of a stage may come next on a path that was (or was not) granted yet."""
    first, last = (Stage.HOLD, Stage.JOIN) if backward else (Stage.JOIN, Stage.HOLD)
    return stage is last if granted else stage in (first, Stage.GRANT)


def reachable(subject: Ref, facts: Facts, now: Millis, judge: Judge = unjudged) -> Iterator[Reach]:
    """Everything ``decide`` would grant ``subject``, by the same walk."""
    return walk(subject, facts, now, judged=Judged(facts.terms, None, judge))


def reached_by(resource: Ref, facts: Facts, now: Millis, judge: Judge = unjudged) -> Iterator[Reach]:
    """Everything that ``decide`` would let reach ``resource``; paths run towards the resource."""
    return walk(resource, facts, now, backward=True, judged=Judged(facts.terms, None, judge))


def decide(question: Question, facts: Facts, now: Millis, judge: Judge = unjudged) -> Decision:
    """Whether the subject may use the resource at ``now``, why, and until when."""
    judged = Judged(facts.terms, question.action, judge)
    for reach in walk(question.subject, facts, now, judged=judged):
        if reach.ref == question.resource:
            return Decision(
                question, Reason.GRANTED, now, facts.revision, because=reach.path, valid_until=reach.until
            )
    return _refuse(question, facts, now, judged)


def open_paths(
    question: Question, facts: Facts, now: Millis, judge: Judge = unjudged
) -> Iterator[tuple[Link, ...]]:
    """Every path that holds at ``now``, in no particular order."""
    judged = Judged(facts.terms, question.action, judge)
    for path in _paths(question, facts):
        things = (question.subject, *(link.target for link in path))
        open_ = not any(t in facts.blocked or judged.unmet(t) is not None for t in things)
        if open_ and all(link.validity.holds_at(now) for link in path):
            yield path


def _refuse(question: Question, facts: Facts, now: Millis, judged: Judged) -> Decision:
    """The refusal that tells most: of all closed paths, the one nearest to being open."""
    refusals = [_closed(question, facts, now, path, judged) for path in _paths(question, facts)]
    if refusals:
        return min(refusals, key=lambda refusal: _distance(refusal, now))
    return Decision(question, Reason.NOT_GRANTED, now, facts.revision)


_NEAREST = (
    Reason.INPUT_MISSING,
    Reason.CONDITION_NOT_MET,
    Reason.DISABLED,
    Reason.STARTS_LATER,
    Reason.HAS_ENDED,
    Reason.OTHER_ACTIONS,
)


def _distance(refusal: Decision, now: Millis) -> tuple[int, Millis, int]:
    away = abs((refusal.changes_at or now) - now)
    return _NEAREST.index(refusal.reason), away, len(refusal.because)


def _closed(
    question: Question, facts: Facts, now: Millis, path: tuple[Link, ...], judged: Judged
) -> Decision:
    """Why this one path does not hold."""
    opens = max((link.validity.start for link in path), default=0)
    closes = min((link.validity.end for link in path), default=FOREVER)
    things = (question.subject, *(link.target for link in path))
    off = next((thing for thing in things if thing in facts.blocked), None)
    unmet = next((found for thing in things if (found := judged.unmet(thing)) is not None), None)
    if unmet is not None and unmet.reason is Reason.OTHER_ACTIONS:
        # For this action the path is none, whenever it is open.
        return Decision(question, unmet.reason, now, facts.revision, because=path, unmet=unmet)
    if opens > now and opens < closes:
        reason, changes_at = Reason.STARTS_LATER, opens
    elif closes <= now or opens >= closes:
        reason, changes_at = Reason.HAS_ENDED, min(closes, now)
    elif unmet is not None and off is None:
        return Decision(question, unmet.reason, now, facts.revision, because=path, unmet=unmet)
    else:
        return Decision(question, Reason.DISABLED, now, facts.revision, because=path, blocked=off)
    return Decision(question, reason, now, facts.revision, path, changes_at=changes_at, blocked=off)


def _paths(question: Question, facts: Facts) -> Iterator[tuple[Link, ...]]:
    """Every path from subject to resource, open or not; at most MOST_PATHS of them."""
    inward = _by_end(facts.links, backward=True)
    found = 0
    waiting: list[tuple[bool, tuple[Link, ...]]] = [(False, ())]
    while waiting and found < MOST_PATHS:
        granted, path = waiting.pop()
        end = path[0].source if path else question.resource
        if granted and end == question.subject:
            found += 1
            yield path
            continue
        for link in inward.get(end, ()):
            stage = _stage(link)
            visited = any(link.source == known.target for known in path) or link.source == question.resource
            if _follows(stage, granted=granted, backward=True) and not visited:
                waiting.append((granted or stage is Stage.GRANT, (link, *path)))
