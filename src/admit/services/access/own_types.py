"""Registering types of one's own, and the subjects and resources there are of them."""

from typing import Annotated

from admit.control import own_types
from admit.control import things as verbs
from admit.control.names import PREFIXES
from admit.control.own_types import DEFAULT, KINDS, Circle, TypeDetails
from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import marker, place_of
from admit.rpc.shape import Json, Shape, at_most
from admit.services.access.listings import MaxResults, NextToken
from admit.services.access.own_words import (
    ActionName,
    EntityId,
    EntityName,
    EntityNotFound,
    NestedInCircle,
    PropertyMap,
    RoleWord,
    SpaceName,
    TypeName,
    TypeNotFound,
    TypeReserved,
    entity_of,
    type_of,
)
from admit.services.access.vocabulary import access
from admit.store import links, things
from admit.store.things import Thing, Where

RESERVED = frozenset(
    {
        *PREFIXES,
        "person",
        "user",
        "user-group",
        "organizational-unit",
        "host-account",
        "application",
    }
)
"""What has a meaning of its own where the space default is asked."""

MOST_AT_ONCE = 100


class TypeShown(Shape):
    """A type of one's own."""

    name: TypeName
    space: SpaceName
    actions: tuple[ActionName, ...]
    open: bool
    """Whether one may be asked about that is not registered."""
    description: str


@access.operation("create", errors=(TypeReserved, InvalidParameter), resources=("space/{Space}",))
class RegisterType(Shape):
    """Registers a type of subjects and resources of one's own, or changes one.

    Its subjects and resources are then registered with PutEntities, unless it is open, and granted
    with GrantActions. They are decided about at the AuthZEN endpoints of its space, and by CheckAccess.
    """

    name: TypeName
    space: SpaceName | None = None
    actions: Annotated[tuple[ActionName, ...], at_most(100)] = ()
    """What can be done with a resource of it. A search for actions tells those of them that are allowed."""
    open: bool = False
    """Whether one may be asked about that is not registered: it has what is granted on TYPE:*, and the
    properties that come with the question."""
    description: Annotated[str, at_most(1024)] = ""
    """What it is, for people."""

    class Response(Shape):
        """The type."""

        type: TypeShown

    def handle(self, call: Call) -> Response:
        """Register it."""
        space = self.space or DEFAULT
        if space == DEFAULT and self.name in RESERVED:
            raise TypeReserved(self.name)
        details = TypeDetails(tuple(dict.fromkeys(self.actions)), self.open, self.description)
        return self.Response(type=_shown(own_types.register(call.tx, space, self.name, details), space))


def _shown(kind: Thing, space: str) -> TypeShown:
    details = kind.read(TypeDetails)
    return TypeShown(
        name=kind.name,
        space=space,
        actions=details.actions,
        open=details.open,
        description=details.description,
    )


@access.operation("list", resources=("space/{Space}",))
class ListTypes(Shape):
    """Lists the types of one's own in a space, by name."""

    space: SpaceName | None = None

    class Response(Shape):
        """The types."""

        types: tuple[TypeShown, ...]

    def handle(self, call: Call) -> Response:
        """Read them."""
        name = self.space or DEFAULT
        space = own_types.space(call.sql, name)
        found = [] if space is None else things.find(call.sql, Where(Kind.TYPE, space.key, order="name"))
        return self.Response(types=tuple(_shown(each, name) for each in found))


