"""Bastionhost, yundun-bastionhost 2019-12-09."""

from admit.services.bastionhost import instances, user_group_hosts, user_groups
from admit.services.bastionhost.vocabulary import bastionhost

__all__ = ["bastionhost", "instances", "user_group_hosts", "user_groups"]
