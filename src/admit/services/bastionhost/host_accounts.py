"""Accounts on hosts, with the secrets that log on to them."""

from typing import Annotated

import msgspec

from admit.base.private_keys import PrivateKey
from admit.control import things as verbs
from admit.control.bastionhost.bastion import PASS_PHRASE, PRIVATE_KEY, HostAccountDetails, open_secret
from admit.control.things import New
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import JsonText, Shape, at_most, like
from admit.services.bastionhost.errors import (
    HostAccountAlreadyExists,
    HostAccountChanged,
    HostAccountNotFound,
    HostNotFound,
    InstanceNotFound,
    InvalidArgument,
)
from admit.services.bastionhost.host_account_details import (
    EncodedKey,
    HostAccount,
    PassPhrase,
    Password,
    PrivilegeType,
    RotationMode,
    keep,
    shown,
)
from admit.services.bastionhost.opened_keys import OpenedKey, former_secret
from admit.services.bastionhost.private_keys import open_private_key, read_private_key
from admit.services.bastionhost.vocabulary import (
    HostAccountId,
    HostAccountName,
    HostId,
    HostShareKeyId,
    InstanceId,
    PageNumber,
    PageSize,
    ProjectId,
    ProtocolName,
    RegionId,
    TotalCount,
    bastionhost,
    host,
    host_account,
    instance,
    pages,
)
from admit.store import things
from admit.store.things import HandleTaken, Thing, Where

HostIds = Annotated[
    JsonText[Annotated[tuple[HostId, ...], at_most(100)]],
    like('["1","2"]', "Several hosts, as JSON. Takes effect only when HostId is 0."),
]


@bastionhost.operation(
    "create", errors=(InvalidArgument, InstanceNotFound, HostNotFound, HostAccountAlreadyExists)
)
class CreateHostAccount(Shape):
    """Creates an account on a host. Nobody may use it before it is granted to them.

    Ours: an unknown HostShareKeyId and a pass phrase without a private key are refused.
    Ours: a private key that cannot be opened is refused, also one whose pass phrase takes more
    than 2 000 000 rounds of PBKDF2 or 256 of bcrypt, and a pass phrase the key does not need.
    """

    instance_id: InstanceId
    host_id: HostId
    protocol_name: ProtocolName
    host_account_name: HostAccountName
    """Unique on the host for the protocol."""
    password: Password | None = None
    private_key: EncodedKey | None = None
    pass_phrase: PassPhrase | None = None
    host_share_key_id: HostShareKeyId | None = None
    privilege_type: PrivilegeType = "Normal"
    rotation_mode: RotationMode = "Self"
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        host_account_id: HostAccountId

    def prepare(self, view: Call) -> PrivateKey | None:
        """The private key, opened."""
        self._host(view)
        return self._key()

    def handle(self, call: Call, key: PrivateKey | None) -> Response:
        on = self._host(call)
        details = HostAccountDetails(
            self.protocol_name,
            self.privilege_type,
            self.rotation_mode,
            self.host_share_key_id,
            None if key is None else key.fingerprint,
        )
        handle = _handle(details, self.host_account_name)
        new = New(Kind.HOST_ACCOUNT, on.key, self.host_account_name, details, handle=handle)
        try:
            made = verbs.add(call.tx, new)
        except HandleTaken:
            raise HostAccountAlreadyExists(self.host_account_name) from None
        keep(call, made, self.password, key)
        return self.Response(host_account_id=made.id)

    def _host(self, call: Call) -> Thing:
        bastion = instance(call, self.instance_id)
        on = host(call, bastion, self.host_id)
        _check_share_key(call, bastion, self.host_share_key_id)
        return on

    def _key(self) -> PrivateKey | None:
        if self.protocol_name != "SSH":
            return None
        if self.private_key is not None:
            return read_private_key(self.private_key, self.pass_phrase)
        if self.pass_phrase is not None:
            raise InvalidArgument("PassPhrase", "there is no private key it could open.")
        return None


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound, HostAccountNotFound))
class GetHostAccount(Shape):
    """Shows a host account: which secrets are kept for it, never the secrets."""

    instance_id: InstanceId
    host_account_id: HostAccountId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        host_account: HostAccount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        found = host_account(call, bastion, self.host_account_id)
        on = things.by_key(call.sql, found.parent)
        (told,) = shown(call, bastion, [(on, found)])
        return self.Response(host_account=told)