@access.operation("delete", errors=(TypeNotFound,), resources=("space/{Space}",))
class RemoveType(Shape):
    """Removes a type, with everything that is registered and granted of it. The ledger keeps it."""

    name: TypeName
    space: SpaceName | None = None

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Remove it."""
        verbs.remove(call.tx, type_of(call, self.name, self.space))
        return self.Response()


class Entity(Shape):
    """A subject or a resource."""

    id: EntityId
    properties: PropertyMap | None = None
    """What conditions may ask of it: any JSON. They replace those of before, whole."""
    inside: Annotated[tuple[EntityName, ...], at_most(20)] = ()
    """For a subject what it is a member of, for a resource what it is inside of: TYPE:ID, registered
    before. It is added to what there is."""


@access.operation(
    "update",
    errors=(TypeNotFound, EntityNotFound, NestedInCircle, InvalidParameter),
    resources=("space/{Space}",),
)
class PutEntities(Shape):
    """Registers subjects or resources of a type, or gives those that are there other properties."""

    type: TypeName
    role: RoleWord
    """Whether they are subjects or resources. One that is both is registered as both."""
    entities: Json[Annotated[tuple[Entity, ...], at_most(MOST_AT_ONCE, 1)]]
    """What to register, at most 100."""
    space: SpaceName | None = None

    class Response(Shape):
        """Done, all or none."""

    def handle(self, call: Call) -> Response:
        """Register them, in their order."""
        kind = type_of(call, self.type, self.space)
        for each in self.entities:
            made = own_types.put(call.tx, kind, self.role, each.id, each.properties or {})
            for outer in each.inside:
                self._nest(call, made, outer)
        return self.Response()

    def _nest(self, call: Call, inner: Thing, text: str) -> None:
        outer = entity_of(call, text, self.space, self.role)
        if outer is None or outer.kind is Kind.TYPE:
            raise EntityNotFound(f"There is no {self.role} {text}.")
        try:
            own_types.nest(call.tx, inner, outer)
        except Circle:
            raise NestedInCircle(f"{self.type}:{inner.name}", text) from None


@access.operation("update", errors=(TypeNotFound, EntityNotFound), resources=("space/{Space}",))
class RemoveEntities(Shape):
    """Removes subjects or resources of a type, with what they are granted, or only from what they are in."""

    type: TypeName
    role: RoleWord
    """Whether subjects or resources are meant."""
    ids: Json[Annotated[tuple[EntityId, ...], at_most(MOST_AT_ONCE, 1)]]
    """Their IDs, at most 100."""
    outer: EntityName | None = None
    """They stay registered, and are only no longer in this one."""
    space: SpaceName | None = None

    class Response(Shape):
        """Done, all or none."""

    def handle(self, call: Call) -> Response:
        """Remove them."""
        kind = type_of(call, self.type, self.space)
        outer = None if self.outer is None else entity_of(call, self.outer, self.space, self.role)
        for name in self.ids:
            found = own_types.entity(call.sql, kind, self.role, name)
            if found is None or (self.outer is not None and outer is None):
                raise EntityNotFound(f"There is no {self.role} {self.type}:{name}.")
            if outer is None:
                verbs.remove(call.tx, found)
            else:
                own_types.unnest(call.tx, found, outer)
        return self.Response()


class EntityShown(Shape):
    """A subject or a resource."""

    id: EntityId
    properties: PropertyMap
    inside: tuple[EntityName, ...]
    """What it is a member of, or inside of."""


@access.operation("list", errors=(TypeNotFound, InvalidNextToken), resources=("space/{Space}",))
class ListEntities(Shape):
    """Lists the subjects or the resources of a type, the oldest first."""

    type: TypeName
    role: RoleWord
    """Whether subjects or resources are meant."""
    space: SpaceName | None = None
    max_results: MaxResults = 100
    next_token: NextToken | None = None

    class Response(Shape):
        """A page."""

        entities: tuple[EntityShown, ...]
        total_count: int
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Read a page, and one more to see whether there is another."""
        kind, place = type_of(call, self.type, self.space), place_of(self.next_token)
        where = Where(KINDS[self.role], kind.key, after=None if place is None else place[0])
        found = things.find(call.sql, where, limit=self.max_results + 1)
        page = found[: self.max_results]
        return self.Response(
            entities=tuple(self._shown(call, each) for each in page),
            total_count=things.count(call.sql, Where(KINDS[self.role], kind.key)),
            max_results=self.max_results,
            next_token=marker(page[-1].key) if len(found) > len(page) else None,
        )

    def _shown(self, call: Call, each: Thing) -> EntityShown:
        inward = self.role == "resource"
        around = links.of(call.sql, each.key, inward=inward, kind=each.kind)
        outer = things.by_keys(call.sql, [ref.key for _, ref in around])
        kinds = things.by_keys(call.sql, [thing.parent for thing in outer.values()])
        return EntityShown(
            id=each.name,
            properties=own_types.properties_of(call.sql, each.ref),
            inside=tuple(f"{kinds[thing.parent].name}:{thing.name}" for thing in outer.values()),
        )
