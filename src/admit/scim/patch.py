"""PATCH: what becomes of a resource by a list of operations (RFC 7644, section 3.5.2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from admit.scim import bodies, filters
from admit.scim.faults import Fault, invalid_value
from admit.scim.schemas import PATCH, Attribute, Type, part

MOST = 1000
_PATH = re.compile(r"(?P<name>[$\w]+)(?:\[(?P<filter>.*)\])?(?:\.(?P<part>[$\w]+))?", re.DOTALL)
_EQUAL = re.compile(r'\b(\w+) eq ("(?:[^"\\]|\\.)*"|true|false)', re.IGNORECASE)


def _no_target(why: str) -> Fault:
    return Fault(400, why, "noTarget")


@dataclass(frozen=True, slots=True)
class _Path:
    """What an operation is about."""

    attribute: Attribute
    test: filters.Test | None
    filter: str
    part: Attribute | None


def patched(kind: Type, resource: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """A resource, in our spelling, after the operations of a request.

    Raises:
        Fault: one cannot be done, and then none is.
    """
    known = {name.lower(): value for name, value in body.items()}
    if PATCH not in known.get("schemas", ()):
        raise Fault(400, f"The schema of a PATCH is {PATCH}.", "invalidSyntax")
    operations = known.get("operations")
    if not isinstance(operations, list) or not 0 < len(operations) <= MOST:
        raise Fault(400, f"Operations is a list of 1 to {MOST}.", "invalidSyntax")
    found = {name: value for name, value in resource.items() if kind.attribute(name) is not None}
    for each in operations:
        if not isinstance(each, Mapping):
            raise Fault(400, "An operation is an object.", "invalidSyntax")
        _apply(kind, found, {name.lower(): value for name, value in each.items()})
    return found


def _apply(kind: Type, found: dict[str, Any], operation: Mapping[str, Any]) -> None:
    verb, path, value = str(operation.get("op", "")).lower(), operation.get("path"), operation.get("value")
    if verb not in ("add", "replace", "remove"):
        raise Fault(400, f"There is no operation {verb}.", "invalidSyntax")
    if path:
        _at(found, verb, _read(kind, str(path)), value)
        return
    if verb == "remove":
        raise _no_target("What is to be removed is not said.")
    if not isinstance(value, Mapping):
        raise invalid_value("Without a path the value has attributes.")
    for name, inner in value.items():
        bare = name.removeprefix(f"{kind.schema}:")
        if _PATH.fullmatch(bare) is None or kind.attribute(bare.partition(".")[0].partition("[")[0]) is None:
            # What is unknown is left out, as in a POST: directories send what they have.
            continue
        _at(found, verb, _read(kind, bare), inner)


def _read(kind: Type, path: str) -> _Path:
    """A path's parts.

    Raises:
        Fault: it is none, or leads to nothing that can be written.
    """
    match = _PATH.fullmatch(path.removeprefix(f"{kind.schema}:"))
    attribute = None if match is None else kind.attribute(match["name"])
    if match is None or attribute is None:
        raise Fault(400, f"There is no attribute {path}.", "invalidPath")
    inner = None
    if match["part"]:
        inner = part(attribute.parts, match["part"])
        if inner is None:
            raise Fault(400, f"There is no attribute {path}.", "invalidPath")
    if "readOnly" in (attribute.mutability, getattr(inner, "mutability", "")):
        raise Fault(400, f"{path} cannot be written.", "mutability")
    test = filters.parse(match["filter"]) if match["filter"] else None
    return _Path(attribute, test, match["filter"] or "", inner)


def _at(found: dict[str, Any], verb: str, path: _Path, value: Any) -> None:
    name = path.attribute.name
    values: Any
    if path.attribute.multi:
        values = _several(verb, path, list(found.get(name) or []), value)
    elif path.part is not None:
        values = _with_part(verb, path, dict(found.get(name) or {}), value)
    elif verb == "remove":
        values = None
    else:
        shape = bodies.shaped_value(path.attribute, value)
        merges = path.attribute.parts and isinstance(shape, dict)
        values = {**(found.get(name) or {}), **shape} if merges else shape
    if values in (None, [], {}):
        if path.attribute.required:
            raise Fault(400, f"{name} cannot be removed.", "mutability")
        found.pop(name, None)
    else:
        found[name] = values


def _with_part(verb: str, path: _Path, held: dict[str, Any], value: Any) -> dict[str, Any]:
    """One value with another part."""
    if path.part is None:
        raise ValueError("no part is named")
    shape = None if verb == "remove" else bodies.shaped_value(path.part, value)
    held.pop(path.part.name, None)
    return held if shape is None else {**held, path.part.name: shape}


def _several(verb: str, path: _Path, held: list[Any], value: Any) -> list[Any]:
    """What becomes of an attribute that has several values."""
    if path.test is None and path.part is None:
        return _listed(verb, path, held, value)
    meant = [each for each in held if path.test is None or path.test(each)]
    if not meant:
        if verb == "remove":
            return held
        if verb == "replace" and path.part is None:
            raise _no_target(f"No value of {path.attribute.name} is meant.")
        # Entra adds to what is not there yet, and says in the filter what it shall be.
        fresh = _made_for(path)
        held, meant = [*held, fresh], [fresh]
    among = {id(each) for each in meant}
    if verb == "remove" and path.part is None:
        return [each for each in held if id(each) not in among]
    changed = []
    for each in held:
        if id(each) not in among:
            changed.append(each)
        elif path.part is None:
            changed.append({**(each if verb == "add" else {}), **(_first(path, value))})
        else:
            changed.append(_with_part(verb, path, dict(each), value))
    return _one_primary([each for each in changed if each], changed)


def _listed(verb: str, path: _Path, held: list[Any], value: Any) -> list[Any]:
    given = bodies.shaped_value(path.attribute, value) or []
    if verb == "remove":
        # Entra names the members that are to go in the value.
        gone = {each.get("value") for each in given}
        return [each for each in held if each.get("value") not in gone] if given else []
    if verb == "replace":
        return _one_primary(given, given)
    # A group has thousands of members, and all who write wait meanwhile: each is looked for once.
    there = {(each.get("value"), kind) for each in held for kind in (each.get("type"), None)}
    added = [each for each in given if (each.get("value"), each.get("type")) not in there]
    return _one_primary([*held, *added], added)


def _first(path: _Path, value: Any) -> dict[str, Any]:
    shape = bodies.shaped_value(path.attribute, value)
    return shape[0] if shape else {}


def _made_for(path: _Path) -> dict[str, Any]:
    """A value that a filter of equals would have meant."""
    found: dict[str, Any] = {}
    for name, text in _EQUAL.findall(path.filter):
        known = part(path.attribute.parts, name)
        if known is not None:
            found[known.name] = bodies.shaped_value(known, text.strip('"'))
    return found


def _one_primary(values: list[Any], latest: list[Any]) -> list[Any]:
    """The values, of which only one is primary: the one that was written last."""
    chosen = [each for each in latest if each.get("primary")]
    if not chosen:
        return values
    return [
        {**each, "primary": False} if each.get("primary") and each is not chosen[-1] else each
        for each in values
    ]
