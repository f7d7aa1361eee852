"""Lists of access, a page at a time: who may use something, and what somebody may use."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from typing import TypeAlias

from admit.core.access import Reach
from admit.core.facts import Source
from admit.core.links import Kind, Ref, Stage
from admit.core.validity import Millis
from admit.core.walks import closure
from admit.core.ways import UNJUDGED, Judging, Sought, towards, ways_behind, ways_from, ways_into

Told: TypeAlias = tuple[int, Ref]
"""Something that may belong into a list, with its place in the order."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a list is wanted, and of what."""

    limit: int
    kinds: Collection[Kind]
    after: int = 0
    """The place that the part before ended at."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list."""

    reaches: tuple[Reach, ...]
    after: int | None
    """The place that it ended at; None if nothing comes after it."""


def who(resource: Ref, source: Source, now: Millis, span: Span, judging: Judging = UNJUDGED) -> Page:
    """Everybody of some kinds who may use a resource, each by the path that stays open longest.

    The place of a person in the order is the key of the first of their users that links lead from: so a page
    begins where the last one ended, without a walk over what is before it, and whoever has access all the
    time is told once, whatever changes about the others.
    """
    sought = _sought(_principals(resource, source), source)
    ways = ways_behind(resource, source, now, judging, sought)
    return _page(_standing_behind(sought, source, span), ways, span.limit)


def what(subject: Ref, source: Source, now: Millis, span: Span, judging: Judging = UNJUDGED) -> Page:
    """Everything of some kinds that a subject may use, by key, each by the path that stays open longest."""
    found = ((ref.key, ref) for ref in _resources(subject, source, span.after) if ref.kind in span.kinds)
    return _page(found, ways_from(subject, source, now, judging), span.limit)


def through(thing: Ref, source: Source, now: Millis, span: Span, judging: Judging = UNJUDGED) -> Page:
    """Everybody of some kinds with a way through a thing: whom it stands for, or who may use it."""
    if thing.kind not in (*_WIDE, Kind.USER):
        return who(thing, source, now, span, judging)
    leads_on = any(period.holds_at(now) for _, period in source.onward(Stage.GRANT)(thing.key) or ())
    if not leads_on:
        return Page((), None)
    sought = _sought({thing.key}, source)
    ways = ways_into(thing, source, now, sought.joins)
    return _page(_standing_behind(sought, source, span), ways, span.limit)


def _page(found: Iterable[Told], way: Callable[[Ref], Reach | None], limit: int) -> Page:
    reaches: list[Reach] = []
    last = 0
    for place, ref in found:
        reach = way(ref)
        if reach is not None:
            if len(reaches) == limit:
                return Page(tuple(reaches), last)
            reaches.append(reach)
            last = place
    return Page(tuple(reaches), None)


_NESTING = (Kind.UNIT, Kind.SUBJECT, Kind.TYPE)
"""What may be joined to others of its kind."""
_WIDE = (Kind.GROUP, Kind.ACCOUNT, *_NESTING)
"""What stands for others that are joined to it."""


def _principals(resource: Ref, source: Source) -> set[int]:
    """Whom a resource is granted to, or what holds it, now or at another moment."""
    grants = source.inward(Stage.GRANT)
    held = closure(resource.key, source.inward(Stage.HOLD))
    return {key for holder in held for key, _ in grants(holder) or ()}


def _sought(principals: set[int], source: Source) -> Sought:
    joins = source.inward(Stage.JOIN)
    wide = {key for key in principals if source.ref(key).kind in _WIDE}
    waiting = [*wide]
    for key in waiting:
        if source.ref(key).kind in _NESTING:
            inner = {other for other, _ in joins(key) or () if source.ref(other).kind in _NESTING} - wide
            wide |= inner
            waiting += inner
    return Sought(principals, wide, towards(wide, source))


def _standing_behind(sought: Sought, source: Source, span: Span) -> Iterator[Told]:
    """Those who are some principals, or are joined to them."""
    after, kinds = span.after, span.kinds
    principals, onward, joins = sought.principals, sought.joins, source.inward(Stage.JOIN)
    streams = [source.joined_after(key, after) for key in sought.wide]
    for key, _ in groupby(merge(sorted(key for key in principals if key > after), *streams)):
        ref = source.ref(key)
        if ref.kind in kinds:
            yield key, ref
        for person, _ in joins(key) or () if ref.kind is Kind.USER else ():
            # Of somebody who comes in twice, as two users, only the first place counts.
            earlier = (user for user, _ in onward(person) or () if user < key)
            told = person in principals or any(closure(user, onward) & principals for user in earlier)
            if not told and Kind.PERSON in kinds:
                yield key, source.ref(person)


def _resources(subject: Ref, source: Source, after: int) -> Iterator[Ref]:
    """What links lead to from a subject, open or not, by key."""
    joined = closure(subject.key, source.onward(Stage.JOIN))
    grants, holds = source.onward(Stage.GRANT), source.onward(Stage.HOLD)
    held: set[int] = set()
    for principal in joined:
        for key, _ in grants(principal) or ():
            if holds(key):
                held |= closure(key, holds)
    streams = [source.granted_after(principal, after) for principal in joined]
    merged = merge(sorted(key for key in held if key > after), *streams)
    return (source.ref(key) for key, _ in groupby(merged))
