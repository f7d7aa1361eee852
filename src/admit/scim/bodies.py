"""What a directory sends, in shape: names in their case, values of their type, what is unknown left out."""

from collections.abc import Mapping
from typing import Any

from admit.scim.faults import invalid_value
from admit.scim.schemas import Attribute, Type, part


def shaped(kind: Type, body: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a resource that can be written, in our spelling.

    Raises:
        Fault: a value is of another type than it must be.
    """
    found: dict[str, Any] = {}
    for name, value in body.items():
        bare = name.removeprefix(f"{kind.schema}:")
        attribute = kind.attribute(bare)
        if attribute is None or attribute.mutability == "readOnly":
            continue
        shape = shaped_value(attribute, value)
        if shape is not None:
            found[attribute.name] = shape
    return found


def shaped_value(attribute: Attribute, value: Any) -> Any:
    """A value of an attribute; None for nothing.

    Raises:
        Fault: it is of another type.
    """
    if value is None or value in ([], {}, ""):
        return None
    if not attribute.multi:
        return _one(attribute, value)
    listed = value if isinstance(value, list) else [value]
    return [each for each in (_one(attribute, item) for item in listed) if each is not None] or None


def _one(attribute: Attribute, value: Any) -> Any:
    if attribute.type == "complex":
        return _parts(attribute, value)
    if attribute.type == "boolean":
        if isinstance(value, str) and value.lower() in ("true", "false"):
            # Entra writes its booleans as texts.
            return value.lower() == "true"
        if isinstance(value, bool):
            return value
        raise invalid_value(f"{attribute.name} is true or false.")
    if not isinstance(value, str):
        raise invalid_value(f"{attribute.name} is a text.")
    return value


def _parts(attribute: Attribute, value: Any) -> dict[str, Any] | None:
    if isinstance(value, str) and part(attribute.parts, "value") is not None:
        value = {"value": value}
    if not isinstance(value, Mapping):
        raise invalid_value(f"{attribute.name} has parts.")
    found: dict[str, Any] = {}
    for name, inner in value.items():
        known = part(attribute.parts, name)
        if known is not None and (shape := shaped_value(known, inner)) is not None:
            found[known.name] = shape
    return found or None
