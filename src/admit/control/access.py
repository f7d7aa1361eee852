"""Asking for access: every door, list and explanation asks here."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from admit.core.access import Decision, Question, Reach, Reason, decide, reachable, reached_by
from admit.core.facts import AsUser, Facts, Source
from admit.core.links import Kind, Ref
from admit.core.validity import Millis
from admit.store import links as stored_links
from admit.store.links import Scope, facts_about, source_of


def ask(sql: Connection, subject: Ref, resource: Ref, now: Millis, as_of: Millis | None = None) -> Decision:
    """May ``subject`` use ``resource``: now, or at the past or future moment ``as_of``?

    A moment to come is judged by the facts of now.
    """
    source = source_at(sql, Scope.CHECK, past_of(as_of, now), subject=subject, resource=resource)
    return decide(Question(subject, resource), source, now if as_of is None else as_of)


def source_at(
    sql: Connection,
    scope: Scope,
    past: Millis | None,
    *,
    subject: Ref | None = None,
    resource: Ref | None = None,
) -> Source:
    """Where to walk: what has been stands in the database alone."""
    if past is None:
        return source_of(sql, scope, subject=subject, resource=resource)
    return facts_about(sql, scope, subject=subject, resource=resource, as_of=past)


def everything(sql: Connection, subject: Ref, now: Millis, as_of: Millis | None = None) -> Iterable[Reach]:
    """All that ``subject`` may use, what stays open longest first."""
    source = source_at(sql, Scope.FROM, past_of(as_of, now), subject=subject)
    return reachable(subject, source, now if as_of is None else as_of)


def ask_as(sql: Connection, user: Ref, resource: Ref, now: Millis) -> Decision:
    """May the person behind a service's user use ``resource`` now, as that user and as no other of theirs?

    So asks who proved to be that user: what the person's other users hold needs those users' proof.
    """
    person = _person_behind(sql, user)
    if person is None:
        return decide(Question(user, resource), Facts((), revision=stored_links.current_revision(sql)), now)
    source = source_of(sql, Scope.CHECK, subject=person, resource=resource)
    return decide(Question(person, resource), AsUser(source, person.key, user.key), now)


def ask_as_of(sql: Connection, user: Ref, resource: Ref, at: Millis) -> Decision:
    """What ``ask_as`` answered at a moment in the past."""
    person = _person_behind(sql, user)
    return decide(Question(person or user, resource), facts_as(sql, user, resource, at), at)


def facts_as(sql: Connection, user: Ref, resource: Ref, as_of: Millis | None = None) -> Facts:
    """What ``ask_as`` decides by, link for link. A user that was removed has nothing."""
    person = _person_behind(sql, user)
    if person is None:
        return Facts((), revision=stored_links.current_revision(sql))
    facts = facts_about(sql, Scope.CHECK, subject=person, resource=resource, as_of=as_of)
    return replace(facts, links=tuple(x for x in facts.links if x.source != person or x.target == user))


def everything_as(sql: Connection, user: Ref, now: Millis) -> Iterable[Reach]:
    """All that ``ask_as`` grants, what stays open longest first."""
    return reachable(*known_as(sql, user), now)


def known_as(sql: Connection, user: Ref) -> tuple[Ref, Source]:
    """Where a walk over all that ``ask_as`` grants begins, and what it reads."""
    person = person_behind(sql, user)
    source = source_of(sql, Scope.FROM, subject=person)
    return person, AsUser(source, person.key, user.key)


def was_known_to(sql: Connection, user: Ref, resource: Ref) -> bool:
    """Whether a user has or had a way to a resource, or will have: it is nothing new to them."""
    person = person_behind(sql, user)
    facts = facts_about(sql, Scope.EXPLAIN, subject=person, resource=resource)
    seen = AsUser(facts, person.key, user.key)
    return decide(Question(person, resource), seen, 0).reason is not Reason.NOT_GRANTED


def person_behind(sql: Connection, user: Ref) -> Ref:
    """The person a service's user belongs to."""
    ((_, person),) = stored_links.of(sql, user.key, inward=True, kind=Kind.PERSON)
    return person


def _person_behind(sql: Connection, user: Ref) -> Ref | None:
    persons = stored_links.of(sql, user.key, inward=True, kind=Kind.PERSON)
    return persons[0][1] if persons else None


def everyone(sql: Connection, resource: Ref, now: Millis, as_of: Millis | None = None) -> Iterable[Reach]:
    """All that may use ``resource``, who may longest first; paths run towards the resource."""
    source = source_at(sql, Scope.TO, past_of(as_of, now), resource=resource)
    return reached_by(resource, source, now if as_of is None else as_of)


def past_of(as_of: Millis | None, now: Millis) -> Millis | None:
    """The moment that is asked about, if it is over: of one to come the facts are those of now."""
    return as_of if as_of is not None and as_of < now else None
