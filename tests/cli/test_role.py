"""`admit role`: a key for a program, real calls with it by the vendor's SDK, and its death."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_ram20150501 import models
from alibabacloud_ram20150501.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config

from tests.callers import document, statement
from tests.oidc.served_firm import ServedFirm, served_firm
from tests.served import ran


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFirm]:
    """A firm with a RAM role reader that a rule may lead to."""
    with served_firm(tmp_path_factory.mktemp("firm")) as made:
        service = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": ["eiam.aliyuncs.com"]},
        }
        ram = made.caller
        ram.call("ram", "CreateRole", RoleName="reader", AssumeRolePolicyDocument=document(service))
        policy = document(statement("Allow", "ram:ListUsers"))
        ram.call("ram", "CreatePolicy", PolicyName="of-reader", PolicyDocument=policy)
        ram.call("ram", "AttachPolicyToRole", PolicyName="of-reader", PolicyType="Custom", RoleName="reader")
        yield made


@pytest.fixture
def pair(firm: ServedFirm) -> dict[str, str]:
    """A rule that leads alice's group to the role, and the group."""
    named = {"AuthorizationRuleName": "readers", "ProjectId": "iprj_system_default", "ClientToken": "1"}
    rule = firm.eiam("CreateAuthorizationRule", **named)["AuthorizationRuleId"]
    account = firm.eiam(
        "CreateCloudAccount",
        CloudAccountVendorType="alibaba_cloud",
        CloudAccountExternalId=firm.account,
        ClientToken="2",
    )["CloudAccountId"]
    role = firm.eiam(
        "CreateCloudAccountRole", CloudAccountId=account, CloudAccountRoleName="reader", ClientToken="3"
    )["CloudAccountRoleId"]
    firm.eiam(
        "CreateAuthorizationResource",
        AuthorizationRuleId=rule,
        AuthorizationResourceEntityType="cloud_account_role",
        AuthorizationResourceEntityId=role,
        ClientToken="4",
    )
    pair = {"AuthorizationRuleId": rule, "GroupId": firm.ids["ops"]}
    firm.eiam("AddGroupToAuthorizationRule", ValidityType="permanent", ClientToken="5", **pair)
    return pair


def _client(firm: ServedFirm, key: dict[str, Any]) -> Client:
    return Client(
        Config(
            access_key_id=key["access_key_id"],
            access_key_secret=key["access_key_secret"],
            security_token=key["sts_token"],
            endpoint=firm.url.removeprefix("http://"),
            protocol="http",
        )
    )


def test_a_key_for_a_role_works_in_a_real_sdk_until_the_access_is_taken_back(
    firm: ServedFirm, pair: dict[str, str]
) -> None:
    place = ("--person", "alice", "--data", str(firm.data))
    printed = ran("role", *place, "reader")
    assert printed.returncode == 0, printed.stderr
    key = json.loads(printed.stdout)
    assert key["mode"] == "StsToken"
    sdk = _client(firm, key)
    assert sdk.list_users(models.ListUsersRequest()).body.users is not None

    program = "import os; print(os.environ['ALIBABA_CLOUD_SECURITY_TOKEN']); raise SystemExit(7)"
    done = ran("role", *place, "reader", "--", sys.executable, "-c", program)
    assert done.returncode == 7
    assert len(done.stdout.strip()) > 100
    assert ran("role", *place, "reader", "--", "/no/such/program").returncode == 127

    firm.eiam("RemoveGroupFromAuthorizationRule", **pair)

    with pytest.raises(AlibabaCloudException) as caught:
        sdk.list_users(models.ListUsersRequest())
    assert caught.value.code == "InvalidSecurityToken.Revoked"
    refused = ran("role", *place, "reader")
    assert refused.returncode == 4
    assert "has no access to" in refused.stderr
