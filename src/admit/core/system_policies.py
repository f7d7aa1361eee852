"""The system policies every account begins with: attached like any other, never edited.

Their names are the vendor's; the documents are our own, as the vendor's are not all
published, and speak of the services that are here.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SystemPolicy:
    """A policy of type System: its name, what it is for, and its document."""

    name: str
    description: str
    document: str


# Reading never hands out a way in. So App Streaming's are named one by one: GetConnectionTicket
# and GetDebugAppInstance open a session, GetFileUploadInfo returns a token. And so eds-user's
# Get… are only the counts, as GetAuthCode and GetStsToken share its prefix.
_READ_APPSTREAMING = (
    "appstreaming:Describe*",
    "appstreaming:List*",
    "appstreaming:PageList*",
    "appstreaming:GetAppInstanceGroup",
    "appstreaming:GetBrowserInstanceGroup",
    "appstreaming:GetModelProviderTemplate",
    "appstreaming:GetOtaTaskByTaskId",
    "appstreaming:GetResource*Price",
)
_READ_ECD = ("ecd:Check*", "ecd:Describe*", "ecd:Filter*", "ecd:Get*Count", "ecd:List*", "ecd:Query*")
_READ_BASTIONHOST = ("yundun-bastionhost:Describe*", "yundun-bastionhost:Get*", "yundun-bastionhost:List*")
_READ_EIAM = ("eiam:Check*", "eiam:Get*", "eiam:List*")
_READ_RAM = ("ram:Get*", "ram:List*")

_USE_DESKTOPS = (
    "ecd:DescribeDesktops",
    "ecd:DescribeRegions",
    "ecd:GetConnectionTicket",
    "ecd:RebootDesktops",
    "ecd:StartDesktops",
    "ecd:StopDesktops",
)
_FIND_ASSETS = (
    "ecs:DescribeImages",
    "ecs:DescribeInstances",
    "ecs:DescribeRegions",
    "ecs:DescribeSecurityGroups",
    "ecs:DescribeTags",
    "ecs:DescribeZones",
    "rds:DescribeDBInstanceAttribute",
    "rds:DescribeDBInstanceNetInfo",
    "rds:DescribeDBInstances",
)


def _allow(actions: Iterable[str]) -> str:
    """A document that allows actions on every resource."""
    statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
    return json.dumps({"Version": "1", "Statement": [statement]}, indent=2)


SYSTEM_POLICIES = (
    SystemPolicy("AdministratorAccess", "Everything in the account.", _allow(["*"])),
    SystemPolicy(
        "ReadOnlyAccess",
        "Reading in every service.",
        _allow([*_READ_APPSTREAMING, *_READ_ECD, *_READ_BASTIONHOST, *_READ_EIAM, *_READ_RAM]),
    ),
    SystemPolicy("AliyunRAMFullAccess", "Users, groups, roles and policies.", _allow(["ram:*"])),
    SystemPolicy("AliyunRAMReadOnlyAccess", "Reading users, groups, roles and policies.", _allow(_READ_RAM)),
    SystemPolicy(
        "AliyunSTSAssumeRoleAccess", "Assuming every role that allows it.", _allow(["sts:AssumeRole"])
    ),
    SystemPolicy("AliyunAppStreamingFullAccess", "App Streaming.", _allow(["appstreaming:*"])),
    SystemPolicy("AliyunAppStreamingReadOnlyAccess", "Reading in App Streaming.", _allow(_READ_APPSTREAMING)),
    SystemPolicy("AliyunECDFullAccess", "Convenience users, their groups and desktops.", _allow(["ecd:*"])),
    SystemPolicy("AliyunECDReadOnlyAccess", "Reading convenience users and their groups.", _allow(_READ_ECD)),
    SystemPolicy("AliyunECDRamUserAccess", "Using cloud desktops from a client.", _allow(_USE_DESKTOPS)),
    SystemPolicy("AliyunYundunBastionHostFullAccess", "Bastionhost.", _allow(["yundun-bastionhost:*"])),
    SystemPolicy(
        "AliyunYundunBastionHostReadOnlyAccess", "Reading in Bastionhost.", _allow(_READ_BASTIONHOST)
    ),
    SystemPolicy("AliyunIDaaSEiamFullAccess", "IDaaS EIAM.", _allow(["eiam:*"])),
    SystemPolicy("AliyunIDaaSEiamReadOnlyAccess", "Reading in IDaaS EIAM.", _allow(_READ_EIAM)),
    SystemPolicy(
        "AliyunBastionHostRolePolicy",
        "For the role AliyunBastionHostDefaultRole: finding servers and databases to import.",
        _allow(_FIND_ASSETS),
    ),
)
"""In the order in which lists show them. Names are unique."""
