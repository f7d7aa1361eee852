"""A million questions to a real store: the index, the database and the slow reference answer them alike."""

from random import Random

import pytest

from admit.control import grants, things
from admit.control.things import New
from admit.core.access import Decision, Question, allows, decide, reachable, reached_by
from admit.core.facts import Facts
from admit.core.index import Index
from admit.core.links import Link, Ref
from admit.core.validity import PERMANENT, Validity
from admit.store.engine import Store, Tx
from admit.store.facts import Scope, facts_about, source_of
from admit.store.things import Thing
from tests.core import reference
from tests.core.test_access import JOINABLE, THINGS
from tests.store.writing import AUTHOR, Details

PARTS, OF_A_PART = 20, 50_000
ASKED = 25
"""Questions between one change and the next."""
MOMENTS = range(21)


class Office:
    """A policy that is changed at random, and what it comes to."""

    def __init__(self, store: Store, chance: Random) -> None:
        self.store, self.chance = store, chance
        self.things: list[Thing] = store.write_now(AUTHOR, _made)
        self.links: dict[tuple[int, int], Validity] = {}
        self.off: set[int] = set()
        self._pairs = [(THINGS.index(source), THINGS.index(target)) for source, target in JOINABLE]
        store.replica.most_bytes = 10**8
        with store.read() as sql:
            store.replica.keep(sql)

    def change(self, tx: Tx) -> None:
        """Some changes in one transaction."""
        for _ in range(self.chance.randint(1, 6)):
            if self.chance.random() < 0.2:
                self._switch(tx, self.chance.randrange(len(self.things)))
            else:
                self._join(tx, self.chance.choice(self._pairs))

    def _switch(self, tx: Tx, place: int) -> None:
        if place in self.off:
            things.unblock(tx, self.things[place], "locked")
        else:
            things.block(tx, self.things[place], "locked")
        self.off ^= {place}

    def _join(self, tx: Tx, pair: tuple[int, int]) -> None:
        source, target = (self.things[place] for place in pair)
        start, end = sorted(self.chance.sample(MOMENTS, 2))
        period = self.chance.choice((PERMANENT, Validity(start, end)))
        if pair not in self.links:
            grants.grant(tx, source, target, period)
        elif self.chance.random() < 0.5:
            grants.set_validity(tx, source, target, period)
        else:
            grants.revoke(tx, source, target)
            del self.links[pair]
            return
        self.links[pair] = period

    def facts(self) -> Facts:
        """The policy, written down plainly."""
        found = (Link(self._ref(a), self._ref(b), period) for (a, b), period in self.links.items())
        return Facts(tuple(found), dict.fromkeys(map(self._ref, self.off), "locked"))

    def _ref(self, place: int) -> Ref:
        return self.things[place].ref

    def asked(self) -> tuple[Question, int]:
        """Any question, about any moment."""
        who, what = self._ref(self.chance.randrange(3)), self._ref(self.chance.randrange(4, len(THINGS)))
        return Question(who, what), self.chance.choice(MOMENTS)


def _made(tx: Tx) -> list[Thing]:
    return [things.add(tx, New(each.kind, 0, f"thing {each.key}", Details())) for each in THINGS]


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_in_a_million_cases_index_database_and_reference_answer_alike(on_sqlite: Store, part: int) -> None:
    office = Office(on_sqlite, Random(part))  # noqa: S311 - the same cases each time
    for _ in range(OF_A_PART // ASKED):
        on_sqlite.write_now(AUTHOR, office.change)
        plain = office.facts()
        with on_sqlite.read() as sql:
            for question, now in (office.asked() for _ in range(ASKED)):
                ends = {"subject": question.subject, "resource": question.resource}
                source = source_of(sql, Scope.CHECK, **ends)
                assert isinstance(source, Index)
                told = decide(question, source, now)
                assert told == decide(question, facts_about(sql, Scope.CHECK, **ends), now)
                assert _as_plain(told, plain, now)
                assert allows(question, source, now) == told.allowed
            onward = facts_about(sql, Scope.FROM, subject=question.subject)
            inward = facts_about(sql, Scope.TO, resource=question.resource)
            assert [*reachable(question.subject, source, now)] == [*reachable(question.subject, onward, now)]
            assert [*reached_by(question.resource, source, now)] == [
                *reached_by(question.resource, inward, now)
            ]


def _as_plain(told: Decision, plain: Facts, now: int) -> bool:
    """Whether a decision is what the reference says."""
    until = reference.open_until(plain, told.question.subject, told.question.resource, now)
    return told.allowed == (until is not None) and told.valid_until == (until or 0)
