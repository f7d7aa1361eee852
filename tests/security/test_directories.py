"""What is in one directory is not found in another, whatever it is called there."""

import json
from typing import Any

import pytest

from admit.rpc.describe import allowed_values, example_of
from admit.rpc.operation import Operation
from admit.services.bastionhost import bastionhost
from admit.services.bastionhost.instances import found as bastion_made
from admit.services.eiam import eiam
from admit.store.engine import Author
from tests.callers import refused
from tests.system import Refused, System

AUTHOR = Author("admit", "test", "request")


def delivery_group(system: System) -> dict[str, str]:
    """A delivery group, as operations name it."""
    image = system.call("appstream-center", "ListImage")["Data"][0]
    product = image["ProductType"]
    made = system.call(
        "appstream-center",
        "CreateAppInstanceGroup",
        AppCenterImageId=image["ImageId"],
        ProductType=product,
        BizRegionId="cn-hangzhou",
        ChargeType="PostPaid",
        ChargeResourceMode="Node",
        Period=1,
        PeriodUnit="Month",
        SessionTimeout=15,
    )
    return {
        "ProductType": product,
        "AppInstanceGroupId": made["AppInstanceGroupModel"]["AppInstanceGroupId"],
    }


@pytest.fixture
def domain_user(system: System) -> str:
    """What holds a user of an AD domain, who is authorized to a delivery group."""
    meta = {"Type": "ad", "AdDomain": "example.com"}
    group = delivery_group(system)
    system.call(
        "appstream-center", "AuthorizeInstanceGroup", **group, AuthorizeUserIds=["alice"], UserMeta=meta
    )
    return "example.com\\alice"


@pytest.mark.parametrize(
    ("action", "parameter", "answer"),
    [
        ("LockUsers", "Users", "LockUsersResult"),
        ("UnlockUsers", "Users", "UnlockUsersResult"),
        ("RemoveUsers", "Users", "RemoveUsersResult"),
    ],
)
def test_a_user_of_a_domain_is_no_convenience_user(
    system: System, domain_user: str, action: str, parameter: str, answer: str
) -> None:
    before = system.revision()
    told: dict[str, Any] = system.call("eds-user", action, **{parameter: [domain_user]})[answer]

    assert [failed["EndUserId"] for failed in told["FailedUsers"]] == [domain_user]
    assert system.revision() == before


def test_a_user_of_a_domain_is_not_described_changed_or_joined_as_a_convenience_user(
    system: System, domain_user: str
) -> None:
    group = system.call("eds-user", "CreateGroup", GroupName="designers")["GroupId"]
    before = system.revision()
    for action, parameters in (
        ("DescribeUser", {"EndUserId": domain_user}),
        ("ModifyUser", {"EndUserId": domain_user, "Email": "eve@example.com"}),
        ("UserBatchJoinGroup", {"GroupId": group, "EndUserIds": [domain_user]}),
    ):
        assert refused(system.call, "eds-user", action, **parameters) == (404, "UserNotFound")
    assert system.revision() == before


def test_a_user_of_a_domain_is_not_authorized_as_a_convenience_user(system: System, domain_user: str) -> None:
    other = delivery_group(system)
    refusal = refused(
        system.call, "appstream-center", "AuthorizeInstanceGroup", **other, AuthorizeUserIds=[domain_user]
    )
    assert refusal == (400, "User.NotFound")


# -- every operation, asked in one directory about what is in another ------------------------------

SECRET = "of-the-other"
"""Stands in the name of everything in the other directory, so that an answer that shows it is known."""


class Idaas:
    """An IDaaS instance with one of each, and the parameters that name them."""

    product = "eiam"

    def __init__(self, system: System) -> None:
        self.system = system
        self.instance = self.call("CreateInstance")["InstanceId"]
        root = self.call("GetRootOrganizationalUnit", InstanceId=self.instance)["OrganizationalUnit"]
        unit = self.make("OrganizationalUnit", ParentId=root["OrganizationalUnitId"], Name=SECRET)
        user = self.call(
            "CreateUser",
            InstanceId=self.instance,
            Username=SECRET,
            PrimaryOrganizationalUnitId=unit,
        )["UserId"]
        group = self.make("Group", Name=SECRET)
        app = self.make(
            "Application",
            Name=SECRET,
            ApplicationSourceType="urn:alibaba:idaas:app:source:standard",
            SsoType="oidc",
        )
        rule = self.make("AuthorizationRule", Name=SECRET, ProjectId="iprj_system_default", ClientToken="1")
        account = self.make(
            "CloudAccount",
            Name=SECRET,
            CloudAccountVendorType="alibaba_cloud",
            CloudAccountExternalId="1",
            ClientToken="2",
        )
        role = self.make("CloudAccountRole", Name=SECRET, CloudAccountId=account, ClientToken="3")
        resource = self.call(
            "CreateAuthorizationResource",
            InstanceId=self.instance,
            AuthorizationRuleId=rule,
            AuthorizationResourceEntityType="cloud_account_role",
            AuthorizationResourceEntityId=role,
            ClientToken="4",
        )["AuthorizationResourceId"]
        attach = {"InstanceId": self.instance, "AuthorizationRuleId": rule, "ValidityType": "permanent"}
        self.call("AddUserToAuthorizationRule", **attach, UserId=user, ClientToken="5")
        self.call("AddUsersToGroup", InstanceId=self.instance, GroupId=group, UserIds=[user])
        self.ids = {
            "UserId": user,
            "UserIds": [user],
            "GroupId": group,
            "GroupIds": [group],
            "OrganizationalUnitId": unit,
            "OrganizationalUnitIds": [unit],
            "PrimaryOrganizationalUnitId": unit,
            "ParentId": unit,
            "ApplicationId": app,
            "ApplicationIds": [app],
            "ApplicationOwner": {"UserIds": [user], "GroupIds": [group]},
            "AuthorizationRuleId": rule,
            "AuthorizationResourceId": resource,
            "AuthorizationResourceEntityId": role,
            "CloudAccountId": account,
            "CloudAccountRoleId": role,
        }

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        return self.system.call(self.product, action, **parameters)

    def make(self, kind: str, **parameters: Any) -> str:
        """Make something; ``Name`` is said as the kind has it."""
        parameters[f"{kind}Name"] = parameters.pop("Name")
        return str(self.call(f"Create{kind}", InstanceId=self.instance, **parameters)[f"{kind}Id"])


