"""To whom and to what a control policy applies."""

from typing import Annotated, Literal

from admit.control import things as verbs
from admit.control.bastionhost.restrictions import ControlPolicyDetails, HostScope
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, at_most, like
from admit.services.bastionhost.control_policy_parts import ERRORS
from admit.services.bastionhost.errors import InvalidArgument
from admit.services.bastionhost.vocabulary import (
    HostAccountId,
    HostAccountName,
    HostGroupId,
    HostId,
    InstanceId,
    PolicyId,
    ProjectId,
    RegionId,
    UserGroupId,
    UserId,
    bastionhost,
    control_policy,
    instance,
)
from admit.store import things
from admit.store.things import Thing, Where

DatabaseId = Annotated[str, like("1", "The ID of a database. There are no databases here.")]
AccountScope = Annotated[
    Literal["All", "AccountId"], like("All", "Whether all accounts are meant, or those that are named.")
]
GroupAccountScope = Annotated[
    Literal["All", "AccountName"], like("All", "Whether all accounts are meant, or those that are named.")
]


class HostsScope(Shape):
    """A host, and which accounts on it."""

    host_id: HostId
    account_scope_type: AccountScope | None = None
    host_account_ids: Annotated[tuple[HostAccountId, ...], at_most(500)] | None = None


class HostGroupsScope(Shape):
    """A host group, and which accounts on its hosts. There are no host groups here yet."""

    host_group_id: HostGroupId
    account_scope_type: GroupAccountScope | None = None
    account_names: Annotated[tuple[HostAccountName, ...], at_most(500)] | None = None


class DatabasesScope(Shape):
    """A database, and which accounts of it. There are no databases here."""

    database_id: DatabaseId
    account_scope_type: AccountScope | None = None
    database_account_ids: Annotated[tuple[str, ...], at_most(500)] | None = None


@bastionhost.operation("update", errors=ERRORS)
class SetPolicyAssetScope(Shape):
    """Sets to which hosts and accounts a control policy applies. What it applied to before is forgotten.

    Ours: without AccountScopeType all accounts are meant, and lists of another kind than ScopeType
    are not read. Ours: a policy for some accounts of a host also applies where the host alone is
    granted, since any login may be typed there. Ours: there are no databases and no host groups
    here, so each ID of one is refused as unknown.
    """

    instance_id: InstanceId
    policy_id: PolicyId
    scope_type: Annotated[
        Literal["All", "Host", "Database", "HostGroup"], like("Host", "Which of the lists counts.")
    ]
    hosts: Annotated[tuple[HostsScope, ...], at_most(500)] = ()
    """Required for Host."""
    databases: Annotated[tuple[DatabasesScope, ...], at_most(500)] = ()
    """Required for Database."""
    host_groups: Annotated[tuple[HostGroupsScope, ...], at_most(100)] = ()
    """Required for HostGroup."""
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        policy = control_policy(call, bastion, self.policy_id)
        details = policy.read(ControlPolicyDetails)
        details.all_assets = self.scope_type == "All"
        details.hosts = self._hosts(call, bastion) if self.scope_type == "Host" else ()
        if self.scope_type == "Database":
            raise InvalidArgument(
                "Databases", _none_of("database", [each.database_id for each in self.databases])
            )
        if self.scope_type == "HostGroup":
            ids = [each.host_group_id for each in self.host_groups]
            raise InvalidArgument("HostGroups", _none_of("host group", ids))
        verbs.change(call.tx, policy, details=details)
        return self.Response()

    def _hosts(self, call: Call, bastion: Thing) -> tuple[HostScope, ...]:
        ids = [each.host_id for each in self.hosts]
        if not ids or len(set(ids)) < len(ids):
            raise InvalidArgument("Hosts", "name at least one host, and each once.")
        where = Where(Kind.HOST, parent=bastion.key, ids=ids)
        found = {each.id: each for each in things.find(call.sql, where)}
        missing = [each for each in ids if each not in found]
        if missing:
            raise InvalidArgument("Hosts", _none_of("host", missing))
        return tuple(_host(call, found[each.host_id], each) for each in self.hosts)


def _host(call: Call, on: Thing, asked: HostsScope) -> HostScope:
    if asked.account_scope_type != "AccountId":
        return HostScope(on.id)
    ids = tuple(dict.fromkeys(asked.host_account_ids or ()))
    if not ids:
        raise InvalidArgument("Hosts", "AccountId needs HostAccountIds.")
    found = {each.id for each in things.find(call.sql, Where(Kind.HOST_ACCOUNT, parent=on.key, ids=ids))}
    missing = [each for each in ids if each not in found]
    if missing:
        raise InvalidArgument("Hosts", _none_of(f"account on host {on.id}", missing))
    return HostScope(on.id, ids)


