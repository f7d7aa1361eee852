"""Which hosts and host accounts a user group may use."""

from typing import Annotated

from admit.control import grants
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import JsonText, Shape, at_most, like
from admit.services.bastionhost.errors import InvalidArgument
from admit.services.bastionhost.vocabulary import (
    ALREADY,
    NOT_FOUND,
    OK,
    HostAccountId,
    HostId,
    InstanceId,
    Message,
    ProjectId,
    RegionId,
    ResultCode,
    UserGroupId,
    bastionhost,
    instance,
)
from admit.store import things
from admit.store.things import Thing


class HostToAttach(Shape):
    """A host and, optionally, accounts on it."""

    host_id: HostId
    host_account_ids: Annotated[tuple[HostAccountId, ...], at_most(10)] = ()


class HostAccountResult(Shape):
    """What became of one host account."""

    host_account_id: HostAccountId
    code: ResultCode
    message: Message


class HostResult(Shape):
    """What became of one host."""

    host_id: HostId
    user_group_id: UserGroupId
    code: ResultCode
    message: Message
    host_accounts: tuple[HostAccountResult, ...]


Hosts = Annotated[
    JsonText[Annotated[tuple[HostToAttach, ...], at_most(10, least=1)]],
    like(
        '[{"HostId":"1"},{"HostId":"2","HostAccountIds":["1","2"]}]',
        "The hosts and host accounts, as JSON: up to 10 hosts, up to 10 accounts for each. "
        "A host without accounts stands for the host alone.",
    ),
]


@bastionhost.operation("update", errors=(InvalidArgument,))
class AttachHostAccountsToUserGroup(Shape):
    """Authorizes a user group to manage one or more hosts and host accounts.

    All members of the user group, present and future, then have access to them.
    """

    instance_id: InstanceId
    user_group_id: UserGroupId
    hosts: Hosts
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        """What became of each host."""

        results: tuple[HostResult, ...]

    def handle(self, call: Call) -> Response:
        """Grant each host, then each account on it; a failure stops only its own item."""
        bastion = instance(call, self.instance_id)
        group = things.by_id(call.sql, Kind.GROUP, bastion.key, self.user_group_id)
        return self.Response(results=tuple(self._attach(call, bastion, group, each) for each in self.hosts))

    def _attach(self, call: Call, bastion: Thing, group: Thing | None, asked: HostToAttach) -> HostResult:
        host = things.by_id(call.sql, Kind.HOST, bastion.key, asked.host_id)
        if group is None or host is None:
            codes = [NOT_FOUND] * (1 + len(asked.host_account_ids))
        else:
            fresh = grants.grant(call.tx, group, host)
            accounts = [_grant_account(call, group, host, each) for each in asked.host_account_ids]
            # The host as a whole was there already only if nothing about it is new.
            codes = [OK if fresh or OK in accounts or accounts else ALREADY, *accounts]
        return HostResult(
            host_id=asked.host_id,
            user_group_id=self.user_group_id,
            code=codes[0],
            message="",
            host_accounts=tuple(
                HostAccountResult(host_account_id=account, code=code, message="")
                for account, code in zip(asked.host_account_ids, codes[1:], strict=True)
            ),
        )


def _grant_account(call: Call, group: Thing, host: Thing, account_id: str) -> str:
    account = things.by_id(call.sql, Kind.HOST_ACCOUNT, host.key, account_id)
    if account is None:
        return NOT_FOUND
    return OK if grants.grant(call.tx, group, account) else ALREADY
