"""All links and blocks at one revision, in little memory: facts for a walk that need no database."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from admit.core.events import (
    Event,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    Named,
    ThingAdded,
    ThingBlocked,
    ThingRemoved,
    ThingUnblocked,
)
from admit.core.facts import Holders, Joined, Leads, Step
from admit.core.links import KINDS, Kind, Ref, Stage, stage_of
from admit.core.pages import FEW, Edit, Pages, Periods, size_bytes
from admit.core.terms import Terms, terms_in
from admit.core.validity import PERMANENT, Millis

MOST_HELD = 16_384
"""Of how many resources it is kept to whom they are granted: half a kilobyte each."""


class Kinds:
    """Of which kind each thing is: that never changes, and no key is used again."""

    def __init__(self) -> None:
        self._kinds = bytearray()
        self.accounts: set[int] = set()
        """The accounts among them: the users who live in one are joined to it."""

    def put(self, key: int, kind: int) -> None:
        """Learn of a thing."""
        if key >= len(self._kinds):
            self._kinds.extend(bytes(key + len(self._kinds) // 8 + 1024 - len(self._kinds)))
        self._kinds[key] = kind
        if kind == Kind.ACCOUNT:
            self.accounts.add(key)

    def put_all(self, things: Sequence[tuple[int, int]]) -> None:
        """Learn of many things, by key: at least one."""
        self.put(*things[-1])
        kinds, account = self._kinds, int(Kind.ACCOUNT)
        for key, kind in things:
            kinds[key] = kind
            if kind == account:
                self.accounts.add(key)

    def of(self, key: int) -> Kind:
        """The kind of a thing that a link has led to."""
        return KINDS[self._kinds[key]]

    def __len__(self) -> int:
        return len(self._kinds)


@dataclass(frozen=True, slots=True)
class Known:
    """What the indexes of all revisions share: it only grows."""

    periods: Periods = field(default_factory=Periods)
    kinds: Kinds = field(default_factory=Kinds)
    terms: dict[int, Terms] = field(default_factory=dict)
    """Of permissions that have any: they never change."""


Ends: TypeAlias = Mapping[Stage, Pages]


@dataclass(frozen=True, slots=True)
class Index:
    """A :class:`~admit.core.facts.Source` of everything. It never changes: a later revision is another one.

    That the users of an account are joined to it, which is written nowhere, stands in it like any link.
    """

    known: Known
    revision: int
    out: Ends
    into: Ends
    blocks: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """The words that switch a thing off, by its key."""
    lasting: dict[int, Joined] = field(default_factory=dict, compare=False, repr=False)
    """What subjects were found to be joined to at whatever moment."""
    held: dict[int, Holders] = field(default_factory=dict, compare=False, repr=False)
    """To whom resources that were asked about are granted."""

    def sure(self, subject: int, resource: int) -> bool | None:
        """Whether a subject may use a resource, if that is so at every moment; else None: a walk tells."""
        joined = self.lasting.get(subject)
        if joined is None:
            return None
        always, sometimes, alone = self.held.get(resource) or self._hold(resource)
        if not joined.keys.isdisjoint(always):
            return True
        return False if alone and joined.keys.isdisjoint(sometimes) else None

    def _hold(self, resource: int) -> Holders:
        """To whom a resource is granted, kept for whoever else asks of it."""
        grants = [*(self.into[Stage.GRANT].of(resource) or ())]
        held = any(True for _ in self.into[Stage.HOLD].of(resource) or ())
        if len(grants) > FEW or resource in self.blocks or resource in self.known.terms:
            found = Holders((), (), alone=False)
        else:
            ends: dict[bool, list[int]] = {True: [], False: []}
            for key, period in grants:
                ends[period is PERMANENT].append(key)
            found = Holders(tuple(ends[True]), tuple(ends[False]), not held)
        if len(self.held) >= MOST_HELD:
            self.held.clear()
        self.held[resource] = found
        return found

    @property
    def off(self) -> Collection[int]:
        """What passes nothing on."""
        return self.blocks

    @property
    def asked(self) -> Mapping[int, Terms]:
        """The terms of permissions that have any, by key."""
        return self.known.terms

    def onward(self, stage: Stage) -> Leads:
        """Where links of a stage lead, from a thing."""
        return self.out[stage].of

    def inward(self, stage: Stage) -> Leads:
        """Whence links of a stage lead, to a thing."""
        return self.into[stage].of

    def grants(self, key: int, holders: set[int]) -> Iterable[Step]:
        """The grants of a thing to any of ``holders``."""
        return self.into[Stage.GRANT].among(key, holders)

    def opens(self, key: int, holders: set[int], now: Millis) -> bool:
        """Whether a grant of a thing to any of ``holders`` holds at a moment."""
        return self.into[Stage.GRANT].opens(key, holders, now)

    def joined_after(self, key: int, after: int) -> Iterable[int]:
        """What is joined to a thing, by key."""
        return self.into[Stage.JOIN].after(key, after)

    def granted_after(self, key: int, after: int) -> Iterable[int]:
        """What a thing is granted, by key."""
        return self.out[Stage.GRANT].after(key, after)

    def ref(self, key: int) -> Ref:
        """The thing of a key."""
        return Ref(self.known.kinds.of(key), key)

    def after(self, revision: int, events: Iterable[Event]) -> "Index":
        """The index of a later revision, by all that happened until then.

        One index must be carried on at a time: what they share is not made for more.

        Raises:
            OverflowError: a key has more than 32 bits.
        """
        taken = _Taken(self.known, self.blocks)
        for event in events:
            taken.take(event)
        blocked = taken.blocks is not self.blocks
        return Index(
            self.known,
            revision,
            {stage: pages.edited(taken.out[stage]) for stage, pages in self.out.items()},
            {stage: pages.edited(taken.into[stage]) for stage, pages in self.into.items()},
            taken.blocks,
            {} if taken.out[Stage.JOIN] or blocked else self.lasting,
            {} if blocked else self._held_beside(taken),
        )

    def _held_beside(self, taken: "_Taken") -> dict[int, Holders]:
        """What is kept of resources, without those that changed: a copy, as readers of this index go on."""
        touched = {edit[0] for stage in (Stage.GRANT, Stage.HOLD) for edit in taken.into[stage]}
        held = self.held if not touched else dict(self.held)
        for key in touched:
            held.pop(key, None)
        return held

    @property
    def size_bytes(self) -> int:
        """About how much memory it takes."""
        shared = len(self.known.kinds) + 16 * len(self.known.periods)
        return size_bytes((*self.out.values(), *self.into.values())) + shared + 150 * len(self.blocks)


def empty(revision: int = 0) -> Index:
    """The index of nothing."""
    known = Known()
    ends = {stage: Pages(known.periods) for stage in Stage}
    return Index(known, revision, ends, ends)


def _nothing() -> dict[Stage, list[Edit]]:
    return {stage: [] for stage in Stage}


@dataclass(slots=True)
class _Taken:
    """What some events come to."""

    known: Known
    blocks: Mapping[int, tuple[str, ...]]
    out: dict[Stage, list[Edit]] = field(default_factory=_nothing)
    into: dict[Stage, list[Edit]] = field(default_factory=_nothing)

    def take(self, event: Event) -> None:
        """Let an event have its effect."""
        kinds = self.known.kinds
        match event:
            case LinkAdded(source, target, start, end) | LinkChanged(source, target, start, end):
                self._put(source, target, self.known.periods.number((start, end)))
            case LinkRemoved(source, target):
                self._put(source, target, None)
            case ThingBlocked(thing, word):
                self._block(thing.key, (*self.blocks.get(thing.key, ()), word))
            case ThingUnblocked(thing, word):
                left = tuple(each for each in self.blocks.get(thing.key, ()) if each != word)
                self._block(thing.key, left)
            case ThingAdded(thing, parent, fields):
                kinds.put(thing.key, thing.kind)
                if thing.kind is Kind.PERMISSION:
                    self.known.terms[thing.key] = terms_in(fields)
                if thing.kind is Kind.USER and parent in kinds.accounts:
                    self._join(thing.key, parent, 0)
            case ThingRemoved(thing) if thing.kind is Kind.USER:
                for account in kinds.accounts:
                    self._join(thing.key, account, None)

    def _put(self, source: Named, target: Named, period: int | None) -> None:
        stage = stage_of(source.kind, target.kind)
        self.out[stage].append((source.key, target.key, period))
        self.into[stage].append((target.key, source.key, period))

    def _join(self, user: int, account: int, period: int | None) -> None:
        self.out[Stage.JOIN].append((user, account, period))
        self.into[Stage.JOIN].append((account, user, period))

    def _block(self, key: int, words: tuple[str, ...]) -> None:
        self.blocks = {thing: each for thing, each in (self.blocks | {key: words}).items() if each}  # type: ignore[operator]