def _none_of(what: str, ids: list[str]) -> str:
    return f"there is no {what} {', '.join(ids[:5])}." if ids else f"name at least one {what}."


class AssetScope(Shape):
    """What a control policy applies to."""

    scope_type: Annotated[str, like("All", "All; or empty, and the lists tell.")]
    hosts: tuple[HostsScope, ...]
    host_groups: tuple[HostGroupsScope, ...]
    databases: tuple[DatabasesScope, ...]


@bastionhost.operation("get", errors=ERRORS)
class GetPolicyAssetScope(Shape):
    """Queries to which hosts and accounts a control policy applies.

    Ours: hosts and accounts that were deleted since are left out.
    """

    instance_id: InstanceId
    policy_id: PolicyId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """The scope."""

        asset_scope: AssetScope

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        details = control_policy(call, bastion, self.policy_id).read(ControlPolicyDetails)
        where = Where(Kind.HOST, parent=bastion.key, ids=[each.host_id for each in details.hosts])
        living = {each.id: each for each in things.find(call.sql, where)}
        hosts = tuple(
            _told(call, living[each.host_id], each) for each in details.hosts if each.host_id in living
        )
        scope = AssetScope(
            scope_type="All" if details.all_assets else "", hosts=hosts, host_groups=(), databases=()
        )
        return self.Response(asset_scope=scope)


def _told(call: Call, on: Thing, scope: HostScope) -> HostsScope:
    ids = scope.account_ids
    if ids is None:
        return HostsScope(host_id=on.id, account_scope_type="All", host_account_ids=())
    living = {each.id for each in things.find(call.sql, Where(Kind.HOST_ACCOUNT, parent=on.key, ids=ids))}
    return HostsScope(
        host_id=on.id,
        account_scope_type="AccountId",
        host_account_ids=tuple(each for each in ids if each in living),
    )


@bastionhost.operation("update", errors=ERRORS)
class SetPolicyUserScope(Shape):
    """Sets to which users or user groups a control policy applies. Whom it applied to before is forgotten.

    Ours: the list of another kind than ScopeType is not read.
    """

    instance_id: InstanceId
    policy_id: PolicyId
    scope_type: Annotated[
        Literal["All", "User", "UserGroup"], like("UserGroup", "Which of the lists counts.")
    ]
    user_ids: Annotated[tuple[UserId, ...], at_most(500)] = ()
    """Required for User."""
    user_group_ids: Annotated[tuple[UserGroupId, ...], at_most(100)] = ()
    """Required for UserGroup."""
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """Nothing more."""

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        policy = control_policy(call, bastion, self.policy_id)
        details = policy.read(ControlPolicyDetails)
        details.all_users = self.scope_type == "All"
        details.user_ids = details.user_group_ids = ()
        if self.scope_type == "User":
            details.user_ids = _known(call, bastion, Kind.USER, self.user_ids)
        if self.scope_type == "UserGroup":
            details.user_group_ids = _known(call, bastion, Kind.GROUP, self.user_group_ids)
        verbs.change(call.tx, policy, details=details)
        return self.Response()


def _known(call: Call, bastion: Thing, kind: Kind, asked: tuple[str, ...]) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(asked))
    living = _living(call, bastion, kind, ids)
    parameter, what = ("UserIds", "user") if kind is Kind.USER else ("UserGroupIds", "user group")
    if not ids or len(living) < len(ids):
        raise InvalidArgument(parameter, _none_of(what, [each for each in ids if each not in living]))
    return ids


def _living(call: Call, bastion: Thing, kind: Kind, ids: tuple[str, ...]) -> tuple[str, ...]:
    found = {each.id for each in things.find(call.sql, Where(kind, parent=bastion.key, ids=ids))}
    return tuple(each for each in ids if each in found)


class UserScope(Shape):
    """Whom a control policy applies to."""

    scope_type: Annotated[str, like("All", "All; or empty, and the lists tell.")]
    user_ids: tuple[UserId, ...]
    user_group_ids: tuple[UserGroupId, ...]


@bastionhost.operation("get", errors=ERRORS)
class GetPolicyUserScope(Shape):
    """Queries to which users or user groups a control policy applies.

    Ours: those that were deleted since are left out.
    """

    instance_id: InstanceId
    policy_id: PolicyId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """The scope."""

        user_scope: UserScope

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        details = control_policy(call, bastion, self.policy_id).read(ControlPolicyDetails)
        scope = UserScope(
            scope_type="All" if details.all_users else "",
            user_ids=_living(call, bastion, Kind.USER, details.user_ids),
            user_group_ids=_living(call, bastion, Kind.GROUP, details.user_group_ids),
        )
        return self.Response(user_scope=scope)
