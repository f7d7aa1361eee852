"""Applications attached to authorization rules: as those who may act."""

import pytest

from admit.core.validity import HOUR
from tests.services.eiam.idaas import Idaas


@pytest.fixture
def role(idaas: Idaas) -> str:
    """A role that the rule leads to."""
    return idaas.role(idaas.account())


@pytest.fixture
def attached(idaas: Idaas, role: str) -> dict[str, str]:
    """An application attached to a rule that leads to the role."""
    named = {"AuthorizationRuleId": idaas.rule(), "ApplicationId": idaas.application("agent")}
    idaas.resource(named["AuthorizationRuleId"], role)
    idaas.call("AddApplicationToAuthorizationRule", **named, ValidityType="permanent")
    return named


def test_an_attached_application_may_act_in_the_role(
    idaas: Idaas, attached: dict[str, str], role: str
) -> None:
    """an attached application may act in the role"""
    assert idaas.application_may(attached["ApplicationId"], role)
    other = idaas.application("other")
    assert not idaas.application_may(other, role)


def test_who_may_use_an_application_does_not_hold_what_it_holds(
    idaas: Idaas, attached: dict[str, str], role: str
) -> None:
    """who may use an application does not hold what it holds"""
    alice, application = idaas.user("alice"), attached["ApplicationId"]
    idaas.call("AuthorizeApplicationToUsers", ApplicationId=application, UserIds=[alice])
    assert idaas.may("alice", application)
    assert not idaas.holds("alice", role)


def test_an_application_may_act_until_its_period_ends(
    idaas: Idaas, attached: dict[str, str], role: str
) -> None:
    """an application may act until its period ends"""
    idaas.call(
        "UpdateAuthorizationRuleApplicationAttachment",
        **attached,
        ValidityType="time_bound",
        ValidityPeriod={"StartTime": idaas.now(), "EndTime": idaas.now() + HOUR},
    )
    idaas.system.advance(HOUR - 1)
    assert idaas.application_may(attached["ApplicationId"], role)
    idaas.system.advance(1)
    assert not idaas.application_may(attached["ApplicationId"], role)


def test_a_disabled_application_may_not_act(idaas: Idaas, attached: dict[str, str], role: str) -> None:
    """a disabled application may not act"""
    idaas.call("DisableApplication", ApplicationId=attached["ApplicationId"])
    assert not idaas.application_may(attached["ApplicationId"], role)


def test_a_detached_application_may_not_act(idaas: Idaas, attached: dict[str, str], role: str) -> None:
    """a detached application may not act"""
    idaas.call("RemoveApplicationFromAuthorizationRule", **attached)
    assert not idaas.application_may(attached["ApplicationId"], role)
