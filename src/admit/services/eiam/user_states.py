"""Switching accounts off and on, and giving them passwords."""

import msgspec

from admit.control import things as verbs
from admit.control.eiam.idaas import UserDetails
from admit.control.signing_in import passwords
from admit.control.signing_in.web_sessions import reset_password
from admit.core.errors import InvalidParameter
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.eiam.directory import Status
from admit.services.eiam.errors import ResourceNotFound
from admit.services.eiam.passwords import NotificationChannels, Password
from admit.services.eiam.vocabulary import DISABLED, ON_USER, Done, InstanceId, UserId, eiam, instance, user

LOCKED = "locked"
"""The word that keeps an account out until it is unlocked."""


@eiam.operation("update", errors=(ResourceNotFound,), resources=(ON_USER,))
class EnableUser(Shape):
    """Enables an account. One that is enabled already stays so."""

    instance_id: InstanceId
    user_id: UserId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Lift the block."""
        verbs.unblock(call.tx, user(call, instance(call, self.instance_id), self.user_id), DISABLED)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound,), resources=(ON_USER,))
class DisableUser(Shape):
    """Disables an account: all its access ends at once. What it is authorized to is kept for later."""

    instance_id: InstanceId
    user_id: UserId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Block the account."""
        verbs.block(call.tx, user(call, instance(call, self.instance_id), self.user_id), DISABLED)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound,), resources=(ON_USER,))
class UnlockUser(Shape):
    """Unlocks an account. One that is not locked stays so."""

    instance_id: InstanceId
    user_id: UserId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Lift the lock."""
        verbs.unblock(call.tx, user(call, instance(call, self.instance_id), self.user_id), LOCKED)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_USER,))
class UpdateUserPassword(Shape):
    """Gives an account another password.

    Ours: a password has 6 to 64 characters; there is no other policy. Another one signs out every browser
    of the account.
    Ours: a password is not sent to anybody, whatever UserNotificationChannels says. For the same reason
    CreateUser makes no random password: such an account has none until it is given one.
    """

    instance_id: InstanceId
    user_id: UserId
    password: Password
    password_forced_update_status: Status = "disabled"  # noqa: S105 - a status
    """Whether the owner must choose another password at the next logon."""
    user_notification_channels: NotificationChannels | None = None
    """Ways to tell the password to its owner. Accepted and not used."""

    Response = Done

    def prepare(self, view: Call) -> str:
        """The hash of the new password, if there is such an account."""
        user(view, instance(view, self.instance_id), self.user_id)
        return passwords.hashed(view.world, self.password)

    def handle(self, call: Call, digest: str) -> Done:
        """Replace the hash."""
        found = user(call, instance(call, self.instance_id), self.user_id)
        forced = self.password_forced_update_status == "enabled"  # noqa: S105 - a status
        details = msgspec.structs.replace(found.read(UserDetails), change_password_at_logon=forced)
        reset_password(call.tx, call.world, verbs.change(call.tx, found, details=details), digest)
        return Done()
