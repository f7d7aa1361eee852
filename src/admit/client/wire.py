"""Questions and answers as they travel: the same for both clients."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import httpx

Properties: TypeAlias = Mapping[str, Any]

TIMEOUT_S = 5.0
MOST_AT_ONCE = 1000
"""How many questions one request can ask."""


class Unavailable(Exception):
    """There is no answer: the server cannot be reached, or failed. Not a yes."""


class Refused(Exception):
    """The server does not answer this caller, or not this: an HTTP status and a text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


class Denied(Exception):
    """The decision was no."""

    def __init__(self, decision: "Decision") -> None:
        super().__init__(decision.text or decision.reason)
        self.decision = decision


@dataclass(frozen=True, slots=True)
class Entity:
    """A subject or a resource, where a type and an ID are not all there is to say."""

    type: str
    id: str
    properties: Properties = field(default_factory=dict)


Who: TypeAlias = str | Entity
"""``type:id``, or an entity."""


@dataclass(frozen=True, slots=True)
class Question:
    """May a subject do this with a resource?"""

    subject: Who
    action: str
    resource: Who
    context: Properties = field(default_factory=dict)
    properties: Properties = field(default_factory=dict)
    """Of the action."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer. It counts as true if it is yes, and only then."""

    allowed: bool
    reason: str
    """``granted``, ``not granted``, ``has ended``, ``input missing`` …"""
    text: str
    """The same in a sentence."""
    path: tuple[str, ...]
    """What leads from the subject to the resource, or nearest to it."""
    valid_until: datetime | None
    """When the path ends; None if it has no end, or the answer is no."""
    revision: int | None
    """The version of the policy that was asked."""

    def __bool__(self) -> bool:
        """Whether the answer is yes."""
        return self.allowed


def entity_of(who: Who) -> dict[str, Any]:
    """A subject or a resource, as it travels.

    Raises:
        ValueError: a text that is not of the form type:id.
    """
    if isinstance(who, Entity):
        return {"type": who.type, "id": who.id, "properties": dict(who.properties)}
    kind, colon, name = who.partition(":")
    if not (kind and colon and name):
        raise ValueError(f"{who!r} is not of the form type:id")
    return {"type": kind, "id": name}


def asked_of(question: Question) -> dict[str, Any]:
    """A question, as it travels."""
    return {
        "subject": entity_of(question.subject),
        "action": {"name": question.action, "properties": dict(question.properties)},
        "resource": entity_of(question.resource),
        "context": dict(question.context),
    }


def decision_of(answer: Any) -> Decision:
    """The decision an answer holds.

    Raises:
        Unavailable: it holds none.
    """
    allowed = answer.get("decision") if isinstance(answer, dict) else None
    if not isinstance(allowed, bool):
        raise Unavailable("The server answered, but not with a decision.")
    told = answer.get("context") or {}
    error = told.get("error") or {}
    until = told.get("valid_until")
    return Decision(
        allowed,
        told.get("reason") or ("refused" if error else ""),
        told.get("text") or error.get("message", ""),
        tuple(told.get("path", ())),
        None if until is None else datetime.fromisoformat(until),
        told.get("revision"),
    )


def decisions_of(answer: Any, many: int) -> list[Decision]:
    """The decisions an answer to so many questions holds.

    Raises:
        Unavailable: it does not hold as many.
    """
    found = answer.get("evaluations") if isinstance(answer, dict) else None
    if not isinstance(found, list) or len(found) != many:
        raise Unavailable("The server answered, but not every question.")
    return [decision_of(each) for each in found]


def require_answer(response: httpx.Response) -> None:
    """Return if a server answered.

    Raises:
        Refused: it does not answer this.
        Unavailable: it failed.
    """
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"The server answered {response.status_code}.")
    if response.status_code != httpx.codes.OK:
        raise Refused(response.status_code, response.text)


def at_least(revision: int) -> dict[str, str]:
    """The header that asks to be answered at a revision, or later; none for 0."""
    return {"X-Admit-At-Least-Revision": str(revision)} if revision else {}


def body_of(response: httpx.Response) -> Any:
    """What a server answered.

    Raises:
        Refused: it does not answer this.
        Unavailable: it failed.
    """
    require_answer(response)
    try:
        return response.json()
    except ValueError:
        raise Unavailable("The server answered, but not in JSON.") from None


def arguments(server: str, token: str, space: str | None, ca_file: str | None) -> dict[str, Any]:
    """How the server of a decision point is reached."""
    base = server.rstrip("/") + (f"/spaces/{space}" if space else "")
    verify: ssl.SSLContext | bool = ssl.create_default_context(cafile=ca_file) if ca_file else True
    headers = {"Authorization": f"Bearer {token}"}
    return {"base_url": f"{base}/access/v1/", "headers": headers, "timeout": TIMEOUT_S, "verify": verify}
