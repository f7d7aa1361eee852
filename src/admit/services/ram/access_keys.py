"""Access keys: what users, and the account itself, sign their calls with."""

from typing import Annotated, Literal

from admit.control import things as verbs
from admit.control.callers import KeyDetails
from admit.control.founding import new_access_key
from admit.core.errors import MissingParameter
from admit.core.links import Kind
from admit.core.validity import iso
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.ram.entities import require_room, user
from admit.services.ram.errors import (
    AccessKeyNotFound,
    InvalidParameter,
    LastKeyOfAccount,
    TooManyAccessKeys,
    UserNotFound,
)
from admit.services.ram.vocabulary import THE_USER, Date, UserName, ram
from admit.store import things
from admit.store.things import Thing, Where

MOST_KEYS = 2

AccessKeyId = Annotated[str, like("LTAI5t****************", "The ID of the access key.")]
Status = Annotated[
    Literal["Active", "Inactive"], like("Active", "Whether the key may sign: Active or Inactive.")
]


class AccessKeyShown(Shape):
    """An access key, without its secret."""

    access_key_id: AccessKeyId
    status: Status
    create_date: Date


class NewAccessKeyShown(AccessKeyShown):
    """An access key with its secret."""

    access_key_secret: str
    """The secret. It is told this once and cannot be read again."""


class AccessKeysShown(Shape):
    """Access keys."""

    access_key: tuple[AccessKeyShown, ...]


def _owner(call: Call, user_name: str | None) -> Thing:
    """Whose keys are meant: the user's of this name, or the caller's own.

    Raises:
        UserNotFound: there is no such user.
        MissingParameter: a role's session has no keys of its own.
    """
    if user_name is not None:
        return user(call, user_name)
    if call.caller.kind == "Account":
        return things.by_key(call.sql, call.world.account_key)
    if call.caller.kind == "RAMUser":
        return user(call, call.caller.name)
    raise MissingParameter("UserName")


def _key(call: Call, owner: Thing, access_key_id: str) -> Thing:
    """An owner's access key.

    Raises:
        AccessKeyNotFound: the owner has none of this id.
    """
    found = things.by_id(call.sql, Kind.ACCESS_KEY, owner.key, access_key_id)
    if found is None:
        raise AccessKeyNotFound(access_key_id)
    return found


def _leave_one(call: Call, owner: Thing, key: Thing) -> None:
    """Return if an owner can still sign without a key, or need not.

    Raises:
        LastKeyOfAccount: it is the account, which nobody could act for any more.
    """
    if owner.kind is not Kind.ACCOUNT:
        return
    keys = things.find(call.sql, Where(Kind.ACCESS_KEY, owner.key))
    if not any(each.key != key.key and each.read(KeyDetails).status == "Active" for each in keys):
        raise LastKeyOfAccount(key.id)


@ram.operation(
    "create",
    errors=(InvalidParameter, UserNotFound, TooManyAccessKeys),
    resources=(THE_USER,),
)
class CreateAccessKey(Shape):
    """Creates an access key for a user, or without a user name for the caller.

    Ours: the account itself may have two keys as well, so that its key can be exchanged.
    """

    user_name: UserName | None = None

    class Response(Shape):
        """The new access key."""

        access_key: NewAccessKeyShown

    def handle(self, call: Call) -> Response:
        """Make the key, seal its secret, and show it this once."""
        owner = _owner(call, self.user_name)
        require_room(call, Where(Kind.ACCESS_KEY, owner.key), MOST_KEYS, TooManyAccessKeys)
        key, secret = new_access_key(call.tx, call.world, owner)
        return self.Response(
            access_key=NewAccessKeyShown(
                access_key_id=key.id,
                access_key_secret=secret,
                status="Active",
                create_date=iso(key.created_at),
            )
        )


@ram.operation("get", errors=(InvalidParameter, UserNotFound), resources=(THE_USER,))
class ListAccessKeys(Shape):
    """Lists the access keys of a user, or without a user name of the caller."""

    user_name: UserName | None = None

    class Response(Shape):
        """The access keys."""

        access_keys: AccessKeysShown

    def handle(self, call: Call) -> Response:
        """Read the keys, the oldest first."""
        owner = _owner(call, self.user_name)
        keys = tuple(
            AccessKeyShown(
                access_key_id=key.id, status=key.read(KeyDetails).status, create_date=iso(key.created_at)
            )
            for key in things.find(call.sql, Where(Kind.ACCESS_KEY, owner.key))
        )
        return self.Response(access_keys=AccessKeysShown(access_key=keys))


@ram.operation(
    "update",
    errors=(InvalidParameter, UserNotFound, AccessKeyNotFound, LastKeyOfAccount),
    resources=(THE_USER,),
)
class UpdateAccessKey(Shape):
    """Lets an access key sign, or not: an inactive one is refused from the next call on.

    Ours: the last active key of the account itself stays active, as there is no other way in.
    """

    user_access_key_id: AccessKeyId
    status: Status
    user_name: UserName | None = None

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Set the key's status."""
        owner = _owner(call, self.user_name)
        key = _key(call, owner, self.user_access_key_id)
        if self.status == "Inactive":
            _leave_one(call, owner, key)
        verbs.change(call.tx, key, details=KeyDetails(self.status))
        return self.Response()


@ram.operation(
    "delete",
    errors=(InvalidParameter, UserNotFound, AccessKeyNotFound, LastKeyOfAccount),
    resources=(THE_USER,),
)
class DeleteAccessKey(Shape):
    """Deletes an access key of a user, or without a user name of the caller.

    Ours: the last active key of the account itself is not deleted, as there is no other way in.
    """

    user_access_key_id: AccessKeyId
    user_name: UserName | None = None

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Look for another way in, then remove the key and its secret."""
        owner = _owner(call, self.user_name)
        key = _key(call, owner, self.user_access_key_id)
        _leave_one(call, owner, key)
        verbs.remove(call.tx, key)
        return self.Response()
