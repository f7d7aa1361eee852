"""Which hosts and host accounts a user may use."""

from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.bastionhost.errors import HostNotFound, InstanceNotFound, InvalidArgument, UserNotFound
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
    UserId,
    bastionhost,
    instance,
    user,
)


class UserHostResult(HostResult, kw_only=True):
    """What became of one host for a user."""

    user_id: UserId


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class AttachHostAccountsToUser(Shape):
    """Authorizes a user to manage one or more hosts and host accounts.

    A user who is locked may be granted hosts, and has access to them when unlocked.

    Ours: a host is granted even if none of the accounts named on it exists.
    Ours: what is named twice in one call is told as granted before the second time.
    """

    instance_id: InstanceId
    user_id: UserId
    hosts: Hosts
    region_id: RegionId | None = None

    class Response(Shape):
        results: tuple[UserHostResult, ...]

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        principal = find(call, Kind.USER, bastion.key, self.user_id)
        results = change_all(call, bastion, principal, self.hosts, attach)
        return self.Response(results=tuple(UserHostResult(**each, user_id=self.user_id) for each in results))


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class DetachHostAccountsFromUser(Shape):
    """Takes hosts and host accounts from a user. What a user group of theirs has stays open to them.

    A host without accounts takes the host and every account on it. With accounts, only
    these; the host itself stays granted.

    Ours: what is not granted is told as OBJECT_AlREADY_EXISTS, as the oldest pages have it.
    """

    instance_id: InstanceId
    user_id: UserId
    hosts: Hosts
    region_id: RegionId | None = None

    class Response(Shape):
        results: tuple[UserHostResult, ...]

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        principal = find(call, Kind.USER, bastion.key, self.user_id)
        results = change_all(call, bastion, principal, self.hosts, detach)
        return self.Response(results=tuple(UserHostResult(**each, user_id=self.user_id) for each in results))


class UserHost(HostBrief, kw_only=True):
    """A host, as it is listed for a user."""

    project_id: str | None = None
    project_name: str | None = None


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound, UserNotFound))
class ListHostsForUser(GrantedHostFilter, kw_only=True):
    """Lists the hosts that are, or with Mode Unauthorized are not, granted to a user directly.

    What a user group of theirs was granted does not count.
    """

    instance_id: InstanceId
    user_id: UserId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        hosts: tuple[UserHost, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        found, total = self.page(call, bastion, user(call, bastion, self.user_id))
        return self.Response(hosts=tuple(UserHost(**brief(each)) for each in found), total_count=total)


@bastionhost.operation(
    "get",
    errors=(InvalidArgument, InstanceNotFound, UserNotFound, HostNotFound),
    resources=("instance/{InstanceId}",),
)
class ListHostAccountsForUser(GrantedHostAccountFilter, kw_only=True):
    """Lists all accounts of a host, and tells which are granted to a user directly."""

    instance_id: InstanceId
    user_id: UserId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        host_accounts: tuple[GrantedHostAccount, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        found, total = self.page(call, bastion, user(call, bastion, self.user_id))
        return self.Response(host_accounts=found, total_count=total)
