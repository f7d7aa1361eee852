"""The system policies are good policies, and allow what their names say."""

import pytest

from admit.core.ram import Access, Effect, Policy, evaluate, parse_policy
from admit.core.system_policies import SYSTEM_POLICIES


def policy(name: str) -> Policy:
    (found,) = (each for each in SYSTEM_POLICIES if each.name == name)
    return parse_policy(found.name, found.document)


def allows(name: str, action: str, resource: str = "*") -> bool:
    return evaluate([policy(name)], Access(action, (resource,), {})).effect is Effect.ALLOW


@pytest.mark.parametrize("each", SYSTEM_POLICIES, ids=lambda each: each.name)
def test_every_system_policy_is_well_formed_and_described(each):
    assert parse_policy(each.name, each.document).statements
    assert each.description.endswith(".")


def test_the_names_are_unique():
    assert len({each.name for each in SYSTEM_POLICIES}) == len(SYSTEM_POLICIES) == 15


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("ReadOnlyAccess", "yundun-bastionhost:ListHosts", "yundun-bastionhost:CreateHost"),
        ("ReadOnlyAccess", "eiam:GetUser", "eiam:ObtainApplicationClientSecret"),
        ("ReadOnlyAccess", "ecd:DescribeUsers", "ecd:GetAuthCode"),
        ("ReadOnlyAccess", "appstreaming:GetAppInstanceGroup", "appstreaming:GetConnectionTicket"),
        ("AliyunRAMFullAccess", "ram:CreateUser", "sts:AssumeRole"),
        ("AliyunRAMReadOnlyAccess", "ram:ListUsers", "ram:CreateUser"),
        ("AliyunSTSAssumeRoleAccess", "sts:AssumeRole", "ram:GetRole"),
        ("AliyunAppStreamingFullAccess", "appstreaming:AuthorizeInstanceGroup", "ecd:CreateUsers"),
        (
            "AliyunAppStreamingReadOnlyAccess",
            "appstreaming:PageListAppInstanceGroupUser",
            "appstreaming:GetFileUploadInfo",
        ),
        ("AliyunECDFullAccess", "ecd:CreateUsers", "appstreaming:ListRegions"),
        ("AliyunECDReadOnlyAccess", "ecd:FilterUsers", "ecd:RemoveUsers"),
        ("AliyunECDRamUserAccess", "ecd:StartDesktops", "ecd:CreateUsers"),
        (
            "AliyunYundunBastionHostFullAccess",
            "yundun-bastionhost:AttachHostAccountsToUserGroup",
            "eiam:GetUser",
        ),
        (
            "AliyunYundunBastionHostReadOnlyAccess",
            "yundun-bastionhost:DescribeInstances",
            "yundun-bastionhost:DeleteHost",
        ),
        ("AliyunIDaaSEiamFullAccess", "eiam:AddGroupToAuthorizationRule", "ram:ListUsers"),
        ("AliyunIDaaSEiamReadOnlyAccess", "eiam:ListUsers", "eiam:DeleteUser"),
        ("AliyunBastionHostRolePolicy", "ecs:DescribeInstances", "ecs:RunInstances"),
    ],
)
def test_a_system_policy_allows_what_its_name_says_and_no_more(name, allowed, refused):
    assert allows(name, allowed)
    assert not allows(name, refused)


def test_an_administrator_may_do_everything_everywhere():
    assert allows("AdministratorAccess", "ram:DeleteUser", "acs:ram:*:1:user/alice")
    assert allows("AdministratorAccess", "oss:PutObject", "acs:oss:cn-hangzhou:1:bucket/a/b")
