"""Groups of RAM users."""

from typing import Annotated

import msgspec
from msgspec.structs import asdict

from admit.control import things as verbs
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import iso
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, between, like
from admit.services.ram.entities import add, group, handle_of, require_room
from admit.services.ram.errors import (
    GroupAlreadyExists,
    GroupHasPolicy,
    GroupHasUser,
    GroupNotFound,
    InvalidParameter,
    TooManyGroups,
)
from admit.services.ram.vocabulary import (
    THE_GROUP,
    Comments,
    Date,
    GroupName,
    IsTruncated,
    Marker,
    cut,
    page,
    ram,
)
from admit.store import links, things
from admit.store.things import HandleTaken, Thing, Where

MOST_GROUPS = 50

GroupId = Annotated[str, like("g-FpMEHiMysofp****", "The ID of the group.")]


class GroupDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a group besides the name."""

    comments: str | None = None


class NewGroupShown(Shape):
    """A group, as it is told when it is made."""

    group_id: GroupId
    group_name: GroupName
    create_date: Date
    comments: Comments | None = None


class GroupShown(NewGroupShown, kw_only=True):
    """A group."""

    update_date: Date


class GroupsShown(Shape):
    """Groups."""

    group: tuple[GroupShown, ...]


def _new_shown(thing: Thing) -> NewGroupShown:
    return NewGroupShown(
        group_id=thing.id,
        group_name=thing.name,
        create_date=iso(thing.created_at),
        comments=thing.read(GroupDetails).comments,
    )


def _shown(thing: Thing) -> GroupShown:
    return GroupShown(update_date=iso(thing.changed_at), **asdict(_new_shown(thing)))


@ram.operation(
    "create",
    errors=(InvalidParameter, GroupAlreadyExists, TooManyGroups),
    resources=("group/*",),
)
class CreateGroup(Shape):
    """Creates a group."""

    group_name: GroupName
    comments: Comments | None = None

    class Response(Shape):
        """The new group."""

        group: NewGroupShown

    def handle(self, call: Call) -> Response:
        """Make the group."""
        account = call.world.account_key
        require_room(call, Where(Kind.RAM_GROUP, account), MOST_GROUPS, TooManyGroups)
        details = GroupDetails(self.comments or None)
        group_id = f"g-{call.world.chance.text(16)}"
        new = New(Kind.RAM_GROUP, account, self.group_name, details, group_id, handle_of(self.group_name))
        return self.Response(group=_new_shown(add(call, new, GroupAlreadyExists)))


@ram.operation("get", errors=(InvalidParameter, GroupNotFound), resources=(THE_GROUP,))
class GetGroup(Shape):
    """Shows a group."""

    group_name: GroupName

    class Response(Shape):
        """The group."""

        group: GroupShown

    def handle(self, call: Call) -> Response:
        """Look the group up."""
        return self.Response(group=_shown(group(call, self.group_name)))


@ram.operation("get", errors=(InvalidParameter,), resources=("group/*",))
class ListGroups(Shape):
    """Lists all groups, the oldest first."""

    marker: Marker | None = None
    max_items: Annotated[int, between(1, 100), like(100, "How many entries a page has.")] | None = None

    class Response(Shape):
        """One page of groups."""

        groups: GroupsShown
        is_truncated: IsTruncated
        marker: Marker | None = None

    def handle(self, call: Call) -> Response:
        """Read one page."""
        after, limit = page(self.marker, self.max_items)
        where = Where(Kind.RAM_GROUP, call.world.account_key, after=after)
        found, marker = cut(things.find(call.sql, where, limit=limit + 1), limit)
        shown = GroupsShown(group=tuple(map(_shown, found)))
        return self.Response(groups=shown, is_truncated=marker is not None, marker=marker)


@ram.operation(
    "update",
    errors=(InvalidParameter, GroupNotFound, GroupAlreadyExists),
    resources=(THE_GROUP, "group/{NewGroupName}"),
)
class UpdateGroup(Shape):
    """Changes a group: what is left out stays as it is, an empty comment is cleared.

    Ours: to rename a group one must be allowed to update the new name as well.
    """

    group_name: GroupName
    new_group_name: GroupName | None = None
    new_comments: Comments | None = None

    class Response(Shape):
        """The group as it is now."""

        group: GroupShown

    def handle(self, call: Call) -> Response:
        """Change what is given."""
        thing = group(call, self.group_name)
        name = self.new_group_name or thing.name
        details = thing.read(GroupDetails)
        if self.new_comments is not None:
            details = GroupDetails(self.new_comments or None)
        try:
            changed = verbs.change(call.tx, thing, name=name, handle=handle_of(name), details=details)
        except HandleTaken:
            raise GroupAlreadyExists(name) from None
        return self.Response(group=_shown(changed))


@ram.operation(
    "delete",
    errors=(InvalidParameter, GroupNotFound, GroupHasUser, GroupHasPolicy),
    resources=(THE_GROUP,),
)
class DeleteGroup(Shape):
    """Deletes a group that has no users and no policies attached."""

    group_name: GroupName

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Look for what is in the way, then remove the group."""
        thing = group(call, self.group_name)
        if links.count(call.sql, thing.key, inward=True, kind=Kind.RAM_USER):
            raise GroupHasUser(thing.name)
        if links.count(call.sql, thing.key, inward=False, kind=Kind.RAM_POLICY):
            raise GroupHasPolicy(thing.name)
        verbs.remove(call.tx, thing)
        return self.Response()
