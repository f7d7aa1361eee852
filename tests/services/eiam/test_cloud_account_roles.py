"""Roles of cloud accounts."""

from typing import Any

import pytest

from admit.core.validity import MINUTE
from tests.services.eiam.idaas import Idaas
from tests.system import Refused


@pytest.fixture
def account(idaas: Idaas) -> str:
    """A cloud account."""
    return idaas.account("77")


def _get(idaas: Idaas, account: str, role: str) -> dict[str, Any]:
    answer = idaas.call("GetCloudAccountRole", CloudAccountId=account, CloudAccountRoleId=role)
    return dict(answer["CloudAccountRole"])


def _listed(idaas: Idaas, account: str, **parameters: Any) -> list[str]:
    answer = idaas.call("ListCloudAccountRoles", CloudAccountId=account, **parameters)
    return [each["CloudAccountRoleName"] for each in answer["CloudAccountRoles"]]


def test_a_role_is_told_in_full(idaas: Idaas, account: str) -> None:
    """a role is told in full"""
    made = idaas.now()
    role = idaas.role(account, "Admin", CloudAccountRoleType="role", Description="all of it")
    assert role.startswith("carole_")
    assert len(role) == len("carole_") + 26
    told = {
        "InstanceId": idaas.id,
        "CloudAccountId": account,
        "CloudAccountRoleId": role,
        "CloudAccountRoleName": "Admin",
        "CloudAccountRoleType": "role",
        "CloudAccountRoleExternalId": "acs:ram::77:role/Admin",
        "CloudAccountRoleCreationType": "user_custom",
        "CloudAccountRoleUsageType": "user",
        "CloudAccountRoleHealth": "unknown",
        "Status": "enabled",
        "Description": "all of it",
        "CreateTime": made,
        "UpdateTime": made,
    }
    assert _get(idaas, account, role) == told
    answer = idaas.call("ListCloudAccountRoles", CloudAccountId=account)
    assert answer["CloudAccountRoles"] == [told]


def test_a_role_name_is_taken_once_in_whatever_case(idaas: Idaas, account: str) -> None:
    """a role name is taken once, in whatever case"""
    role = idaas.role(account, "Admin", ClientToken="same")
    assert idaas.role(account, "Admin", ClientToken="same") == role
    with pytest.raises(Refused) as refused:
        idaas.role(account, "admin")
    assert (refused.value.status, refused.value.code) == (403, "ResourceDuplicated.CloudAccountRoleName")
    assert idaas.role(idaas.account("78"), "Admin") != role
    assert _listed(idaas, account) == ["Admin"]


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"InstanceId": "idaas_none"}, 404, "ResourceNotFound.Instance"),
        ({"CloudAccountId": "ca_none"}, 404, "ResourceNotFound.CloudAccount"),
        ({"CloudAccountRoleName": None}, 400, "MissingParameter.CloudAccountRoleName"),
        ({"CloudAccountRoleName": "n" * 65}, 400, "InvalidParameter.CloudAccountRoleName"),
        ({"CloudAccountRoleType": "user"}, 400, "InvalidParameter.CloudAccountRoleType"),
        ({"Description": "d" * 129}, 400, "InvalidParameter.Description"),
        ({"ClientToken": None}, 400, "MissingParameter.ClientToken"),
    ],
)
def test_a_role_that_cannot_be_is_refused(
    idaas: Idaas, account: str, parameters: dict[str, Any], status: int, code: str
) -> None:
    """a role that cannot be is refused"""
    named = {"CloudAccountId": account, "CloudAccountRoleName": "role", **parameters}
    before = idaas.revision()
    with pytest.raises(Refused) as refused:
        idaas.call("CreateCloudAccountRole", **named)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert idaas.revision() == before


