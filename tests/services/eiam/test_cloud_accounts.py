"""Cloud accounts."""

from typing import Any

import pytest

from admit.core.validity import MINUTE
from tests.services.eiam.idaas import Idaas
from tests.system import Refused

UNKNOWN = {
    "CloudAccountHealth": "unknown",
    "PrivilegeApplicationIds": [],
    "PrivilegeHostingState": "hosting_unmanaged",
    "PrivilegeStatus": "disabled",
}
"""What is told of a cloud that is not talked to."""


def _listed(idaas: Idaas, **parameters: Any) -> list[str]:
    answer = idaas.call("ListCloudAccounts", **parameters)
    return [each["CloudAccountExternalId"] for each in answer["CloudAccounts"]]


def test_a_cloud_account_is_told_in_full(idaas: Idaas) -> None:
    """a cloud account is told in full"""
    made = idaas.now()
    account = idaas.account(
        "1938080000000001",
        CloudAccountName="production",
        CloudAccountSite="china_mainland",
        CloudAccountProviderName="idp",
        Description="the shop",
    )
    assert account.startswith("ca_")
    assert len(account) == len("ca_") + 26
    told = {
        "InstanceId": idaas.id,
        "CloudAccountId": account,
        "CloudAccountName": "production",
        "CloudAccountVendorType": "alibaba_cloud",
        "CloudAccountExternalId": "1938080000000001",
        "CloudAccountSite": "china_mainland",
        "CloudAccountProviderName": "idp",
        "Description": "the shop",
        "CreateTime": made,
        "UpdateTime": made,
        **UNKNOWN,
    }
    assert idaas.call("GetCloudAccount", CloudAccountId=account)["CloudAccount"] == told
    assert idaas.call("ListCloudAccounts")["CloudAccounts"] == [told]


def test_a_cloud_account_without_a_name_is_named_by_its_external_id(idaas: Idaas) -> None:
    """a cloud account without a name is named by its external id"""
    told = idaas.call("GetCloudAccount", CloudAccountId=idaas.account("77"))["CloudAccount"]
    assert told["CloudAccountName"] == "77"
    assert not {"CloudAccountSite", "Description", "CloudAccountProviderName"} & told.keys()


def test_an_external_id_is_taken_once_in_an_instance(idaas: Idaas) -> None:
    """an external id is taken once in an instance"""
    first = idaas.account("77", ClientToken="same")
    assert idaas.account("77", ClientToken="same") == first
    with pytest.raises(Refused) as refused:
        idaas.account("77")
    assert (refused.value.status, refused.value.code) == (403, "ResourceDuplicated.CloudAccountExternalId")
    other = Idaas(idaas.system)
    assert other.account("77") != first
    idaas.call("DeleteCloudAccount", CloudAccountId=first)
    assert idaas.account("77") != first


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"InstanceId": "idaas_none"}, 404, "ResourceNotFound.Instance"),
        ({"CloudAccountVendorType": "other_cloud"}, 400, "InvalidParameter.CloudAccountVendorType"),
        ({"CloudAccountVendorType": None}, 400, "MissingParameter.CloudAccountVendorType"),
        ({"CloudAccountExternalId": None}, 400, "MissingParameter.CloudAccountExternalId"),
        ({"CloudAccountExternalId": "1" * 65}, 400, "InvalidParameter.CloudAccountExternalId"),
        ({"CloudAccountSite": "moon"}, 400, "InvalidParameter.CloudAccountSite"),
        ({"CloudAccountName": "n" * 65}, 400, "InvalidParameter.CloudAccountName"),
        ({"Description": "d" * 129}, 400, "InvalidParameter.Description"),
        ({"ClientToken": None}, 400, "MissingParameter.ClientToken"),
    ],
)
def test_a_cloud_account_that_cannot_be_is_refused(
    idaas: Idaas, parameters: dict[str, Any], status: int, code: str
) -> None:
    """a cloud account that cannot be is refused"""
    before = idaas.revision()
    with pytest.raises(Refused) as refused:
        idaas.account(**{"external_id": "1", **parameters})
    assert (refused.value.status, refused.value.code) == (status, code)
    assert idaas.revision() == before


