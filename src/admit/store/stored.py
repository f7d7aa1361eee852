"""The database as a walk asks it: only the links it comes to, now or at a past moment, each when it does."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from admit.core.facts import Joined, Leads, Step
from admit.core.links import KINDS, STEPS, Kind, Ref, Stage
from admit.core.terms import Terms
from admit.core.validity import PERMANENT, Millis
from admit.store import blocked, lookups
from admit.store.links import validity_of
from admit.store.neighbours import open_accounts
from admit.store.prepared import Prepared
from admit.store.standing import moment
from admit.store.stored_links import Way, between, inside, links_of, page_of
from admit.store.terms import terms_of
from admit.store.views import current_revision

BESIDE = 32
"""Of how many things that were met together the links are read together."""
FIRST_PAGE, LARGEST_PAGE = 32, 512
"""How many links of one thing are read at a time, where they are asked for by key: more and more of them."""

_ONWARD = {kind: frozenset(steps.values()) for kind, steps in STEPS.items()}
_INWARD = {
    kind: frozenset(steps[kind] for steps in STEPS.values() if kind in steps)
    for kind in {target for steps in STEPS.values() for target in steps}
}
"""By which stages links lead from a kind, and to one: of others none need to be looked for."""


class Stored:
    """A :class:`~admit.core.facts.Source` for one walk: it knows of what the walk has come to, and no more.

    What is off, and the terms of permissions, are told of everything that was met; who asks of a thing has
    met it.
    """

    def __init__(self, sql: Connection, start: Ref, at: Millis | None = None) -> None:
        self._sql, self._at = sql, at
        self._moment = moment(at)
        self._refs = {start.key: start}
        self._beside: dict[int, list[int]] = {}
        self._read: dict[tuple[bool, Stage], dict[int, list[Step]]] = {}
        self._open = open_accounts(sql, at)
        self._accounts: dict[int, int] = {}
        self.off = {*blocked.words(sql, [start.key, *self._open], at)}
        self.asked: dict[int, Terms] = _Met()
        if start.kind is Kind.USER and self._open:
            self._accounts[start.key] = lookups.by_key(sql, start.key).parent

    @property
    def revision(self) -> int:
        """The policy's version."""
        return current_revision(self._sql)

    @property
    def lasting(self) -> dict[int, Joined] | None:
        """Nothing: it is for one walk."""
        return None

    def sure(self, _subject: int, _resource: int) -> bool | None:
        """Nothing is known without a walk."""
        return None

    def onward(self, stage: Stage) -> Leads:
        """Where links of a stage lead, from a thing."""
        return lambda key: self._steps(key, Way(inward=False, stage=stage, then=self._at is not None))

    def inward(self, stage: Stage) -> Leads:
        """Whence links of a stage lead, to a thing."""
        return lambda key: self._steps(key, Way(inward=True, stage=stage, then=self._at is not None))

    def grants(self, key: int, holders: set[int]) -> Iterable[Step]:
        """The grants of a thing to any of ``holders``."""
        whole = self._read.get((True, Stage.GRANT), {}).get(key)
        if whole is not None:
            return [step for step in whole if step[0] in holders]
        statement = between(then=self._at is not None)
        rows = statement.rows(self._sql, sorted(holders), target=key, **self._moment)
        return [(source, validity_of(start, end)) for source, start, end in rows]

    def opens(self, key: int, holders: set[int], now: Millis) -> bool:
        """Whether a grant of a thing to any of ``holders`` holds at a moment."""
        return any(period.start <= now < period.end for _, period in self.grants(key, holders))

    def joined_after(self, key: int, after: int) -> Iterator[int]:
        """What is joined to a thing, by key."""
        if self._refs[key].kind is Kind.ACCOUNT:
            return self._inside(key, after)
        return self._after(key, Way(inward=True, stage=Stage.JOIN, then=self._at is not None), after)

    def granted_after(self, key: int, after: int) -> Iterator[int]:
        """What a thing is granted, by key."""
        return self._after(key, Way(inward=False, stage=Stage.GRANT, then=self._at is not None), after)

    def ref(self, key: int) -> Ref:
        """The thing of a key that was met."""
        return self._refs[key]

    def _steps(self, key: int, way: Way) -> list[Step]:
        """The links of a thing; with those of what was met together with it, which will be asked for next."""
        ref = self._refs[key]
        if way.stage not in (_INWARD if way.inward else _ONWARD).get(ref.kind, ()):
            return []
        read = self._read.setdefault((way.inward, way.stage), {})
        if key not in read:
            near = (each for each in self._beside.get(key, ()) if each not in read)
            kind = [each for each in near if self._refs[each].kind is ref.kind and each != key]
            wanted = [key, *kind[: BESIDE - 1]]
            read.update({each: [] for each in wanted})
            rows = links_of(way).rows(self._sql, wanted, **self._moment)
            for here, *row in rows:
                read[here].append((row[0], validity_of(row[1], row[2])))
            self._meet(row[1:] for row in rows)
            if way.stage is Stage.JOIN and self._open:
                self._join_accounts(wanted, way, read)
        return read[key]

    def _meet(self, rows: Iterable[Sequence[Any]]) -> None:
        """Learn of the other ends of links."""
        met: list[int] = []
        for key, _, _, number, parent, off in rows:
            if off:
                self.off.add(key)
            if key in self._refs:
                continue
            kind = KINDS[number]
            self._refs[key] = Ref(kind, key)
            self._beside[key] = met
            met.append(key)
            if kind is Kind.USER and parent in self._open:
                self._accounts[key] = parent
        permissions = [self._refs[key] for key in met if self._refs[key].kind is Kind.PERMISSION]
        if permissions:
            terms = terms_of(self._sql, permissions)
            self.asked.update({ref.key: each for ref, each in terms.items()})

    def _join_accounts(self, wanted: list[int], way: Way, read: dict[int, list[Step]]) -> None:
        """What an account is granted every user in it is: that they are joined to it is never written."""
        for key in wanted:
            if way.inward and self._refs[key].kind is Kind.ACCOUNT:
                read[key] += [(user, PERMANENT) for user in self._inside(key, 0)]
            elif not way.inward and key in self._accounts:
                account = self._accounts[key]
                self._refs.setdefault(account, Ref(Kind.ACCOUNT, account))
                read[key].append((account, PERMANENT))

    def _inside(self, account: int, after: int) -> Iterator[int]:
        """The users in an account, by key."""
        if account not in self._open:
            return iter(())
        return self._paged(inside(then=self._at is not None), account, after)

    def _after(self, key: int, way: Way, after: int) -> Iterator[int]:
        return self._paged(page_of(way), key, after)

    def _paged(self, statements: Sequence[Prepared], key: int, after: int) -> Iterator[int]:
        """Keys that statements tell in their order, some at a time."""
        size = FIRST_PAGE
        while True:
            asked = {"here": key, "after": after, "limit": size, **self._moment}
            # Each comes in its order: the first of all together are the first of each.
            every = chain.from_iterable(each.rows(self._sql, **asked) for each in statements)
            rows = sorted(every)[:size]
            self._meet(rows)
            yield from (row[0] for row in rows)
            if len(rows) < size:
                return
            after, size = rows[-1][0], min(2 * size, LARGEST_PAGE)


class _Met(dict[int, Terms]):
    """The terms of permissions that were met. As long as a walk goes on, there may be some."""

    def __bool__(self) -> bool:
        return True
