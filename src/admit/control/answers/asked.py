"""Questions that name an action and tell of both ends, for permissions that have conditions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import msgspec
from msgspec import structs
from sqlalchemy import Connection

from admit.control import access, own_types
from admit.control.conditions import judge_of
from admit.core.access import Decision, Question, allows, decide, open_paths, reachable, reached_by
from admit.core.facts import AsUser, Source
from admit.core.links import Kind, Link, Ref
from admit.core.terms import Judge, Undecided, Unmet, presumed
from admit.core.validity import Millis
from admit.core.ways import Judging, ways_to
from admit.store import links as stored_links
from admit.store import things
from admit.store.links import Scope, facts_about, source_of
from admit.store.things import Thing


class Party(msgspec.Struct, frozen=True):
    """One end of a question."""

    ref: Ref
    """Of what is not registered, its type."""
    type: str
    id: str
    told: Mapping[str, Any] = {}
    """Properties that come with the question; those that are registered count more."""


class Asked(msgspec.Struct, frozen=True):
    """A question, with all that conditions may speak of."""

    subject: Party
    resource: Party
    action: str | None = None
    """Without one any action will do."""
    properties: Mapping[str, Any] = {}
    """Of the action."""
    context: Mapping[str, Any] = {}

    @property
    def question(self) -> Question:
        """What the decision is about."""
        return Question(self.subject.ref, self.resource.ref, self.action)


def decided(sql: Connection, asked: Asked, now: Millis, as_of: Millis | None = None) -> Decision:
    """The answer: now, or about another moment, with the properties there were then.

    A service's user is asked for as that user, and as no other of their person.
    """
    moment = now if as_of is None else as_of
    past = access.past_of(as_of, now)
    question, person = asked.question, _person(sql, asked.subject.ref)
    if person is not None:
        question = question._replace(subject=person)
    ends = {"subject": question.subject, "resource": question.resource}
    source = access.source_at(sql, Scope.CHECK, past, **ends)
    return decide(question, _as(source, person, asked), moment, judge_for(sql, asked, moment, past))


def _person(sql: Connection, subject: Ref) -> Ref | None:
    """Whose a service's user is; None of anything else."""
    if subject.kind is not Kind.USER:
        return None
    persons = stored_links.of(sql, subject.key, inward=True, kind=Kind.PERSON)
    return persons[0][1] if persons else None


