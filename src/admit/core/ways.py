"""The ways between one thing and many others, as ``decide`` finds them; and what some of them depend on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from admit.core.access import Reach, held_by, joined_to, meetings, path_of
from admit.core.facts import Joined, Leads, Source, Step, Trail
from admit.core.links import STEPS, Kind, Ref, Stage
from admit.core.terms import Judge, Judged, Reason, Undecided, unjudged
from admit.core.validity import FOREVER, Millis
from admit.core.walks import Way, begin, spread

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
        found = meetings(joined, held, source, now)
        return _best(found, resource, ref, _judged(subject, resource, source, judging))

    return way


def ways_to(resource: Ref, source: Source, now: Millis, judging: Judging = UNJUDGED) -> Ways:
    """The ways of many subjects to one resource."""
    held, ref = held_by(resource, source, now, source.off), cache(source.ref)

    def way(subject: Ref) -> Reach | None:
        found = meetings(joined_to(subject, source, now, source.off), held, source, now)
        return _best(found, subject, ref, _judged(subject, resource, source, judging))

    return way


@dataclass(frozen=True, slots=True)
class Sought:
    """Of whom it is asked who stands behind them."""

    principals: set[int]
    wide: set[int]
    """Those of them that stand for others, and all such that are joined to them."""
    joins: Leads
    """Where links lead on the ways to them, as :func:`towards` has it."""


def ways_behind(resource: Ref, source: Source, now: Millis, judging: Judging, sought: Sought) -> Ways:
    """The ways to a resource of those who stand behind what it is granted to."""
    ref = cache(source.ref)
    behind = _Behind(held_by(resource, source, now, source.off), source, now, sought)

    def way(subject: Ref) -> Reach | None:
        return _best(behind.ways(subject), subject, ref, _judged(subject, resource, source, judging))

    return way


class _Behind:
    """The ways of those who stand behind some principals.

    What they are joined to is the same few things, such as groups: the ways on from each of these are walked
    once for all of them.
    """

    def __init__(self, held: list[Trail], source: Source, now: Millis, sought: Sought) -> None:
        self._held, self._source, self._now, self._sought = held, source, now, sought
        self._onward: dict[int, list[Trail] | None] = {}

    def ways(self, subject: Ref) -> Iterable[Trail]:
        """The ways of one of them, the best among them."""
        found = None if subject.key in self._sought.wide else self._shared(subject)
        if found is None:
            return self._meet(_joined(subject, self._source, self._now, self._sought.joins))
        return found

    def _shared(self, subject: Ref) -> list[Trail] | None:
        """Each step up to what is shared, and the ways on from there.

        None if a link of joining ends: then the best way on from there need not be part of the best one.
        """
        found: list[Trail] = []
        off, now, sought = self._source.off, self._now, self._sought
        waiting: list[Way] = [] if subject.key in off else [((subject.key,), ())]
        for keys, periods in waiting:
            here = keys[-1]
            if here in sought.principals:
                found += self._meet(Joined({here: (-FOREVER, len(periods), keys, periods)}, {here}))
            for key, period in sought.joins(here) or ():
                if key in off or not period.start <= now < period.end:
                    continue
                onward = self._ways_on(key) if key in sought.wide else []
                if onward is None or period.end != FOREVER:
                    return None
                way = (*keys, key), (*periods, period)
                found += [_longer(way, trail) for trail in onward]
                if key not in sought.wide:
                    waiting.append(way)
        return found

    def _ways_on(self, key: int) -> list[Trail] | None:
        """The ways on from what is shared; None if a link of joining ends there."""
        if key not in self._onward:
            joined = _joined(self._source.ref(key), self._source, self._now, self._sought.joins)
            endless = all(trail[0] == -FOREVER for trail in joined.trails.values())
            self._onward[key] = [*self._meet(joined)] if endless else None
        return self._onward[key]

    def _meet(self, joined: Joined) -> Iterable[Trail]:
        return meetings(joined, self._held, self._source, self._now)


def _longer(way: Way, trail: Trail) -> Trail:
    """A trail that begins where a way ends, with the way before it."""
    closes, length, keys, periods = trail
    return closes, len(way[1]) + length, way[0][:-1] + keys, way[1] + periods


def ways_into(principal: Ref, source: Source, now: Millis, joins: Leads) -> Ways:
    """The ways of many subjects to a principal that they are joined to. No terms stand on them."""
    ref = cache(source.ref)

    def way(subject: Ref) -> Reach | None:
        trail = _joined(subject, source, now, joins).trails.get(principal.key)
        return None if trail is None else _reach(subject, trail, ref)

    return way


def towards(wide: set[int], source: Source) -> Leads:
    """Where links of joining lead on the ways to some principals: to users, and to what is ``wide``.

    That is everything on such a way that others are joined to. Of all that a subject is joined to most is on
    none.
    """
    leads, ref = source.onward(Stage.JOIN), cache(source.ref)
    ends = {key for key in wide if Stage.JOIN not in STEPS[ref(key).kind].values()}

    def near(key: int) -> Iterable[Step]:
        if key in ends:
            return ()
        found = leads(key) or ()
        return found if ref(key).kind is Kind.PERSON else [step for step in found if step[0] in wide]

    return near


def _joined(subject: Ref, source: Source, now: Millis, joins: Leads) -> Joined:
    """What a subject is joined to.

    Many subjects are asked about one after another, most of them once: to know all that each is joined to
    would take longer, and leave no room for what is kept of those that are checked.
    """
    if subject.key in source.off:
        return Joined({}, set())
    trails = {trail[2][-1]: trail for trail in spread([begin(subject)], joins, source.off, now)}
    return Joined(trails, set(trails))


def _judged(subject: Ref, resource: Ref, source: Source, judging: Judging) -> Judged | None:
    """What judges the permissions between two things; None where nothing has terms."""
    terms = source.asked
    return Judged(terms, judging.action, judging.judge_of(subject, resource)) if terms else None


def _best(found: Iterable[Trail], told: Ref, ref: Refs, judged: Judged | None) -> Reach | None:
    """The best way with nothing unmet on it; else the best of the undecided ones, with all that these want.

    No permission holds another, nor is joined: a way has one at most.
    """
    if judged is None:
        least = min(found, default=None)
        return None if least is None else _reach(told, least, ref)
    undecided: dict[Undecided, Trail] = {}
    for trail in sorted(found):
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
