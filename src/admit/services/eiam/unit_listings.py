"""Organizational units as they are read: one, many, and what a unit is in."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from sqlalchemy import Connection

from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber
from admit.rpc.shape import Shape, like
from admit.services.eiam.directory import (
    BUILT_IN,
    ON_UNIT,
    ON_UNITS,
    Description,
    ExternalId,
    OrganizationalUnitIds,
    SourceType,
    paged,
)
from admit.services.eiam.errors import ResourceNotFound
from admit.services.eiam.units import OrganizationalUnitName, UnitDetails, ancestors, root_of
from admit.services.eiam.vocabulary import (
    InstanceId,
    Moment,
    OrganizationalUnitId,
    PageSize,
    TotalCount,
    eiam,
    instance,
    unit,
)
from admit.store import links, things
from admit.store.things import Thing, Where


class RootOrganizationalUnit(Shape):
    """The topmost unit of an instance."""

    instance_id: InstanceId
    organizational_unit_id: OrganizationalUnitId
    organizational_unit_name: OrganizationalUnitName
    create_time: Moment
    update_time: Moment
    description: Description | None = None


class OrganizationalUnit(Shape):
    """An organizational unit."""

    instance_id: InstanceId
    organizational_unit_id: OrganizationalUnitId
    organizational_unit_name: OrganizationalUnitName
    organizational_unit_external_id: ExternalId
    organizational_unit_source_type: SourceType
    organizational_unit_source_id: str
    """Where it was made: for build_in the ID of the instance."""
    leaf: bool
    """Whether no unit is in it."""
    create_time: Moment
    update_time: Moment
    parent_id: OrganizationalUnitId | None = None
    """The unit it is in. The root unit has none."""
    description: Description | None = None


class ParentUnit(Shape):
    """A unit above another, and what it is in itself."""

    organizational_unit_id: OrganizationalUnitId
    parent_id: OrganizationalUnitId | None = None


def _listed(sql: Connection, idaas: Thing, found: Sequence[Thing]) -> Iterator[OrganizationalUnit]:
    keys = [each.key for each in found]
    above = links.joined(sql, keys, Kind.UNIT)
    parents = things.by_keys(sql, sorted({key for some in above.values() for key in some}))
    below = links.joined(sql, keys, Kind.UNIT, inward=True)
    for each in found:
        parent = next((parents[key] for key in above[each.key]), None)
        yield _told(idaas, each, parent, leaf=not below[each.key])


def _told(idaas: Thing, found: Thing, parent: Thing | None, *, leaf: bool) -> OrganizationalUnit:
    details = found.read(UnitDetails)
    return OrganizationalUnit(
        instance_id=idaas.id,
        organizational_unit_id=found.id,
        organizational_unit_name=found.name,
        organizational_unit_external_id=details.external_id,
        organizational_unit_source_type=BUILT_IN,
        organizational_unit_source_id=idaas.id,
        leaf=leaf,
        create_time=found.created_at,
        update_time=found.changed_at,
        parent_id=None if parent is None else parent.id,
        description=details.description,
    )


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_UNITS,))
class GetRootOrganizationalUnit(Shape):
    """Queries the root unit of an instance, which is there from the start."""

    instance_id: InstanceId

    class Response(Shape):
        """The root unit."""

        organizational_unit: RootOrganizationalUnit

    def handle(self, call: Call) -> Response:
        """Read the root unit."""
        idaas = instance(call, self.instance_id)
        root = root_of(call.sql, idaas)
        return self.Response(
            organizational_unit=RootOrganizationalUnit(
                instance_id=idaas.id,
                organizational_unit_id=root.id,
                organizational_unit_name=root.name,
                create_time=root.created_at,
                update_time=root.changed_at,
                description=root.read(UnitDetails).description,
            )
        )


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_UNIT,))
class GetOrganizationalUnit(Shape):
    """Queries an organizational unit."""

    instance_id: InstanceId
    organizational_unit_id: OrganizationalUnitId

    class Response(Shape):
        """The unit."""

        organizational_unit: OrganizationalUnit

    def handle(self, call: Call) -> Response:
        """Read the unit."""
        idaas = instance(call, self.instance_id)
        (told,) = _listed(call.sql, idaas, [unit(call, idaas, self.organizational_unit_id)])
        return self.Response(organizational_unit=told)


@eiam.operation("list", errors=(ResourceNotFound, InvalidParameter), resources=(ON_UNITS,))
class ListOrganizationalUnits(Shape):
    """Queries organizational units, the oldest first.

    Ours: a ParentId that is not there is refused, so that a slip is not taken for an empty unit.
    """

    instance_id: InstanceId
    parent_id: OrganizationalUnitId | None = None
    """Only the units directly in this one."""
    organizational_unit_name: Annotated[str, like("Sales", "Only units of exactly this name.")] | None = None
    organizational_unit_name_starts_with: (
        Annotated[str, like("Sal", "Only units whose name begins so.")] | None
    ) = None
    organizational_unit_ids: OrganizationalUnitIds | None = None
    page_number: PageNumber = 1
    page_size: PageSize = 20

    class Response(Shape):
        """The page."""

        organizational_units: tuple[OrganizationalUnit, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the units."""
        idaas = instance(call, self.instance_id)
        parent = unit(call, idaas, self.parent_id) if self.parent_id else None
        where = Where(
            Kind.UNIT,
            parent=idaas.key,
            ids=self.organizational_unit_ids,
            name=self.organizational_unit_name or None,
            name_prefix=self.organizational_unit_name_starts_with,
            linked_to=None if parent is None else parent.key,
        )
        found, total = paged(call, where, self.page_number, self.page_size)
        units = tuple(_listed(call.sql, idaas, found))
        return self.Response(organizational_units=units, total_count=total)


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_UNIT,))
class ListOrganizationalUnitParents(Shape):
    """Queries all units an organizational unit is in.

    Ours: the nearest comes first, the root unit last; the unit itself is not among them.
    """

    instance_id: InstanceId
    organizational_unit_id: OrganizationalUnitId

    class Response(Shape):
        """The units above."""

        parents: tuple[ParentUnit, ...]

    def handle(self, call: Call) -> Response:
        """Walk up to the root."""
        idaas = instance(call, self.instance_id)
        above = [each.id for each in ancestors(call.sql, unit(call, idaas, self.organizational_unit_id))]
        parents = zip(above, [*above[1:], None], strict=False)
        return self.Response(
            parents=tuple(ParentUnit(organizational_unit_id=each, parent_id=up) for each, up in parents)
        )
