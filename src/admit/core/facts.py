"""Facts: the links and blocks a decision is made from, and how a walk asks for them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol, TypeAlias

from admit.core.links import STEPS, Link, Ref, Stage
from admit.core.terms import Terms
from admit.core.validity import Millis, Validity

Step: TypeAlias = tuple[int, Validity]
"""One link, seen from one end of it: the key of the other end, and when it holds."""


Leads: TypeAlias = Callable[[int], Iterable[Step] | None]
"""The links at a thing that lead one way, by its key; None, or nothing, where there are none."""


Trail: TypeAlias = tuple[Millis, int, tuple[int, ...], tuple[Validity, ...]]
"""How a walk came somewhere: minus the end of what ends first on the way, how many links, the keys of all
things on it, and when each link holds. The least is the best: open longest, then shortest, then oldest, so
that the order in which a source tells its links decides nothing."""


class Joined(NamedTuple):
    """What a subject is, or is joined to."""

    trails: Mapping[int, Trail]
    """The best way to each, by its key."""
    keys: set[int]


class Holders(NamedTuple):
    """To whom a thing is granted."""

    always: tuple[int, ...]
    """For ever."""
    sometimes: tuple[int, ...]
    """From or until a moment."""
    alone: bool
    """Whether nobody else may use it: nothing holds it."""


class Source(Protocol):
    """What walks read. Things are asked for by key: no two have the same."""

    @property
    def revision(self) -> int:
        """The policy's version that all answers are of."""

    @property
    def off(self) -> Collection[int]:
        """The keys of what passes nothing on: what is locked, or disabled."""

    @property
    def asked(self) -> Mapping[int, Terms]:
        """The terms of permissions that have any, by key."""

    @property
    def lasting(self) -> "dict[int, Joined] | None":
        """What subjects were found to be joined to at whatever moment; None where that is not kept."""

    def sure(self, subject: int, resource: int, /) -> bool | None:
        """Whether a subject may use a resource, if that is so at every moment; else None: a walk tells."""

    def onward(self, stage: Stage, /) -> Leads:
        """Where links of a stage lead, from a thing."""

    def inward(self, stage: Stage, /) -> Leads:
        """Whence links of a stage lead, to a thing."""

    def grants(self, key: int, holders: set[int], /) -> Iterable[Step]:
        """The grants of a thing to any of ``holders``."""

    def opens(self, key: int, holders: set[int], now: Millis, /) -> bool:
        """Whether a grant of a thing to any of ``holders`` holds at a moment."""

    def joined_after(self, key: int, after: int, /) -> Iterable[int]:
        """What is joined to a thing and has a greater key than ``after``, by key."""

    def granted_after(self, key: int, after: int, /) -> Iterable[int]:
        """What a thing is granted and has a greater key than ``after``, by key."""

    def ref(self, key: int, /) -> Ref:
        """The thing of a key that a walk came to."""


Ends: TypeAlias = dict[Stage, dict[int, list[Step]]]


