"""The words for types of one's own: spaces, types, entities, permissions."""

from typing import Annotated, Any, Literal

from admit.control import own_types
from admit.control.own_types import DEFAULT
from admit.core.errors import AdmitError, InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import like
from admit.store.things import Thing

SpaceName = Annotated[
    str,
    like(
        "orders",
        "The space the types are in. Each has a decision point of its own at /spaces/NAME/access/v1; "
        "without a name the space default is meant, which is asked at /access/v1.",
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}(?!\n)$",
    ),
]
TypeName = Annotated[
    str,
    like("record", "The name of a type.", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(?!\n)$"),
]
EntityId = Annotated[
    str,
    like("record-1", "The ID of a subject or a resource, unique in its type.", min_length=1, max_length=512),
]
EntityName = Annotated[
    str,
    like(
        "record:record-1",
        "TYPE:ID for one that is registered, TYPE:* for all of a type.",
        min_length=3,
        max_length=640,
    ),
]
GranteeName = Annotated[
    str,
    like(
        "user:alice",
        "TYPE:ID for a subject of one's own, TYPE:* for all of a type, or a person's name.",
        min_length=1,
        max_length=640,
    ),
]
AskedName = Annotated[
    str,
    like(
        "alice",
        "The name of a person, or [SPACE/]TYPE:ID of a subject of one's own.",
        min_length=1,
        max_length=704,
    ),
]
ActionName = Annotated[
    str,
    like("read", "What is done with a resource.", min_length=1, max_length=128, pattern=r"^[^,\s]+(?!\n)$"),
]
Condition = Annotated[
    str,
    like(
        "resource.properties.owner == subject.id",
        "An expression in CEL that must be true, over subject, resource, action, context and now. "
        "What it needs and is not told is a refusal that says what is missing.",
        max_length=1024,
    ),
]
RoleWord = Literal["subject", "resource"]
PropertyMap = dict[str, Any]


class TypeNotFound(AdmitError):
    """There is no such type in the space: (type, space)."""

    code, status = "EntityNotExist.Type", 404
    message = "There is no type {0} in the space {1}."


class TypeReserved(AdmitError):
    """A name that has a meaning of its own in the space default: (type)."""

    code, status = "InvalidParameter.Name", 400
    message = (
        "{0} is a type of admit itself: choose another name, or another space, where it may hide admit's."
    )


class EntityNotFound(AdmitError):
    """Nothing is registered under this ID: (text)."""

    code, status, message = "EntityNotExist.Entity", 404, "{0}"


class NestedInCircle(AdmitError):
    """Something would be inside itself, or too deep: (inner, outer)."""

    code, status = "InvalidParameter.In", 400
    message = "{0} cannot be in {1}: it would be inside itself, or deeper than 16 levels."


def type_of(call: Call, name: str, space: str | None) -> Thing:
    """A type of a space.

    Raises:
        TypeNotFound: there is none.
    """
    found = own_types.type_named(call.sql, space or DEFAULT, name)
    if found is None:
        raise TypeNotFound(name, space or DEFAULT)
    return found


def entity_of(call: Call, text: str, space: str | None, role: RoleWord) -> Thing | None:
    """What ``TYPE:ID`` or ``TYPE:*`` names; None if that is no name of one's own.

    Raises:
        EntityNotFound: the type is there, and nothing of this ID.
    """
    name, _, id_ = text.partition(":")
    kind = own_types.type_named(call.sql, space or DEFAULT, name) if id_ else None
    if kind is None:
        return None
    if id_ == "*":
        return kind
    found = own_types.entity(call.sql, kind, role, id_)
    if found is None:
        raise EntityNotFound(f"There is no {role} {text}.")
    return found


def require_several(action: str | None, resource: Thing) -> None:
    """Return if an action may be named for a resource.

    Raises:
        InvalidParameter: it is of admit itself, and there is one thing to do with it.
    """
    if action is not None and resource.kind not in (Kind.RESOURCE, Kind.TYPE):
        raise InvalidParameter("ActionName", "only what is of a type of one's own has several.", "Value")
