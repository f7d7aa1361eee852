"""Who is in a user group."""

from typing import Annotated

from admit.control import grants
from admit.core.errors import InvalidNextToken, MissingParameter
from admit.core.links import Kind
from admit.core.validity import iso_with_millis
from admit.rpc.operation import Call
from admit.rpc.paging import token
from admit.rpc.shape import Shape, at_most
from admit.services.edsuser.directory import UserDetails
from admit.services.edsuser.errors import GroupNotFound, UserNotFound
from admit.services.edsuser.vocabulary import (
    BusinessChannel,
    Done,
    Email,
    EndUserId,
    Filter,
    GroupId,
    GroupName,
    MaxResults,
    NextToken,
    NotPublic,
    Phone,
    asked_page,
    edsuser,
    group,
    pattern_of,
    user,
)
from admit.store import links, things
from admit.store.links import Held
from admit.store.things import Thing

Members = Annotated[tuple[EndUserId, ...], at_most(100)]
"""Names of users, up to 100 in one call."""


@edsuser.operation(
    "update", errors=(GroupNotFound, UserNotFound), form=("end_user_ids", "group_id", "business_channel")
)
class UserBatchJoinGroup(Shape):
    """Puts convenience users into a user group. They may then use all that was granted to it.

    Ours: if one of the users does not exist, none joins; who is a member already stays one.
    """

    group_id: GroupId
    end_user_ids: Members = ()
    """The names of the users."""
    business_channel: BusinessChannel | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Find all, then join them."""
        found = group(call, self.group_id)
        for each in [user(call, name) for name in self.end_user_ids]:
            grants.grant(call.tx, each, found)
        return Done()


@edsuser.operation(
    "update",
    errors=(GroupNotFound, UserNotFound, MissingParameter),
    form=("end_user_ids", "group_id", "business_channel"),
)
class UserBatchQuitGroup(Shape):
    """Takes convenience users out of a user group, and so all that they could use by it.

    Ours: if one of the users does not exist, none leaves; who is not a member is left alone.
    """

    group_id: GroupId | None = None
    """The ID of the user group, which is mandatory."""
    end_user_ids: Members = ()
    """The names of the users."""
    business_channel: BusinessChannel | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Find all, then part them."""
        found = group(call, _mandatory(self.group_id))
        for each in [user(call, name) for name in self.end_user_ids]:
            grants.revoke(call.tx, each, found)
        return Done()


def _mandatory(group_id: str | None) -> str:
    # The SDK leaves it open; there is nothing to be done without.
    if not group_id:
        raise MissingParameter("GroupId")
    return group_id


class GroupOfMember(Shape):
    """Deprecated: the group is the one asked about."""

    group_id: GroupId | None = None
    group_name: GroupName | None = None
    user_count: str | None = None


class Member(Shape):
    """A member of a user group."""

    end_user_id: EndUserId
    nick_name: str
    """What to call the user."""
    gmt_created: str
    """When the user was made: ISO 8601."""
    gmt_join_group: str
    """When the user joined the group: ISO 8601."""
    email: Email | None = None
    phone: Phone | None = None
    remark: str | None = None
    address: str | None = None
    avatar: str | None = None
    job_number: str | None = None


@edsuser.operation("get", errors=(GroupNotFound, MissingParameter, InvalidNextToken))
class DescribeGroupUser(Shape):
    """Lists the members of a user group, who joined first first.

    Ours: a page has 200 entries unless told.
    """

    group_id: GroupId | None = None
    """The ID of the user group, which is mandatory."""
    filter: Filter | None = None
    max_results: MaxResults | None = None
    next_token: NextToken | None = None
    biz_type: NotPublic | None = None
    solution_id: NotPublic | None = None
    business_channel: BusinessChannel | None = None

    class Response(Shape):
        """The page."""

        users: tuple[Member, ...]
        next_token: NextToken | None = None
        groups: tuple[GroupOfMember, ...] | None = None

    def handle(self, call: Call) -> Response:
        """The page of the members that match."""
        found = group(call, _mandatory(self.group_id))
        offset, limit = asked_page(self.next_token, self.max_results)
        if self.filter:
            joined = self._matching(call, found)
            total, joined = len(joined), joined[offset : offset + limit]
        else:
            total = links.count(call.sql, found.key, inward=True, kind=Kind.USER)
            joined = _joined(call, found, offset, limit)
        members = tuple(_told(held, each) for held, each in joined)
        return self.Response(users=members, next_token=token(offset, limit, total))

    def _matching(self, call: Call, found: Thing) -> list[tuple[Held, Thing]]:
        pattern = pattern_of(self.filter or "")
        return [
            (held, each)
            for held, each in _joined(call, found)
            if pattern.match(each.name) or pattern.match(each.read(UserDetails).email or "")
        ]


def _joined(call: Call, found: Thing, offset: int = 0, limit: int | None = None) -> list[tuple[Held, Thing]]:
    joins = links.of(call.sql, found.key, inward=True, kind=Kind.USER, offset=offset, limit=limit)
    users = things.by_keys(call.sql, [held.source for held, _ in joins])
    return [(held, users[held.source]) for held, _ in joins]


def _told(held: Held, found: Thing) -> Member:
    details = found.read(UserDetails)
    return Member(
        end_user_id=found.name,
        nick_name=details.nick_name(found.name),
        gmt_created=iso_with_millis(found.created_at),
        gmt_join_group=iso_with_millis(held.added_at),
        email=details.email,
        phone=details.phone,
        remark=details.remark,
    )
