"""Looking at an answer: does the SDK know all of it, and is all there that a user needs."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.conformance.vendor import Field

_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "float": (int, float),
    "array": (list,),
    "struct": (dict,),
    "map": (dict,),
}


def misfits(fields: tuple[Field, ...], body: Mapping[str, Any]) -> list[str]:
    """Everything in an answer that the SDK does not know, or knows as something else, a line each."""
    return list(_misfits(Field("", "struct", fields=fields), body, "answer"))


def _misfits(field: Field, value: Any, where: str) -> Iterator[str]:
    if field.type == "any":
        return
    if not isinstance(value, _JSON_TYPES[field.type]) or (
        isinstance(value, bool) and field.type != "boolean"
    ):
        yield f"{where}: {value!r} is no {field.type}"
    elif field.type == "struct":
        known = {each.name: each for each in field.fields}
        for name, member in value.items():
            if name in known:
                yield from _misfits(known[name], member, f"{where}.{name}")
            else:
                yield f"{where}.{name}: unknown"
    elif field.items is not None:
        members = value.items() if field.type == "map" else enumerate(value)
        for place, member in members:
            yield from _misfits(field.items, member, f"{where}[{place}]")


def lost(sent: Any, understood: Any, where: str = "answer") -> list[str]:
    """Everything that was sent and is not, or not as it was sent, in what the SDK understood, a line each."""
    if isinstance(sent, dict) and isinstance(understood, dict):
        return [
            line
            for name, member in sent.items()
            for line in lost(member, understood.get(name), f"{where}.{name}")
        ]
    if isinstance(sent, list) and isinstance(understood, list) and len(sent) == len(understood):
        pairs = enumerate(zip(sent, understood, strict=True))
        return [line for place, (one, other) in pairs for line in lost(one, other, f"{where}[{place}]")]
    return (
        []
        if sent == understood and type(sent) is type(understood)
        else [f"{where}: {sent!r} became {understood!r}"]
    )


def absent(structure: Mapping[str, Any], *names: str) -> list[str]:
    """Which of the members are not there, or say nothing."""
    return [name for name in names if structure.get(name) in (None, "", [], {})]
