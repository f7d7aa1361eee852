"""Types of one's own: what an application registers to have decided, each in a space of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import Connection

from admit.control import grants, names, things
from admit.control.names import NameFault
from admit.control.things import New
from admit.core.links import Kind, Ref
from admit.core.validity import Millis
from admit.store import links as stored_links
from admit.store import things as stored
from admit.store.engine import Tx
from admit.store.things import Thing
from admit.store.views import kept

DEFAULT = "default"
"""The space that is meant where none is named."""

Else: TypeAlias = Callable[[Connection, str, Millis | None], Thing]
Role: TypeAlias = Literal["subject", "resource"]
KINDS: Mapping[Role, Kind] = {"subject": Kind.SUBJECT, "resource": Kind.RESOURCE}

DEEPEST = 16
"""How deep subjects, and resources, may be nested."""


class SpaceDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a space besides its name: nothing yet."""


class TypeDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a type."""

    actions: tuple[str, ...] = ()
    """What can be done with a resource of it."""
    open: bool = False
    """Whether one may be asked about that is not registered."""
    description: str = ""


class EntityDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a subject or a resource besides its id: nothing. Its properties are a thing inside."""


class Properties(msgspec.Struct, omit_defaults=True):
    """The properties of a subject or a resource. Others are another thing: those of the past remain."""

    values: dict[str, Any] = {}


class Circle(Exception):
    """Something would be inside itself, or deeper than it may be."""


def space(sql: Connection, name: str) -> Thing | None:
    """The space of a name, if anything was ever registered there."""
    return stored.by_handle(sql, Kind.SPACE, 0, name)


def type_named(sql: Connection, space_name: str, name: str) -> Thing | None:
    """A type of a space, if there is one."""
    found = space(sql, space_name)
    return None if found is None else stored.by_handle(sql, Kind.TYPE, found.key, name)


def register(tx: Tx, space_name: str, name: str, details: TypeDetails) -> Thing:
    """Make a type, or let one that is there be so; the space is made with its first."""
    place = space(tx.sql, space_name) or things.add(
        tx, New(Kind.SPACE, 0, space_name, SpaceDetails(), handle=space_name)
    )
    found = stored.by_handle(tx.sql, Kind.TYPE, place.key, name)
    if found is None:
        return things.add(tx, New(Kind.TYPE, place.key, name, details, handle=name))
    return things.change(tx, found, details=details)


def put(tx: Tx, kind_of: Thing, role: Role, name: str, properties: dict[str, Any]) -> Thing:
    """Register a subject or a resource, or let one that is there have these properties and no others."""
    kind = KINDS[role]
    found = stored.by_handle(tx.sql, kind, kind_of.key, name)
    if found is None:
        found = things.add(tx, New(kind, kind_of.key, name, EntityDetails(), handle=name))
        source, target = (found, kind_of) if role == "subject" else (kind_of, found)
        grants.grant(tx, source, target)
    _set_properties(tx, found, properties)
    return found


def _set_properties(tx: Tx, entity: Thing, properties: dict[str, Any]) -> None:
    standing = stored.by_handle(tx.sql, Kind.PROPERTIES, entity.key, _PROPERTIES)
    if properties == ({} if standing is None else standing.read(Properties).values):
        return
    if standing is not None:
        things.remove(tx, standing)
    if properties:
        made = New(Kind.PROPERTIES, entity.key, _PROPERTIES, Properties(properties), handle=_PROPERTIES)
        things.add(tx, made)


_PROPERTIES = "properties"


def properties_of(sql: Connection, entity: Ref, at: Millis | None = None) -> dict[str, Any]:
    """The properties something is registered with: now, or at a moment."""
    found = stored.named(sql, Kind.PROPERTIES, _PROPERTIES, at, parent=entity.key)
    return found[-1].read(Properties).values if found else {}


def nest(tx: Tx, inner: Thing, outer: Thing) -> bool:
    """Let a subject be a member of another, or a resource be inside another; False if it is.

    Raises:
        Circle: the outer one is inside the inner one, or too deep.
    """
    _require_no_circle(tx.sql, inner, outer)
    source, target = (inner, outer) if inner.kind is Kind.SUBJECT else (outer, inner)
    return grants.grant(tx, source, target)


