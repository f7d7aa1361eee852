"""User groups: made, changed, listed, removed."""

from typing import Annotated

import msgspec

from admit.control import things as verbs
from admit.control.things import New
from admit.core.errors import InvalidParameter, MissingParameter
from admit.core.links import Kind
from admit.core.validity import iso_with_millis
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber, page
from admit.rpc.shape import Shape, at_most, like
from admit.services.edsuser.errors import ExistedGroupName, GroupNotFound
from admit.services.edsuser.vocabulary import (
    BusinessChannel,
    Done,
    GroupDescription,
    GroupId,
    GroupName,
    NotPublic,
    PageSize,
    edsuser,
    group,
    new_group_id,
)
from admit.store import links, things
from admit.store.things import Thing, Where


class GroupDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a user group besides the name."""

    description: str | None = None


@edsuser.operation("create", errors=(ExistedGroupName, MissingParameter, InvalidParameter))
class CreateGroup(Shape):
    """Creates a user group, without members.

    Ours: GroupName is mandatory, and no two groups have the same.
    Ours: groups do not nest: a ParentGroupId is refused.
    """

    group_name: GroupName | None = None
    description: GroupDescription | None = None
    parent_group_id: NotPublic | None = None
    biz_type: NotPublic | None = None
    solution_id: NotPublic | None = None
    business_channel: BusinessChannel | None = None

    class Response(Shape):
        """The new user group."""

        group_id: GroupId

    def handle(self, call: Call) -> Response:
        """Make the group."""
        if self.group_name is None:
            raise MissingParameter("GroupName")
        if self.parent_group_id:
            raise InvalidParameter("ParentGroupId", "user groups do not nest.")
        _refuse_taken(call, self.group_name)
        details = GroupDetails(self.description or None)
        parent, group_id = call.world.account_key, new_group_id(call.world)
        new = New(Kind.GROUP, parent, self.group_name, details, group_id, handle=self.group_name)
        return self.Response(group_id=verbs.add(call.tx, new).id)


def _refuse_taken(call: Call, name: str, but: Thing | None = None) -> None:
    holder = things.by_handle(call.sql, Kind.GROUP, call.world.account_key, name)
    if holder is not None and (but is None or holder.key != but.key):
        raise ExistedGroupName(name)


@edsuser.operation("update", errors=(GroupNotFound, ExistedGroupName))
class ModifyGroup(Shape):
    """Gives a user group another name and other remarks.

    Ours: without Description the remarks stay; an empty one takes them away.
    """

    group_id: GroupId
    new_group_name: GroupName
    description: GroupDescription | None = None
    business_channel: BusinessChannel | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Write the name, and the remarks if they are said."""
        found = group(call, self.group_id)
        _refuse_taken(call, self.new_group_name, but=found)
        details = found.read(GroupDetails)
        if self.description is not None:
            details = GroupDetails(self.description or None)
        verbs.change(call.tx, found, name=self.new_group_name, handle=self.new_group_name, details=details)
        return Done()


@edsuser.operation("delete", errors=(GroupNotFound, MissingParameter))
class RemoveGroup(Shape):
    """Removes user groups with all that was granted to them. Their members stay.

    Ours: if one of the groups does not exist, none is removed.
    """

    group_id: GroupId | None = None
    group_ids: Annotated[tuple[GroupId, ...], at_most(100)] = ()
    """More than one user group; it and GroupId together name all."""
    business_channel: BusinessChannel | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Find all groups, then remove them."""
        ids = dict.fromkeys((*((self.group_id,) if self.group_id else ()), *self.group_ids))
        if not ids:
            raise MissingParameter("GroupId")
        for found in [group(call, group_id) for group_id in ids]:
            verbs.remove(call.tx, found)
        return Done()


class LoginPolicy(Shape):
    """A logon policy of a group; there are none here."""

    policy_id: str | None = None
    name: str | None = None


class Group(Shape):
    """A user group."""

    group_id: GroupId
    group_name: GroupName
    user_count: int
    """How many members it has."""
    create_time: str
    """When it was made: ISO 8601."""
    transfer_file_need_approval: bool
    """Whether file transfers need approval: never, there is nobody to ask."""
    download_need_approval: bool
    upload_need_approval: bool
    description: GroupDescription | None = None
    authed_resources: dict[str, str] | None = None
    attached_login_policy: LoginPolicy | None = None


@edsuser.operation("get")
class DescribeGroups(Shape):
    """Lists user groups, the oldest first.

    Ours: GroupName matches anywhere in a name.
    Ours: there are no logon policies, no enterprise identity providers and no approvals of
    transfers here, so that asking for groups with one of them finds none.
    """

    group_id: GroupId | None = None
    group_name: Annotated[str, like("Des", "Part of the name.", max_length=128)] | None = None
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    login_policy_id: str | None = None
    """Only groups with this logon policy."""
    exclude_attached_login_policy_groups: bool | None = None
    """Only groups without a logon policy, which all are."""
    idp_id: str | None = None
    """Only groups from this identity provider."""
    transfer_file_need_approval: bool | None = None
    """Only groups whose transfers do, or do not, need approval."""
    biz_type: NotPublic | None = None
    solution_id: NotPublic | None = None
    business_channel: BusinessChannel | None = None

    class Response(Shape):
        """The page."""

        count: int
        """How many there are in all."""
        groups: tuple[Group, ...]

    def handle(self, call: Call) -> Response:
        """The page, each group with how many members it has."""
        if self.login_policy_id or self.idp_id or self.transfer_file_need_approval:
            return self.Response(count=0, groups=())
        where = Where(
            Kind.GROUP,
            parent=call.world.account_key,
            ids=None if self.group_id is None else [self.group_id],
            name_contains=self.group_name or None,
        )
        offset, limit = page(self.page_number, self.page_size, 10)
        found, total = things.page(call.sql, where, offset, limit)
        members = links.counts(call.sql, [each.key for each in found], inward=True)
        return self.Response(
            count=total,
            groups=tuple(_told(each, members.get(each.key, 0)) for each in found),
        )


def _told(found: Thing, members: int) -> Group:
    return Group(
        group_id=found.id,
        group_name=found.name,
        user_count=members,
        create_time=iso_with_millis(found.created_at),
        transfer_file_need_approval=False,
        download_need_approval=False,
        upload_need_approval=False,
        description=found.read(GroupDetails).description,
    )
