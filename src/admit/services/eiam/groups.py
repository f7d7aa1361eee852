"""Groups of accounts."""

from typing import Annotated

import msgspec

from admit.control import things as verbs
from admit.control.eiam.idaas import GroupDetails
from admit.control.things import New
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber
from admit.rpc.shape import Shape, like
from admit.services.eiam.directory import (
    BUILT_IN,
    ON_GROUPS,
    Description,
    ExternalId,
    GroupIds,
    paged,
)
from admit.services.eiam.errors import ResourceDuplicated, ResourceNotFound
from admit.services.eiam.vocabulary import (
    ON_GROUP,
    Done,
    GroupId,
    InstanceId,
    Moment,
    PageSize,
    TotalCount,
    eiam,
    group,
    instance,
    random_id,
)
from admit.store.things import HandleTaken, Thing, Where

GroupName = Annotated[str, like("dba", "The name of the group.", min_length=1, max_length=64)]


@eiam.operation(
    "create", errors=(ResourceNotFound, ResourceDuplicated, InvalidParameter), resources=(ON_GROUPS,)
)
class CreateGroup(Shape):
    """Creates a group.

    Ours: groups may share a name.
    Ours: an external ID that another group has is refused with ResourceDuplicated.GroupExternalId.
    """

    instance_id: InstanceId
    group_name: GroupName
    group_external_id: ExternalId | None = None
    description: Description | None = None

    class Response(Shape):
        """The new group."""

        group_id: GroupId

    def handle(self, call: Call) -> Response:
        """Make the group."""
        idaas = instance(call, self.instance_id)
        group_id = random_id(call.world, "group_")
        external_id = self.group_external_id or group_id
        details = GroupDetails(external_id, self.description or None)
        new = New(Kind.GROUP, idaas.key, self.group_name, details, group_id, handle=external_id)
        try:
            made = verbs.add(call.tx, new)
        except HandleTaken:
            raise ResourceDuplicated("GroupExternalId") from None
        return self.Response(group_id=made.id)


@eiam.operation(
    "update", errors=(ResourceNotFound, ResourceDuplicated, InvalidParameter), resources=(ON_GROUP,)
)
class UpdateGroup(Shape):
    """Changes a group. What is left out, or empty, stays as it is."""

    instance_id: InstanceId
    group_id: GroupId
    group_name: Annotated[str, like("dba", "The new name.", max_length=64)] | None = None
    group_external_id: Annotated[str, like("erp-0007", "The new external ID.", max_length=128)] | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Write what is said."""
        found = group(call, instance(call, self.instance_id), self.group_id)
        details = found.read(GroupDetails)
        if self.group_external_id:
            details = msgspec.structs.replace(details, external_id=self.group_external_id)
        try:
            verbs.change(
                call.tx, found, name=self.group_name or None, handle=details.external_id, details=details
            )
        except HandleTaken:
            raise ResourceDuplicated("GroupExternalId") from None
        return Done()


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_GROUP,))
class UpdateGroupDescription(Shape):
    """Replaces the remarks on a group.

    Ours: without Description the remarks are taken away.
    """

    instance_id: InstanceId
    group_id: GroupId
    description: Description | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Replace the description."""
        found = group(call, instance(call, self.instance_id), self.group_id)
        details = msgspec.structs.replace(found.read(GroupDetails), description=self.description or None)
        verbs.change(call.tx, found, details=details)
        return Done()


@eiam.operation("delete", errors=(ResourceNotFound,), resources=(ON_GROUP,))
class DeleteGroup(Shape):
    """Deletes a group with its authorizations and attachments. Its accounts stay."""

    instance_id: InstanceId
    group_id: GroupId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Remove the group."""
        verbs.remove(call.tx, group(call, instance(call, self.instance_id), self.group_id))
        return Done()


class Group(Shape):
    """A group."""

    instance_id: InstanceId
    group_id: GroupId
    group_name: GroupName
    group_external_id: ExternalId
    group_source_type: str
    """Where it was made: build_in, in the instance itself."""
    group_source_id: InstanceId
    create_time: Moment
    update_time: Moment
    description: Description | None = None


def _told(idaas: Thing, found: Thing) -> Group:
    details = found.read(GroupDetails)
    return Group(
        instance_id=idaas.id,
        group_id=found.id,
        group_name=found.name,
        group_external_id=details.external_id,
        group_source_type=BUILT_IN,
        group_source_id=idaas.id,
        create_time=found.created_at,
        update_time=found.changed_at,
        description=details.description,
    )


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_GROUP,))
class GetGroup(Shape):
    """Queries a group."""

    instance_id: InstanceId
    group_id: GroupId

    class Response(Shape):
        """The group."""

        group: Group

    def handle(self, call: Call) -> Response:
        """Read the group."""
        idaas = instance(call, self.instance_id)
        return self.Response(group=_told(idaas, group(call, idaas, self.group_id)))


@eiam.operation("list", errors=(ResourceNotFound, InvalidParameter), resources=(ON_GROUPS,))
class ListGroups(Shape):
    """Queries groups, the oldest first."""

    instance_id: InstanceId
    group_name: Annotated[str, like("dba", "Only groups of exactly this name.")] | None = None
    group_name_starts_with: Annotated[str, like("db", "Only groups whose name begins so.")] | None = None
    group_ids: GroupIds | None = None
    group_external_id: Annotated[str, like("erp-0007", "Only the group of this external ID.")] | None = None
    page_number: PageNumber = 1
    page_size: PageSize = 20

    class Response(Shape):
        """The page."""

        groups: tuple[Group, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the groups."""
        idaas = instance(call, self.instance_id)
        where = Where(
            Kind.GROUP,
            parent=idaas.key,
            ids=self.group_ids,
            name=self.group_name or None,
            name_prefix=self.group_name_starts_with,
            details={"external_id": self.group_external_id or None},
        )
        found, total = paged(call, where, self.page_number, self.page_size)
        return self.Response(groups=tuple(_told(idaas, each) for each in found), total_count=total)
