"""The ways between one thing and many others, as ``decide`` finds them; and what some of them depend on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from admit.core.access import Reach, held_by, joined_to, meetings, path_of
from admit.core.facts import Joined, Source, Trail
from admit.core.links import Ref
from admit.core.terms import Judge, Judged, Reason, Undecided, unjudged
from admit.core.validity import Millis

Ways: TypeAlias = Callable[[Ref], Reach | None]
"""What ``decide`` says of one thing after another, while the other end of the question stays: None for a
refusal, unless it is one for want of an input."""


@dataclass(frozen=True, slots=True)
class Judging:
    """How the terms on ways are judged: for each pair by what is known of both."""

    judge_of: Callable[[Ref, Ref], Judge]
    """Of a subject and a resource."""
    action: str | None = None
    """Without one any action that is granted will do."""


UNJUDGED = Judging(lambda _subject, _resource: unjudged)
"""Where nobody can judge: what stands on a condition is undecided."""


def ways_from(subject: Ref, source: Source, now: Millis, judging: Judging = UNJUDGED) -> Ways:
    """The ways of one subject to many resources."""
    joined = _joined(subject, source, now)

    def way(resource: Ref) -> Reach | None:
        held = held_by(resource, source, now, source.off)
        found = sorted(meetings(joined, held, source, now))
        return _first(found, resource, source, _judged(subject, resource, source, judging))

    return way


def ways_to(resource: Ref, source: Source, now: Millis, judging: Judging = UNJUDGED) -> Ways:
    """The ways of many subjects to one resource."""
    held = held_by(resource, source, now, source.off)

    def way(subject: Ref) -> Reach | None:
        found = sorted(meetings(_joined(subject, source, now), held, source, now))
        return _first(found, subject, source, _judged(subject, resource, source, judging))

    return way


def ways_into(principal: Ref, source: Source, now: Millis) -> Ways:
    """The ways of many subjects to a principal that they are joined to. No terms stand on them."""

    def way(subject: Ref) -> Reach | None:
        trail = _joined(subject, source, now).trails.get(principal.key)
        return None if trail is None else _reach(subject, trail, source)

    return way


def _joined(subject: Ref, source: Source, now: Millis) -> Joined:
    return joined_to(subject, source, now, source.off)


def _judged(subject: Ref, resource: Ref, source: Source, judging: Judging) -> Judged:
    return Judged(source.asked, judging.action, judging.judge_of(subject, resource))


def _first(found: Iterable[Trail], told: Ref, source: Source, judged: Judged) -> Reach | None:
    """The best way with nothing unmet on it; else the best of the undecided ones, with all that these want.

    No permission holds another, nor is joined: a way has one at most.
    """
    undecided: dict[Undecided, Trail] = {}
    for trail in found:
        permission = next((key for key in trail[2] if key in source.asked), None)
        unmet = None if permission is None else judged.unmet(permission)
        if permission is None or unmet is None:
            return _reach(told, trail, source)
        if unmet.reason is Reason.INPUT_MISSING:
            undecided.setdefault(Undecided(source.asked[permission].condition, unmet.text), trail)
    best = next(iter(undecided.values()), None)
    return None if best is None else _reach(told, best, source, tuple(undecided))


def _reach(told: Ref, trail: Trail, source: Source, undecided: tuple[Undecided, ...] = ()) -> Reach:
    closes, _, keys, periods = trail
    return Reach(told, -closes, path_of(source, keys, periods), undecided)
