"""Which accounts are in which groups."""

from typing import Annotated

from admit.control import grants
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber
from admit.rpc.shape import Shape, like
from admit.services.eiam.directory import BUILT_IN, UserIds, named_by, paged
from admit.services.eiam.errors import ResourceNotFound
from admit.services.eiam.vocabulary import (
    ON_GROUP,
    ON_USER,
    Done,
    GroupId,
    InstanceId,
    PageSize,
    TotalCount,
    UserId,
    eiam,
    group,
    instance,
    user,
)
from admit.store.things import Where

RelationSourceType = Annotated[
    str, like("build_in", "Where the membership was made: build_in, in the instance itself.")
]


@eiam.operation("create", errors=(ResourceNotFound, InvalidParameter), resources=(ON_GROUP,))
class AddUsersToGroup(Shape):
    """Puts accounts into a group; they gain all that the group is authorized and attached to.

    Ours: an account that is in the group already stays in it. If one of the accounts is not there, none
    is put into the group.
    """

    instance_id: InstanceId
    group_id: GroupId
    user_ids: UserIds

    Response = Done

    def handle(self, call: Call) -> Done:
        """Join each account to the group."""
        idaas = instance(call, self.instance_id)
        joined = group(call, idaas, self.group_id)
        for each in named_by(call, idaas, Kind.USER, self.user_ids):
            grants.grant(call.tx, each, joined)
        return Done()


@eiam.operation("delete", errors=(ResourceNotFound, InvalidParameter), resources=(ON_GROUP,))
class RemoveUsersFromGroup(Shape):
    """Takes accounts out of a group.

    Ours: an account that is not in the group changes nothing. If one of the accounts is not there at
    all, none is taken out.
    """

    instance_id: InstanceId
    group_id: GroupId
    user_ids: UserIds

    Response = Done

    def handle(self, call: Call) -> Done:
        """Part each account from the group."""
        idaas = instance(call, self.instance_id)
        left = group(call, idaas, self.group_id)
        for each in named_by(call, idaas, Kind.USER, self.user_ids):
            grants.revoke(call.tx, each, left)
        return Done()


class UserOfGroup(Shape):
    """An account in a group."""

    user_id: UserId
    group_member_relation_source_type: RelationSourceType
    group_member_relation_source_id: InstanceId


@eiam.operation("get", errors=(ResourceNotFound, InvalidParameter), resources=(ON_GROUP,))
class ListUsersForGroup(Shape):
    """Queries the accounts in a group, the oldest first."""

    instance_id: InstanceId
    group_id: GroupId
    user_ids: UserIds | None = None
    page_number: PageNumber = 1
    page_size: PageSize = 20

    class Response(Shape):
        """The page."""

        users: tuple[UserOfGroup, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the members."""
        idaas = instance(call, self.instance_id)
        joined = group(call, idaas, self.group_id)
        where = Where(Kind.USER, parent=idaas.key, ids=self.user_ids, linked_to=joined.key)
        found, total = paged(call, where, self.page_number, self.page_size)
        members = tuple(
            UserOfGroup(
                user_id=each.id,
                group_member_relation_source_type=BUILT_IN,
                group_member_relation_source_id=idaas.id,
            )
            for each in found
        )
        return self.Response(users=members, total_count=total)


class GroupOfUser(Shape):
    """A group an account is in."""

    group_id: GroupId
    group_member_relation_source_type: RelationSourceType
    group_member_relation_source_id: InstanceId


@eiam.operation("get", errors=(ResourceNotFound, InvalidParameter), resources=(ON_USER,))
class ListGroupsForUser(Shape):
    """Queries the groups an account is in, the oldest first."""

    instance_id: InstanceId
    user_id: UserId
    page_number: PageNumber = 1
    page_size: PageSize = 20

    class Response(Shape):
        """The page."""

        groups: tuple[GroupOfUser, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the groups."""
        idaas = instance(call, self.instance_id)
        member = user(call, idaas, self.user_id)
        where = Where(Kind.GROUP, parent=idaas.key, linked_from=member.key)
        found, total = paged(call, where, self.page_number, self.page_size)
        groups = tuple(
            GroupOfUser(
                group_id=each.id,
                group_member_relation_source_type=BUILT_IN,
                group_member_relation_source_id=idaas.id,
            )
            for each in found
        )
        return self.Response(groups=groups, total_count=total)
