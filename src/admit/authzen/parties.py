"""Who and what a caller names: of a type of one's own in the space that is asked, or of admit's."""

from collections.abc import Hashable
from typing import Any

from sqlalchemy import Connection

from admit.authzen import native
from admit.authzen.asking import Entity
from admit.control import own_types
from admit.control.answers.asked import Parties, Party
from admit.control.names import NameFault
from admit.control.own_types import KINDS, Role, TypeDetails
from admit.core.links import Kind, Ref
from admit.store import things
from admit.store.things import Thing
from admit.store.views import kept


class Space:
    """A decision point: the types of a space, and those admit has of itself that they do not hide."""

    def __init__(self, sql: Connection, name: str) -> None:
        self.sql = sql
        self.name = name
        known = kept(sql, "parties")
        self._known: dict[Hashable, Any] = {} if known is None else known

    def party(self, role: Role, entity: Entity) -> Party:
        """Who or what an entity is.

        Raises:
            NameFault: it is nothing that is known here.
        """
        asked = (self.name, role, entity.type, entity.id)
        ref: Ref | None = self._known.get(asked)
        if ref is None:
            own = self.own(entity.type)
            ref = self._native(role, entity) if own is None else self._registered(own, role, entity)
            self._known[asked] = ref
        return Party(ref, entity.type, entity.id, entity.properties)

    def own(self, name: str) -> Thing | None:
        """The type of one's own of a name, if there is one in this space."""
        return own_types.type_named(self.sql, self.name, name)

    def _registered(self, own: Thing, role: Role, entity: Entity) -> Ref:
        found = own_types.entity(self.sql, own, role, entity.id)
        if found is not None:
            return found.ref
        if own.read(TypeDetails).open:
            return own.ref
        raise NameFault("NotFound", f"There is no {role} {entity.type}:{entity.id}.")

    def _native(self, role: Role, entity: Entity) -> Ref:
        if role == "subject" and entity.type in native.SUBJECTS:
            return native.subject(self.sql, native.SUBJECTS[entity.type], entity.id).ref
        if role == "resource" and entity.type in native.RESOURCES:
            return native.resource(self.sql, native.RESOURCES[entity.type].kind, entity.id).ref
        raise NameFault("NotFound", f"There are no {role}s of the type {entity.type}.")

    def deeds(self, name: str) -> tuple[str, ...]:
        """What is done with resources of a type, as far as that is said of the type."""
        own = self.own(name)
        if own is not None:
            return own.read(TypeDetails).actions
        return (native.RESOURCES[name].action,) if name in native.RESOURCES else ()

    def deed(self, kind: str, action: str) -> str | None:
        """The action to ask about: of admit's own types there is one only, and grants do not name it.

        Raises:
            NameFault: it is not that one.
        """
        usable = native.RESOURCES.get(kind)
        if usable is None or self._hides(kind):
            return action
        if action != usable.action:
            raise NameFault("Action", f"What may be done with a {kind} is to {usable.action}.")
        return None

    def _hides(self, kind: str) -> bool:
        """Whether a type of one's own hides the one that admit has of that name."""
        asked = (self.name, kind)
        if asked not in self._known:
            self._known[asked] = self.own(kind) is not None
        hides: bool = self._known[asked]
        return hides

    def wanted(self, role: Role, name: str) -> Parties:
        """What makes parties of those things that are of a type."""
        own = self.own(name)
        if own is not None:
            return lambda refs: self._own_parties(own, KINDS[role], refs)
        if role == "subject":
            return lambda refs: self._native_parties(name, native.SUBJECTS.get(name), refs)
        usable = native.RESOURCES.get(name)
        return lambda refs: self._native_parties(name, None if usable is None else usable.kind, refs)

    def _own_parties(self, own: Thing, kind: Kind, refs: list[Ref]) -> dict[Ref, Party]:
        found = things.by_keys(self.sql, [ref.key for ref in refs if ref.kind is kind])
        return {
            thing.ref: Party(thing.ref, own.name, thing.name)
            for thing in found.values()
            if thing.parent == own.key
        }

    def _native_parties(self, name: str, kind: Kind | None, refs: list[Ref]) -> dict[Ref, Party]:
        ids = native.ids(self.sql, [ref for ref in refs if ref.kind is kind])
        return {ref: Party(ref, name, each) for ref, each in ids.items()}
