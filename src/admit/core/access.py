"""The decision: may this subject use this resource now, why, and until when."""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import NamedTuple

from admit.core.facts import Joined, Source, Trail
from admit.core.links import Link, Ref, Stage
from admit.core.terms import Judge, Judged, Reason, Shut, Undecided, Unmet, unjudged
from admit.core.validity import FOREVER, Millis, Validity
from admit.core.walks import MOST_PATHS, Way, begin, chains, closure, cross, lasting, open_closure, spread

__all__ = ["Decision", "Permit", "Question", "Reach", "Reason", "decide", "reachable", "reached_by"]


class Question(NamedTuple):
    """May ``subject`` use ``resource``, if an action is named for that?"""

    subject: Ref
    resource: Ref
    action: str | None = None
    """Without one any action that is granted will do."""


class Reach(NamedTuple):
    """Something a walk arrived at, by the path that stays open longest."""

    ref: Ref
    until: Millis
    path: tuple[Link, ...]
    undecided: tuple[Undecided, ...] = ()
    """Of what is not granted: conditions of which any one would do, if only it could be judged."""


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


def reachable(subject: Ref, source: Source, now: Millis, judge: Judge = unjudged) -> Iterator[Reach]:
    """Everything ``decide`` would grant ``subject``, what stays open longest first.

    A path joins, is granted once, then holds: what a principal was granted it uses, and does not act as.
    Each thing comes once, by the path whose earliest end is latest. What is blocked is not passed, nor
    arrived at; nor is a permission whose terms are not met.
    """
    # Hundreds of ways begin with the same few steps.
    ref = cache(source.ref)
    for closes, _, keys, periods in trails_from(subject, source, now, judge):
        yield Reach(ref(keys[-1]), -closes, path_of(ref, keys, periods))


def trails_from(subject: Ref, source: Source, now: Millis, judge: Judge = unjudged) -> Iterable[Trail]:
    """The same as it is walked: its links need not be made where few of them are told."""
    shut = _shut(source, None, judge)
    if subject.key in shut:
        return ()
    joined = spread([begin(subject)], source.onward(Stage.JOIN), shut, now)
    granted = cross(joined, source.onward(Stage.GRANT), shut, now)
    return spread(granted, source.onward(Stage.HOLD), shut, now)


def reached_by(resource: Ref, source: Source, now: Millis, judge: Judge = unjudged) -> Iterator[Reach]:
    """Everything that ``decide`` would let reach ``resource``, by the same walk from the other end.

    Paths run towards the resource.
    """
    shut = _shut(source, None, judge)
    if resource.key in shut:
        return
    held = spread([begin(resource)], source.inward(Stage.HOLD), shut, now)
    granted = cross(held, source.inward(Stage.GRANT), shut, now)
    ref = cache(source.ref)
    for closes, _, keys, periods in spread(granted, source.inward(Stage.JOIN), shut, now):
        yield Reach(ref(keys[-1]), -closes, path_of(ref, keys[::-1], periods[::-1]))


def _shut(source: Source, action: str | None, judge: Judge) -> Container[int]:
    """What no walk passes: what is switched off, and permissions whose terms are not met."""
    return Shut(source.off, Judged(source.asked, action, judge)) if source.asked else source.off


def decide(question: Question, source: Source, now: Millis, judge: Judge = unjudged) -> Decision:
    """Whether the subject may use the resource at ``now``, why, and until when."""
    shut = _shut(source, question.action, judge)
    joined = joined_to(question.subject, source, now, shut)
    if source.sure(question.subject.key, question.resource.key) is False:
        return Decision(question, Reason.NOT_GRANTED, now, source.revision)
    best = min(meetings(joined, held_by(question.resource, source, now, shut), source, now), default=None)
    if best is None:
        return _refuse(question, source, now, Judged(source.asked, question.action, judge))
    closes, _, keys, periods = best
    path = path_of(source.ref, keys, periods)
    return Decision(question, Reason.GRANTED, now, source.revision, because=path, valid_until=-closes)


def allows(question: Question, source: Source, now: Millis, judge: Judge = unjudged) -> bool:
    """Whether ``decide`` grants, for who needs to know no more."""
    resource = question.resource.key
    known = source.sure(question.subject.key, resource)
    if known is not None:
        return known
    shut = _shut(source, question.action, judge)
    if resource in shut:
        return False
    holders = joined_to(question.subject, source, now, shut).keys
    if source.opens(resource, holders, now):
        return True
    leads = source.inward(Stage.HOLD)
    # Most of what is granted is held by nothing else.
    return leads(resource) is not None and any(
        source.opens(key, holders, now) for key in open_closure(resource, leads, shut, now)
    )


MOST_LASTING = 4_096
"""Of how many subjects it is kept what they are joined to: two kilobytes each."""


def joined_to(subject: Ref, source: Source, now: Millis, shut: Container[int]) -> Joined:
    """What a subject is, or is joined to, with the best way to each.

    Who is joined to what changes seldom, and most memberships neither begin nor end: where that is so it is
    walked once, and kept as long as the source has it so.
    """
    kept = source.lasting
    known = None if kept is None else kept.get(subject.key)
    if known is not None:
        return known
    if subject.key in shut:
        return Joined({}, set())
    leads = source.onward(Stage.JOIN)
    trails = None if kept is None else lasting(subject, leads, shut)
    if kept is None or trails is None:
        trails = {trail[2][-1]: trail for trail in spread([begin(subject)], leads, shut, now)}
        return Joined(trails, set(trails))
    if len(kept) >= MOST_LASTING:
        kept.clear()
    joined = kept[subject.key] = Joined(trails, set(trails))
    return joined


