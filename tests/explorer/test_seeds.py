"""In a real browser: each central operation changes something when it is called, and so does its code."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import pytest
from playwright.sync_api import Page, expect

from admit.base.clock import SystemClock
from admit.control.founding import Founded
from admit.core.validity import HOUR
from tests.browsing import chromium
from tests.explorer.conftest import Target
from tests.explorer.test_journey import fill, signed_in
from tests.explorer.test_samples import BASTION, ran_python
from tests.served import Caller


class Seed(NamedTuple):
    """A call, and what somebody may use when it was made."""

    product: str
    action: str
    values: dict[str, Any]
    subject: str
    person: str
    resource: str
    last: str = ""
    """What the code has once it has followed all that was typed."""


@pytest.fixture(scope="module")
def caller(target: Target) -> Iterator[Caller]:
    found = Caller(target.address, Founded("", target.key_id, target.secret, *target.admin))
    yield found
    found.connection.close()


@pytest.fixture(scope="module")
def page(target: Target) -> Iterator[Page]:
    with chromium() as browser:
        yield signed_in(browser, target)


def streaming(caller: Caller) -> Seed:
    """A delivery group that nobody may use."""
    caller.call("eds-user", "CreateUsers", Users=[{"EndUserId": "ann", "OwnerType": "CreateFromManager"}])
    image = caller.call("appstream-center", "ListImage")["Data"][0]["ImageId"]
    made = caller.call(
        "appstream-center",
        "CreateAppInstanceGroup",
        AppCenterImageId=image,
        AppInstanceGroupName="Seeds",
        ProductType="CloudApp",
        BizRegionId="cn-hangzhou",
        ChargeType="PostPaid",
        ChargeResourceMode="Node",
        Period=1,
        PeriodUnit="Month",
        SessionTimeout=15,
    )["AppInstanceGroupModel"]
    values = {"ProductType": "CloudApp", "AppInstanceGroupId": made["AppInstanceGroupId"]}
    values |= {"AuthorizeUserIds": ["ann"]}
    resource = "delivery-group:Seeds"
    return Seed("appstream-center", "AuthorizeInstanceGroup", values, "ann", "ann", resource, '"ann"')


def hosts(caller: Caller) -> Seed:
    """A host with an account, and a group that may use neither."""
    bastion = caller.call(BASTION, "DescribeInstances")["Instances"][0]["InstanceId"]

    def made(action: str, answer: str, **parameters: Any) -> str:
        return str(caller.call(BASTION, action, InstanceId=bastion, **parameters)[answer])

    user = made("CreateUser", "UserId", Source="Local", UserName="ben", Password="Correct-Horse-7")
    group = made("CreateUserGroup", "UserGroupId", UserGroupName="seeds")
    caller.call(BASTION, "AddUsersToGroup", InstanceId=bastion, UserGroupId=group, UserIds=json.dumps([user]))
    where = {"Source": "Local", "OSType": "Linux", "ActiveAddressType": "Private"}
    host = made("CreateHost", "HostId", HostName="seed-1", HostPrivateAddress="10.0.0.1", **where)
    account = made(
        "CreateHostAccount", "HostAccountId", HostId=host, ProtocolName="SSH", HostAccountName="root"
    )
    values = {
        "InstanceId": bastion,
        "UserGroupId": group,
        "Hosts": json.dumps([{"HostId": host, "HostAccountIds": [account]}]),
    }
    action = "AttachHostAccountsToUserGroup"
    return Seed(BASTION, action, values, "group:seeds", "ben", "root@seed-1", "HostAccountIds")


def rules(caller: Caller) -> Seed:
    """A cloud role that a group may take on for ever."""
    idaas = caller.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]

    def made(action: str, answer: str, **parameters: Any) -> str:
        return str(caller.call("eiam", action, InstanceId=idaas, **parameters).get(answer, ""))

    unit = caller.call("eiam", "GetRootOrganizationalUnit", InstanceId=idaas)["OrganizationalUnit"]
    where = {"PrimaryOrganizationalUnitId": unit["OrganizationalUnitId"]}
    user = made("CreateUser", "UserId", Username="cleo", DisplayName="Cleo", **where)
    group = made("CreateGroup", "GroupId", GroupName="seed-staff")
    made("AddUsersToGroup", "", GroupId=group, UserIds=[user])
    account = made(
        "CreateCloudAccount",
        "CloudAccountId",
        CloudAccountName="seeds",
        CloudAccountVendorType="alibaba_cloud",
        CloudAccountExternalId="1000000000000009",
        ClientToken="account",
    )
    role = made(
        "CreateCloudAccountRole",
        "CloudAccountRoleId",
        CloudAccountId=account,
        CloudAccountRoleName="seed-role",
        CloudAccountRoleType="role",
        ClientToken="role",
    )
    rule = made(
        "CreateAuthorizationRule",
        "AuthorizationRuleId",
        ProjectId="iprj_system_default",
        AuthorizationRuleName="seed-rule",
        AuthorizationResourceScope="custom",
        ClientToken="rule",
    )
    made(
        "CreateAuthorizationResource",
        "",
        AuthorizationRuleId=rule,
        AuthorizationResourceEntityType="cloud_account_role",
        AuthorizationResourceEntityId=role,
        ClientToken="resource",
    )
    made(
        "AddGroupToAuthorizationRule",
        "",
        AuthorizationRuleId=rule,
        GroupId=group,
        ValidityType="permanent",
        ClientToken="attach",
    )
    now = SystemClock().now()
    values = {
        "InstanceId": idaas,
        "AuthorizationRuleId": rule,
        "GroupId": group,
        "ValidityType": "time_bound",
        "ValidityPeriod": {"StartTime": now - HOUR, "EndTime": now + HOUR},
    }
    return Seed("eiam", "UpdateAuthorizationRuleGroupAttachment", values, "", "cleo", "cloud-role:seed-role")


def decided(caller: Caller, seed: Seed) -> tuple[bool, int | None]:
    """Whether the person may use the resource, and until when."""
    told = caller.call("admit", "CheckAccess", Person=seed.person, Resource=seed.resource)["Decision"]
    return told["Allowed"], told.get("ValidUntil")


Make: TypeAlias = Callable[[Caller], Seed]


@pytest.mark.parametrize("made", [streaming, hosts])
def test_a_call_from_the_form_grants_and_so_does_its_code_when_it_was_taken_back(
    page: Page,
    target: Target,
    caller: Caller,
    made: Callable[[Caller], Seed],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seed = made(caller)
    page.goto(f"http://{target.address}/explorer/{seed.product}/{seed.action}")
    fill(page, seed.values)
    assert decided(caller, seed) == (False, None)
    page.get_by_role("button", name="Call it").click()
    expect(page.locator("#answer-text")).to_contain_text("RequestId")
    assert decided(caller, seed) == (True, None)

    caller.call("admit", "RevokeAccess", Subject=seed.subject, Resource=seed.resource)
    assert decided(caller, seed) == (False, None)
    code = page.locator("#text-python")
    expect(code).to_contain_text(seed.last)
    assert "RequestId" in ran_python(code.inner_text(), target, monkeypatch)
    assert decided(caller, seed) == (True, None)


def test_the_validity_of_an_attachment_is_replaced_from_the_form_and_by_its_code(
    page: Page, target: Target, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = rules(caller)
    end = seed.values["ValidityPeriod"]["EndTime"]
    page.goto(f"http://{target.address}/explorer/{seed.product}/{seed.action}")
    fill(page, seed.values)
    assert decided(caller, seed) == (True, None)
    page.get_by_role("button", name="Call it").click()
    expect(page.locator("#answer-text")).to_contain_text("RequestId")
    assert decided(caller, seed) == (True, end)

    # Another change is another token, which the form makes.
    token = page.locator("[name=ClientToken]").input_value()
    page.click("[data-fresh]")
    expect(page.locator("[name=ClientToken]")).not_to_have_value(token)
    fill(page, {"ValidityPeriod": {"EndTime": end + HOUR}})
    code = page.locator("#text-python")
    expect(code).to_contain_text(str(end + HOUR))
    assert "RequestId" in ran_python(code.inner_text(), target, monkeypatch)
    assert decided(caller, seed) == (True, end + HOUR)
