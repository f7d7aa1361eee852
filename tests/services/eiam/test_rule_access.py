"""What attachments to rules mean for access, told on a group."""

import pytest

from admit.core.access import Reason
from admit.core.validity import DAY, HOUR, MINUTE
from tests.services.eiam.idaas import EVER, Idaas, bound

ADD = "AddGroupToAuthorizationRule"
UPDATE = "UpdateAuthorizationRuleGroupAttachment"
REMOVE = "RemoveGroupFromAuthorizationRule"


@pytest.fixture
def alice(idaas: Idaas, pair: dict[str, str]) -> str:
    """An account in the group."""
    alice = idaas.user("alice")
    idaas.join(alice, pair["GroupId"])
    return alice


@pytest.fixture
def everyone(idaas: Idaas, alice: str) -> str:
    """A second group, of alice and of bob, who is in no other."""
    return idaas.group("everyone", alice, idaas.user("bob"))


@pytest.fixture
def role(idaas: Idaas, pair: dict[str, str], everyone: str) -> str:
    """A role that the rule leads to."""
    role = idaas.role(idaas.account())
    idaas.resource(pair["AuthorizationRuleId"], role)
    return role


def test_members_hold_the_role_from_the_start_until_right_before_the_end(
    idaas: Idaas, pair: dict[str, str], role: str
) -> None:
    """members hold the role from the start until right before the end"""
    start, end = idaas.now() + HOUR, idaas.now() + 2 * HOUR
    idaas.call(ADD, **pair, **EVER)
    assert idaas.holds("alice", role)
    assert not idaas.holds("bob", role)

    idaas.call(UPDATE, **pair, **bound(start, end))

    early = idaas.role_decision("alice", role)
    assert (early.reason, early.changes_at) == (Reason.STARTS_LATER, start)
    idaas.system.advance(HOUR - 1)
    assert not idaas.holds("alice", role)
    idaas.system.advance(1)
    inside = idaas.role_decision("alice", role)
    assert (inside.reason, inside.valid_until) == (Reason.GRANTED, end)
    idaas.system.advance(HOUR - 1)
    assert idaas.holds("alice", role)
    idaas.system.advance(1)
    late = idaas.role_decision("alice", role)
    assert (late.reason, late.changes_at) == (Reason.HAS_ENDED, end)


def test_history_answers_by_the_period_that_held_then(idaas: Idaas, pair: dict[str, str], role: str) -> None:
    """history answers by the period that held then"""
    idaas.call(ADD, **pair, **EVER)
    idaas.system.advance(HOUR)
    before_the_update = idaas.now()
    idaas.system.advance(MINUTE)
    idaas.call(UPDATE, **pair, **bound(idaas.now() - DAY, idaas.now() + MINUTE))
    updated = idaas.now()
    idaas.system.advance(HOUR)

    assert not idaas.holds("alice", role)
    assert idaas.holds("alice", role, at=updated)
    assert not idaas.holds("alice", role, at=updated + MINUTE)
    assert idaas.role_decision("alice", role, at=before_the_update).valid_until > idaas.now() + DAY
    assert idaas.role_decision("alice", role, at=updated).valid_until == updated + MINUTE


def test_a_disabled_rule_keeps_its_attachments_and_gives_no_access(
    idaas: Idaas, pair: dict[str, str], role: str
) -> None:
    """a disabled rule keeps its attachments and gives no access"""
    rule = pair["AuthorizationRuleId"]
    idaas.call(ADD, **pair, **EVER)
    idaas.call("DisableAuthorizationRule", AuthorizationRuleId=rule)
    assert idaas.role_decision("alice", role).reason is Reason.DISABLED
    assert idaas.call("ListGroupsForAuthorizationRule", AuthorizationRuleId=rule)["TotalCount"] == 1
    idaas.call("EnableAuthorizationRule", AuthorizationRuleId=rule)
    assert idaas.holds("alice", role)


def test_a_disabled_account_has_no_access_through_its_group(
    idaas: Idaas, pair: dict[str, str], role: str, alice: str
) -> None:
    """a disabled account has no access through its group"""
    idaas.call(ADD, **pair, **EVER)
    idaas.call("DisableUser", UserId=alice)
    assert idaas.role_decision("alice", role).reason is Reason.DISABLED


def test_who_leaves_the_group_leaves_the_role(
    idaas: Idaas, pair: dict[str, str], role: str, alice: str
) -> None:
    """who leaves the group leaves the role"""
    idaas.call(ADD, **pair, **EVER)
    moment = idaas.now()
    idaas.system.advance(MINUTE)
    idaas.leave(alice, pair["GroupId"])
    assert idaas.role_decision("alice", role).reason is Reason.NOT_GRANTED
    assert idaas.holds("alice", role, at=moment)


def test_a_detached_group_has_no_access(idaas: Idaas, pair: dict[str, str], role: str) -> None:
    """a detached group has no access"""
    idaas.call(ADD, **pair, **EVER)
    idaas.call(REMOVE, **pair)
    assert idaas.role_decision("alice", role).reason is Reason.NOT_GRANTED


def test_the_path_with_the_later_end_decides(
    idaas: Idaas, pair: dict[str, str], role: str, everyone: str
) -> None:
    """the path with the later end decides"""
    now = idaas.now()
    idaas.call(ADD, **pair, **bound(now, now + HOUR))
    idaas.call(ADD, **{**pair, "GroupId": everyone}, **bound(now, now + 2 * HOUR))
    assert idaas.role_decision("alice", role).valid_until == now + 2 * HOUR
    assert idaas.role_decision("bob", role).valid_until == now + 2 * HOUR
