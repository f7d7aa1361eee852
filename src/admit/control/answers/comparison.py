"""Comparing who may use what, at two moments or before and after a change: only lists that may differ.

Any pair that is joined at one of the two and not at the other has a path with something on it that was
touched in between. What of the path lies before the first such thing, and after the last, stands as it
did: so the lists of who is joined to the one, and of what the other leads to, hold the pair.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple, TypeAlias

from sqlalchemy import Connection

from admit.control.answers.asked import judging
from admit.core.access import Reach, reachable, reached_by
from admit.core.events import (
    Event,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    ThingAdded,
    ThingBlocked,
    ThingRemoved,
    ThingUnblocked,
)
from admit.core.events import Named as Mentioned
from admit.core.links import Kind, Ref, Stage, stage_of
from admit.core.terms import presumed
from admit.core.validity import Millis
from admit.core.ways import Judging, ways_from, ways_to
from admit.store import things
from admit.store.links import Scope, facts_about
from admit.store.neighbours import many_behind

USABLE = frozenset(
    {
        Kind.DELIVERY_GROUP,
        Kind.PERSISTENT_SESSION,
        Kind.HOST,
        Kind.HOST_ACCOUNT,
        Kind.APPLICATION,
        Kind.CLOUD_ROLE,
        Kind.RESOURCE,
        Kind.TYPE,
    }
)
"""What is used; the other things on a path only lead there."""
USERS = frozenset({Kind.PERSON, Kind.APPLICATION, Kind.SUBJECT, Kind.TYPE})
"""Who uses it."""
_PRINCIPALS = frozenset({*USERS, Kind.USER, Kind.GROUP, Kind.UNIT, Kind.ACCOUNT})

OF_ACCESS = (LinkAdded, LinkChanged, LinkRemoved, ThingBlocked, ThingUnblocked)
"""The events that may change lists."""

Pair: TypeAlias = tuple[Ref, Ref]
"""Who, and what."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When lists are walked."""

    at: Millis
    past: Millis | None = None
    """The same where it lies in the past: facts are those of then."""


class Walk(NamedTuple):
    """A list to compare: of everything somebody uses, or of everybody who uses something."""

    start: Ref
    backward: bool


Lists: TypeAlias = dict[Walk, dict[Pair, Reach]]


def walks(sql: Connection, event: Event, past: Millis | None = None) -> Iterator[Walk]:
    """The lists that an event may have changed."""
    match event:
        case LinkAdded(source, target) | LinkRemoved(source, target) | LinkChanged(source, target):
            if stage_of(source.kind, target.kind) is Stage.JOIN:
                yield from _upstream(sql, _ref(source), past)
            else:
                yield from _downstream(sql, _ref(target), past)
        case ThingBlocked(thing) | ThingUnblocked(thing):
            yield from _upstream(sql, _ref(thing), past)
            yield from _downstream(sql, _ref(thing), past)
        case ThingAdded(thing) | ThingRemoved(thing) if thing.kind is Kind.PROPERTIES:
            # Conditions speak of the ends of a question, and of nothing in between.
            entity = entity_of(sql, thing)
            yield Walk(entity, backward=entity.kind is Kind.RESOURCE)


def entity_of(sql: Connection, properties: Mentioned) -> Ref:
    """Whose some properties are, or were."""
    return things.by_key(sql, things.by_key(sql, properties.key).parent).ref


def _ref(thing: Mentioned) -> Ref:
    return Ref(thing.kind, thing.key)


def _upstream(sql: Connection, ref: Ref, past: Millis | None) -> Iterator[Walk]:
    """The lists of everybody who is, or is in, a principal, whether the links hold now or not."""
    if ref.kind in _PRINCIPALS:
        links = facts_about(sql, Scope.TO, resource=ref, as_of=past).links
        found = {ref, *(link.source for link in links)}
        yield from (Walk(each, backward=False) for each in sorted(found) if each.kind in USERS)


def _downstream(sql: Connection, ref: Ref, past: Millis | None) -> Iterator[Walk]:
    """The lists of everything that is, or is in, a resource."""
    if ref.kind not in _PRINCIPALS or ref.kind in USABLE:
        links = facts_about(sql, Scope.FROM, subject=ref, as_of=past).links
        found = {ref, *(link.target for link in links)}
        yield from (Walk(each, backward=True) for each in sorted(found) if each.kind in USABLE)


def _listed(sql: Connection, walk: Walk, moment: Moment, most: int) -> dict[Pair, Reach]:
    """One list, as far as there is room, with what would be on it if a condition were met."""
    start, at, past = walk.start, moment.at, moment.past
    judged = Judging(judging(sql, None, {}, at, past))
    if walk.backward:
        facts = facts_about(sql, Scope.TO, resource=start, as_of=past)
        ways = ways_to(start, facts, at, judged)
        reaches = (each for each in reached_by(start, facts, at, presumed) if each.ref.kind in USERS)
        pairs = (((each.ref, start), each) for each in reaches)
    else:
        facts = facts_about(sql, Scope.FROM, subject=start, as_of=past)
        ways = ways_from(start, facts, at, judged)
        reaches = (each for each in reachable(start, facts, at, presumed) if each.ref.kind in USABLE)
        pairs = (((start, each.ref), each) for each in reaches)
    conditional = any(terms.condition for terms in facts.terms.values())
    told = ((pair, ways(each.ref) if conditional else each) for pair, each in islice(pairs, most))
    return {pair: reach for pair, reach in told if reach is not None}


def _pairs(lists: Lists, walks: Iterable[Walk]) -> dict[Pair, Reach]:
    return {pair: reach for walk in walks for pair, reach in lists[walk].items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """Which pairs are joined, or until another time, at one of two moments."""

    gained: Mapping[Pair, Reach]
    lost: Mapping[Pair, Reach]
    """By the path there was."""
    moved: Mapping[Pair, tuple[Reach, Reach]]
    """What is held at both, until another time or on other conditions: as it was, and as it is."""

    @property
    def paths(self) -> Iterator[Reach]:
        """Every path that is told, or was before."""
        yield from (*self.gained.values(), *self.lost.values())
        yield from chain.from_iterable(self.moved.values())


def difference(before: Lists, after: Lists) -> Difference:
    """What differs, as far as lists were walked at both moments."""
    common = before.keys() & after.keys()
    was, now = _pairs(before, common), _pairs(after, common)
    return Difference(
        {pair: now[pair] for pair in now.keys() - was.keys()},
        {pair: was[pair] for pair in was.keys() - now.keys()},
        {
            pair: (was[pair], reach)
            for pair, reach in now.items()
            if pair in was and _terms(was[pair]) != _terms(reach)
        },
    )


def _terms(reach: Reach) -> tuple[Millis, tuple[str, ...]]:
    """Until when something is held, and on which conditions."""
    return reach.until, tuple(each.condition for each in reach.undecided)


def listed(sql: Connection, asked: Iterable[Walk], moment: Moment, most: int) -> Lists:
    """The lists, as many from the first on as have no more than ``most`` entries together.

    What more than so many are joined to is not walked to find that out: it may be everybody there is.
    """
    lists: Lists = {}
    left = most
    for walk in asked:
        if walk.backward and moment.past is None and many_behind(sql, walk.start.key, left + 1) > left:
            break
        found = _listed(sql, walk, moment, left)
        left -= len(found)
        if left <= 0:
            break
        lists[walk] = found
    return lists
