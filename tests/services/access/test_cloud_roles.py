"""Temporary keys for cloud roles: for whom a rule leads there, and for no longer than it does."""

from typing import Any

import pytest

from admit.core.validity import HOUR, MINUTE, SECOND
from admit.rpc.signing import SigningKey
from tests.callers import Callers, document, refused, statement, trust
from tests.services.eiam.idaas import EVER, Idaas, bound
from tests.system import System


class Cloud:
    """alice is in a group that a rule leads to the role reader of our own account."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.idaas = Idaas(system)
        self.callers = Callers(system)
        self.alice = self.idaas.user("alice")
        self.group = self.idaas.group("ops", self.alice)
        self.rule = self.idaas.rule()
        self.account = self.idaas.account(self.callers.account)
        self.role = self.idaas.role(self.account, "reader")
        self.idaas.resource(self.rule, self.role)
        self.pair = {"AuthorizationRuleId": self.rule, "GroupId": self.group}
        self.callers.role("reader", self.trust(), statement("Allow", ["ram:ListUsers", "sts:AssumeRole"]))

    def trust(self) -> str:
        one = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["eiam.aliyuncs.com"]}}
        return document(one)

    def attach(self, **validity: Any) -> None:
        self.idaas.call("AddGroupToAuthorizationRule", **self.pair, **(validity or EVER))

    def detach(self) -> None:
        self.idaas.call("RemoveGroupFromAuthorizationRule", **self.pair)

    def ask(self, key: SigningKey | None = None, **more: Any) -> dict[str, Any]:
        asked = {"Role": "cloud-role:reader", "Person": "alice"} | more
        return self.system.call("admit", "GetCloudRoleCredentials", key, **asked)

    def key(self, **more: Any) -> SigningKey:
        made = self.ask(**more)["Credentials"]
        return SigningKey(made["AccessKeyId"], made["AccessKeySecret"], made["SecurityToken"])

    def use(self, key: SigningKey) -> None:
        self.callers.ram("ListUsers", key)


@pytest.fixture
def cloud(system: System) -> Cloud:
    return Cloud(system)


DEAD = (400, "InvalidSecurityToken.Revoked")


def test_a_key_acts_as_the_role_in_the_name_of_its_person(cloud: Cloud) -> None:
    cloud.attach()
    key = cloud.key()

    cloud.use(key)
    told = cloud.callers.identity(key)
    assert told["Arn"] == cloud.callers.arn("assumed-role/reader/alice")
    assert refused(cloud.callers.ram, "ListGroups", key) == (403, "NoPermission")


def test_a_key_is_dead_at_the_next_use_after_the_group_is_taken_off_the_rule(cloud: Cloud) -> None:
    cloud.attach()
    key = cloud.key()
    cloud.use(key)
    cloud.detach()
    assert refused(cloud.use, key) == DEAD
    cloud.attach()
    cloud.use(key)
    cloud.idaas.leave(cloud.alice, cloud.group)
    assert refused(cloud.use, key) == DEAD


def test_a_key_follows_what_becomes_of_the_period(cloud: Cloud) -> None:
    now = cloud.idaas.now()
    cloud.attach(**bound(now, now + HOUR))
    key = cloud.key()
    period = {"ValidityType": "time_bound", "ValidityPeriod": {"StartTime": now, "EndTime": now + MINUTE}}
    cloud.idaas.call("UpdateAuthorizationRuleGroupAttachment", **cloud.pair, **period)
    cloud.system.advance(MINUTE - SECOND)
    cloud.use(key)
    cloud.system.advance(SECOND)
    assert refused(cloud.use, key) == DEAD


def test_a_key_ends_with_the_grant_at_the_latest(cloud: Cloud) -> None:
    now = cloud.idaas.now()
    cloud.attach(**bound(now, now + 10 * MINUTE))
    assert cloud.ask()["Credentials"]["Expiration"] == "2026-05-28T20:36:40Z"
    assert cloud.ask(DurationSeconds=60)["Credentials"]["Expiration"] == "2026-05-28T20:27:40Z"
    key = cloud.key()
    cloud.system.advance(10 * MINUTE)
    assert refused(cloud.use, key)[1].startswith("InvalidSecurityToken.")


def test_a_disabled_user_role_or_rule_ends_it(cloud: Cloud) -> None:
    cloud.attach()
    key = cloud.key()
    place = {"CloudAccountId": cloud.account, "CloudAccountRoleId": cloud.role}
    for off, on, named in (
        ("DisableUser", "EnableUser", {"UserId": cloud.alice}),
        ("DisableCloudAccountRole", "EnableCloudAccountRole", place),
        ("DisableAuthorizationRule", "EnableAuthorizationRule", {"AuthorizationRuleId": cloud.rule}),
    ):
        cloud.idaas.call(off, **named)
        assert refused(cloud.use, key) == DEAD, off
        cloud.idaas.call(on, **named)
        cloud.use(key)


def test_a_role_that_is_assumed_with_the_key_ends_with_it(cloud: Cloud) -> None:
    cloud.attach()
    other = cloud.callers.role(
        "writer", trust(cloud.callers.arn("role/reader")), statement("Allow", "ram:ListUsers")
    )
    chained = cloud.callers.assume(cloud.key(), other, SourceIdentity="alice")
    cloud.use(chained)
    cloud.detach()
    assert refused(cloud.use, chained) == DEAD


def test_who_has_no_access_gets_no_key(cloud: Cloud) -> None:
    assert refused(cloud.ask) == (403, "AccessNotGranted")
    cloud.attach()
    cloud.idaas.user("tom")
    assert refused(cloud.ask, Person="tom") == (403, "AccessNotGranted")
    assert refused(cloud.ask, Person="nobody") == (404, "EntityNotExist")
    assert refused(cloud.ask, Role="cloud-role:none") == (404, "EntityNotExist")
    assert refused(cloud.ask, Person=None) == (400, "MissingParameter.Person")


def test_a_ram_user_gets_a_key_for_their_own_person_and_no_other(cloud: Cloud) -> None:
    cloud.attach()
    mine = "acs:admit:*:*:person/alice"
    alice = cloud.callers.user("alice", statement("Allow", "admit:GetCloudRoleCredentials", mine))
    tom = cloud.callers.user(
        "tom", statement("Allow", "admit:GetCloudRoleCredentials", mine.replace("alice", "tom"))
    )
    cloud.idaas.user("tom")

    assert cloud.ask(alice, Person=None)["Person"] == "alice"
    assert refused(cloud.ask, tom) == (403, "NoPermission")
    assert refused(cloud.ask, tom, Person=None) == (403, "AccessNotGranted")


def test_whoever_writes_rules_cannot_hand_out_a_role_that_does_not_trust_them(cloud: Cloud) -> None:
    cloud.attach()
    cloud.callers.role("admin", trust(cloud.callers.arn("root")), statement("Allow", "*"))
    cloud.idaas.resource(cloud.rule, cloud.idaas.role(cloud.account, "admin"))
    assert refused(cloud.ask, Role="admin") == (409, "CloudRoleUnusable")

    elsewhere = cloud.idaas.account("1938080000000001")
    cloud.idaas.resource(cloud.rule, cloud.idaas.role(elsewhere, "theirs"))
    assert refused(cloud.ask, Role="theirs") == (409, "CloudRoleUnusable")
    cloud.idaas.resource(cloud.rule, cloud.idaas.role(cloud.account, "missing"))
    assert refused(cloud.ask, Role="missing") == (409, "CloudRoleUnusable")
