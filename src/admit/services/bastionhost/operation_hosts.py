"""What the calling RAM user may operate: hosts and host accounts, by whatever path."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

import msgspec

from admit.control import access
from admit.control.bastionhost.bastion import PASSWORD, HostAccountDetails
from admit.control.bastionhost.restrictions import restrictions
from admit.core.links import Kind, Ref
from admit.core.restrictions import Channel
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument
from admit.services.bastionhost.host_account_details import (
    Fingerprint,
    HasPassword,
)
from admit.services.bastionhost.host_details import SourcedHost, SourcedHostFilter, sourced
from admit.services.bastionhost.vocabulary import (
    HostAccountId,
    HostAccountName,
    HostId,
    HostShareKeyId,
    InstanceId,
    PageNumber,
    PageSize,
    ProtocolName,
    RegionId,
    TotalCount,
    bastionhost,
    instance,
    pages,
)
from admit.store import things
from admit.store.prepared import AT_ONCE
from admit.store.things import Thing, Where

OperationProjectId = Annotated[
    str, like("1", "The ID of a project. Accepted and not used: there are no projects here.")
]
Reached: TypeAlias = Mapping[Thing, set[Ref]]
"""What each user reaches."""
ChannelOpen = Annotated[bool, like(example=True, description="Whether policies leave the channel open.")]


class OperationHost(SourcedHost, kw_only=True):
    """A host the caller may operate."""

    project_name: str | None = None


@bastionhost.operation("list", errors=(InvalidArgument, InstanceNotFound), slow=True)
class ListOperationHosts(SourcedHostFilter, kw_only=True):
    """Lists the hosts the calling RAM user may operate at this moment.

    The RAM user is the user of the bastion host whose Source is Ram and whose
    SourceUserId is theirs. Grants to the user, to the user's groups and by rules count alike.

    Ours: a caller no user stands for, such as an assumed role, may operate none.
    Ours: a host is listed as well if only accounts on it are granted.
    """

    instance_id: InstanceId
    operation_project_id: OperationProjectId | None = None
    region_id: RegionId | None = None

    class Response(Shape):
        hosts: tuple[OperationHost, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        reached = set().union(*_reached(call, bastion).values())
        hosts = {ref.key for ref in reached if ref.kind is Kind.HOST}
        accounts = [ref.key for ref in reached if ref.kind is Kind.HOST_ACCOUNT]
        hosts |= {account.parent for account in things.by_keys(call.sql, accounts).values()}
        found = self._matching(call, bastion, sorted(hosts))
        offset, limit = pages(self.page_number, self.page_size)
        return self.Response(
            hosts=tuple(OperationHost(**sourced(each)) for each in found[offset : offset + limit]),
            total_count=len(found),
        )

    def _matching(self, call: Call, bastion: Thing, keys: list[int]) -> list[Thing]:
        # In parts, since a statement holds a limited number of values.
        parts = (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
        return [each for part in parts for each in things.find(call.sql, self.where(call, bastion, part))]


class SSHConfig(Shape):
    """What may be done over SSH."""

    enable_ssh_channel: ChannelOpen = msgspec.field(name="EnableSSHChannel")
    enable_sftp_channel: ChannelOpen = msgspec.field(name="EnableSFTPChannel")


class OperationHostAccount(Shape):
    """An account the caller may operate."""

    host_account_id: HostAccountId
    host_account_name: HostAccountName
    host_id: HostId
    protocol_name: ProtocolName
    has_password: HasPassword
    private_key_fingerprint: Fingerprint | None = None
    host_share_key_id: HostShareKeyId | None = None
    ssh_config: SSHConfig | None = msgspec.field(default=None, name="SSHConfig")


@bastionhost.operation("list", errors=(InvalidArgument, InstanceNotFound))
class ListOperationHostAccounts(Shape):
    """Lists the accounts on a host that the calling RAM user may operate at this moment.

    Ours: a host that does not exist is answered like one that is not open to the caller, with an
    empty list. Ours: without a control policy both channels of SSH are open.
    """

    instance_id: InstanceId
    host_id: HostId
    host_account_name: HostAccountName | None = None
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    region_id: RegionId | None = None

    class Response(Shape):
        host_accounts: tuple[OperationHostAccount, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        on = things.by_id(call.sql, Kind.HOST, bastion.key, self.host_id)
        if on is None:
            return self.Response(host_accounts=(), total_count=0)
        reached = _reached(call, bastion)
        accounts = Where(Kind.HOST_ACCOUNT, parent=on.key, name=self.host_account_name)
        found = [
            each
            for each in things.find(call.sql, accounts)
            if any(each.ref in refs for refs in reached.values())
        ]
        offset, limit = pages(self.page_number, self.page_size)
        page = found[offset : offset + limit]
        with_password = things.with_secret(call.sql, [each.key for each in page], PASSWORD)
        return self.Response(
            host_accounts=tuple(
                _told(on, each, _ssh(call, reached, each), has_password=each.key in with_password)
                for each in page
            ),
            total_count=len(found),
        )


def _told(on: Thing, account: Thing, ssh: SSHConfig | None, *, has_password: bool) -> OperationHostAccount:
    details = account.read(HostAccountDetails)
    return OperationHostAccount(
        host_account_id=account.id,
        host_account_name=account.name,
        host_id=on.id,
        protocol_name=details.protocol_name,
        has_password=has_password,
        private_key_fingerprint=details.private_key_fingerprint,
        host_share_key_id=details.host_share_key_id,
        ssh_config=ssh,
    )


def _ssh(call: Call, reached: Reached, account: Thing) -> SSHConfig | None:
    """The channels that control policies leave open to one of the users who reach an account."""
    if account.read(HostAccountDetails).protocol_name != "SSH":
        return None
    left = [
        restrictions(call.sql, call.world, user, account, call.now)
        for user, refs in reached.items()
        if account.ref in refs
    ]
    return SSHConfig(
        enable_ssh_channel=any(each.allows(Channel.SHELL) for each in left),
        enable_sftp_channel=any(each.allows(Channel.SFTP) for each in left),
    )


def _reached(call: Call, bastion: Thing) -> Reached:
    """Everything the caller reaches as each of their users of a bastion host, by the walk that decides."""
    return {
        user: {reach.ref for reach in access.everything_as(call.sql, user.ref, call.now)}
        for user in users_of(call, bastion)
    }


def users_of(call: Call, bastion: Thing) -> list[Thing]:
    """The users of a bastion host that stand for the calling RAM user."""
    if call.caller.user_id is None:
        return []
    source = {"source": "Ram", "source_user_id": call.caller.user_id}
    return things.find(call.sql, Where(Kind.USER, parent=bastion.key, details=source))
