"""Private keys that several host accounts share."""

import base64
import binascii
from typing import Annotated, Any

import msgspec

from admit.base.private_keys import PrivateKey
from admit.control import things as verbs
from admit.control.bastionhost.bastion import (
    PASS_PHRASE,
    PRIVATE_KEY,
    HostAccountDetails,
    HostShareKeyDetails,
    open_secret,
    seal_secret,
)
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import SECOND
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.errors import (
    HostShareKeyAlreadyExists,
    HostShareKeyChanged,
    HostShareKeyNotFound,
    InstanceNotFound,
    InvalidArgument,
)
from admit.services.bastionhost.host_account_details import EncodedKey, Fingerprint
from admit.services.bastionhost.opened_keys import OpenedKey, former_secret
from admit.services.bastionhost.private_keys import open_private_key, read_private_key
from admit.services.bastionhost.vocabulary import (
    ONE_LINE,
    HostShareKeyId,
    InstanceId,
    PageNumber,
    PageSize,
    ProjectId,
    RegionId,
    TotalCount,
    bastionhost,
    instance,
    pages,
)
from admit.store import things
from admit.store.things import HandleTaken, Thing, Where

HostShareKeyName = Annotated[
    str, like("deploy", "The name of the shared key.", min_length=1, max_length=128, pattern=ONE_LINE)
]
EncodedPassPhrase = Annotated[
    str,
    like(
        "Y29ycmVjdCBob3JzZQ==",
        "What opens the private key, as Base64. It is never shown again.",
        max_length=2048,
    ),
]
NewShareKeyId = Annotated[int, like(1, "The ID of the new shared key, here as a number.")]
KeyChanged = Annotated[int, like(1767225600, "When the key itself was last another, in UNIX seconds.")]
AccountCount = Annotated[int, like(2, "How many host accounts log on with it.")]


@bastionhost.operation("create", errors=(InvalidArgument, InstanceNotFound, HostShareKeyAlreadyExists))
class CreateHostShareKey(Shape):
    """Keeps a private key that host accounts can share. No account logs on with it yet.

    Ours: a key that cannot be opened is refused, as it is for a host account. Ours: a
    pass phrase that is not Base64 is taken as it is.
    """

    instance_id: InstanceId
    host_share_key_name: HostShareKeyName
    """Unique in the bastion host."""
    private_key: EncodedKey
    pass_phrase: EncodedPassPhrase | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        host_share_key_id: NewShareKeyId

    def prepare(self, view: Call) -> PrivateKey:
        """The private key, opened."""
        instance(view, self.instance_id)
        return read_private_key(self.private_key, _decoded(self.pass_phrase))

    def handle(self, call: Call, key: PrivateKey) -> Response:
        bastion = instance(call, self.instance_id)
        details = HostShareKeyDetails(key.fingerprint, call.now)
        name = self.host_share_key_name
        try:
            made = verbs.add(call.tx, New(Kind.HOST_SHARE_KEY, bastion.key, name, details, handle=name))
        except HandleTaken:
            raise HostShareKeyAlreadyExists(name) from None
        _keep(call, made, key)
        return self.Response(host_share_key_id=made.key)


class HostShareKey(Shape):
    """A shared key."""

    host_share_key_id: HostShareKeyId
    host_share_key_name: HostShareKeyName
    private_key_finger_print: Fingerprint
    last_modify_key_at: KeyChanged


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound, HostShareKeyNotFound))
class GetHostShareKey(Shape):
    """Shows a shared key; the key itself is never shown."""

    instance_id: InstanceId
    host_share_key_id: HostShareKeyId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        host_share_key: HostShareKey

    def handle(self, call: Call) -> Response:
        found = share_key(call, instance(call, self.instance_id), self.host_share_key_id)
        return self.Response(host_share_key=HostShareKey(**_told(found)))


class HostShareKeyInList(HostShareKey, kw_only=True):
    """A shared key, and how many accounts log on with it."""

    host_account_count: AccountCount


