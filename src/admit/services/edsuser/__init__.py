"""Convenience users, eds-user 2021-03-08."""

from admit.services.edsuser import (
    creation,
    directory,
    errors,
    group_members,
    groups,
    locks,
    user_listings,
    users,
)
from admit.services.edsuser.vocabulary import edsuser

__all__ = [
    "creation",
    "directory",
    "edsuser",
    "errors",
    "group_members",
    "groups",
    "locks",
    "user_listings",
    "users",
]
