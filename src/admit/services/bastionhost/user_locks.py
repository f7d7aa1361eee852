"""Locking and unlocking users."""

from admit.control import things as verbs
from admit.control.bastionhost.bastion import LOCKED
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument
from admit.services.bastionhost.vocabulary import (
    ALREADY,
    INVALID,
    NOT_FOUND,
    OK,
    InstanceId,
    Message,
    RegionId,
    ResultCode,
    UserId,
    UserIds,
    bastionhost,
    instance,
    is_decimal,
)
from admit.store import things
from admit.store.things import Thing


class UserResult(Shape):
    """What became of one user."""

    user_id: UserId
    code: ResultCode
    message: Message


@bastionhost.operation(
    "update", errors=(InvalidArgument, InstanceNotFound), resources=("instance/{InstanceId}",)
)
class LockUsers(Shape):
    """Locks users: they can neither sign in nor use what they are granted.

    What they are granted stays, and can still be changed; it is theirs again
    when they are unlocked.

    Ours: a user who is locked already answers OBJECT_AlREADY_EXISTS.
    """

    instance_id: InstanceId
    user_ids: UserIds
    region_id: RegionId | None = None

    class Response(Shape):
        """What became of each user."""

        results: tuple[UserResult, ...]

    def handle(self, call: Call) -> Response:
        """Lock each; a failure stops only its own item."""
        bastion = instance(call, self.instance_id)
        return self.Response(results=tuple(_switch(call, bastion, each, off=True) for each in self.user_ids))


@bastionhost.operation(
    "update", errors=(InvalidArgument, InstanceNotFound), resources=("instance/{InstanceId}",)
)
class UnlockUsers(Shape):
    """Unlocks users: they can sign in again, and use what they are granted.

    Ours: a user who is not locked answers OBJECT_AlREADY_EXISTS.
    """

    instance_id: InstanceId
    user_ids: UserIds
    region_id: RegionId | None = None

    class Response(Shape):
        """What became of each user."""

        results: tuple[UserResult, ...]

    def handle(self, call: Call) -> Response:
        """Unlock each; a failure stops only its own item."""
        bastion = instance(call, self.instance_id)
        return self.Response(results=tuple(_switch(call, bastion, each, off=False) for each in self.user_ids))


def _switch(call: Call, bastion: Thing, user_id: str, *, off: bool) -> UserResult:
    return UserResult(user_id=user_id, code=_code(call, bastion, user_id, off=off), message="")


def _code(call: Call, bastion: Thing, user_id: str, *, off: bool) -> str:
    if not is_decimal(user_id):
        return INVALID
    found = things.by_id(call.sql, Kind.USER, bastion.key, user_id)
    if found is None:
        return NOT_FOUND
    switch = verbs.block if off else verbs.unblock
    return OK if switch(call.tx, found, LOCKED) else ALREADY