def test_roles_are_filtered_and_paged_newest_first(idaas: Idaas, account: str) -> None:
    """roles are filtered and paged, newest first"""
    made = [idaas.role(account, name) for name in ("a", "b", "c")]
    idaas.role(idaas.account("78"), "elsewhere")
    first = idaas.call("ListCloudAccountRoles", CloudAccountId=account, MaxResults=2)
    assert (first["TotalCount"], first["MaxResults"]) == (3, 2)
    assert _listed(idaas, account, MaxResults=2) == ["c", "b"]
    assert _listed(idaas, account, MaxResults=2, NextToken=first["NextToken"]) == ["a"]

    by_id = {"Name": "CloudAccountRoleId", "Value": made[:2]}
    by_name = {"Name": "CloudAccountRoleName", "Value": ["b", "c"]}
    by_arn = {"Name": "CloudAccountRoleExternalId", "Value": ["acs:ram::77:role/b"]}
    by_use = {"Name": "CloudAccountRoleUsageType", "Value": ["user"]}
    assert _listed(idaas, account, Filter=[by_id]) == ["b", "a"]
    assert _listed(idaas, account, Filter=[by_name]) == ["c", "b"]
    assert _listed(idaas, account, Filter=[by_arn]) == ["b"]
    assert _listed(idaas, account, Filter=[by_id, by_name, by_arn, by_use]) == ["b"]
    assert _listed(idaas, account, Filter=[{**by_use, "Value": ["system"]}]) == []


def test_a_description_is_set_and_cleared(idaas: Idaas, account: str) -> None:
    """a description is set and cleared"""
    role = idaas.role(account)
    named = {"CloudAccountId": account, "CloudAccountRoleId": role}
    idaas.system.advance(MINUTE)
    idaas.call("UpdateCloudAccountRoleDescription", **named, Description="text")
    told = _get(idaas, account, role)
    assert (told["Description"], told["UpdateTime"]) == ("text", told["CreateTime"] + MINUTE)
    idaas.call("UpdateCloudAccountRoleDescription", **named, Description="")
    assert "Description" not in _get(idaas, account, role)


def test_a_role_is_switched_off_and_on_and_repeating_changes_nothing(idaas: Idaas, account: str) -> None:
    """a role is switched off and on, and repeating changes nothing"""
    role = idaas.role(account)
    for action, status in (("DisableCloudAccountRole", "disabled"), ("EnableCloudAccountRole", "enabled")):
        idaas.call(action, CloudAccountId=account, CloudAccountRoleId=role)
        before = idaas.revision()
        idaas.call(action, CloudAccountId=account, CloudAccountRoleId=role)
        assert idaas.revision() == before
        assert _get(idaas, account, role)["Status"] == status
        listed = idaas.call("ListCloudAccountRoles", CloudAccountId=account)["CloudAccountRoles"]
        assert [each["Status"] for each in listed] == [status]


@pytest.mark.parametrize(
    "action",
    [
        "GetCloudAccountRole",
        "UpdateCloudAccountRoleDescription",
        "EnableCloudAccountRole",
        "DisableCloudAccountRole",
        "DeleteCloudAccountRole",
    ],
)
def test_a_role_is_found_in_its_own_cloud_account_only(idaas: Idaas, account: str, action: str) -> None:
    """a role is found in its own cloud account only"""
    role = idaas.role(account)
    for parameters, code in (
        ({"CloudAccountId": idaas.account("78")}, "ResourceNotFound.CloudAccountRole"),
        ({"CloudAccountId": "ca_none"}, "ResourceNotFound.CloudAccount"),
        ({"CloudAccountId": account, "InstanceId": "idaas_none"}, "ResourceNotFound.Instance"),
    ):
        with pytest.raises(Refused) as refused:
            idaas.call(action, **{"CloudAccountRoleId": role, **parameters})
        assert (refused.value.status, refused.value.code) == (404, code)
    assert _listed(idaas, account) == ["admin"]


def test_a_role_is_deleted_only_when_disabled(idaas: Idaas, account: str) -> None:
    """a role is deleted only when disabled"""
    role = idaas.role(account)
    named = {"CloudAccountId": account, "CloudAccountRoleId": role}
    with pytest.raises(Refused) as refused:
        idaas.call("DeleteCloudAccountRole", **named)
    assert (refused.value.status, refused.value.code) == (400, "UnsupportedAction.CloudAccountRoleEnabled")
    idaas.call("DisableCloudAccountRole", **named)
    idaas.call("DeleteCloudAccountRole", **named)
    assert _listed(idaas, account) == []
    assert idaas.role(account) != role
