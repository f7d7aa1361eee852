"""Which attributes of a resource are told: ``attributes``, ``excludedAttributes`` (RFC 7644, section 3.9)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from admit.scim.faults import invalid_value

ALWAYS = ("schemas", "id")


def names(said: object) -> list[str]:
    """The names in a list of them, with commas between or as JSON."""
    listed = said.split(",") if isinstance(said, str) else said if isinstance(said, list) else []
    # Behind the URN of a schema stands the name, and parts of it after a dot.
    return [str(each).strip().rpartition(":")[2].lower() for each in listed if str(each).strip()]


def projected(resource: Mapping[str, Any], wanted: object, unwanted: object) -> dict[str, Any]:
    """A resource with the attributes that are wanted, or without those that are not.

    Raises:
        Fault: both are said.
    """
    only, without = names(wanted), names(unwanted)
    if only and without:
        raise invalid_value("Give attributes or excludedAttributes, not both.")
    if only:
        return _only(resource, only)
    return _without(resource, without) if without else dict(resource)


def _only(resource: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in resource.items():
        parts = _parts(name, paths)
        if name in ALWAYS or "" in parts:
            found[name] = value
        elif parts:
            found[name] = _with_parts(value, parts.__contains__)
    return found


def _without(resource: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in resource.items():
        parts = _parts(name, paths)
        if name in ALWAYS or not parts:
            found[name] = value
        elif "" not in parts:
            found[name] = _with_parts(value, lambda part, parts=parts: part not in parts)  # type: ignore[misc]  # it is called at once
    return found


def _parts(name: str, paths: Iterable[str]) -> set[str]:
    """The parts of an attribute that are named; the empty one stands for all of it."""
    split = (path.partition(".") for path in paths)
    return {part for attribute, _, part in split if attribute == name.lower()}


def _with_parts(value: Any, is_told: Callable[[str], bool]) -> Any:
    if isinstance(value, list):
        return [_with_parts(each, is_told) for each in value]
    if isinstance(value, dict):
        return {part: inner for part, inner in value.items() if is_told(part.lower())}
    return value
