"""Bastionhost, yundun-bastionhost 2019-12-09."""

from admit.services.bastionhost import (
    instance_attributes,
    instances,
    memberships,
    passwords,
    user_attributes,
    user_group_hosts,
    user_groups,
    user_listings,
    user_locks,
    users,
)
from admit.services.bastionhost.vocabulary import bastionhost

__all__ = [
    "bastionhost",
    "instance_attributes",
    "instances",
    "memberships",
    "passwords",
    "user_attributes",
    "user_group_hosts",
    "user_groups",
    "user_listings",
    "user_locks",
    "users",
]