def _as(source: Source, person: Ref | None, asked: Asked) -> Source:
    return source if person is None else AsUser(source, person.key, asked.subject.ref.key)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, every open path, and who holds the resource."""

    decision: Decision
    paths: tuple[tuple[Link, ...], ...]
    holders: tuple[Ref, ...]
    """Groups, units, users and subjects with an open way to the resource."""


def explained(sql: Connection, asked: Asked, now: Millis, as_of: Millis | None = None) -> Explanation:
    """The decision by all that is known, also of what was taken back; and who else holds the resource."""
    moment = now if as_of is None else as_of
    past = access.past_of(as_of, now)
    question = asked.question
    ends = {"subject": question.subject, "resource": question.resource}
    facts = facts_about(sql, Scope.EXPLAIN, **ends, as_of=past)
    judge = judge_for(sql, asked, moment, past)
    return Explanation(
        decide(question, facts, moment, judge),
        tuple(open_paths(question, facts, moment, judge)),
        tuple(
            each.ref
            for each in reached_by(question.resource, facts, moment, judge)
            if each.ref.kind in _HOLDERS
        ),
    )


_HOLDERS = (Kind.GROUP, Kind.UNIT, Kind.USER, Kind.SUBJECT)


def judge_for(sql: Connection, asked: Asked, now: Millis, past: Millis | None = None) -> Judge:
    """Judges conditions by what is registered of both ends, and by what the question tells."""

    def inputs() -> dict[str, Any]:
        return {
            "subject": _input(sql, asked.subject, past),
            "resource": _input(sql, asked.resource, past),
            "action": {"name": asked.action or "", "properties": dict(asked.properties)},
            "context": dict(asked.context),
        }

    return _lazily(inputs, now)


def judging(
    sql: Connection, action: str | None, context: Mapping[str, Any], now: Millis, past: Millis | None = None
) -> Callable[[Ref, Ref], Judge]:
    """Judges conditions for many pairs of a subject and a resource, by what is registered of both."""
    # One end of all the pairs is the same.
    known = lru_cache(maxsize=1024)(lambda ref: _input(sql, party_of(sql, things.by_key(sql, ref.key)), past))
    told = {"action": {"name": action or "", "properties": {}}, "context": dict(context)}

    def of(subject: Ref, resource: Ref) -> Judge:
        return _lazily(lambda: {"subject": known(subject), "resource": known(resource), **told}, now)

    return of


def _lazily(inputs: Callable[[], dict[str, Any]], now: Millis) -> Judge:
    """Most questions meet no condition: only the first that is met looks for properties."""
    informed: list[Judge] = []

    def judge(condition: str) -> Unmet | None:
        if not informed:
            informed.append(judge_of(inputs(), now))
        return informed[0](condition)

    return judge


def party_of(sql: Connection, thing: Thing) -> Party:
    """Something that is known, as conditions speak of it."""
    if thing.kind in _REGISTERED:
        return Party(thing.ref, things.by_key(sql, thing.parent).name, thing.name)
    return Party(thing.ref, thing.name if thing.kind is Kind.TYPE else thing.kind.word, thing.name)


def _input(sql: Connection, party: Party, past: Millis | None) -> dict[str, Any]:
    known = own_types.properties_of(sql, party.ref, past) if party.ref.kind in _REGISTERED else {}
    return {"type": party.type, "id": party.id, "properties": {**party.told, **known}}


_REGISTERED = (Kind.SUBJECT, Kind.RESOURCE)


Parties: TypeAlias = Callable[[list[Ref]], Mapping[Ref, Party]]
"""Makes parties of those of some things that are searched for."""


class Found(NamedTuple):
    """One that a search found."""

    party: Party
    undecided: tuple[Undecided, ...]
    """Of what is not granted: conditions of which any one would do, if only it could be judged."""


def all_who_may(sql: Connection, asked: Asked, wanted: Parties, now: Millis) -> Iterator[Found]:
    """Who of those that are wanted may do what is asked, or might, whoever ``asked.subject`` is."""
    resource = asked.resource.ref
    source = source_of(sql, Scope.TO, resource=resource)
    possible = sorted(each.ref for each in reached_by(resource, source, now, presumed))
    for party in wanted(possible).values():
        undecided = _undecided(sql, structs.replace(asked, subject=party), source, now)
        if undecided is not None:
            yield Found(party, undecided)


def all_they_may(sql: Connection, asked: Asked, wanted: Parties, now: Millis) -> Iterator[Found]:
    """With which of the resources that are wanted the subject may do what is asked, or might."""
    start = _person(sql, asked.subject.ref) or asked.subject.ref
    source = source_of(sql, Scope.FROM, subject=start)
    possible = sorted(each.ref for each in reachable(start, source, now, presumed))
    for party in wanted(possible).values():
        undecided = _undecided(sql, structs.replace(asked, resource=party), source, now)
        if undecided is not None:
            yield Found(party, undecided)


def _undecided(sql: Connection, asked: Asked, source: Source, now: Millis) -> tuple[Undecided, ...] | None:
    """On which conditions the answer depends: on none where it is yes; None where it is no.

    ``source`` has all that can matter to it.
    """
    person = _person(sql, asked.subject.ref)
    judge, seen = judge_for(sql, asked, now), _as(source, person, asked)
    question = asked.question._replace(subject=person or asked.subject.ref)
    if allows(question, seen, now, judge):
        return ()
    ways = ways_to(question.resource, seen, now, Judging(lambda *_: judge, asked.action))
    might = ways(question.subject)
    return None if might is None else might.undecided


class Deed(NamedTuple):
    """An action that a search found."""

    name: str
    undecided: tuple[Undecided, ...]
    """As with :class:`Found`."""


def all_deeds(sql: Connection, asked: Asked, declared: Iterable[str], now: Millis) -> Iterator[Deed]:
    """All that the subject may do with the resource, or might, of what is granted by name or ``declared``."""
    question = asked.question
    subject = _person(sql, question.subject) or question.subject
    facts = facts_about(sql, Scope.CHECK, subject=subject, resource=question.resource)
    named = {action for terms in facts.terms.values() for action in terms.actions or ()}
    for name in sorted({*named, *declared}):
        undecided = _undecided(sql, structs.replace(asked, action=name), facts, now)
        if undecided is not None:
            yield Deed(name, undecided)
