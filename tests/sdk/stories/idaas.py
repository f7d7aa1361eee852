"""An IDaaS instance that a story is about, called by the SDK."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.sdk.stage import Stage

PROJECT = "iprj_system_default"
EVER = {"ValidityType": "permanent"}
LATER = {
    "ValidityType": "time_bound",
    "ValidityPeriod": {"StartTime": 4070908800000, "EndTime": 4102444800000},
}
"""In the years 2099 and 2100."""


@dataclass
class Idaas:
    """A new instance, and the words a story says to it."""

    stage: Stage
    id: str = field(init=False)
    root: str = field(init=False)
    """The unit above all others."""
    _tokens: Iterator[int] = field(default_factory=itertools.count, init=False)

    def __post_init__(self) -> None:
        self.id = self.stage.sdk("eiam")("CreateInstance", Description="of a story")["InstanceId"]
        self.root = self("GetRootOrganizationalUnit")["OrganizationalUnit"]["OrganizationalUnitId"]

    def __call__(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation about this instance."""
        return self.stage.sdk("eiam")(action, InstanceId=self.id, **parameters)

    def once(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation that asks for a ClientToken, with a new one."""
        return self(action, ClientToken=f"{self.id}-{next(self._tokens)}", **parameters)

    def unit(self, name: str, parent: str | None = None) -> str:
        """A new unit, below the root unless told."""
        made = self("CreateOrganizationalUnit", OrganizationalUnitName=name, ParentId=parent or self.root)
        return str(made["OrganizationalUnitId"])

    def user(self, name: str, unit: str | None = None, **more: Any) -> str:
        """A new account, in the root unit unless told."""
        made = self("CreateUser", Username=name, PrimaryOrganizationalUnitId=unit or self.root, **more)
        return str(made["UserId"])

    def group(self, name: str) -> str:
        """A new group."""
        return str(self("CreateGroup", GroupName=name)["GroupId"])

    def application(self, name: str, **more: Any) -> str:
        """A new application."""
        source = "urn:alibaba:idaas:app:source:standard"
        named = {"ApplicationName": name, "ApplicationSourceType": source, "SsoType": "oidc", **more}
        return str(self("CreateApplication", **named)["ApplicationId"])

    def rule(self, name: str) -> str:
        """A new authorization rule."""
        named = {"AuthorizationRuleName": name, "ProjectId": PROJECT, "Description": "of a story"}
        return str(self.once("CreateAuthorizationRule", **named)["AuthorizationRuleId"])

    def cloud_account(self, external_id: str) -> str:
        """A new cloud account."""
        named = {"CloudAccountVendorType": "alibaba_cloud", "CloudAccountExternalId": external_id}
        return str(self.once("CreateCloudAccount", **named)["CloudAccountId"])

    def role(self, account: str, name: str) -> str:
        """A new role of a cloud account."""
        named = {"CloudAccountId": account, "CloudAccountRoleName": name}
        return str(self.once("CreateCloudAccountRole", **named)["CloudAccountRoleId"])
