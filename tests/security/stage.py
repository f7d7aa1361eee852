"""Directories with one of each thing in them, to be reached for, deleted and made again."""

import json
from typing import Any

from admit.services.bastionhost.instances import found as bastion_made
from admit.store.engine import Author
from tests.system import System

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
        world = system.admit.world
        self.instance = system.admit.store.write_now(AUTHOR, lambda tx: bastion_made(tx, world)).id
        self.ids = self.fill(system, self.instance)

    @classmethod
    def fill(cls, system: System, instance: str, *, attach: bool = True) -> dict[str, Any]:
        """Make one of each, and let the user have the host unless told otherwise."""

        def call(action: str, **parameters: Any) -> dict[str, Any]:
            return system.call(cls.product, action, InstanceId=instance, **parameters)

        host = call(
            "CreateHost",
            Source="Local",
            HostName=SECRET,
            OSType="Linux",
            ActiveAddressType="Private",
            HostPrivateAddress=f"{SECRET}.example.com",
        )["HostId"]
        account = call(
            "CreateHostAccount",
            HostId=host,
            ProtocolName="SSH",
            HostAccountName=SECRET,
            Password="Correct-Horse-7",
        )["HostAccountId"]
        user = call("CreateUser", Source="Local", UserName=SECRET, Password="Correct-Horse-7")["UserId"]
        group = call("CreateUserGroup", UserGroupName=SECRET)["UserGroupId"]
        ids = {
            "UserId": user,
            "UserIds": json.dumps([user]),
            "UserGroupId": group,
            "HostId": host,
            "HostAccountId": account,
            "Hosts": json.dumps([{"HostId": host, "HostAccountIds": [account]}]),
        }
        if attach:
            call("AttachHostAccountsToUser", UserId=user, Hosts=ids["Hosts"])
            call("AttachHostAccountsToUserGroup", UserGroupId=group, Hosts=ids["Hosts"])
            call("AddUsersToGroup", UserGroupId=group, UserIds=ids["UserIds"])
            call("LockUsers", UserIds=ids["UserIds"])
        return ids