class Bastion:
    """A bastion host with one of each, and the parameters that name them."""

    product = "yundun-bastionhost"

    def __init__(self, system: System) -> None:
        self.system = system
        world = system.admit.world
        made = system.admit.store.write_now(AUTHOR, lambda tx: bastion_made(tx, world))
        self.instance = made.id
        host = self.call(
            "CreateHost",
            Source="Local",
            HostName=SECRET,
            OSType="Linux",
            ActiveAddressType="Private",
            HostPrivateAddress=f"{SECRET}.example.com",
        )["HostId"]
        account = self.call("CreateHostAccount", HostId=host, ProtocolName="SSH", HostAccountName=SECRET)
        user = self.call("CreateUser", Source="Local", UserName=SECRET, Password="Correct-Horse-7")["UserId"]
        group = self.call("CreateUserGroup", UserGroupName=SECRET)["UserGroupId"]
        hosts = [{"HostId": host, "HostAccountIds": [account["HostAccountId"]]}]
        self.ids = {
            "UserId": user,
            "UserIds": json.dumps([user]),
            "UserGroupId": group,
            "HostId": host,
            "HostAccountId": account["HostAccountId"],
            "Hosts": json.dumps(hosts),
        }
        self.call("AttachHostAccountsToUser", UserId=user, Hosts=self.ids["Hosts"])
        self.call("AddUsersToGroup", UserGroupId=group, UserIds=self.ids["UserIds"])

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        return self.system.call(self.product, action, InstanceId=self.instance, **parameters)


NAMING = frozenset(
    {
        "ApplicationId",
        "ApplicationIds",
        "ApplicationOwner",
        "AuthorizationResourceEntityId",
        "AuthorizationResourceId",
        "AuthorizationRuleId",
        "CloudAccountId",
        "CloudAccountRoleId",
        "GroupId",
        "GroupIds",
        "HostAccountId",
        "HostId",
        "Hosts",
        "OrganizationalUnitId",
        "OrganizationalUnitIds",
        "ParentId",
        "PrimaryOrganizationalUnitId",
        "UserGroupId",
        "UserId",
        "UserIds",
    }
)
"""The parameters that name what is in an instance."""
ASKED = [
    operation
    for operation in (*eiam.operations.values(), *bastionhost.operations.values())
    if "InstanceId" in operation.by_name and NAMING & operation.by_name.keys()
]


def _parameters(operation: Operation, instance: str, ids: dict[str, Any]) -> dict[str, Any]:
    """A call in one instance about the things of another; what else is mandatory by its examples."""
    parameters: dict[str, Any] = {"InstanceId": instance}
    for parameter in operation.parameters:
        if parameter.name in ids:
            parameters[parameter.name] = ids[parameter.name]
        elif parameter.required and parameter.name != "InstanceId":
            listed = allowed_values(parameter)
            parameters[parameter.name] = listed[0] if listed else example_of(parameter)
    return parameters


@pytest.fixture
def directories(system: System) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """By product: an instance, another one, and what is in the other."""
    idaas, bastion = Idaas(system), Bastion(system)
    first = {
        "eiam": system.call("eiam", "ListInstances")["Instances"][0]["InstanceId"],
        "yundun-bastionhost": system.call("yundun-bastionhost", "DescribeInstances")["Instances"][0][
            "InstanceId"
        ],
    }
    return {each.product: (first[each.product], each.instance, each.ids) for each in (idaas, bastion)}


def _answer(system: System, operation: Operation, parameters: dict[str, Any]) -> tuple[int, str]:
    try:
        return 200, json.dumps(system.call(operation.service.product, operation.action, **parameters))
    except Refused as refusal:
        return refusal.status, json.dumps(refusal.body)


def test_no_operation_reaches_from_one_directory_into_another(
    system: System, directories: dict[str, tuple[str, str, dict[str, Any]]]
) -> None:
    for operation in ASKED:
        instance, _, ids = directories[operation.service.product]
        before = system.revision()
        status, told = _answer(system, operation, _parameters(operation, instance, ids))
        assert status < 500, (operation.action, told)
        assert SECRET not in told, (operation.action, told)
        assert system.revision() == before, operation.action


def test_nothing_of_a_deleted_directory_is_found_any_more(
    system: System, directories: dict[str, tuple[str, str, dict[str, Any]]]
) -> None:
    _, other, ids = directories["eiam"]
    system.call("eiam", "DeleteInstance", InstanceId=other)
    for operation in ASKED:
        if operation.service.product == "eiam":
            before = system.revision()
            status, told = _answer(system, operation, _parameters(operation, other, ids))
            assert status in (400, 404), (operation.action, told)
            assert SECRET not in told
            assert system.revision() == before, operation.action
