"""RAM, ram 2015-05-01."""

from admit.services.ram import (
    access_keys,
    attached,
    attachments,
    entities,
    errors,
    founding,
    group_users,
    groups,
    login_profiles,
    policies,
    policy_versions,
    roles,
    tags,
    users,
)
from admit.services.ram.vocabulary import ram

__all__ = [
    "access_keys",
    "attached",
    "attachments",
    "entities",
    "errors",
    "founding",
    "group_users",
    "groups",
    "login_profiles",
    "policies",
    "policy_versions",
    "ram",
    "roles",
    "tags",
    "users",
]
