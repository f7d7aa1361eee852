"""The ways between one thing and many others, as ``decide`` finds them; and what some of them depend on."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from admit.core.access import Reach, held_by, joined_to, meetings, path_of
from admit.core.facts import Joined, Leads, Source, Step, Trail
from admit.core.links import STEPS, Kind, Ref, Stage
from admit.core.terms import Judge, Judged, Reason, Undecided, unjudged
from admit.core.validity import Millis
from admit.core.walks import begin, spread

Refs: TypeAlias = Callable[[int], Ref]
"""The things of keys."""

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
    joined, ref = joined_to(subject, source, now, source.off), cache(source.ref)

    def way(resource: Ref) -> Reach | None:
        held = held_by(resource, source, now, source.off)
        found = sorted(meetings(joined, held, source, now))
        return _best(found, resource, ref, _judged(subject, resource, source, judging))

    return way


def ways_to(
    resource: Ref, source: Source, now: Millis, judging: Judging = UNJUDGED, joins: Leads | None = None
) -> Ways:
    """The ways of many subjects to one resource; ``joins`` as :func:`towards` has it, or all there are."""
    held, ref = held_by(resource, source, now, source.off), cache(source.ref)

    def way(subject: Ref) -> Reach | None:
        found = sorted(meetings(_joined(subject, source, now, joins), held, source, now))
        return _best(found, subject, ref, _judged(subject, resource, source, judging))

    return way


def ways_into(principal: Ref, source: Source, now: Millis, joins: Leads) -> Ways:
    """The ways of many subjects to a principal that they are joined to. No terms stand on them."""
    ref = cache(source.ref)

    def way(subject: Ref) -> Reach | None:
        trail = _joined(subject, source, now, joins).trails.get(principal.key)
        return None if trail is None else _reach(subject, trail, ref)

    return way


def towards(wide: Collection[int], source: Source) -> Leads:
    """Where links of joining lead on the ways to some principals: to users, and to what is ``wide``.

    That is everything on such a way that others are joined to. Of all that a subject is joined to most is on
    none.
    """
    leads, ref = source.onward(Stage.JOIN), source.ref
    ends = {key for key in wide if Stage.JOIN not in STEPS[ref(key).kind].values()}

    def near(key: int) -> Iterable[Step]:
        if key in ends:
            return ()
        found = leads(key) or ()
        return found if ref(key).kind is Kind.PERSON else [step for step in found if step[0] in wide]

    return near


def _joined(subject: Ref, source: Source, now: Millis, joins: Leads | None) -> Joined:
    """What a subject is joined to.

    Many subjects are asked about one after another, most of them once: to know all that each is joined to
    would take longer, and leave no room for what is kept of those that are checked.
    """
    if joins is None or subject.key in source.off:
        return joined_to(subject, source, now, source.off)
    trails = {trail[2][-1]: trail for trail in spread([begin(subject)], joins, source.off, now)}
    return Joined(trails, set(trails))


def _judged(subject: Ref, resource: Ref, source: Source, judging: Judging) -> Judged | None:
    """What judges the permissions between two things; None where nothing has terms."""
    terms = source.asked
    return Judged(terms, judging.action, judging.judge_of(subject, resource)) if terms else None


def _best(found: list[Trail], told: Ref, ref: Refs, judged: Judged | None) -> Reach | None:
    """The best way with nothing unmet on it; else the best of the undecided ones, with all that these want.

    No permission holds another, nor is joined: a way has one at most.
    """
    if judged is None:
        return _reach(told, found[0], ref) if found else None
    undecided: dict[Undecided, Trail] = {}
    for trail in found:
        permission = next((key for key in trail[2] if key in judged.terms), None)
        unmet = None if permission is None else judged.unmet(permission)
        if permission is None or unmet is None:
            return _reach(told, trail, ref)
        if unmet.reason is Reason.INPUT_MISSING:
            undecided.setdefault(Undecided(judged.terms[permission].condition, unmet.text), trail)
    best = next(iter(undecided.values()), None)
    return None if best is None else _reach(told, best, ref, tuple(undecided))


def _reach(told: Ref, trail: Trail, ref: Refs, undecided: tuple[Undecided, ...] = ()) -> Reach:
    closes, _, keys, periods = trail
    return Reach(told, -closes, path_of(ref, keys, periods), undecided)
