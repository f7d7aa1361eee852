"""Asking: what the store answers about any moment is what replaying all that was done says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from admit.control import grants, things
from admit.control.access import ask, everyone, everything
from admit.control.things import New
from admit.core.access import Question, decide, reachable, reached_by
from admit.core.facts import Facts
from admit.core.links import STEPS, Kind, Link, Ref
from admit.core.validity import PERMANENT, Millis, Validity
from admit.store.engine import Author, Tx
from admit.store.links import Scope, facts_about
from admit.store.things import Thing
from tests.core import reference
from tests.system import System

AUTHOR = Author("admit", "test", "request")
KINDS = {
    "ann": Kind.PERSON,
    "user": Kind.USER,
    "dba": Kind.GROUP,
    "team": Kind.UNIT,
    "company": Kind.UNIT,
    "apps": Kind.DELIVERY_GROUP,
    "app": Kind.APP,
    "host": Kind.HOST,
}
PAIRS = [(a, b) for a in KINDS for b in KINDS if a != b and KINDS[b] in STEPS.get(KINDS[a], {})]
RESOURCES = ("apps", "app", "host")
MEMORY = 10**8


class Details(msgspec.Struct):
    """Nothing is kept of these."""


@dataclass(frozen=True)
class Step:
    """One verb, on a pair of things or on one."""

    verb: str
    on: tuple[str, ...]
    period: tuple[int, int] | None = None
    word: str = ""


periods = st.none() | st.tuples(st.integers(0, 20), st.integers(1, 10)).map(lambda p: (p[0], p[0] + p[1]))
steps = st.one_of(
    st.builds(Step, st.just("grant"), st.sampled_from(PAIRS), periods),
    st.builds(Step, st.just("revoke"), st.sampled_from(PAIRS)),
    st.builds(Step, st.just("set_validity"), st.sampled_from(PAIRS), periods),
    st.builds(
        Step,
        st.sampled_from(["block", "unblock"]),
        st.sampled_from([(name,) for name in KINDS]),
        word=st.sampled_from(["locked", "disabled"]),
    ),
)
calls = st.lists(
    st.tuples(st.integers(0, 4), st.lists(steps, min_size=1, max_size=4)), min_size=1, max_size=8
)
"""Calls of some steps each, and how much time passes after each of them."""
looks = st.tuples(st.integers(0, 8), st.sampled_from([-1, 0, 1, 25]))
"""After which call to look, or how long before it or after."""


@dataclass
class Replayed:
    """The slow way: what is joined and what is blocked, kept for every moment at which something was done."""

    refs: Mapping[str, Ref]
    links: dict[tuple[str, ...], Validity] = field(default_factory=dict)
    blocks: set[tuple[str, str]] = field(default_factory=set)
    history: list[tuple[Millis, Facts]] = field(default_factory=list)

    def take(self, step: Step, validity: Validity) -> None:
        """Do to this what was done to the store."""
        if step.verb == "grant":
            self.links.setdefault(step.on, validity)
        elif step.verb == "revoke":
            self.links.pop(step.on, None)
        elif step.verb == "set_validity" and step.on in self.links:
            self.links[step.on] = validity
        elif step.verb == "block":
            self.blocks.add((step.on[0], step.word))
        elif step.verb == "unblock":
            self.blocks.discard((step.on[0], step.word))

    def remember(self, now: Millis) -> None:
        """Keep how everything stands now."""
        found = tuple(Link(self.refs[a], self.refs[b], period) for (a, b), period in self.links.items())
        self.history.append((now, Facts(found, {self.refs[name]: word for name, word in self.blocks})))

    def at(self, moment: Millis) -> Facts:
        """How everything stood at a moment."""
        return next((facts for at, facts in reversed(self.history) if at <= moment), Facts(()))


class Played:
    """Things of a system, and calls made one after another, to the store and to the replay alike."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.store = system.admit.store
        self.base = system.clock.now()

        def make(tx: Tx) -> dict[str, Thing]:
            return {name: things.add(tx, New(kind, 0, name, Details())) for name, kind in KINDS.items()}

        self.made = self.store.write_now(AUTHOR, make)
        self.store.replica.most_bytes = MEMORY
        with self.store.read() as sql:
            self.store.replica.keep(sql)
        self.refs = {name: thing.ref for name, thing in self.made.items()}
        self.replayed = Replayed(self.refs)

    def call(self, taken: list[Step]) -> None:
        """Take some steps in one transaction."""
        self.store.write_now(AUTHOR, lambda tx: [self._take(tx, step) for step in taken])
        for step in taken:
            self.replayed.take(step, self._validity(step))
        self.replayed.remember(self.system.clock.now())

    def _validity(self, step: Step) -> Validity:
        if step.period is None:
            return PERMANENT
        return Validity(self.base + step.period[0], self.base + step.period[1])

    def _take(self, tx: Tx, step: Step) -> None:
        on = [self.made[name] for name in step.on]
        if step.verb == "grant":
            grants.grant(tx, on[0], on[1], self._validity(step))
        elif step.verb == "revoke":
            grants.revoke(tx, on[0], on[1])
        elif step.verb == "set_validity":
            grants.set_validity(tx, on[0], on[1], self._validity(step))
        elif step.verb == "block":
            things.block(tx, on[0], step.word)
        else:
            things.unblock(tx, on[0], step.word)


@given(st.sets(st.sampled_from(PAIRS)), calls, st.lists(looks, min_size=3, max_size=6))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_an_answer_about_any_moment_is_what_replaying_all_that_was_done_says(
    system: System,
    begin: set[tuple[str, str]],
    made: list[tuple[int, list[Step]]],
    asked: list[tuple[int, int]],
) -> None:
    played = Played(system)
    played.call([Step("grant", pair) for pair in sorted(begin)])
    for pause, taken in made:
        played.call(taken)
        system.advance(pause)

    now, ann = system.clock.now(), played.refs["ann"]
    hits = played.store.replica.asked[1]
    history = played.replayed.history
    for moment in (now, *(history[number % len(history)][0] + away for number, away in asked)):
        known = played.replayed.at(moment)
        with played.store.read() as sql:
            for resource in (played.refs[name] for name in RESOURCES):
                decision = ask(sql, ann, resource, now, as_of=moment)
                until = reference.open_until(known, ann, resource, moment)

                if moment == now:
                    # What was answered from memory the database says as well, link for link.
                    facts = facts_about(sql, Scope.CHECK, subject=ann, resource=resource)
                    assert decision == decide(Question(ann, resource), facts, now)
                assert decision.allowed == (until is not None)
                assert decision.valid_until == (until or 0)
                assert decision.reason is decide(Question(ann, resource), known, moment).reason
                told = {(each.ref, each.until) for each in everyone(sql, resource, now, as_of=moment)}
                assert told == {(each.ref, each.until) for each in reached_by(resource, known, moment)}
            told = {(each.ref, each.until) for each in everything(sql, ann, now, as_of=moment)}
            assert told == {(each.ref, each.until) for each in reachable(ann, known, moment)}
    assert played.store.replica.asked[1] > hits
