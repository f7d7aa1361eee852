"""Convenience users, listed and one by one."""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

from msgspec.structs import replace

from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import token
from admit.rpc.shape import Json, Shape, at_most
from admit.services.edsuser.directory import (
    LOCKED_STATUS,
    NORMAL,
    NickName,
    OwnerType,
    Property,
    Status,
    UserDetails,
    WyId,
    everybody,
    groups_of,
    locked_among,
    locked_keys,
)
from admit.services.edsuser.vocabulary import (
    LOCKED,
    BusinessChannel,
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
    pattern_of,
)
from admit.store import things
from admit.store.things import Thing, Where


class GroupOfUser(Shape):
    """A user group the user is in."""

    group_id: GroupId
    group_name: GroupName


class Org(Shape):
    """An organization the user is in."""

    org_id: str
    org_name: str | None = None
    org_name_path: str | None = None


class ResourcePolicy(Shape):
    """A policy for resources; there are none here."""

    policy_id: str | None = None
    policy_name: str | None = None


class Extras(Shape):
    """What ShowExtras asks for; there is nothing here."""

    assigned_resource_count: dict[str, Any] | None = None
    resource_policy_list: tuple[ResourcePolicy, ...] | None = None


class User(Shape):
    """A convenience user in a list."""

    end_user_id: EndUserId
    id: int
    """A number that no other user ever has."""
    wy_id: WyId
    status: Status
    nick_name: NickName
    owner_type: OwnerType
    groups: tuple[GroupOfUser, ...]
    orgs: tuple[Org, ...]
    properties: tuple[Property, ...]
    enable_admin_access: bool
    """Whether the user is an administrator of the desktop."""
    is_tenant_manager: bool
    """Whether the user administers others: nobody does here."""
    email: Email | None = None
    phone: Phone | None = None
    real_nick_name: str | None = None
    remark: str | None = None
    org_id: str | None = None
    password_expire_days: int | None = None
    password_expire_rest_days: int | None = None
    address: str | None = None
    avatar: str | None = None
    external_name: str | None = None
    extras: Extras | None = None
    job_number: str | None = None


