"""Evaluations: one question, or many with what they have in common said once."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection

from admit.authzen.asking import Asked, Json, Unreadable, asked_of, object_of
from admit.authzen.parties import Space
from admit.control import decisions
from admit.control.answers.asked import Asked as Question
from admit.control.answers.asked import decided
from admit.control.answers.sentences import sentence
from admit.control.decisions import Asker
from admit.control.names import Named, NameFault
from admit.control.world import World
from admit.core.access import Decision
from admit.core.validity import FOREVER, Millis, iso_with_millis

MOST_AT_ONCE = 1000
"""How many questions one request may ask."""

SEMANTICS = {"execute_all": None, "deny_on_first_deny": False, "permit_on_first_permit": True}
"""After which answer no further question is evaluated."""

_ENTITIES = {"subject": ("type", "id"), "resource": ("type", "id"), "action": ("name",)}
"""Of each entity the keys it must have."""


class Asking(msgspec.Struct, frozen=True):
    """One request: by whom, in which view of the policy."""

    space: Space
    world: World
    asker: Asker
    now: Millis

    @property
    def sql(self) -> Connection:
        """The view of the policy."""
        return self.space.sql


class Told(msgspec.Struct, frozen=True):
    """The answer to one question."""

    answer: dict[str, Any]
    decision: Decision | None
    """None where what is asked about is not known."""
    labels: dict[int, Named]


def evaluate(asking: Asking, asked: Asked) -> dict[str, Any]:
    """The answer to one question, with its reason."""
    told = answer_to(asking.space, asked, asking.now)
    if told.decision is not None:
        noted = decisions.noted(told.decision, told.labels, asking.asker, asking.now)
        asking.world.activities.note(noted)
    return told.answer


def answer_to(space: Space, asked: Asked, now: Millis) -> Told:
    """The answer to one question, whoever asks."""
    try:
        decision = decided(space.sql, question_of(space, asked), now)
    except NameFault as fault:
        # What is not known here is nobody's: the answer is no.
        reason = "other actions" if fault.kind == "Action" else "unknown"
        return Told({"decision": False, "context": {"reason": reason, "text": fault.text}}, None, {})
    labels = decisions.labels_of(space.sql, decision)
    answer = {"decision": decision.allowed, "context": _context(decision, labels, now)}
    return Told(answer, decision, labels)


def question_of(space: Space, asked: Asked) -> Question:
    """What is asked, of things that are known here.

    Raises:
        NameFault: of something that is not.
    """
    return Question(
        space.party("subject", asked.subject),
        space.party("resource", asked.resource),
        space.deed(asked.resource.type, asked.action.name),
        asked.action.properties,
        asked.context,
    )


def _context(decision: Decision, labels: dict[int, Named], now: Millis) -> dict[str, Any]:
    told: dict[str, Any] = {
        "reason": decision.reason.value,
        "text": sentence(decision, labels, now),
        "revision": decision.revision,
    }
    if decision.because:
        things = (decision.because[0].source, *(link.target for link in decision.because))
        told["path"] = [labels[ref.key].label for ref in things]
    if decision.allowed and decision.valid_until != FOREVER:
        told["valid_until"] = iso_with_millis(decision.valid_until)
    if decision.changes_at is not None:
        told["changes_at"] = iso_with_millis(decision.changes_at)
    return told


def evaluate_all(asking: Asking, body: Json) -> dict[str, Any]:
    """The answers to a batch, in its order; cut off where its semantics say so.

    Raises:
        Unreadable: the batch itself cannot be read. A question in it that cannot is answered no.
    """
    items = body.get("evaluations")
    if items is None or items == []:
        return evaluate(asking, asked_of(body))
    if not isinstance(items, list):
        raise Unreadable("evaluations must be an array.")
    if len(items) > MOST_AT_ONCE:
        raise Unreadable(f"At most {MOST_AT_ONCE} evaluations can be asked for at once.")
    last = _last_answer(body)
    answers = (_one_of(asking, body, item) for item in items)
    return {"evaluations": list(_up_to(answers, last))}


def _last_answer(body: Json) -> bool | None:
    semantic = object_of(body, "options").get("evaluations_semantic", "execute_all")
    if not isinstance(semantic, str) or semantic not in SEMANTICS:
        raise Unreadable(f"options.evaluations_semantic must be one of {', '.join(SEMANTICS)}.")
    return SEMANTICS[semantic]


def _up_to(answers: Iterator[dict[str, Any]], last: bool | None) -> Iterator[dict[str, Any]]:  # noqa: FBT001 - an answer
    for answer in answers:
        yield answer
        if answer["decision"] is last:
            return


def _one_of(asking: Asking, body: Json, item: Any) -> dict[str, Any]:
    try:
        if not isinstance(item, dict):
            raise Unreadable("An evaluation must be an object.")
        asked = asked_of(_with_defaults(body, item))
    except Unreadable as fault:
        return unread(fault)
    return evaluate(asking, asked)


def unread(fault: Unreadable) -> dict[str, Any]:
    """The answer to a question among others that cannot be read."""
    return {"decision": False, "context": {"error": {"status": 400, "message": str(fault)}}}


def _with_defaults(body: Json, item: Json) -> dict[str, Any]:
    """An item with what it leaves out.

    What it says replaces what is said for all, whole: properties are never mixed. Only a key that its
    subject, resource or action must have and does not is taken from there.
    """
    merged = {key: body[key] for key in (*_ENTITIES, "context") if key in body}
    for key, value in item.items():
        common = body.get(key)
        if key in _ENTITIES and isinstance(value, dict) and isinstance(common, dict):
            missing = {need: common[need] for need in _ENTITIES[key] if need not in value and need in common}
            merged[key] = value | missing
        else:
            merged[key] = value
    return merged
