"""IDaaS EIAM, eiam 2021-12-01."""

from admit.services.eiam import (
    attachments,
    cloud_account_roles,
    cloud_accounts,
    listing,
    rule_applications,
    rule_groups,
    rule_resources,
    rule_targets,
    rule_users,
    rules,
)
from admit.services.eiam.vocabulary import eiam

__all__ = [
    "attachments",
    "cloud_account_roles",
    "cloud_accounts",
    "eiam",
    "listing",
    "rule_applications",
    "rule_groups",
    "rule_resources",
    "rule_targets",
    "rule_users",
    "rules",
]
