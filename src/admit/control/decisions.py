"""Decisions as they are noted: who asked, about whom and what, what came of it and by which path."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection

from admit.control import names
from admit.control.names import Named
from admit.core.access import Decision
from admit.core.activity import Activity, ActivityKind, Detail, Mention, Outcome
from admit.core.links import Kind
from admit.core.validity import FOREVER, Millis


class Asker(msgspec.Struct, frozen=True):
    """Who asks for a decision, by what, and from where."""

    actor: str
    """A caller's ARN; at a door, the name that was given there."""
    action: str
    """The operation; at a door, its name."""
    request_id: str = ""
    peer: str = ""


def labels_of(sql: Connection, decision: Decision, past: Millis | None = None) -> dict[int, Named]:
    """Everything a decision speaks of, by key, with what people call it, or called it at a past moment."""
    question = decision.question
    keys = {question.subject.key, question.resource.key}
    for link in decision.because:
        keys |= {link.source.key, link.target.key}
    return names.labels(sql, sorted(keys), past)


def noted(decision: Decision, labels: Mapping[int, Named], asker: Asker, now: Millis) -> Activity:
    """A decision as an activity; ``labels`` are those of :func:`labels_of`, or more."""
    question, path = decision.question, decision.because
    things = [question.subject, *[link.target for link in path]]
    user = next((ref for ref in things if ref.kind is Kind.USER), None)
    details: dict[str, Detail] = {"revision": decision.revision}
    if path:
        details["path"] = tuple([labels[ref.key].label for ref in things])
    if decision.allowed and decision.valid_until != FOREVER:
        details["until"] = decision.valid_until
    if decision.blocked is not None:
        details["switched_off"] = labels[decision.blocked.key].label
    if decision.at != now:
        details["about"] = decision.at
    return Activity(
        now,
        ActivityKind.DECISION,
        Outcome.OK if decision.allowed else Outcome.REFUSED,
        asker.actor,
        asker.action,
        decision.reason.value,
        person=mention(labels[question.subject.key]) if question.subject.kind is Kind.PERSON else None,
        user=None if user is None else mention(labels[user.key]),
        resource=mention(labels[question.resource.key]),
        request_id=asker.request_id,
        peer=asker.peer,
        details=details,
    )


def mention(named: Named) -> Mention:
    """A thing as activities name it."""
    return Mention(named.label, named.thing.key)
