"""Organizational units: the tree that every account stands in."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from sqlalchemy import Connection

from admit.control import grants, people
from admit.control import things as verbs
from admit.control.things import New
from admit.control.world import World
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.eiam.directory import ON_PARENT, ON_UNIT, ON_UNITS, Description, ExternalId
from admit.services.eiam.errors import ResourceDuplicated, ResourceNotFound, UnsupportedAction
from admit.services.eiam.vocabulary import (
    Done,
    InstanceId,
    OrganizationalUnitId,
    eiam,
    instance,
    random_id,
    unit,
)
from admit.store import links, things
from admit.store.engine import Tx
from admit.store.things import HandleTaken, Thing, Where

OrganizationalUnitName = Annotated[
    str, like("Sales", "The name of the organizational unit.", min_length=1, max_length=128)
]

ROOT = ""
"""The handle of the root unit. Other units have their external ID, which is never empty, for a handle."""


class UnitDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of an organizational unit besides the name."""

    external_id: str
    description: str | None = None


def plant(tx: Tx, world: World, instance_key: int, name: str) -> Thing:
    """Make the root unit of a new instance."""
    root_id = random_id(world, "ou_")
    return verbs.add(tx, New(Kind.UNIT, instance_key, name, UnitDetails(root_id), root_id, handle=ROOT))


def root_of(sql: Connection, idaas: Thing) -> Thing:
    """The root unit of an instance, which is there as long as the instance is.

    Raises:
        LookupError: the instance has no root.
    """
    found = things.by_handle(sql, Kind.UNIT, idaas.key, ROOT)
    if found is None:
        raise LookupError(f"{idaas.id} has no root unit")
    return found


def parent_of(sql: Connection, child: Thing) -> Thing | None:
    """The unit a unit is in; None for the root."""
    above = links.of(sql, child.key, inward=False, kind=Kind.UNIT)
    return things.by_key(sql, above[0][1].key) if above else None


def ancestors(sql: Connection, child: Thing) -> Iterator[Thing]:
    """The units a unit is in, the nearest first, the root last."""
    above = parent_of(sql, child)
    while above is not None:
        yield above
        above = parent_of(sql, above)


def _below(sql: Connection, top: Thing) -> list[Thing]:
    """The units below a unit, each before what it is in."""
    found = [top]
    for each in found:
        found += things.find(sql, Where(Kind.UNIT, parent=top.parent, linked_to=each.key))
    return found[:0:-1]


@eiam.operation(
    "create",
    errors=(ResourceNotFound, ResourceDuplicated, InvalidParameter),
    resources=(ON_UNITS, ON_PARENT),
)
class CreateOrganizationalUnit(Shape):
    """Creates an organizational unit inside another.

    Ours: units may share a name, even side by side.
    Ours: an external ID that another unit has is refused with
    ResourceDuplicated.OrganizationalUnitExternalId.
    """

    instance_id: InstanceId
    organizational_unit_name: OrganizationalUnitName
    parent_id: OrganizationalUnitId
    organizational_unit_external_id: ExternalId | None = None
    description: Description | None = None

    class Response(Shape):
        """The new unit."""

        organizational_unit_id: OrganizationalUnitId

    def handle(self, call: Call) -> Response:
        """Make the unit and put it into its parent."""
        idaas = instance(call, self.instance_id)
        parent = unit(call, idaas, self.parent_id)
        unit_id = random_id(call.world, "ou_")
        external_id = self.organizational_unit_external_id or unit_id
        details = UnitDetails(external_id, self.description or None)
        new = New(Kind.UNIT, idaas.key, self.organizational_unit_name, details, unit_id, handle=external_id)
        try:
            made = verbs.add(call.tx, new)
        except HandleTaken:
            raise ResourceDuplicated("OrganizationalUnitExternalId") from None
        grants.grant(call.tx, made, parent)
        return self.Response(organizational_unit_id=made.id)


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_UNIT,))
class UpdateOrganizationalUnit(Shape):
    """Renames an organizational unit. What is left out, or empty, stays as it is."""

    instance_id: InstanceId
    organizational_unit_id: OrganizationalUnitId
    organizational_unit_name: Annotated[str, like("Sales", "The new name.", max_length=128)] | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Rename the unit."""
        idaas = instance(call, self.instance_id)
        found = unit(call, idaas, self.organizational_unit_id)
        verbs.change(call.tx, found, name=self.organizational_unit_name or None)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_UNIT,))
class UpdateOrganizationalUnitDescription(Shape):
    """Replaces the remarks on an organizational unit.

    Ours: without Description the remarks are taken away.
    """

    instance_id: InstanceId
    organizational_unit_id: OrganizationalUnitId
    description: Description | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Replace the description."""
        idaas = instance(call, self.instance_id)
        found = unit(call, idaas, self.organizational_unit_id)
        details = msgspec.structs.replace(found.read(UnitDetails), description=self.description or None)
        verbs.change(call.tx, found, details=details)
        return Done()


