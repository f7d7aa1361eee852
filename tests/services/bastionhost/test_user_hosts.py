"""Granting hosts and host accounts to users, and listing what they were granted."""

import pytest

from admit.control import things
from admit.core.access import Reason
from admit.core.links import Kind
from admit.core.validity import MINUTE, Validity
from tests.services.bastionhost.gate import Gate, codes, hosts
from tests.system import System

OK, ALREADY = "OK", "OBJECT_AlREADY_EXISTS"
NOT_FOUND, INVALID = "OBJECT_NOT_FOUND", "INVALID_ARGUMENT"


@pytest.fixture
def gate(system: System) -> Gate:
    """A bastion host."""
    return Gate(system)


def test_a_user_is_granted_an_account_and_loses_it(gate: Gate) -> None:
    """a user is granted an account and loses it"""
    host, user = gate.host(), gate.user("alice")
    root = gate.account(host)
    asked = {"UserId": user, "Hosts": hosts((host, [root, "999", "x"]))}

    answer = gate.call("AttachHostAccountsToUser", **asked)

    assert codes(answer) == [(OK, [OK, NOT_FOUND, INVALID])]
    assert {name: answer["Results"][0][name] for name in ("HostId", "UserId", "Message")} == {
        "HostId": host,
        "UserId": user,
        "Message": "",
    }
    assert gate.may("alice", root)
    assert codes(gate.call("AttachHostAccountsToUser", **asked)) == [(OK, [ALREADY, NOT_FOUND, INVALID])]
    assert codes(gate.call("DetachHostAccountsFromUser", UserId=user, Hosts=hosts(host, host))) == [
        (OK, []),
        (ALREADY, []),
    ]
    assert gate.decision("alice", gate.thing(Kind.HOST_ACCOUNT, root).ref).reason is Reason.NOT_GRANTED


@pytest.mark.parametrize("action", ["AttachHostAccountsToUser", "DetachHostAccountsFromUser"])
def test_without_a_user_every_item_fails_alike(gate: Gate, action: str) -> None:
    """without a user every item fails alike"""
    host, group = gate.host(), gate.group()
    root = gate.account(host)
    for user, code in (("999", NOT_FOUND), (group, NOT_FOUND), ("alice", INVALID)):
        answer = gate.call(action, UserId=user, Hosts=hosts((host, [root])))
        assert codes(answer) == [(code, [code])]
    assert gate.refusal(action, UserId="1", Hosts="[{}]") == (400, "InvalidParameter")


def test_a_locked_user_keeps_grants_but_cannot_use_them(gate: Gate) -> None:
    """a locked user keeps grants, but cannot use them"""
    host, user = gate.host(), gate.user("alice")
    root = gate.account(host)
    gate.write(lambda tx: things.block(tx, gate.thing(Kind.USER, user), "locked"))

    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts((host, [root])))

    resource = gate.thing(Kind.HOST_ACCOUNT, root).ref
    assert gate.decision("alice", resource).reason is Reason.DISABLED
    assert gate.call("ListHostsForUser", UserId=user)["TotalCount"] == 1
    gate.write(lambda tx: things.unblock(tx, gate.thing(Kind.USER, user), "locked"))
    assert gate.decision("alice", resource).allowed


def test_a_grant_holds_while_the_user_is_valid(gate: Gate) -> None:
    """a grant holds while the user is valid"""
    now = gate.system.clock.now()
    host, user = gate.host(), gate.user("alice", validity=Validity(now + MINUTE, now + 2 * MINUTE))
    root = gate.account(host)
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts((host, [root])))
    resource = gate.thing(Kind.HOST_ACCOUNT, root).ref

    reasons = []
    for _ in range(3):
        reasons.append(gate.decision("alice", resource).reason)
        gate.system.advance(MINUTE)

    assert reasons == [Reason.STARTS_LATER, Reason.GRANTED, Reason.HAS_ENDED]


def test_only_what_a_user_was_granted_directly_is_listed(gate: Gate) -> None:
    """only what a user was granted directly is listed"""
    own, through = gate.host("own"), gate.host("through group")
    group = gate.group()
    user = gate.user("alice", group)
    root, other = gate.account(own), gate.account(through)
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts((own, [root])))
    gate.call("AttachHostAccountsToUserGroup", UserGroupId=group, Hosts=hosts((through, [other])))

    listed = gate.call("ListHostsForUser", UserId=user)
    rest = gate.call("ListHostsForUser", UserId=user, Mode="Unauthorized", HostAddress="10.0.0.5")
    accounts = [
        gate.call("ListHostAccountsForUser", UserId=user, HostId=host)["HostAccounts"]
        for host in (own, through)
    ]

    assert [each["HostId"] for each in listed["Hosts"]] == [own]
    assert [each["HostId"] for each in rest["Hosts"]] == [through]
    assert [[(each["HostAccountId"], each["IsAuthorized"]) for each in found] for found in accounts] == [
        [(root, True)],
        [(other, False)],
    ]


def test_a_listing_needs_its_user_and_its_host(gate: Gate) -> None:
    """a listing needs its user and its host"""
    host, user = gate.host(), gate.user("alice")
    accounts = "ListHostAccountsForUser"
    assert gate.refusal("ListHostsForUser", UserId="999") == (404, "UserNotFound")
    assert gate.refusal(accounts, UserId="999", HostId=host) == (404, "UserNotFound")
    assert gate.refusal(accounts, UserId=user, HostId="999") == (400, "HostNotFound")
    assert gate.call(accounts, UserId=user, HostId=host)["HostAccounts"] == []