def test_cloud_accounts_are_filtered_and_paged_newest_first(idaas: Idaas) -> None:
    """cloud accounts are filtered and paged, newest first"""
    made = [idaas.account(str(number)) for number in range(3)]
    first = idaas.call("ListCloudAccounts", MaxResults=2)
    assert (first["TotalCount"], first["MaxResults"]) == (3, 2)
    assert _listed(idaas, MaxResults=2) == ["2", "1"]
    assert _listed(idaas, MaxResults=2, NextToken=first["NextToken"]) == ["0"]

    by_id = {"Name": "CloudAccountId", "Value": made[:2]}
    by_external_id = {"Name": "CloudAccountExternalId", "Value": ["1", "2"]}
    by_vendor = {"Name": "CloudAccountVendorType", "Value": ["alibaba_cloud"]}
    assert _listed(idaas, Filter=[by_id]) == ["1", "0"]
    assert _listed(idaas, Filter=[by_external_id]) == ["2", "1"]
    assert _listed(idaas, Filter=[by_id, by_external_id, by_vendor]) == ["1"]
    assert _listed(idaas, Filter=[{**by_vendor, "Value": ["other"]}]) == []


@pytest.mark.parametrize("filtered", [{"Name": "Site", "Value": ["global"]}, {"Name": "CloudAccountId"}])
def test_a_filter_that_is_not_understood_is_refused(idaas: Idaas, filtered: dict[str, Any]) -> None:
    """a filter that is not understood is refused"""
    with pytest.raises(Refused) as refused:
        _listed(idaas, Filter=[filtered])
    assert (refused.value.status, refused.value.code) == (400, "InvalidParameter.Filter")


def test_a_name_and_a_description_change(idaas: Idaas) -> None:
    """a name and a description change"""
    account = idaas.account("77", Description="old")
    idaas.system.advance(MINUTE)
    idaas.call("UpdateCloudAccount", CloudAccountId=account, CloudAccountName="new")
    idaas.call("UpdateCloudAccountDescription", CloudAccountId=account, Description="new text")
    told = idaas.call("GetCloudAccount", CloudAccountId=account)["CloudAccount"]
    assert (told["CloudAccountName"], told["Description"]) == ("new", "new text")
    assert told["UpdateTime"] == told["CreateTime"] + MINUTE
    idaas.call("UpdateCloudAccountDescription", CloudAccountId=account)
    told = idaas.call("GetCloudAccount", CloudAccountId=account)["CloudAccount"]
    assert "Description" not in told
    assert told["CloudAccountExternalId"] == "77"


@pytest.mark.parametrize(
    "action",
    ["GetCloudAccount", "UpdateCloudAccount", "UpdateCloudAccountDescription", "DeleteCloudAccount"],
)
def test_a_cloud_account_is_found_in_its_own_instance_only(idaas: Idaas, action: str) -> None:
    """a cloud account is found in its own instance only"""
    other = Idaas(idaas.system)
    account = idaas.account()
    with pytest.raises(Refused) as refused:
        other.call(action, CloudAccountId=account, CloudAccountName="name")
    assert (refused.value.status, refused.value.code) == (404, "ResourceNotFound.CloudAccount")
    assert len(_listed(idaas)) == 1


def test_a_cloud_account_is_deleted_once_its_roles_are_disabled(idaas: Idaas) -> None:
    """a cloud account is deleted once its roles are disabled"""
    account, rule = idaas.account(), idaas.rule()
    roles = [idaas.role(account, name) for name in ("admin", "reader")]
    for role in roles:
        idaas.resource(rule, role)
    idaas.call("DisableCloudAccountRole", CloudAccountId=account, CloudAccountRoleId=roles[0])
    with pytest.raises(Refused) as refused:
        idaas.call("DeleteCloudAccount", CloudAccountId=account)
    assert (refused.value.status, refused.value.code) == (400, "UnsupportedAction.CloudAccountRoleEnabled")

    idaas.call("DisableCloudAccountRole", CloudAccountId=account, CloudAccountRoleId=roles[1])
    idaas.call("DeleteCloudAccount", CloudAccountId=account)
    assert _listed(idaas) == []
    assert idaas.call("ListAuthorizationResources", AuthorizationRuleId=rule)["TotalCount"] == 0
