"""Authorization resources of rules."""

from typing import Any

import pytest

from tests.services.eiam.idaas import Idaas
from tests.system import Refused

ROLE_TYPE = "cloud_account_role"


@pytest.fixture
def account(idaas: Idaas) -> str:
    """A cloud account."""
    return idaas.account()


@pytest.fixture
def rule(idaas: Idaas) -> str:
    """A rule."""
    return idaas.rule()


def _listed(idaas: Idaas, rule: str, **parameters: Any) -> list[str]:
    answer = idaas.call("ListAuthorizationResources", AuthorizationRuleId=rule, **parameters)
    return [each["AuthorizationResourceId"] for each in answer["AuthorizationResources"]]


def test_a_resource_is_told_in_full(idaas: Idaas, account: str, rule: str) -> None:
    """a resource is told in full"""
    role, made = idaas.role(account), idaas.now()
    condition = {"CredentialCondition": {"AllowSameNameIdentity": True}}
    resource = idaas.resource(rule, role, Condition=condition)

    assert resource.startswith("arres_")
    assert len(resource) == len("arres_") + 26
    answer = idaas.call(
        "GetAuthorizationResource", AuthorizationRuleId=rule, AuthorizationResourceId=resource
    )
    told = {
        "InstanceId": idaas.id,
        "AuthorizationRuleId": rule,
        "AuthorizationResourceId": resource,
        "AuthorizationResourceEntityType": ROLE_TYPE,
        "AuthorizationResourceEntityId": role,
        "CloudAccountId": account,
        "Condition": condition,
        "CreateTime": made,
        "UpdateTime": made,
    }
    assert answer["AuthorizationResource"] == told
    listed = idaas.call("ListAuthorizationResources", AuthorizationRuleId=rule)
    assert listed["AuthorizationResources"] == [told]


def test_a_resource_without_a_condition_tells_none(idaas: Idaas, account: str, rule: str) -> None:
    """a resource without a condition tells none"""
    idaas.resource(rule, idaas.role(account))
    (told,) = idaas.call("ListAuthorizationResources", AuthorizationRuleId=rule)["AuthorizationResources"]
    assert "Condition" not in told


def test_a_role_stands_in_a_rule_once(idaas: Idaas, account: str, rule: str) -> None:
    """a role stands in a rule once"""
    role = idaas.role(account)
    first = idaas.resource(rule, role, ClientToken="same")
    assert idaas.resource(rule, role, ClientToken="same") == first
    with pytest.raises(Refused) as refused:
        idaas.resource(rule, role)
    assert (refused.value.status, refused.value.code) == (403, "ResourceDuplicated.AuthorizationResource")
    assert idaas.resource(idaas.rule("other"), role) != first
    assert _listed(idaas, rule) == [first]


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"InstanceId": "idaas_none"}, 404, "ResourceNotFound.Instance"),
        ({"AuthorizationRuleId": "arrule_none"}, 404, "ResourceNotFound.AuthorizationRule"),
        ({"AuthorizationResourceEntityId": "carole_none"}, 404, "ResourceNotFound.CloudAccountRole"),
        ({"AuthorizationResourceEntityId": None}, 400, "MissingParameter.AuthorizationResourceEntityId"),
        (
            {"AuthorizationResourceEntityType": "application"},
            400,
            "InvalidParameter.AuthorizationResourceEntityType",
        ),
        (
            {"Condition": {"CredentialCondition": {"AllowSameNameIdentity": "maybe"}}},
            400,
            "InvalidParameter.Condition",
        ),
        ({"ClientToken": None}, 400, "MissingParameter.ClientToken"),
    ],
)
def test_a_resource_that_cannot_be_is_refused(
    idaas: Idaas, account: str, parameters: dict[str, Any], status: int, code: str
) -> None:
    """a resource that cannot be is refused"""
    rule, role = idaas.rule(), idaas.role(account)
    before = idaas.revision()
    with pytest.raises(Refused) as refused:
        idaas.resource(rule, role, **parameters)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert idaas.revision() == before


def test_a_role_of_another_instance_is_not_found(idaas: Idaas, rule: str) -> None:
    """a role of another instance is not found"""
    other = Idaas(idaas.system)
    with pytest.raises(Refused) as refused:
        idaas.resource(rule, other.role(other.account()))
    assert refused.value.code == "ResourceNotFound.CloudAccountRole"


def test_resources_are_filtered_and_paged_newest_first(idaas: Idaas, account: str, rule: str) -> None:
    """resources are filtered and paged, newest first"""
    roles = [idaas.role(account, f"role-{number}") for number in range(3)]
    made = [idaas.resource(rule, role) for role in roles]

    first = idaas.call("ListAuthorizationResources", AuthorizationRuleId=rule, MaxResults=2)
    assert (first["TotalCount"], first["MaxResults"]) == (3, 2)
    assert _listed(idaas, rule, MaxResults=2) == [made[2], made[1]]
    assert _listed(idaas, rule, MaxResults=2, NextToken=first["NextToken"]) == [made[0]]

    by_id = {"Name": "AuthorizationResourceEntityId", "Value": [roles[0], roles[1], "carole_none"]}
    by_type = {"Name": "AuthorizationResourceEntityType", "Value": [ROLE_TYPE]}
    assert _listed(idaas, rule, Filter=[by_id]) == [made[1], made[0]]
    assert _listed(idaas, rule, Filter=[by_id, by_type]) == [made[1], made[0]]
    assert _listed(idaas, rule, Filter=[by_id, {**by_type, "Value": ["application"]}]) == []
    assert _listed(idaas, idaas.rule("empty")) == []


@pytest.mark.parametrize("action", ["GetAuthorizationResource", "DeleteAuthorizationResource"])
def test_a_resource_is_found_in_its_own_rule_only(idaas: Idaas, account: str, rule: str, action: str) -> None:
    """a resource is found in its own rule only"""
    resource = idaas.resource(rule, idaas.role(account))
    with pytest.raises(Refused) as refused:
        idaas.call(action, AuthorizationRuleId=idaas.rule("other"), AuthorizationResourceId=resource)
    assert (refused.value.status, refused.value.code) == (404, "ResourceNotFound.AuthorizationResource")
    assert _listed(idaas, rule) == [resource]


def test_a_deleted_resource_is_gone_and_its_role_may_come_back(idaas: Idaas, account: str, rule: str) -> None:
    """a deleted resource is gone and its role may come back"""
    role = idaas.role(account)
    resource = idaas.resource(rule, role)
    idaas.call("DeleteAuthorizationResource", AuthorizationRuleId=rule, AuthorizationResourceId=resource)
    assert _listed(idaas, rule) == []
    with pytest.raises(Refused) as refused:
        idaas.call("DeleteAuthorizationResource", AuthorizationRuleId=rule, AuthorizationResourceId=resource)
    assert refused.value.code == "ResourceNotFound.AuthorizationResource"
    assert _listed(idaas, rule) != [idaas.resource(rule, role)] != []
