"""Searches as they travel, page after page: what is found, and what would be on a condition."""

from dataclasses import dataclass
from typing import Any

from admit.client.wire import Properties, Unavailable, Who, entity_of


@dataclass(frozen=True, slots=True)
class Condition:
    """What an answer depends on, and cannot be judged by what the question tells."""

    text: str
    """The expression, in CEL."""
    missing: str
    """What it needs: ``context.ticket is missing``."""


@dataclass(frozen=True, slots=True)
class Conditional:
    """One that would be found if any of these conditions were met."""

    id: str
    """Of a subject or a resource; of an action its name."""
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, or a page of it."""

    ids: list[str]
    conditional: list[Conditional]


@dataclass(frozen=True, slots=True)
class Search:
    """A search, page after page."""

    path: str
    asked: dict[str, Any]

    def body(self, token: str) -> dict[str, Any]:
        """The request for the page that a token asks for."""
        return self.asked | ({"page": {"token": token}} if token else {})

    @staticmethod
    def read(answer: Any) -> tuple[Found, str]:
        """A page, and the token for the next.

        Raises:
            Unavailable: the answer holds no results.
        """
        if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
            raise Unavailable("The server answered, but not with results.")
        page, context = answer.get("page") or {}, answer.get("context") or {}
        conditional = [_conditional(each) for each in context.get("conditional", ())]
        return Found([_id(each) for each in answer["results"]], conditional), page.get("next_token", "")


def _id(entity: Any) -> str:
    found: str = entity.get("id", entity.get("name"))
    return found


def _conditional(found: Any) -> Conditional:
    conditions = (Condition(each["condition"], each["missing"]) for each in found["conditions"])
    return Conditional(_id(found), tuple(conditions))


def who(kind: str, action: str, resource: Who, context: Properties) -> Search:
    """Who may do this with a resource."""
    asked = {"subject": {"type": kind}, "action": {"name": action}, "resource": entity_of(resource)}
    return Search("search/subject", asked | {"context": dict(context)})


def what(subject: Who, action: str, kind: str, context: Properties) -> Search:
    """With what a subject may do this."""
    asked = {"subject": entity_of(subject), "action": {"name": action}, "resource": {"type": kind}}
    return Search("search/resource", asked | {"context": dict(context)})


def actions(subject: Who, resource: Who, context: Properties) -> Search:
    """What a subject may do with a resource."""
    asked = {"subject": entity_of(subject), "resource": entity_of(resource), "context": dict(context)}
    return Search("search/action", asked)