@bastionhost.operation("list", errors=(InvalidArgument, InstanceNotFound, HostNotFound))
class ListHostAccounts(Shape):
    """Lists the accounts of a host, or with HostId 0 those of several hosts.

    Ours: hosts among HostIds that do not exist have no accounts.
    """

    instance_id: InstanceId
    host_id: HostId
    host_ids: HostIds | None = None
    host_account_name: HostAccountName | None = None
    protocol_name: ProtocolName | None = None
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        host_accounts: tuple[HostAccount, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        found = [(on, each) for on in self._hosts(call, bastion) for each in self._accounts(call, on)]
        offset, limit = pages(self.page_number, self.page_size)
        return self.Response(
            host_accounts=tuple(shown(call, bastion, found[offset : offset + limit])),
            total_count=len(found),
        )

    def _hosts(self, call: Call, bastion: Thing) -> list[Thing]:
        if self.host_id == "0" and self.host_ids is not None:
            return things.find(call.sql, Where(Kind.HOST, parent=bastion.key, ids=self.host_ids))
        return [host(call, bastion, self.host_id)]

    def _accounts(self, call: Call, on: Thing) -> list[Thing]:
        where = Where(
            Kind.HOST_ACCOUNT,
            parent=on.key,
            name=self.host_account_name,
            details={"protocol_name": self.protocol_name},
        )
        return things.find(call.sql, where)


@bastionhost.operation(
    "update",
    errors=(
        InvalidArgument,
        InstanceNotFound,
        HostAccountNotFound,
        HostAccountAlreadyExists,
        HostAccountChanged,
    ),
)
class ModifyHostAccount(Shape):
    """Changes a host account; what is absent stays as it is. Grants stay in any case.

    Ours: a new private key without a pass phrase is tried with the former one, if it needs one.
    Ours: a pass phrase alone must open the private key that is kept. If the secret that is kept
    changes while the key is being opened with it, the call is refused with HostAccountChanged.
    """

    instance_id: InstanceId
    host_account_id: HostAccountId
    host_account_name: HostAccountName | None = None
    password: Password | None = None
    private_key: EncodedKey | None = None
    pass_phrase: PassPhrase | None = None
    host_share_key_id: HostShareKeyId | None = None
    privilege_type: PrivilegeType | None = None
    rotation_mode: RotationMode | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        pass

    def prepare(self, view: Call) -> OpenedKey:
        """The private key, opened with what is kept if need be."""
        found = self._account(view)
        ssh = found.read(HostAccountDetails).protocol_name == "SSH"
        return OpenedKey(self._key(view, found) if ssh else None, self._former(view, found))

    def handle(self, call: Call, opened: OpenedKey) -> Response:
        found, key = self._account(call), opened.key
        if self._former(call, found) != opened.former:
            raise HostAccountChanged
        details = found.read(HostAccountDetails)
        given = {
            "privilege_type": self.privilege_type,
            "rotation_mode": self.rotation_mode,
            "host_share_key_id": self.host_share_key_id,
            "private_key_fingerprint": None if key is None else key.fingerprint,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        details = msgspec.structs.replace(details, **changes)
        name = self.host_account_name or found.name
        try:
            verbs.change(call.tx, found, name=name, handle=_handle(details, name), details=details)
        except HandleTaken:
            raise HostAccountAlreadyExists(name) from None
        keep(call, found, self.password, key)
        return self.Response()

    def _account(self, call: Call) -> Thing:
        bastion = instance(call, self.instance_id)
        found = host_account(call, bastion, self.host_account_id)
        _check_share_key(call, bastion, self.host_share_key_id)
        return found

    def _former(self, call: Call, account: Thing) -> bytes | None:
        return former_secret(call, account, self.private_key, self.pass_phrase)

    def _key(self, call: Call, account: Thing) -> PrivateKey | None:
        """The key the account has from now on, if anything about it is new."""
        if self.private_key is not None:
            former = open_secret(call.sql, call.world, account, PASS_PHRASE)
            return read_private_key(
                self.private_key, self.pass_phrase, None if former is None else former.decode()
            )
        if self.pass_phrase is None:
            return None
        text = open_secret(call.sql, call.world, account, PRIVATE_KEY)
        if text is None:
            raise InvalidArgument("PassPhrase", "there is no private key it could open.")
        return open_private_key(text, self.pass_phrase)


@bastionhost.operation("delete", errors=(InvalidArgument, InstanceNotFound, HostAccountNotFound))
class DeleteHostAccount(Shape):
    """Deletes a host account with its secrets, and every grant of it. Grants of the host stay."""

    instance_id: InstanceId
    host_account_id: HostAccountId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        pass

    def handle(self, call: Call) -> Response:
        verbs.remove(call.tx, host_account(call, instance(call, self.instance_id), self.host_account_id))
        return self.Response()


def _handle(details: HostAccountDetails, name: str) -> str:
    return f"{details.protocol_name}/{name}"


def _check_share_key(call: Call, bastion: Thing, share_key_id: str | None) -> None:
    if share_key_id is None:
        return
    if things.by_id(call.sql, Kind.HOST_SHARE_KEY, bastion.key, share_key_id) is None:
        raise InvalidArgument("HostShareKeyId", "there is no such shared key.")
