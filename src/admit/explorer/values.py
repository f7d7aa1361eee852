"""What somebody has put into a form: flat, as it is called with, and nested, as code writes it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from admit.explorer.fields import Field

Flat: TypeAlias = Mapping[str, str]
"""By dotted names, as on the wire: ``Hosts.1.HostId``."""
Nested: TypeAlias = dict[str, Any]

MOST_ITEMS = 200
"""How many items of a list a form may have."""


def given(fields: Iterable[tuple[str, Any]], known: Iterable[Field]) -> dict[str, str]:
    """What a form was filled with: fields that belong to the operation and are not empty."""
    names = {field.name for field in known}
    return {
        name: value
        for name, value in fields
        if isinstance(value, str) and value != "" and name.partition(".")[0] in names
    }


def nested(fields: Iterable[Field], flat: Flat) -> Nested:
    """The same as code writes it: numbers as numbers, lists as lists. What cannot be read stays text."""
    tree = _tree(flat)
    return {field.name: _value(field, tree[field.name]) for field in fields if field.name in tree}


def _tree(flat: Flat) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, text in flat.items():
        *steps, last = name.split(".")
        node = tree
        for step in steps:
            below = node.setdefault(step, {})
            if not isinstance(below, dict):
                below = node[step] = {}
            node = below
        node.setdefault(last, text)
    return tree


def _value(field: Field, given: Any) -> Any:
    if isinstance(given, dict):
        return _composite(field, given)
    if field.sort in ("list", "struct"):
        return _read(given)
    if field.sort == "number":
        return _number(given)
    if field.sort == "flag":
        return {"true": True, "false": False}.get(given, given)
    return given


def _composite(field: Field, given: dict[str, Any]) -> Any:
    if field.sort == "struct":
        return {part.name: _value(part, given[part.name]) for part in field.parts if part.name in given}
    if field.sort == "list" and field.parts:
        places = sorted((int(place) for place in given if place.isdecimal()), key=int)
        return [_value(field.parts[0], given[str(place)]) for place in places[:MOST_ITEMS]]
    return given


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def flattened(values: Nested) -> dict[str, str]:
    """Nested values in dotted form, as they travel."""
    found: dict[str, str] = {}

    def put(name: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                put(f"{name}.{key}", inner)
        elif isinstance(value, list):
            for place, inner in enumerate(value, 1):
                put(f"{name}.{place}", inner)
        else:
            found[name] = written(value)

    for name, value in values.items():
        put(name, value)
    return found


def written(value: Any) -> str:
    """A single value as it is on the wire."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
