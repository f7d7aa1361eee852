"""Questions that name an action and tell of both ends, for permissions that have conditions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import msgspec
from msgspec import structs
from sqlalchemy import Connection

from admit.control import access, own_types
from admit.control.conditions import judge_of
from admit.core.access import Decision, Question, allows, decide, open_paths, reachable, reached_by
from admit.core.facts import AsUser, Source
from admit.core.links import Kind, Link, Ref
from admit.core.terms import Judge, Unmet, presumed
from admit.core.validity import Millis
from admit.store import links as stored_links
from admit.store.links import Scope, facts_about, source_of


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
    past = as_of if as_of is not None and as_of < now else None
    question, person = asked.question, _person(sql, asked.subject.ref)
    if person is not None:
        question = replace(question, subject=person)
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
    past = as_of if as_of is not None and as_of < now else None
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
    informed: list[Judge] = []

    def judge(condition: str) -> Unmet | None:
        # Most questions meet no condition: only the first that is met looks for properties.
        if not informed:
            informed.append(judge_of(_inputs(sql, asked, past), now))
        return informed[0](condition)

    return judge


def _inputs(sql: Connection, asked: Asked, past: Millis | None) -> dict[str, Any]:
    return {
        "subject": _input(sql, asked.subject, past),
        "resource": _input(sql, asked.resource, past),
        "action": {"name": asked.action or "", "properties": dict(asked.properties)},
        "context": dict(asked.context),
    }


def _input(sql: Connection, party: Party, past: Millis | None) -> dict[str, Any]:
    known = own_types.properties_of(sql, party.ref, past) if party.ref.kind in _REGISTERED else {}
    return {"type": party.type, "id": party.id, "properties": {**party.told, **known}}


_REGISTERED = (Kind.SUBJECT, Kind.RESOURCE)


Parties: TypeAlias = Callable[[list[Ref]], Mapping[Ref, Party]]
"""Makes parties of those of some things that are searched for."""


def all_who_may(sql: Connection, asked: Asked, wanted: Parties, now: Millis) -> Iterator[Party]:
    """Who of those that are wanted may do what is asked, whoever ``asked.subject`` is."""
    resource = asked.resource.ref
    source = source_of(sql, Scope.TO, resource=resource)
    possible = sorted(each.ref for each in reached_by(resource, source, now, presumed))
    for party in wanted(possible).values():
        if _may(sql, structs.replace(asked, subject=party), source, now):
            yield party


def all_they_may(sql: Connection, asked: Asked, wanted: Parties, now: Millis) -> Iterator[Party]:
    """With which of the resources that are wanted the subject may do what is asked."""
    start = _person(sql, asked.subject.ref) or asked.subject.ref
    source = source_of(sql, Scope.FROM, subject=start)
    possible = sorted(each.ref for each in reachable(start, source, now, presumed))
    for party in wanted(possible).values():
        if _may(sql, structs.replace(asked, resource=party), source, now):
            yield party


def _may(sql: Connection, asked: Asked, source: Source, now: Millis) -> bool:
    """Whether a question is answered yes; ``source`` has all that can matter to it."""
    question, person = asked.question, _person(sql, asked.subject.ref)
    if person is not None:
        question = replace(question, subject=person)
    return allows(question, _as(source, person, asked), now, judge_for(sql, asked, now))


def all_deeds(sql: Connection, asked: Asked, declared: Iterable[str], now: Millis) -> list[str]:
    """Everything the subject may do with the resource, of what is granted by name or ``declared``."""
    question = asked.question
    subject = _person(sql, question.subject) or question.subject
    facts = facts_about(sql, Scope.CHECK, subject=subject, resource=question.resource)
    named = {action for terms in facts.terms.values() for action in terms.actions or ()}
    possible = (structs.replace(asked, action=action) for action in sorted({*named, *declared}))
    return [each.action for each in possible if each.action and decided(sql, each, now).allowed]
