"""Which hosts and host accounts a user group may use."""

from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.bastionhost.errors import (
    HostNotFound,
    InstanceNotFound,
    InvalidArgument,
    UserGroupNotFound,
)
from admit.services.bastionhost.host_details import HostBrief, brief
from admit.services.bastionhost.host_grants import (
    GrantedHostAccount,
    GrantedHostAccountFilter,
    GrantedHostFilter,
    HostResult,
    Hosts,
    attach,
    change_all,
    detach,
    find,
)
from admit.services.bastionhost.vocabulary import (
    InstanceId,
    ProjectId,
    RegionId,
    TotalCount,
    UserGroupId,
    bastionhost,
    instance,
    user_group,
)


class UserGroupHostResult(HostResult, kw_only=True):
    """What became of one host for a user group."""

    user_group_id: UserGroupId


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class AttachHostAccountsToUserGroup(Shape):
    """Authorizes a user group to manage one or more hosts and host accounts.

    All members of the user group, present and future, then have access to them.

    Ours: a host is granted even if none of the accounts named on it exists.
    Ours: what is named twice in one call is told as granted before the second time.
    """

    instance_id: InstanceId
    user_group_id: UserGroupId
    hosts: Hosts
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        results: tuple[UserGroupHostResult, ...]

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        principal = find(call, Kind.GROUP, bastion.key, self.user_group_id)
        results = change_all(call, bastion, principal, self.hosts, attach)
        return self.Response(
            results=tuple(UserGroupHostResult(**each, user_group_id=self.user_group_id) for each in results)
        )


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class DetachHostAccountsFromUserGroup(Shape):
    """Takes hosts and host accounts from a user group.

    A host without accounts takes the host and every account on it. With accounts, only
    these; the host itself stays granted.

    Ours: what is not granted is told as OBJECT_AlREADY_EXISTS, as the oldest pages have it.
    """

    instance_id: InstanceId
    user_group_id: UserGroupId
    hosts: Hosts
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        results: tuple[UserGroupHostResult, ...]

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        principal = find(call, Kind.GROUP, bastion.key, self.user_group_id)
        results = change_all(call, bastion, principal, self.hosts, detach)
        return self.Response(
            results=tuple(UserGroupHostResult(**each, user_group_id=self.user_group_id) for each in results)
        )


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound, UserGroupNotFound))
class ListHostsForUserGroup(GrantedHostFilter, kw_only=True):
    """Lists the hosts that are, or with Mode Unauthorized are not, granted to a user group directly.

    What members were granted otherwise does not count.
    """

    instance_id: InstanceId
    user_group_id: UserGroupId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        hosts: tuple[HostBrief, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        found, total = self.page(call, bastion, user_group(call, bastion, self.user_group_id))
        return self.Response(hosts=tuple(HostBrief(**brief(each)) for each in found), total_count=total)


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound, UserGroupNotFound, HostNotFound))
class ListHostAccountsForUserGroup(GrantedHostAccountFilter, kw_only=True):
    """Lists all accounts of a host, and tells which are granted to a user group directly."""

    instance_id: InstanceId
    user_group_id: UserGroupId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        host_accounts: tuple[GrantedHostAccount, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        found, total = self.page(call, bastion, user_group(call, bastion, self.user_group_id))
        return self.Response(host_accounts=found, total_count=total)
