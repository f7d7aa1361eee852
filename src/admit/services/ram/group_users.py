"""Who is in which group of RAM users."""

from typing import Annotated

from admit.control import grants
from admit.core.links import Kind
from admit.core.validity import iso
from admit.rpc import paging
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.ram.entities import group, user
from admit.services.ram.errors import (
    AlreadyInGroup,
    GroupNotFound,
    InvalidParameter,
    NotInGroup,
    TooManyGroupsOfUser,
    UserNotFound,
)
from admit.services.ram.groups import GroupDetails, GroupId
from admit.services.ram.users import DisplayName, UserDetails
from admit.services.ram.vocabulary import (
    MAX_ITEMS,
    THE_GROUP,
    THE_USER,
    Comments,
    GroupName,
    IsTruncated,
    Marker,
    MaxItems,
    UserName,
    begin,
    ram,
)
from admit.store import links, things

MOST_GROUPS_OF_USER = 5

JoinDate = Annotated[str, like("2026-01-23T12:33:18Z", "When the user came into the group.")]


class MemberShown(Shape):
    """A user of a group."""

    user_name: UserName
    join_date: JoinDate
    display_name: DisplayName | None = None


class MembersShown(Shape):
    """The users of a group."""

    user: tuple[MemberShown, ...]


class MembershipShown(Shape):
    """A group of a user."""

    group_id: GroupId
    group_name: GroupName
    join_date: JoinDate
    comments: Comments | None = None


class MembershipsShown(Shape):
    """The groups of a user."""

    group: tuple[MembershipShown, ...]


@ram.operation(
    "create",
    errors=(
        InvalidParameter,
        UserNotFound,
        GroupNotFound,
        AlreadyInGroup,
        TooManyGroupsOfUser,
    ),
    resources=(THE_USER, THE_GROUP),
)
class AddUserToGroup(Shape):
    """Adds a user to a group, whose policies then speak about the user as well."""

    user_name: UserName
    group_name: GroupName

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Join the two."""
        member, whole = user(call, self.user_name), group(call, self.group_name)
        if grants.find(call.tx, member, whole) is not None:
            raise AlreadyInGroup(member.name, whole.name)
        if links.count(call.sql, member.key, inward=False, kind=Kind.RAM_GROUP) >= MOST_GROUPS_OF_USER:
            raise TooManyGroupsOfUser(MOST_GROUPS_OF_USER)
        grants.grant(call.tx, member, whole)
        return self.Response()


@ram.operation(
    "update",
    errors=(InvalidParameter, UserNotFound, GroupNotFound, NotInGroup),
    resources=(THE_USER, THE_GROUP),
)
class RemoveUserFromGroup(Shape):
    """Removes a user from a group."""

    user_name: UserName
    group_name: GroupName

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Part the two."""
        member, whole = user(call, self.user_name), group(call, self.group_name)
        if not grants.revoke(call.tx, member, whole):
            raise NotInGroup(member.name, whole.name)
        return self.Response()


@ram.operation("get", errors=(InvalidParameter, GroupNotFound), resources=(THE_GROUP,))
class ListUsersForGroup(Shape):
    """Lists the users of a group in the order in which they joined."""

    group_name: GroupName
    marker: Marker | None = None
    max_items: MaxItems | None = None

    class Response(Shape):
        """One page of users."""

        users: MembersShown
        is_truncated: IsTruncated
        marker: Marker | None = None

    def handle(self, call: Call) -> Response:
        """Read one page."""
        after, limit = begin(self.marker, 2) or (0, 0), self.max_items or MAX_ITEMS
        joined = links.of(call.sql, group(call, self.group_name).key, inward=True, kind=Kind.RAM_USER)
        # A link's place is told by when it was made: it does not move when those before it go.
        rest = [(held, ref) for held, ref in joined if (held.added_in, ref.key) > after]
        found = rest[:limit]
        users = things.by_keys(call.sql, [ref.key for _, ref in found])
        members = tuple(
            MemberShown(
                user_name=users[ref.key].name,
                join_date=iso(held.added_at),
                display_name=users[ref.key].read(UserDetails).display_name,
            )
            for held, ref in found
        )
        more = len(rest) > limit
        marker = paging.marker(found[-1][0].added_in, found[-1][1].key) if more else None
        return self.Response(users=MembersShown(user=members), is_truncated=more, marker=marker)


@ram.operation("get", errors=(InvalidParameter, UserNotFound), resources=(THE_USER,))
class ListGroupsForUser(Shape):
    """Lists the groups a user is in."""

    user_name: UserName

    class Response(Shape):
        """The groups."""

        groups: MembershipsShown

    def handle(self, call: Call) -> Response:
        """Read the user's groups in the order in which they were joined."""
        found = links.of(call.sql, user(call, self.user_name).key, inward=False, kind=Kind.RAM_GROUP)
        groups = things.by_keys(call.sql, [ref.key for _, ref in found])
        shown = tuple(
            MembershipShown(
                group_id=groups[ref.key].id,
                group_name=groups[ref.key].name,
                join_date=iso(held.added_at),
                comments=groups[ref.key].read(GroupDetails).comments,
            )
            for held, ref in found
        )
        return self.Response(groups=MembershipsShown(group=shown))
