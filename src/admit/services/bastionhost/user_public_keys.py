"""The public keys that users sign in with."""

from typing import Annotated

from admit.control import things as verbs
from admit.control.bastionhost.bastion import UserPublicKeyDetails
from admit.control.things import New
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.errors import (
    InstanceNotFound,
    InvalidArgument,
    UserNotFound,
    UserPublicKeyAlreadyExists,
    UserPublicKeyNotFound,
)
from admit.services.bastionhost.public_keys import PublicKey, read_public_key
from admit.services.bastionhost.vocabulary import (
    ONE_LINE,
    InstanceId,
    PageNumber,
    PageSize,
    RegionId,
    TotalCount,
    UserId,
    bastionhost,
    instance,
    pages,
    user,
)
from admit.store import things
from admit.store.things import Thing, Where

PublicKeyId = Annotated[str, like("1", "The ID of the public key. ListUserPublicKeys lists them.")]
PublicKeyName = Annotated[
    str, like("laptop", "The name of the public key.", min_length=1, max_length=128, pattern=ONE_LINE)
]
KeyComment = Annotated[str, like("work laptop", "Remarks on the public key.", max_length=500)]
EncodedPublicKey = Annotated[
    str,
    like(
        "c3NoLWVkMjU1MTkgQUFBQUMzTnphQzFsWkRJMU5URTVBQUFBSUVMV1Z2T2JWSkVjQlBCQWU0ZWVpQnNEQVVXaWwzdWNCL0d3T0t4M0JRWk4=",
        "The public key: Base64 of the one line that a .pub file has.",
        max_length=16_384,
    ),
]
KeyFingerprint = Annotated[
    str,
    like(
        "SHA256:o2IDeCkQVJuLhlBGHzGUCi5CkB4vqBNZGBoiFlAVPfY",
        "The SHA256 fingerprint, as ssh-keygen -l tells it.",
    ),
]


@bastionhost.operation(
    "create", errors=(InvalidArgument, InstanceNotFound, UserNotFound, UserPublicKeyAlreadyExists)
)
class CreateUserPublicKey(Shape):
    """Gives a user a public key to sign in with at the SSH door.

    Ours: Ed25519, ECDSA and RSA keys of at least 2048 bits are taken, also those of
    security keys; DSA keys, certificates and options before the key are not. The
    line of the .pub file is taken as it is, too.

    Ours: a key belongs to one user of a bastion host, for it says who signs in.
    """

    instance_id: InstanceId
    user_id: UserId
    public_key_name: PublicKeyName
    public_key: EncodedPublicKey
    comment: KeyComment | None = None
    """By default the comment that the key has itself."""
    region_id: RegionId | None = None

    class Response(Shape):
        public_key_id: PublicKeyId

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        owner = user(call, bastion, self.user_id)
        key = read_public_key(self.public_key)
        _refuse_second(call, bastion, key)
        comment = key.comment[:500] if self.comment is None else self.comment
        details = UserPublicKeyDetails(self.public_key_name, key.text, comment)
        new = New(Kind.USER_PUBLIC_KEY, owner.key, key.fingerprint, details, handle=key.fingerprint)
        return self.Response(public_key_id=verbs.add(call.tx, new).id)


class UserPublicKey(Shape):
    """A public key of a user."""

    public_key_id: PublicKeyId
    public_key_name: PublicKeyName
    user_id: UserId
    finger_print: KeyFingerprint
    comment: KeyComment


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound, UserNotFound))
class ListUserPublicKeys(Shape):
    """Lists the public keys of a user, or of all users of the bastion host."""

    instance_id: InstanceId
    user_id: UserId | None = None
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    region_id: RegionId | None = None

    class Response(Shape):
        public_keys: tuple[UserPublicKey, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        owner = None if self.user_id is None else user(call, bastion, self.user_id)
        where = Where(
            Kind.USER_PUBLIC_KEY,
            parent=None if owner is None else owner.key,
            grandparent=bastion.key if owner is None else None,
        )
        offset, limit = pages(self.page_number, self.page_size)
        found = things.find(call.sql, where, offset=offset, limit=limit)
        return self.Response(public_keys=_shown(call, found), total_count=things.count(call.sql, where))


@bastionhost.operation(
    "update", errors=(InvalidArgument, InstanceNotFound, UserPublicKeyNotFound, UserPublicKeyAlreadyExists)
)
class ModifyUserPublicKey(Shape):
    """Changes a public key; what is absent stays as it is.

    With another key in its place the former one signs in no more.
    """

    instance_id: InstanceId
    public_key_id: PublicKeyId
    public_key_name: PublicKeyName | None = None
    public_key: EncodedPublicKey | None = None
    comment: KeyComment | None = None
    region_id: RegionId | None = None

    class Response(Shape):
        pass

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        found = _public_key(call, bastion, self.public_key_id)
        kept = found.read(UserPublicKeyDetails)
        key = None if self.public_key is None else read_public_key(self.public_key)
        details = UserPublicKeyDetails(
            label=self.public_key_name or kept.label,
            public_key=kept.public_key if key is None else key.text,
            comment=kept.comment if self.comment is None else self.comment,
        )
        if key is None or key.fingerprint == found.name:
            verbs.change(call.tx, found, details=details)
        else:
            _refuse_second(call, bastion, key)
            verbs.change(call.tx, found, name=key.fingerprint, handle=key.fingerprint, details=details)
        return self.Response()


@bastionhost.operation("delete", errors=(InvalidArgument, InstanceNotFound, UserPublicKeyNotFound))
class DeleteUserPublicKey(Shape):
    """Deletes a public key: nobody signs in with it any more. Sessions that are open stay open."""

    instance_id: InstanceId
    public_key_id: PublicKeyId
    region_id: RegionId | None = None

    class Response(Shape):
        pass

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        verbs.remove(call.tx, _public_key(call, bastion, self.public_key_id))
        return self.Response()


def _public_key(call: Call, bastion: Thing, public_key_id: str) -> Thing:
    found = things.by_id_anywhere(call.sql, Kind.USER_PUBLIC_KEY, public_key_id)
    if found is None or things.by_key(call.sql, found.parent).parent != bastion.key:
        raise UserPublicKeyNotFound(public_key_id)
    return found


def _refuse_second(call: Call, bastion: Thing, key: PublicKey) -> None:
    holders = things.find(call.sql, Where(Kind.USER_PUBLIC_KEY, names=(key.fingerprint,)))
    owners = things.by_keys(call.sql, [each.parent for each in holders])
    if any(owner.parent == bastion.key for owner in owners.values()):
        raise UserPublicKeyAlreadyExists(key.fingerprint)


def _shown(call: Call, keys: list[Thing]) -> tuple[UserPublicKey, ...]:
    owners = things.by_keys(call.sql, [key.parent for key in keys])
    return tuple(_told(key, owners[key.parent], key.read(UserPublicKeyDetails)) for key in keys)


def _told(key: Thing, owner: Thing, details: UserPublicKeyDetails) -> UserPublicKey:
    return UserPublicKey(
        public_key_id=key.id,
        public_key_name=details.label,
        user_id=owner.id,
        finger_print=key.name,
        comment=details.comment,
    )
