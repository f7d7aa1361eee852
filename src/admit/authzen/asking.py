"""What a request asks, read from JSON: entities, actions, contexts; and what is wrong with it."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = Mapping[str, Any]

BODY_LIMIT = 1024 * 1024
"""The largest request body, in bytes."""
DEEPEST = 32
"""How deep arrays and objects may be nested."""

_BEYOND = 2**63
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")


class Unreadable(Exception):
    """A request that asks nothing that can be answered; the text says what is wrong with it."""


class Entity(msgspec.Struct, frozen=True):
    """A subject or a resource as a caller names it; in a search with an empty id."""

    type: str
    id: str
    properties: dict[str, Any] = {}


class Deed(msgspec.Struct, frozen=True):
    """An action as a caller names it."""

    name: str
    properties: dict[str, Any] = {}


class Asked(msgspec.Struct, frozen=True):
    """One question."""

    subject: Entity
    action: Deed
    resource: Entity
    context: dict[str, Any] = {}


_ASKED = msgspec.json.Decoder(Asked)


def asked_in(raw: bytes) -> Asked:
    """What the body of an evaluation asks.

    Raises:
        Unreadable: it cannot be read, or something that is required is absent, or of another type.
    """
    _require_shallow(raw)
    try:
        return _ASKED.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Read a second time, piece by piece, it says what is wrong; and that null is as good as nothing.
        return asked_of(body_of(raw))


def body_of(raw: bytes) -> dict[str, Any]:
    """The object a body holds.

    Raises:
        Unreadable: it holds none, or one that is nested too deep.
    """
    _require_shallow(raw)
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"The body is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise Unreadable("The body must be a JSON object.")
    return found


def _require_shallow(raw: bytes) -> None:
    # What opens no more than that is not nested deeper, whatever else is in it.
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _depth(raw) > DEEPEST:
        raise Unreadable(f"The body is nested deeper than {DEEPEST} levels.")


def _depth(raw: bytes) -> int:
    deepest = depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def asked_of(body: Json) -> Asked:
    """What the body of an evaluation asks.

    Raises:
        Unreadable: something that is required is absent, or of another type than it must be.
    """
    return Asked(
        entity_of(body, "subject"), deed_of(body), entity_of(body, "resource"), object_of(body, "context")
    )


def entity_of(body: Json, name: str, *, identified: bool = True) -> Entity:
    """The subject or the resource; one that is searched for is not ``identified``.

    Raises:
        Unreadable: it is absent, or not one.
    """
    found = object_of(body, name, required=True)
    kind = text_of(found, name, "type")
    return Entity(kind, text_of(found, name, "id") if identified else "", object_of(found, "properties"))


def deed_of(body: Json) -> Deed:
    """The action.

    Raises:
        Unreadable: it is absent, or not one.
    """
    found = object_of(body, "action", required=True)
    return Deed(text_of(found, "action", "name"), object_of(found, "properties"))


def after_of(body: Json) -> int | None:
    """The revision that a copy stands at; None for none.

    Raises:
        Unreadable: it is no revision.
    """
    found = body.get("after")
    if found is None:
        return None
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < _BEYOND:
        raise Unreadable("after must be a revision.")
    return found


def text_of(found: Json, name: str, key: str) -> str:
    """A text that must be there.

    Raises:
        Unreadable: it is not.
    """
    value = found.get(key)
    if value is None:
        raise Unreadable(f"{name}.{key} is missing.")
    if not isinstance(value, str):
        raise Unreadable(f"{name}.{key} must be a string.")
    return value


def object_of(body: Json, name: str, *, required: bool = False) -> dict[str, Any]:
    """An object; an absent one is empty where it is not required.

    Raises:
        Unreadable: it is something else, or is required and absent.
    """
    value = body.get(name)
    if value is None and not required:
        return {}
    if value is None:
        raise Unreadable(f"{name} is missing.")
    if not isinstance(value, dict):
        raise Unreadable(f"{name} must be an object.")
    return value