@edsuser.operation(
    "list",
    errors=(InvalidParameter, InvalidNextToken),
    form=(
        "biz_type",
        "end_user_ids",
        "exclude_end_user_ids",
        "exclude_group_id",
        "filter_with_assigned_resource",
        "filter_with_assigned_resources",
        "group_id",
        "is_query_all_sub_orgs",
        "org_id",
        "show_extras",
        "solution_id",
        "status",
    ),
)
class DescribeUsers(Shape):
    """Lists convenience users, the oldest first. A user must match everything that is asked for.

    Ours: a page has 200 entries unless told.
    Ours: a Filter without * matches anywhere in a name or an address, and case does not count.
    Ours: FilterMap and the filters by assigned resources, whose keys are not documented, are refused:
    to ignore them would show users that were not asked for.
    """

    end_user_ids: Annotated[tuple[EndUserId, ...], at_most(500)] | None = None
    """Only users with one of these names."""
    exclude_end_user_ids: Annotated[tuple[EndUserId, ...], at_most(500)] | None = None
    """Only users with none of these names."""
    filter: Filter | None = None
    group_id: GroupId | None = None
    """Only members of this user group."""
    exclude_group_id: str | None = None
    """Only users outside this user group."""
    org_id: str | None = None
    """Only users in this organization."""
    is_query_all_sub_orgs: bool | None = None
    """Whether organizations below count as well; there are none."""
    status: Status | None = None
    max_results: MaxResults | None = None
    next_token: NextToken | None = None
    filter_map: Json[dict[str, str]] | None = None
    """Not documented, and refused."""
    filter_with_assigned_resource: Json[dict[str, str]] | None = None
    """Not documented, and refused."""
    filter_with_assigned_resources: Json[dict[str, bool]] | None = None
    """Not documented, and refused."""
    show_extras: Json[dict[str, Any]] | None = None
    """What else to tell of each user. Accepted and not used: there is nothing else."""
    biz_type: NotPublic | None = None
    solution_id: NotPublic | None = None
    business_channel: BusinessChannel | None = None

    class Response(Shape):
        """The page."""

        count: int
        """How many users match in all."""
        users: tuple[User, ...]
        next_token: NextToken | None = None

    def handle(self, call: Call) -> Response:
        """The page of the users that match, by SQL as far as it can tell."""
        self._refuse_undocumented()
        offset, limit = asked_page(self.next_token, self.max_results)
        where = self._where(call)
        if where is None:
            return self.Response(count=0, users=())
        picks = self._picks(call, where)
        if picks:
            matching = [each for each in things.find(call.sql, where) if all(pick(each) for pick in picks)]
            total, found = len(matching), matching[offset : offset + limit]
        else:
            total = things.count(call.sql, where)
            found = things.find(call.sql, where, offset=offset, limit=limit)
        return self.Response(
            count=total, users=tuple(_told(call, found)), next_token=token(offset, limit, total)
        )

    def _refuse_undocumented(self) -> None:
        for name, value in (
            ("FilterMap", self.filter_map),
            ("FilterWithAssignedResource", self.filter_with_assigned_resource),
            ("FilterWithAssignedResources", self.filter_with_assigned_resources),
        ):
            if value:
                raise InvalidParameter(name, "it is not documented what it may hold.")

    def _where(self, call: Call) -> Where | None:
        """What SQL can tell; None if nobody can match."""
        where = everybody(call)
        if self.end_user_ids:
            where = replace(where, names=self.end_user_ids)
        if self.org_id:
            where = replace(where, details={**where.details, "org_id": self.org_id})
        if self.group_id:
            inside = _key_of_group(call, self.group_id)
            if inside is None:
                return None
            where = replace(where, linked_to=inside)
        if self.exclude_group_id:
            where = replace(where, not_linked_to=_key_of_group(call, self.exclude_group_id))
        if self.status == NORMAL:
            where = replace(where, not_blocked=LOCKED, held_at=call.now)
        elif self.status not in (None, LOCKED_STATUS):
            return None
        return where

    def _picks(self, call: Call, where: Where) -> list[Callable[[Thing], bool]]:
        """What only Python can tell."""
        picks: list[Callable[[Thing], bool]] = []
        if self.exclude_end_user_ids:
            excluded = frozenset(self.exclude_end_user_ids)
            picks.append(lambda each: each.name not in excluded)
        if self.status == LOCKED_STATUS:
            locked = locked_keys(call, where)
            picks.append(lambda each: each.key in locked)
        if self.filter:
            pattern = pattern_of(self.filter)
            picks.append(
                lambda each: pattern.match(each.name) or pattern.match(each.read(UserDetails).email or "")
            )
        return picks


def _key_of_group(call: Call, group_id: str) -> int | None:
    found = things.by_id(call.sql, Kind.GROUP, call.world.account_key, group_id)
    return None if found is None else found.key


def _told(call: Call, found: Sequence[Thing]) -> Iterator[User]:
    locked, groups = locked_among(call, found), groups_of(call, found)
    for each in found:
        details = each.read(UserDetails)
        yield User(
            end_user_id=each.name,
            id=each.key,
            wy_id=each.id,
            status=LOCKED_STATUS if each.key in locked else NORMAL,
            nick_name=details.nick_name(each.name),
            owner_type=details.owner_type,
            groups=tuple(GroupOfUser(group_id=group.id, group_name=group.name) for group in groups[each.key]),
            orgs=(Org(org_id=details.org_id),) if details.org_id else (),
            properties=(),
            enable_admin_access=details.is_local_admin,
            is_tenant_manager=False,
            email=details.email,
            phone=details.phone,
            real_nick_name=details.real_nick_name,
            remark=details.remark,
            org_id=details.org_id,
            password_expire_days=details.password_expire_days,
            password_expire_rest_days=details.rest_days(call.now),
        )