def held_by(resource: Ref, source: Source, now: Millis, shut: Container[int]) -> list[Trail]:
    """The best ways from a resource back to what holds it."""
    if resource.key in shut:
        return []
    begun, leads = begin(resource), source.inward(Stage.HOLD)
    # Most of what is granted is held by nothing else.
    return [begun] if leads(resource.key) is None else [*spread([begun], leads, shut, now)]


def meetings(joined: Joined, held: Iterable[Trail], source: Source, now: Millis) -> Iterator[Trail]:
    """The open ways to a resource: of each grant that joins what the walks from both ends came to."""
    for back in held:
        for holder, period in source.grants(back[2][-1], joined.keys):
            if period.start <= now < period.end:
                came = joined.trails[holder]
                closes = max(came[0], -period.end, back[0])
                periods = (*came[3], period, *back[3][::-1])
                yield closes, len(periods), came[2] + back[2][::-1], periods


def path_of(
    ref: Callable[[int], Ref], keys: tuple[int, ...], periods: tuple[Validity, ...]
) -> tuple[Link, ...]:
    """The links of a trail that runs from subject to resource."""
    refs = [*map(ref, keys)]
    return tuple(map(Link, refs, refs[1:], periods))


def open_paths(
    question: Question, source: Source, now: Millis, judge: Judge = unjudged
) -> Iterator[tuple[Link, ...]]:
    """Every path that holds at ``now``, in no particular order."""
    shut = _shut(source, question.action, judge)
    for keys, periods in _paths(question, source):
        if all(period.holds_at(now) for period in periods) and not any(key in shut for key in keys):
            yield path_of(source.ref, keys, periods)


def _refuse(question: Question, source: Source, now: Millis, judged: Judged) -> Decision:
    """The refusal that tells most: of all closed paths, the one nearest to being open."""
    paths = _paths(question, source) if _connected(question, source) else ()
    refusals = (_closed(question, source, now, way, judged) for way in paths)
    nearest = min(refusals, key=lambda refusal: _distance(refusal, now), default=None)
    return nearest or Decision(question, Reason.NOT_GRANTED, now, source.revision)


def _connected(question: Question, source: Source) -> bool:
    """Whether any way leads to the resource, open or not: most refusals need to look no further."""
    kept = (source.lasting or {}).get(question.subject.key)
    joined = closure(question.subject.key, source.onward(Stage.JOIN)) if kept is None else kept.keys
    held = closure(question.resource.key, source.inward(Stage.HOLD))
    return any(True for holder in held for _ in source.grants(holder, joined))


_NEAREST = (
    Reason.INPUT_MISSING,
    Reason.CONDITION_NOT_MET,
    Reason.DISABLED,
    Reason.STARTS_LATER,
    Reason.HAS_ENDED,
    Reason.OTHER_ACTIONS,
)


def _distance(refusal: Decision, now: Millis) -> tuple[int, Millis, int, tuple[int, ...]]:
    away = abs((refusal.changes_at or now) - now)
    path = tuple(link.target.key for link in refusal.because)
    return _NEAREST.index(refusal.reason), away, len(path), path


def _closed(question: Question, source: Source, now: Millis, way: Way, judged: Judged) -> Decision:
    """Why this one path does not hold."""
    keys, periods = way
    opens = max((period.start for period in periods), default=0)
    closes = min((period.end for period in periods), default=FOREVER)
    off = next((source.ref(key) for key in keys if key in source.off), None)
    unmet = next((found for key in keys if (found := judged.unmet(key)) is not None), None)
    path, revision = path_of(source.ref, keys, periods), source.revision
    if unmet is not None and unmet.reason is Reason.OTHER_ACTIONS:
        # For this action the path is none, whenever it is open.
        return Decision(question, unmet.reason, now, revision, because=path, unmet=unmet)
    if opens > now and opens < closes:
        reason, changes_at = Reason.STARTS_LATER, opens
    elif closes <= now or opens >= closes:
        reason, changes_at = Reason.HAS_ENDED, min(closes, now)
    elif unmet is not None and off is None:
        return Decision(question, unmet.reason, now, revision, because=path, unmet=unmet)
    else:
        return Decision(question, Reason.DISABLED, now, revision, because=path, blocked=off)
    return Decision(question, reason, now, revision, path, changes_at=changes_at, blocked=off)


def _paths(question: Question, source: Source) -> Iterator[Way]:
    """Every path from subject to resource, open or not; at most MOST_PATHS of them."""
    return islice(_all_paths(question, source), MOST_PATHS)


def _all_paths(question: Question, source: Source) -> Iterator[Way]:
    joined: dict[int, list[Way]] = {}
    for way in chains(question.subject.key, source.onward(Stage.JOIN)):
        joined.setdefault(way[0][-1], []).append(way)
    for held_keys, held_periods in chains(question.resource.key, source.inward(Stage.HOLD)):
        for holder, period in source.grants(held_keys[-1], set(joined)):
            for keys, periods in joined[holder]:
                yield keys + held_keys[::-1], (*periods, period, *held_periods[::-1])