def unnest(tx: Tx, inner: Thing, outer: Thing) -> bool:
    """The reverse of :func:`nest`; False if it is not inside."""
    source, target = (inner, outer) if inner.kind is Kind.SUBJECT else (outer, inner)
    return grants.revoke(tx, source, target)


def _require_no_circle(sql: Connection, inner: Thing, outer: Thing) -> None:
    outward = inner.kind is not Kind.SUBJECT
    level = {outer.key}
    for _ in range(DEEPEST):
        if inner.key in level:
            raise Circle
        level = {
            ref.key for key in level for _, ref in stored_links.of(sql, key, inward=outward, kind=inner.kind)
        }
        if not level:
            return
    raise Circle


@dataclass(frozen=True, slots=True)
class Name:
    """What ``[SPACE/]TYPE:ID`` names; the ID ``*`` stands for the type as a whole."""

    space: str
    type: str
    id: str

    @classmethod
    def read(cls, text: str) -> "Name | None":
        """The parts of a name; None if it has none."""
        kind, colon, name = text.partition(":")
        place, slash, type_ = kind.rpartition("/")
        return cls(place if slash else DEFAULT, type_, name) if colon and type_ and name else None


def own(sql: Connection, name: Name, role: Role, at: Millis | None = None) -> Thing:
    """The subject, the resource or the type of a name: now, or at a moment.

    Raises:
        NameFault: there is none.
    """
    kind = type_named(sql, name.space, name.type)
    if kind is None:
        raise NameFault("NotFound", f"There is no type {name.type} in the space {name.space}.")
    found = kind if name.id == "*" else entity(sql, kind, role, name.id, at)
    if found is None:
        raise NameFault("NotFound", f"There is no {role} {name.type}:{name.id}.")
    return found


def entity(sql: Connection, kind: Thing, role: Role, name: str, at: Millis | None = None) -> Thing | None:
    """What is registered of a type under an id: now, or was at a moment."""
    if at is None:
        return stored.by_handle(sql, KINDS[role], kind.key, name)
    found = stored.named(sql, KINDS[role], name, at, parent=kind.key)
    return next((each for each in found if each.name == name), None)


def subject(sql: Connection, text: str, at: Millis | None = None) -> Thing:
    """Who a text names: ``TYPE:ID`` for a subject of one's own, or a person's name.

    Raises:
        NameFault: nobody, or more than one.
    """
    return _named(sql, text, "subject", names.person, at)


def resource(sql: Connection, text: str, at: Millis | None = None) -> Thing:
    """What a text names: ``TYPE:ID`` for a resource of one's own, or whatever else is used by a name.

    Raises:
        NameFault: nothing, or more than one thing.
    """
    return _named(sql, text, "resource", names.resource, at)


def passed(sql: Connection, text: str, at: Millis | None = None) -> Thing:
    """What a text names that ways lead through: something of admit's, or a subject or resource of one's own.

    Raises:
        NameFault: nothing, more than one thing, or a type as a whole: it may be on either side.
    """
    name = Name.read(text)
    kind = None if name is None else type_named(sql, name.space, name.type)
    if name is None or kind is None or text.partition(":")[0] in names.PASSED:
        return names.passed(sql, text, at)
    if name.id == "*":
        raise NameFault("Value", f"{text} stands for subjects and for resources: name one of them.")
    found = entity(sql, kind, "subject", name.id, at)
    return own(sql, name, "resource", at) if found is None else found


def _named(sql: Connection, text: str, role: Role, else_: Else, at: Millis | None) -> Thing:
    """What a text names: one's own, or else something of admit's. The same few are asked about again."""
    known = kept(sql, f"{role} by name") if at is None else None
    found: Thing | None = None if known is None else known.get(text)
    if found is not None:
        return found
    name = Name.read(text)
    if name is not None and type_named(sql, name.space, name.type) is not None:
        found = own(sql, name, role, at)
    else:
        found = else_(sql, text, at)
    if known is not None:
        known[text] = found
    return found
