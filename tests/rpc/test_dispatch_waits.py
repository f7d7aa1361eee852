"""Writes that wait for their turn while what permits them is taken away."""

import pytest

from admit.rpc.signing import SigningKey
from tests.callers import Callers, refused, statement, trust
from tests.rpc.queued import codes_after
from tests.rpc.raw import Raw, signed
from tests.system import System

ADD = statement("Allow", "smp:AddGroup")


def ram(system: System, action: str, **parameters: str) -> Raw:
    """A call to RAM by the account, signed and not yet sent."""
    return signed(system, action, parameters, nonce=action, version="2015-05-01")


@pytest.fixture
def bob(sampled: System) -> SigningKey:
    """A user who may add groups."""
    return Callers(sampled).user("bob", ADD)


def adding(system: System, key: SigningKey) -> Raw:
    return signed(system, "AddGroup", {"Name": "late"}, nonce="late", key=key)


def test_a_write_that_waited_is_refused_if_its_policy_was_detached_meanwhile(
    sampled: System, bob: SigningKey
):
    detach = ram(sampled, "DetachPolicyFromUser", PolicyType="Custom", PolicyName="of-bob", UserName="bob")

    assert codes_after(sampled, detach, adding(sampled, bob)) == ["OK", "Forbidden.RAM"]
    assert sampled.call("sample", "CountGroups", Name="late")["Count"] == 0


def test_a_write_that_waited_is_refused_if_its_key_was_switched_off_meanwhile(
    sampled: System, bob: SigningKey
):
    off = ram(
        sampled, "UpdateAccessKey", UserName="bob", UserAccessKeyId=bob.access_key_id, Status="Inactive"
    )

    assert codes_after(sampled, off, adding(sampled, bob)) == ["OK", "InvalidAccessKeyId.Inactive"]


def test_a_write_that_waited_is_refused_if_its_session_lost_its_role_meanwhile(sampled: System):
    callers = Callers(sampled)
    account = callers.arn("root")
    bob = callers.user("bob", statement("Allow", "sts:AssumeRole"))
    session = callers.assume(bob, callers.role("adder", trust(account), ADD))
    detach = ram(
        sampled, "DetachPolicyFromRole", PolicyType="Custom", PolicyName="of-role-adder", RoleName="adder"
    )

    assert codes_after(sampled, detach, adding(sampled, session)) == ["OK", "Forbidden.RAM"]
    assert refused(sampled.call, "sample", "AddGroup", session, Name="x") == (403, "Forbidden.RAM")


def test_a_write_that_waited_is_done_if_what_changed_meanwhile_is_another_matter(
    sampled: System, bob: SigningKey
):
    other = ram(sampled, "CreateUser", UserName="eve")

    assert codes_after(sampled, other, adding(sampled, bob)) == ["OK", "OK"]
