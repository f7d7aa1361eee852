"""Which host accounts log on with a shared key."""

from typing import Annotated

from admit.control.bastionhost.bastion import HostAccountDetails
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import JsonText, Shape, at_most, like
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument, NoSuchHostShareKey
from admit.services.bastionhost.host_share_keys import let_share, sharing
from admit.services.bastionhost.vocabulary import (
    ALREADY,
    INVALID,
    NOT_FOUND,
    OK,
    HostAccountId,
    HostAccountName,
    HostId,
    HostShareKeyId,
    InstanceId,
    Message,
    PageNumber,
    PageSize,
    ProjectId,
    ProtocolName,
    RegionId,
    ResultCode,
    TotalCount,
    bastionhost,
    instance,
    is_decimal,
    pages,
)
from admit.store import things
from admit.store.things import Thing

HostAccountIds = Annotated[
    JsonText[Annotated[tuple[HostAccountId, ...], at_most(100, least=1)]],
    like('["1","2"]', "The IDs of the host accounts, a JSON array of 1 to 100."),
]


class ShareResult(Shape):
    """What became of one host account."""

    host_account_id: HostAccountId
    host_share_key_id: HostShareKeyId
    code: ResultCode
    message: Message


@bastionhost.operation("create", errors=(InvalidArgument, InstanceNotFound))
class AttachHostAccountsToHostShareKey(Shape):
    """Lets host accounts log on with a shared key; a private key of their own still comes first.

    Ours: an account that has another shared key changes over to this one. Ours: if the shared
    key does not exist, each account answers OBJECT_NOT_FOUND; an RDP account, which logs on
    with no key, INVALID_ARGUMENT.
    """

    instance_id: InstanceId
    host_share_key_id: HostShareKeyId
    host_account_ids: HostAccountIds
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        results: tuple[ShareResult, ...]

    def handle(self, call: Call) -> Response:
        return self.Response(results=_changed(call, self))


@bastionhost.operation("delete", errors=(InvalidArgument, InstanceNotFound))
class DetachHostAccountsFromHostShareKey(Shape):
    """Lets host accounts log on with a shared key no more.

    Ours: an account that has not this shared key answers OBJECT_AlREADY_EXISTS, as detaching
    what is not attached does.
    """

    instance_id: InstanceId
    host_share_key_id: HostShareKeyId
    host_account_ids: HostAccountIds
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        results: tuple[ShareResult, ...]

    def handle(self, call: Call) -> Response:
        return self.Response(results=_changed(call, self))


class SharingAccount(Shape):
    """A host account that logs on with the shared key."""

    hosts_account_id: HostAccountId
    host_account_name: HostAccountName
    host_id: HostId
    protocol_name: ProtocolName


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound, NoSuchHostShareKey))
class ListHostAccountsForHostShareKey(Shape):
    """Lists the host accounts that log on with a shared key, 10 on a page unless asked otherwise."""

    instance_id: InstanceId
    host_share_key_id: HostShareKeyId
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        host_accounts: tuple[SharingAccount, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        key = things.by_id(call.sql, Kind.HOST_SHARE_KEY, bastion.key, self.host_share_key_id)
        if key is None:
            raise NoSuchHostShareKey(self.host_share_key_id)
        offset, limit = pages(self.page_number, self.page_size, default=10)
        found = things.find(call.sql, sharing(bastion, key), offset=offset, limit=limit)
        hosts = things.by_keys(call.sql, [each.parent for each in found])
        return self.Response(
            host_accounts=tuple(
                SharingAccount(
                    hosts_account_id=each.id,
                    host_account_name=each.name,
                    host_id=hosts[each.parent].id,
                    protocol_name=each.read(HostAccountDetails).protocol_name,
                )
                for each in found
            ),
            total_count=things.count(call.sql, sharing(bastion, key)),
        )


def _changed(
    call: Call, asked: AttachHostAccountsToHostShareKey | DetachHostAccountsFromHostShareKey
) -> tuple[ShareResult, ...]:
    """Let each account share the key, or not any more."""
    bastion = instance(call, asked.instance_id)
    key = things.by_id(call.sql, Kind.HOST_SHARE_KEY, bastion.key, asked.host_share_key_id)
    attach = isinstance(asked, AttachHostAccountsToHostShareKey)

    def code(account_id: str) -> str:
        if not (is_decimal(account_id) and is_decimal(asked.host_share_key_id)):
            return INVALID
        account = _account(call, bastion, account_id)
        if account is None or key is None:
            return NOT_FOUND
        details = account.read(HostAccountDetails)
        if details.protocol_name != "SSH":
            return INVALID
        if attach is (details.host_share_key_id == key.id):
            return ALREADY
        let_share(call, account, key if attach else None)
        return OK

    return tuple(
        ShareResult(
            host_account_id=each, host_share_key_id=asked.host_share_key_id, code=code(each), message=""
        )
        for each in asked.host_account_ids
    )


def _account(call: Call, bastion: Thing, account_id: str) -> Thing | None:
    found = things.by_id_anywhere(call.sql, Kind.HOST_ACCOUNT, account_id)
    if found is None or things.by_key(call.sql, found.parent).parent != bastion.key:
        return None
    return found
