"""Accounts attached to authorization rules."""

from typing import Any

import pytest

from admit.core.access import Reason
from admit.core.validity import HOUR
from tests.services.eiam.idaas import EVER, Idaas


@pytest.fixture
def alice(idaas: Idaas) -> str:
    """One of two accounts."""
    idaas.user("bob")
    return idaas.user("alice")


@pytest.fixture
def role(idaas: Idaas) -> str:
    """A role of a cloud account."""
    return idaas.role(idaas.account())


@pytest.fixture
def rule(idaas: Idaas, role: str) -> str:
    """A rule that leads to the role."""
    rule = idaas.rule()
    idaas.resource(rule, role)
    return rule


def _add(idaas: Idaas, rule: str, user: str, **more: Any) -> None:
    idaas.call("AddUserToAuthorizationRule", **{"AuthorizationRuleId": rule, "UserId": user, **EVER, **more})


def test_an_attached_account_holds_the_role_and_nobody_else_does(
    idaas: Idaas, rule: str, role: str, alice: str
) -> None:
    """an attached account holds the role and nobody else does"""
    assert idaas.role_decision("alice", role).reason is Reason.NOT_GRANTED
    _add(idaas, rule, alice)
    assert idaas.holds("alice", role)
    assert idaas.role_decision("bob", role).reason is Reason.NOT_GRANTED


def test_an_account_holds_the_role_inside_the_period_only(
    idaas: Idaas, rule: str, role: str, alice: str
) -> None:
    """an account holds the role inside the period only"""
    start, end = idaas.now() + HOUR, idaas.now() + 2 * HOUR
    period = {"StartTime": start, "EndTime": end}
    _add(idaas, rule, alice, ValidityType="time_bound", ValidityPeriod=period)
    moments = (start - 1, start, end - 1, end)
    assert [idaas.holds("alice", role, at=moment) for moment in moments] == [False, True, True, False]


def test_a_disabled_account_holds_nothing(idaas: Idaas, rule: str, role: str, alice: str) -> None:
    """a disabled account holds nothing"""
    _add(idaas, rule, alice)
    idaas.call("DisableUser", UserId=alice)
    assert idaas.role_decision("alice", role).reason is Reason.DISABLED


def test_rules_reached_through_a_group_are_not_listed_for_an_account(
    idaas: Idaas, rule: str, alice: str
) -> None:
    """rules reached through a group are not listed for an account"""
    group = idaas.group("ops", alice)
    idaas.call("AddGroupToAuthorizationRule", AuthorizationRuleId=rule, GroupId=group, **EVER)
    answer = idaas.call("ListAuthorizationRulesForUser", UserId=alice)
    assert (answer["AuthorizationRules"], answer["TotalCount"]) == ([], 0)


def test_a_detached_account_keeps_what_its_group_holds(
    idaas: Idaas, rule: str, role: str, alice: str
) -> None:
    """a detached account keeps what its group holds"""
    group = idaas.group("ops", alice)
    idaas.call("AddGroupToAuthorizationRule", AuthorizationRuleId=rule, GroupId=group, **EVER)
    _add(idaas, rule, alice)
    idaas.call("RemoveUserFromAuthorizationRule", AuthorizationRuleId=rule, UserId=alice)
    assert idaas.holds("alice", role)
    idaas.call("RemoveGroupFromAuthorizationRule", AuthorizationRuleId=rule, GroupId=group)
    assert not idaas.holds("alice", role)