@dataclass(frozen=True)
class Facts:
    """The links that can matter to a question, and what is switched off, at one revision."""

    links: tuple[Link, ...]
    blocked: Mapping[Ref, str] = field(default_factory=dict)
    """Each thing that passes nothing on, with the word for it: ``locked``, ``disabled``."""
    revision: int = 0
    terms: Mapping[Ref, Terms] = field(default_factory=dict)
    """Of each permission that has any."""

    @cached_property
    def off(self) -> Collection[int]:
        """The keys of what passes nothing on."""
        return {ref.key for ref in self.blocked}

    @property
    def lasting(self) -> dict[int, Joined] | None:
        """Nothing: facts are for one question."""
        return None

    def sure(self, _subject: int, _resource: int) -> bool | None:
        """Nothing is known without a walk."""
        return None

    @cached_property
    def asked(self) -> Mapping[int, Terms]:
        """The terms of permissions that have any, by key."""
        return {ref.key: terms for ref, terms in self.terms.items()}

    def onward(self, stage: Stage) -> Leads:
        """Where links of a stage lead, from a thing."""
        return self._onward[stage].get

    def inward(self, stage: Stage) -> Leads:
        """Whence links of a stage lead, to a thing."""
        return self._inward[stage].get

    def grants(self, key: int, holders: set[int]) -> Iterator[Step]:
        """The grants of a thing to any of ``holders``."""
        return (step for step in self._inward[Stage.GRANT].get(key, ()) if step[0] in holders)

    def opens(self, key: int, holders: set[int], now: Millis) -> bool:
        """Whether a grant of a thing to any of ``holders`` holds at a moment."""
        return any(period.start <= now < period.end for _, period in self.grants(key, holders))

    def joined_after(self, key: int, after: int) -> Iterable[int]:
        """What is joined to a thing, by key."""
        return sorted({other for other, _ in self._inward[Stage.JOIN].get(key, ()) if other > after})

    def granted_after(self, key: int, after: int) -> Iterable[int]:
        """What a thing is granted, by key."""
        return sorted({other for other, _ in self._onward[Stage.GRANT].get(key, ()) if other > after})

    def ref(self, key: int) -> Ref:
        """The thing of a key."""
        return self._refs[key]

    @property
    def _onward(self) -> Ends:
        return self._ends[0]

    @property
    def _inward(self) -> Ends:
        return self._ends[1]

    @property
    def _refs(self) -> dict[int, Ref]:
        return self._ends[2]

    @cached_property
    def _ends(self) -> tuple[Ends, Ends, dict[int, Ref]]:
        """The links by their sources and by their targets, and the things of their ends."""
        onward: Ends = {stage: {} for stage in Stage}
        inward: Ends = {stage: {} for stage in Stage}
        refs: dict[int, Ref] = {}
        for link in self.links:
            source, target, period = link.source, link.target, link.validity
            stage = STEPS[source.kind][target.kind]
            onward[stage].setdefault(source.key, []).append((target.key, period))
            inward[stage].setdefault(target.key, []).append((source.key, period))
            refs[source.key], refs[target.key] = source, target
        return onward, inward, refs


@dataclass(frozen=True, slots=True)
class AsUser:
    """The facts of another source, seen by who proved to be one user of a person, and no other of theirs."""

    whole: Source
    person: int
    user: int

    @property
    def revision(self) -> int:
        """The policy's version."""
        return self.whole.revision

    @property
    def off(self) -> Collection[int]:
        """The keys of what passes nothing on."""
        return self.whole.off

    @property
    def asked(self) -> Mapping[int, Terms]:
        """The terms of permissions that have any."""
        return self.whole.asked

    @property
    def lasting(self) -> dict[int, Joined] | None:
        """Nothing: what the whole keeps is of all that a person is."""
        return None

    def sure(self, _subject: int, _resource: int) -> bool | None:
        """Nothing, for the same reason."""
        return None

    def onward(self, stage: Stage) -> Leads:
        """Where links of a stage lead, from a thing."""
        leads, person = self.whole.onward(stage), self.person
        if stage is Stage.HOLD:
            # A person is joined to users, and granted permissions.
            return leads

        def lead(key: int) -> Iterable[Step] | None:
            # Of all that a walk comes to only the person has links that do not count.
            found = leads(key)
            return found if key != person else [step for step in found or () if step[0] == self.user]

        return lead

    def inward(self, stage: Stage) -> Leads:
        """Whence links of a stage lead, to a thing."""
        leads = self.whole.inward(stage)
        return lambda key: [step for step in leads(key) or () if key == self.user or step[0] != self.person]

    def grants(self, key: int, holders: set[int]) -> Iterable[Step]:
        """The grants of a thing to any of ``holders``."""
        return self.whole.grants(key, holders)

    def opens(self, key: int, holders: set[int], now: Millis) -> bool:
        """Whether a grant of a thing to any of ``holders`` holds at a moment."""
        return self.whole.opens(key, holders, now)

    def joined_after(self, key: int, after: int) -> Iterable[int]:
        """What is joined to a thing, by key."""
        found = self.whole.joined_after(key, after)
        return found if key == self.user else (other for other in found if other != self.person)

    def granted_after(self, key: int, after: int) -> Iterable[int]:
        """What a thing is granted, by key."""
        return self.whole.granted_after(key, after)

    def ref(self, key: int) -> Ref:
        """The thing of a key."""
        return self.whole.ref(key)
