"""Words about the passwords of accounts; they are never told and never sent."""

from typing import Annotated, Literal

from admit.rpc.shape import Shape, at_most, like
from admit.services.eiam.directory import Status

Password = Annotated[str, like("correct horse battery", "The password.", min_length=6, max_length=64)]
NotificationChannels = Annotated[tuple[str, ...], at_most(10)]
"""Ways to tell the password to its owner. They are accepted and not used."""


class PasswordInitialization(Shape):
    """How an account comes to its first password."""

    password_forced_update_status: Status | None = None
    """Whether the owner must choose another password at the first logon."""
    password_initialization_policy_priority: Literal["global", "custom"] | None = None
    """custom: what stands here holds. global, the default: what the instance says, which is nothing."""
    password_initialization_type: Literal["random"] | None = None
    """Where the password comes from."""
    user_notification_channels: NotificationChannels | None = None

    @property
    def forces_change(self) -> bool:
        """Whether the owner must choose another password."""
        policy, forced = self.password_initialization_policy_priority, self.password_forced_update_status
        return (policy, forced) == ("custom", "enabled")
