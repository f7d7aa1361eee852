"""Who can reach what, as a picture shows it: what lies around a thing, some steps far, both ways."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from admit.core.links import STEPS, Kind, Link, Ref, Stage
from admit.core.validity import Millis
from admit.store import things
from admit.store.neighbours import Neighbour, count, neighbours, open_accounts

MOST_THINGS = 80
"""How many things a picture shows."""
FEW = 10
"""How many links are followed from one thing, each way and for each stage."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A link of the picture."""

    link: Link
    stage: Stage
    added_at: Millis
    added_in: int


@dataclass(slots=True)
class Picture:
    """The links around a thing, and where more would follow."""

    start: Ref
    edges: dict[tuple[Ref, Ref], Edge] = field(default_factory=dict)
    things: dict[Ref, None] = field(default_factory=dict)
    left_out: dict[Ref, int] = field(default_factory=dict)
    """How many links of a thing are not shown."""

    @property
    def complete(self) -> bool:
        """Whether all there is is shown."""
        return not self.left_out


@dataclass(frozen=True, slots=True)
class _At:
    """Where a walk is: a path joins, is granted once, then holds; backwards in the other order."""

    ref: Ref
    inward: bool
    granted: bool

    def stages(self) -> Iterator[Stage]:
        """What may come next: what no link of such a thing is of need not be looked for."""
        if self.granted:
            following: tuple[Stage, ...] = (Stage.JOIN,) if self.inward else (Stage.HOLD,)
        else:
            following = (Stage.GRANT, Stage.HOLD) if self.inward else (Stage.GRANT, Stage.JOIN)
        possible = (_INTO if self.inward else _FROM)[self.ref.kind]
        return (stage for stage in following if stage in possible)


_FROM = {kind: frozenset(STEPS.get(kind, {}).values()) for kind in Kind}
"""The stages of the links that may lead from a kind."""
_INTO = {kind: frozenset(to[kind] for to in STEPS.values() if kind in to) for kind in Kind}
"""Those of the links that may lead to it."""


def picture(sql: Connection, start: Ref, at: Millis | None = None) -> Picture:
    """What leads to a thing, and where it leads, now or at a past moment; in force or not.

    Of a thing with very many links only some are followed, and it is told how many are not.
    """
    drawn = Picture(start, things={start: None})
    everybody = open_accounts(sql, at)
    waiting = deque(_beginnings(start))
    seen = set(waiting)
    while waiting:
        here = waiting.popleft()
        waiting.extend(each for each in _everybody(sql, drawn, here, everybody) if each not in seen)
        for stage in here.stages():
            for each in _followed(sql, drawn, here, stage, at):
                there = _At(each.ref, here.inward, here.granted or stage is Stage.GRANT)
                if there not in seen:
                    seen.add(there)
                    waiting.append(there)
    return drawn


def _everybody(sql: Connection, drawn: Picture, here: _At, accounts: set[int]) -> Iterator[_At]:
    """The account a user is in, if something is granted to everybody there.

    That they belong to it is never written. Seen from the account its users are counted, not drawn.
    """
    if here.inward and here.ref.kind is Kind.ACCOUNT:
        users = things.child_counts(sql, [here.ref.key], Kind.USER)
        drawn.left_out[here.ref] = users.get(here.ref.key, 0)
    if here.inward or here.ref.kind is not Kind.USER or not accounts:
        return
    user = things.by_key(sql, here.ref.key)
    account = Ref(Kind.ACCOUNT, user.parent)
    if user.parent in accounts and len(drawn.things) < MOST_THINGS:
        drawn.things.setdefault(account)
        drawn.edges[here.ref, account] = Edge(Link(here.ref, account), Stage.JOIN, user.created_at, 0)
        yield _At(account, inward=False, granted=False)


def _beginnings(start: Ref) -> list[_At]:
    """What is used is looked at from behind, who uses it from the front, and what is in between from both."""
    if start.kind in _PRINCIPALS:
        # Whoever is joined to it reaches what it reaches: behind it there are joins only.
        behind = _At(start, inward=True, granted=True)
        return [_At(start, inward=False, granted=False), behind]
    ahead = _At(start, inward=False, granted=True)
    both = [_At(start, inward=True, granted=False), ahead]
    return [*both, _At(start, inward=False, granted=False)] if start.kind is Kind.APPLICATION else both


_PRINCIPALS = (Kind.PERSON, Kind.USER, Kind.GROUP, Kind.UNIT, Kind.ACCOUNT)


def _followed(sql: Connection, drawn: Picture, here: _At, stage: Stage, at: Millis | None) -> list[Neighbour]:
    """The links of a stage that the picture has room for; what it has no room for is counted."""
    found = neighbours(sql, here.ref.key, inward=here.inward, stage=stage, at=at, limit=FEW + 1)
    shown: list[Neighbour] = []
    for each in found[:FEW]:
        if each.ref not in drawn.things and len(drawn.things) >= MOST_THINGS:
            continue
        drawn.things.setdefault(each.ref)
        source, target = (each.ref, here.ref) if here.inward else (here.ref, each.ref)
        link = Link(source, target, each.validity)
        drawn.edges[source, target] = Edge(link, stage, each.added_at, each.added_in)
        shown.append(each)
    if len(found) > len(shown):
        every = count(sql, here.ref.key, inward=here.inward, stage=stage, at=at)
        drawn.left_out[here.ref] = drawn.left_out.get(here.ref, 0) + every - len(shown)
    return shown
