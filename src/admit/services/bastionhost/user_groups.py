"""User groups of a bastion host."""

from typing import Annotated

import msgspec

from admit.control import things as verbs
from admit.control.things import New
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.errors import (
    InstanceNotFound,
    InvalidArgument,
    UserGroupAlreadyExists,
    UserGroupNotFound,
)
from admit.services.bastionhost.vocabulary import (
    ONE_LINE,
    InstanceId,
    PageNumber,
    PageSize,
    ProjectId,
    RegionId,
    TotalCount,
    UserGroupId,
    bastionhost,
    instance,
    pages,
    user_group,
)
from admit.store import links, things
from admit.store.things import HandleTaken, Where

UserGroupName = Annotated[
    str,
    like(
        "TestGroup01",
        "The name of the user group, unique in the bastion host.",
        min_length=1,
        max_length=128,
        pattern=ONE_LINE,
    ),
]
Comment = Annotated[str, like("local", "Remarks on the user group.", max_length=500)]


class UserGroupDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a user group besides the name."""

    comment: str = ""


@bastionhost.operation("create", errors=(InvalidArgument, InstanceNotFound, UserGroupAlreadyExists))
class CreateUserGroup(Shape):
    """Creates a user group."""

    instance_id: InstanceId
    user_group_name: UserGroupName
    comment: Comment | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """The new user group."""

        user_group_id: UserGroupId

    def handle(self, call: Call) -> Response:
        """Make the group."""
        bastion = instance(call, self.instance_id)
        details = UserGroupDetails(self.comment or "")
        new = New(Kind.GROUP, bastion.key, self.user_group_name, details, handle=self.user_group_name)
        try:
            group = verbs.add(call.tx, new)
        except HandleTaken:
            raise UserGroupAlreadyExists(self.user_group_name) from None
        return self.Response(user_group_id=group.id)


class UserGroup(Shape):
    """A user group."""

    user_group_id: UserGroupId
    user_group_name: UserGroupName
    comment: Comment


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound, UserGroupNotFound))
class GetUserGroup(Shape):
    """Queries a user group."""

    instance_id: InstanceId
    user_group_id: UserGroupId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """The user group."""

        user_group: UserGroup

    def handle(self, call: Call) -> Response:
        """Find the group."""
        group = user_group(call, instance(call, self.instance_id), self.user_group_id)
        return self.Response(
            user_group=UserGroup(
                user_group_id=group.id,
                user_group_name=group.name,
                comment=group.read(UserGroupDetails).comment,
            )
        )


class CountedUserGroup(Shape):
    """A user group, with how many are in it."""

    user_group_id: UserGroupId
    user_group_name: UserGroupName
    comment: Comment
    member_count: int
    """How many users are in it."""


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound))
class ListUserGroups(Shape):
    """Queries the user groups of a bastion host."""

    instance_id: InstanceId
    user_group_name: str | None = None
    """The exact name of the user group to look for."""
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """A page of user groups."""

        user_groups: tuple[CountedUserGroup, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find those that match."""
        bastion = instance(call, self.instance_id)
        where = Where(Kind.GROUP, parent=bastion.key, name=self.user_group_name or None)
        offset, limit = pages(self.page_number, self.page_size)
        found, total = things.page(call.sql, where, offset, limit)
        members = links.counts(call.sql, [group.key for group in found], inward=True)
        groups = tuple(
            CountedUserGroup(
                user_group_id=group.id,
                user_group_name=group.name,
                comment=group.read(UserGroupDetails).comment,
                member_count=members.get(group.key, 0),
            )
            for group in found
        )
        return self.Response(user_groups=groups, total_count=total)


@bastionhost.operation(
    "update", errors=(InvalidArgument, InstanceNotFound, UserGroupNotFound, UserGroupAlreadyExists)
)
class ModifyUserGroup(Shape):
    """Modifies a user group. What is left out stays as it is; an empty comment removes it."""

    instance_id: InstanceId
    user_group_id: UserGroupId
    user_group_name: UserGroupName | None = None
    comment: Comment | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        """Change what is given."""
        group = user_group(call, instance(call, self.instance_id), self.user_group_id)
        details = None if self.comment is None else UserGroupDetails(self.comment)
        name = self.user_group_name
        try:
            verbs.change(call.tx, group, name=name, handle=name, details=details)
        except HandleTaken:
            raise UserGroupAlreadyExists(name) from None
        return self.Response()


@bastionhost.operation("delete", errors=(InvalidArgument, InstanceNotFound, UserGroupNotFound))
class DeleteUserGroup(Shape):
    """Deletes a user group. Its users stay.

    Ours: what the user group is authorized to use, its users may no longer use by it.
    """

    instance_id: InstanceId
    user_group_id: UserGroupId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        """Remove the group."""
        verbs.remove(call.tx, user_group(call, instance(call, self.instance_id), self.user_group_id))
        return self.Response()