@bastionhost.operation("list", errors=(InvalidArgument, InstanceNotFound))
class ListHostShareKeys(Shape):
    """Lists the shared keys of a bastion host."""

    instance_id: InstanceId
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        host_share_keys: tuple[HostShareKeyInList, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        where = Where(Kind.HOST_SHARE_KEY, parent=bastion.key)
        offset, limit = pages(self.page_number, self.page_size)
        found = things.find(call.sql, where, offset=offset, limit=limit)
        return self.Response(
            host_share_keys=tuple(
                HostShareKeyInList(
                    **_told(each), host_account_count=things.count(call.sql, sharing(bastion, each))
                )
                for each in found
            ),
            total_count=things.count(call.sql, where),
        )


@bastionhost.operation(
    "update",
    errors=(
        InvalidArgument,
        InstanceNotFound,
        HostShareKeyNotFound,
        HostShareKeyAlreadyExists,
        HostShareKeyChanged,
    ),
)
class ModifyHostShareKey(Shape):
    """Changes a shared key; what is absent stays as it is. Its accounts log on with the new key from now on.

    Ours: a new key without a pass phrase is tried with the former one, if it needs one,
    and a pass phrase alone must open the key that is kept. If the secret that is kept changes
    while the key is being opened with it, the call is refused with HostShareKeyChanged.
    """

    instance_id: InstanceId
    host_share_key_id: HostShareKeyId
    host_share_key_name: HostShareKeyName | None = None
    private_key: EncodedKey | None = None
    pass_phrase: EncodedPassPhrase | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        pass

    def prepare(self, view: Call) -> OpenedKey:
        """The private key, opened with what is kept if need be."""
        found = share_key(view, instance(view, self.instance_id), self.host_share_key_id)
        return OpenedKey(self._key(view, found), self._former(view, found))

    def handle(self, call: Call, opened: OpenedKey) -> Response:
        found = share_key(call, instance(call, self.instance_id), self.host_share_key_id)
        key = opened.key
        if self._former(call, found) != opened.former:
            raise HostShareKeyChanged
        details = found.read(HostShareKeyDetails)
        if key is not None:
            details = HostShareKeyDetails(key.fingerprint, call.now)
        name = self.host_share_key_name or found.name
        try:
            verbs.change(
                call.tx, found, name=name, handle=None if name == found.name else name, details=details
            )
        except HandleTaken:
            raise HostShareKeyAlreadyExists(name) from None
        if key is not None:
            _keep(call, found, key)
        return self.Response()

    def _former(self, call: Call, found: Thing) -> bytes | None:
        return former_secret(call, found, self.private_key, self.pass_phrase)

    def _key(self, call: Call, found: Thing) -> PrivateKey | None:
        """The key from now on, if anything about it is new."""
        pass_phrase = _decoded(self.pass_phrase)
        if self.private_key is not None:
            former = open_secret(call.sql, call.world, found, PASS_PHRASE)
            return read_private_key(
                self.private_key, pass_phrase, None if former is None else former.decode()
            )
        text = open_secret(call.sql, call.world, found, PRIVATE_KEY)
        return None if pass_phrase is None or text is None else open_private_key(text, pass_phrase)


@bastionhost.operation("delete", errors=(InvalidArgument, InstanceNotFound, HostShareKeyNotFound))
class DeleteHostShareKey(Shape):
    """Deletes a shared key. The accounts that shared it keep what they have besides."""

    instance_id: InstanceId
    host_share_key_id: HostShareKeyId
    region_id: RegionId | None = None

    class Response(Shape):
        pass

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        found = share_key(call, bastion, self.host_share_key_id)
        for account in things.find(call.sql, sharing(bastion, found)):
            let_share(call, account, None)
        verbs.remove(call.tx, found)
        return self.Response()


def share_key(call: Call, bastion: Thing, host_share_key_id: str) -> Thing:
    """The shared key of this id in a bastion host.

    Raises:
        HostShareKeyNotFound: there is none.
    """
    found = things.by_id(call.sql, Kind.HOST_SHARE_KEY, bastion.key, host_share_key_id)
    if found is None:
        raise HostShareKeyNotFound(host_share_key_id)
    return found


def sharing(bastion: Thing, key: Thing) -> Where:
    """The accounts that log on with a shared key."""
    return Where(Kind.HOST_ACCOUNT, grandparent=bastion.key, details={"host_share_key_id": key.id})


def let_share(call: Call, account: Thing, key: Thing | None) -> None:
    """Let an account log on with a shared key from now on, or with None with no shared key."""
    details = account.read(HostAccountDetails)
    shared = None if key is None else key.id
    verbs.change(call.tx, account, details=msgspec.structs.replace(details, host_share_key_id=shared))


def _told(key: Thing) -> dict[str, Any]:
    details = key.read(HostShareKeyDetails)
    return {
        "host_share_key_id": key.id,
        "host_share_key_name": key.name,
        "private_key_finger_print": details.fingerprint,
        "last_modify_key_at": details.changed_at // SECOND,
    }


def _keep(call: Call, owner: Thing, key: PrivateKey) -> None:
    seal_secret(call.tx, call.world, owner, PRIVATE_KEY, key.text)
    pass_phrase = None if key.pass_phrase is None else key.pass_phrase.encode()
    if pass_phrase is not None or PASS_PHRASE in things.secret_purposes(call.sql, owner.key):
        seal_secret(call.tx, call.world, owner, PASS_PHRASE, pass_phrase)


def _decoded(pass_phrase: str | None) -> str | None:
    if pass_phrase is None:
        return None
    try:
        return base64.b64decode(pass_phrase, validate=True).decode()
    except (binascii.Error, ValueError):
        return pass_phrase
