"""What is in one directory is not found in another, whatever it is called there."""

import json
from typing import Any

import pytest

from admit.rpc.describe import allowed_values, example_of
from admit.rpc.operation import Operation
from admit.services.bastionhost import bastionhost
from admit.services.eiam import eiam
from tests.callers import refused
from tests.security.stage import SECRET, Bastion, Idaas, delivery_group
from tests.system import Refused, System


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
    ("action", "name"),
    [("LockUsers", "alice"), ("UnlockUsers", "alice"), ("RemoveUsers", "alice"), ("RemoveUsers", None)],
)
def test_a_user_of_a_domain_is_no_convenience_user(
    system: System, domain_user: str, action: str, name: str | None
) -> None:
    before = system.revision()
    asked = name or domain_user
    told: dict[str, Any] = system.call("eds-user", action, Users=[asked])[f"{action}Result"]

    assert [failed["EndUserId"] for failed in told["FailedUsers"]] == [asked]
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