@eiam.operation(
    "update", errors=(ResourceNotFound, UnsupportedAction, InvalidParameter), resources=(ON_UNIT, ON_PARENT)
)
class UpdateOrganizationalUnitParentId(Shape):
    """Moves an organizational unit, with everything in it, into another.

    Ours: moving a unit into itself or into what is below it is refused with InvalidParameter.ParentId.
    Ours: moving the root unit is refused with UnsupportedAction.RootOrganizationalUnit.
    """

    instance_id: InstanceId
    organizational_unit_id: OrganizationalUnitId
    parent_id: OrganizationalUnitId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Part the unit from its parent and put it into the other."""
        idaas = instance(call, self.instance_id)
        moved = unit(call, idaas, self.organizational_unit_id)
        parent = unit(call, idaas, self.parent_id)
        before = parent_of(call.sql, moved)
        if before is None:
            raise UnsupportedAction("RootOrganizationalUnit", "the root unit cannot be moved.")
        if moved.key in {parent.key, *(each.key for each in ancestors(call.sql, parent))}:
            raise InvalidParameter("ParentId", "the unit would be inside itself.", "Value")
        if before.key != parent.key:
            grants.revoke(call.tx, moved, before)
            grants.grant(call.tx, moved, parent)
        return Done()


@eiam.operation("delete", errors=(ResourceNotFound, UnsupportedAction), resources=(ON_UNIT,))
class DeleteOrganizationalUnit(Shape):
    """Deletes an organizational unit. It must be empty: without units and accounts in it.

    Ours: one that is not empty is refused with UnsupportedAction.OrganizationalUnitNotEmpty, the root
    unit with UnsupportedAction.RootOrganizationalUnit.
    """

    instance_id: InstanceId
    organizational_unit_id: OrganizationalUnitId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Remove the unit with what it is authorized to."""
        idaas = instance(call, self.instance_id)
        found = unit(call, idaas, self.organizational_unit_id)
        if found.key == root_of(call.sql, idaas).key:
            raise UnsupportedAction("RootOrganizationalUnit", "the root unit cannot be deleted.")
        if links.of(call.sql, found.key, inward=True, limit=1):
            raise UnsupportedAction("OrganizationalUnitNotEmpty", "the unit is not empty.")
        verbs.remove(call.tx, found)
        return Done()


@eiam.operation("delete", errors=(ResourceNotFound,), resources=(ON_UNIT,))
class DeleteOrganizationalUnitChildren(Shape):
    """Deletes an organizational unit with all units below it and all accounts in them.

    Ours: an account is deleted if its primary unit is; one that is in such a unit besides only leaves it.
    Ours: the root unit itself stays, empty.
    """

    instance_id: InstanceId
    organizational_unit_id: OrganizationalUnitId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Remove accounts, then units from the lowest up."""
        idaas = instance(call, self.instance_id)
        top = unit(call, idaas, self.organizational_unit_id)
        doomed = [*_below(call.sql, top), top]
        for each in doomed:
            for member in _primary_members(call.sql, each):
                people.remove_user(call.tx, member)
        root = root_of(call.sql, idaas)
        for each in doomed:
            if each.key != root.key:
                verbs.remove(call.tx, each)
        return Done()


def _primary_members(sql: Connection, of: Thing) -> list[Thing]:
    where = Where(Kind.USER, parent=of.parent, linked_to=of.key, details={"primary_unit": of.id})
    return things.find(sql, where)
