"""What rules lead to: the whole project, or the resources named in them."""

import pytest

from admit.core.access import Reason
from admit.core.validity import MINUTE
from tests.services.eiam.idaas import Idaas


@pytest.fixture
def account(idaas: Idaas) -> str:
    """A cloud account."""
    return idaas.account()


def _rule_of_alice(idaas: Idaas, scope: str) -> str:
    """A rule of this scope that alice is attached to."""
    rule, alice = idaas.rule(AuthorizationResourceScope=scope), idaas.user("alice")
    idaas.call("AddUserToAuthorizationRule", AuthorizationRuleId=rule, UserId=alice, ValidityType="permanent")
    return rule


def _turn(idaas: Idaas, rule: str, scope: str) -> None:
    idaas.call("UpdateAuthorizationRule", AuthorizationRuleId=rule, AuthorizationResourceScope=scope)


def test_a_global_rule_leads_to_every_role_also_of_later(idaas: Idaas, account: str) -> None:
    """a global rule leads to every role, also of later"""
    before = idaas.role(account, "before")
    _rule_of_alice(idaas, "global")
    after = idaas.role(account, "after")
    elsewhere = idaas.role(idaas.account("2"), "elsewhere")
    assert [idaas.holds("alice", role) for role in (before, after, elsewhere)] == [True] * 3


def test_a_global_rule_leads_to_nothing_in_another_instance(idaas: Idaas) -> None:
    """a global rule leads to nothing in another instance"""
    _rule_of_alice(idaas, "global")
    other = Idaas(idaas.system)
    role = other.role(other.account())
    assert idaas.role_decision("alice", role).reason is Reason.NOT_GRANTED


def test_a_custom_rule_leads_to_its_resources_only(idaas: Idaas, account: str) -> None:
    """a custom rule leads to its resources only"""
    named, other = idaas.role(account, "named"), idaas.role(account, "other")
    rule = _rule_of_alice(idaas, "custom")
    assert not idaas.holds("alice", named)
    resource = idaas.resource(rule, named)
    assert (idaas.holds("alice", named), idaas.holds("alice", other)) == (True, False)
    idaas.call("DeleteAuthorizationResource", AuthorizationRuleId=rule, AuthorizationResourceId=resource)
    assert not idaas.holds("alice", named)


def test_a_scope_that_changes_changes_what_the_rule_leads_to(idaas: Idaas, account: str) -> None:
    """a scope that changes changes what the rule leads to"""
    named, other = idaas.role(account, "named"), idaas.role(account, "other")
    rule = _rule_of_alice(idaas, "custom")
    idaas.resource(rule, named)
    custom = idaas.now()
    idaas.system.advance(MINUTE)

    _turn(idaas, rule, "global")
    assert (idaas.holds("alice", named), idaas.holds("alice", other)) == (True, True)
    assert not idaas.holds("alice", other, at=custom)

    _turn(idaas, rule, "custom")
    assert (idaas.holds("alice", named), idaas.holds("alice", other)) == (True, False)


def test_resources_of_a_global_rule_count_once_it_is_custom(idaas: Idaas, account: str) -> None:
    """resources of a global rule count once it is custom"""
    kept, dropped = idaas.role(account, "kept"), idaas.role(account, "dropped")
    rule = _rule_of_alice(idaas, "global")
    idaas.resource(rule, kept)
    gone = idaas.resource(rule, dropped)
    idaas.call("DeleteAuthorizationResource", AuthorizationRuleId=rule, AuthorizationResourceId=gone)
    assert idaas.holds("alice", dropped)

    _turn(idaas, rule, "custom")
    assert (idaas.holds("alice", kept), idaas.holds("alice", dropped)) == (True, False)


def test_a_deleted_role_leaves_no_resources_behind(idaas: Idaas, account: str) -> None:
    """a deleted role leaves no resources behind"""
    role = idaas.role(account)
    rules = [idaas.rule("custom"), idaas.rule("global", AuthorizationResourceScope="global")]
    named = {"CloudAccountId": account, "CloudAccountRoleId": role}
    for rule in rules:
        idaas.resource(rule, role)
    idaas.call("DisableCloudAccountRole", **named)
    idaas.call("DeleteCloudAccountRole", **named)
    for rule in rules:
        assert idaas.call("ListAuthorizationResources", AuthorizationRuleId=rule)["TotalCount"] == 0
    _turn(idaas, rules[1], "custom")
    assert idaas.call("GetAuthorizationRule", AuthorizationRuleId=rules[1])["AuthorizationRule"]


def test_a_disabled_role_can_be_used_by_nobody(idaas: Idaas, account: str) -> None:
    """a disabled role can be used by nobody"""
    role = idaas.role(account)
    _rule_of_alice(idaas, "global")
    named = {"CloudAccountId": account, "CloudAccountRoleId": role}
    idaas.call("DisableCloudAccountRole", **named)
    assert idaas.role_decision("alice", role).reason is Reason.DISABLED
    idaas.call("EnableCloudAccountRole", **named)
    assert idaas.holds("alice", role)
