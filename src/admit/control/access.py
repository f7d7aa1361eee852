"""Asking for access: every door, list and explanation asks here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from admit.core.access import Decision, Facts, Question, Reach, Reason, decide, reachable, reached_by
from admit.core.links import Kind, Ref
from admit.core.terms import Judge
from admit.core.validity import Millis
from admit.store import links as stored_links
from admit.store.links import Scope, facts_about


def ask(sql: Connection, subject: Ref, resource: Ref, now: Millis, as_of: Millis | None = None) -> Decision:
    """May ``subject`` use ``resource``: now, or at the past or future moment ``as_of``?

    A moment to come is judged by the facts of now.
    """
    facts = facts_about(sql, Scope.CHECK, subject=subject, resource=resource, as_of=_past(as_of, now))
    return decide(Question(subject, resource), facts, now if as_of is None else as_of)


def judged(sql: Connection, question: Question, now: Millis, judge: Judge) -> Decision:
    """The answer to a question that may name an action, and may meet permissions with conditions."""
    facts = facts_about(sql, Scope.CHECK, subject=question.subject, resource=question.resource)
    return decide(question, facts, now, judge)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, the facts it came from, and who holds the resource."""

    decision: Decision
    facts: Facts
    holders: tuple[Ref, ...]
    """Groups, units and users with an open way to the resource."""


def explain(
    sql: Connection, subject: Ref, resource: Ref, now: Millis, as_of: Millis | None = None
) -> Explanation:
    """The decision by all that is known, also of what was taken back; and who else holds the resource."""
    facts = facts_about(sql, Scope.EXPLAIN, subject=subject, resource=resource, as_of=_past(as_of, now))
    decision = decide(Question(subject, resource), facts, now if as_of is None else as_of)
    reaches = reached_by(resource, facts, decision.at)
    return Explanation(decision, facts, tuple(each.ref for each in reaches if each.ref.kind in _HOLDERS))


_HOLDERS = (Kind.GROUP, Kind.UNIT, Kind.USER)


def everything(sql: Connection, subject: Ref, now: Millis, as_of: Millis | None = None) -> Iterable[Reach]:
    """All that ``subject`` may use, what stays open longest first."""
    facts = facts_about(sql, Scope.FROM, subject=subject, as_of=_past(as_of, now))
    return reachable(subject, facts, now if as_of is None else as_of)


def ask_as(sql: Connection, user: Ref, resource: Ref, now: Millis) -> Decision:
    """May the person behind a service's user use ``resource`` now, as that user and as no other of theirs?

    So asks who proved to be that user: what the person's other users hold needs those users' proof.
    """
    question, facts = facts_as(sql, user, resource)
    return decide(question, facts, now)


def facts_as(sql: Connection, user: Ref, resource: Ref) -> tuple[Question, Facts]:
    """What ``ask_as`` decides, and by what. A user that was removed has nothing."""
    persons = stored_links.of(sql, user.key, inward=True, kind=Kind.PERSON)
    if not persons:
        return Question(user, resource), Facts((), revision=stored_links.current_revision(sql))
    person = persons[0][1]
    facts = facts_about(sql, Scope.CHECK, subject=person, resource=resource)
    return Question(person, resource), as_user(facts, person, user)


def everything_as(sql: Connection, user: Ref, now: Millis) -> Iterable[Reach]:
    """All that ``ask_as`` grants, what stays open longest first."""
    person = person_behind(sql, user)
    facts = facts_about(sql, Scope.FROM, subject=person)
    return reachable(person, as_user(facts, person, user), now)


def was_known_to(sql: Connection, user: Ref, resource: Ref) -> bool:
    """Whether a user has or had a way to a resource, or will have: it is nothing new to them."""
    person = person_behind(sql, user)
    facts = facts_about(sql, Scope.EXPLAIN, subject=person, resource=resource)
    return (
        decide(Question(person, resource), as_user(facts, person, user), 0).reason is not Reason.NOT_GRANTED
    )


def person_behind(sql: Connection, user: Ref) -> Ref:
    """The person a service's user belongs to."""
    ((_, person),) = stored_links.of(sql, user.key, inward=True, kind=Kind.PERSON)
    return person


def as_user(facts: Facts, person: Ref, user: Ref) -> Facts:
    """The facts without what a person holds as another user of theirs."""
    return replace(facts, links=tuple(x for x in facts.links if x.source != person or x.target == user))


def everyone(sql: Connection, resource: Ref, now: Millis, as_of: Millis | None = None) -> Iterable[Reach]:
    """All that may use ``resource``, who may longest first; paths run towards the resource."""
    facts = facts_about(sql, Scope.TO, resource=resource, as_of=_past(as_of, now))
    return reached_by(resource, facts, now if as_of is None else as_of)


def _past(as_of: Millis | None, now: Millis) -> Millis | None:
    return as_of if as_of is not None and as_of < now else None
