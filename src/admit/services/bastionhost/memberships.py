"""Who is in which user group."""

from collections.abc import Callable
from typing import Literal

from admit.control import grants
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import AnyCase, Shape
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument, UserNotFound
from admit.services.bastionhost.user_groups import Comment, UserGroupDetails, UserGroupName
from admit.services.bastionhost.vocabulary import (
    ALREADY,
    INVALID,
    NOT_FOUND,
    OK,
    InstanceId,
    Message,
    PageNumber,
    PageSize,
    ProjectId,
    RegionId,
    ResultCode,
    TotalCount,
    UserGroupId,
    UserId,
    UserIds,
    bastionhost,
    instance,
    is_decimal,
    pages,
    user,
)
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing, Where


class MemberResult(Shape):
    """What became of one user."""

    user_id: UserId
    user_group_id: UserGroupId
    code: ResultCode
    message: Message


@bastionhost.operation("create", errors=(InvalidArgument, InstanceNotFound))
class AddUsersToGroup(Shape):
    """Adds users to a user group: what the group may use they may use at once.

    Ours: if the user group does not exist, each user answers OBJECT_NOT_FOUND.
    """

    instance_id: InstanceId
    user_group_id: UserGroupId
    user_ids: UserIds
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """What became of each user."""

        results: tuple[MemberResult, ...]

    def handle(self, call: Call) -> Response:
        """Add each; a failure stops only its own item."""
        return self.Response(results=_changed(call, self, grants.grant))


@bastionhost.operation("delete", errors=(InvalidArgument, InstanceNotFound))
class RemoveUsersFromGroup(Shape):
    """Removes users from a user group: what they may use by it alone ends at once.

    Ours: if the user group does not exist, each user answers OBJECT_NOT_FOUND; a
    user who is not in it answers OBJECT_AlREADY_EXISTS, as detaching what is not
    attached does.
    """

    instance_id: InstanceId
    user_group_id: UserGroupId
    user_ids: UserIds
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """What became of each user."""

        results: tuple[MemberResult, ...]

    def handle(self, call: Call) -> Response:
        """Remove each; a failure stops only its own item."""
        return self.Response(results=_changed(call, self, grants.revoke))


def _changed(
    call: Call,
    asked: AddUsersToGroup | RemoveUsersFromGroup,
    verb: Callable[[Tx, Thing, Thing], bool],
) -> tuple[MemberResult, ...]:
    """Join each user to the group, or part them."""
    bastion = instance(call, asked.instance_id)
    group = things.by_id(call.sql, Kind.GROUP, bastion.key, asked.user_group_id)

    def code(user_id: str) -> str:
        if not (is_decimal(user_id) and is_decimal(asked.user_group_id)):
            return INVALID
        found = things.by_id(call.sql, Kind.USER, bastion.key, user_id)
        if found is None or group is None:
            return NOT_FOUND
        return OK if verb(call.tx, found, group) else ALREADY

    return tuple(
        MemberResult(user_id=each, user_group_id=asked.user_group_id, code=code(each), message="")
        for each in asked.user_ids
    )


class GroupOfUser(Shape):
    """A user group the user is in."""

    user_group_id: UserGroupId
    user_group_name: UserGroupName
    comment: Comment
    project_id: str | None = None
    """Absent: there are no projects here."""
    project_name: str | None = None
    """Absent: there are no projects here."""


@bastionhost.operation("list", errors=(InvalidArgument, InstanceNotFound, UserNotFound))
class ListUserGroupsForUser(Shape):
    """Queries the user groups a user is in."""

    instance_id: InstanceId
    user_id: UserId
    page_number: PageNumber
    page_size: PageSize
    paging_off: AnyCase[Literal["true", "false"]] | None = None
    """Whether to answer all of them at once."""
    keyword: str | None = None
    """A part of the names of the user groups to look for."""
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """A page of user groups."""

        user_groups: tuple[GroupOfUser, ...]
        count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find those that match."""
        bastion = instance(call, self.instance_id)
        member = user(call, bastion, self.user_id)
        where = Where(
            Kind.GROUP,
            parent=bastion.key,
            linked_from=member.key,
            name_contains=self.keyword or None,
        )
        offset, limit = pages(self.page_number, self.page_size)
        every = self.paging_off == "true"
        found = things.find(call.sql, where, offset=0 if every else offset, limit=None if every else limit)
        return self.Response(
            user_groups=tuple(_shown(group) for group in found), count=things.count(call.sql, where)
        )


def _shown(group: Thing) -> GroupOfUser:
    return GroupOfUser(
        user_group_id=group.id,
        user_group_name=group.name,
        comment=group.read(UserGroupDetails).comment,
    )
