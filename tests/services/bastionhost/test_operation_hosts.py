"""What a calling RAM user may operate."""

from functools import partial
from typing import Any

import pytest

from admit.control import things
from admit.control.grants import grant
from admit.core.links import Kind
from admit.core.validity import MINUTE, Validity
from admit.rpc.signing import SigningKey
from admit.services.bastionhost.instances import BastionDetails
from admit.store.engine import Tx
from admit.store.things import Thing
from tests.services.bastionhost.gate import Gate, hosts
from tests.system import System

RAM_ID = "20000000000000001"


@pytest.fixture
def gate(system: System) -> Gate:
    """A bastion host."""
    return Gate(system)


@pytest.fixture
def alice(gate: Gate) -> SigningKey:
    """The key of the RAM user alice."""
    return gate.ram_user("alice", RAM_ID)


def operable(gate: Gate, key: SigningKey | None, **asked: Any) -> list[str]:
    """The hosts the owner of a key may operate, by ID."""
    answer = gate.call("ListOperationHosts", key, **asked)
    return [each["HostId"] for each in answer["Hosts"]]


def accounts(gate: Gate, key: SigningKey | None, host: str, **asked: Any) -> list[str]:
    """The accounts on a host the owner of a key may operate, by ID."""
    answer = gate.call("ListOperationHostAccounts", key, HostId=host, **asked)
    return [each["HostAccountId"] for each in answer["HostAccounts"]]


def test_direct_grants_and_grants_of_groups_count_alike(gate: Gate, alice: SigningKey) -> None:
    """direct grants and grants of groups count alike"""
    group = gate.group()
    user = gate.user("alice.ops", group, ram_id=RAM_ID)
    own, through, closed = gate.host("own"), gate.host("through"), gate.host("closed")
    root, spare = gate.account(own), gate.account(own, "spare")
    admin, hidden = gate.account(through, "admin"), gate.account(closed)
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts((own, [root])))
    gate.call("AttachHostAccountsToUserGroup", UserGroupId=group, Hosts=hosts((through, [admin])))

    assert operable(gate, alice) == [own, through]
    assert [accounts(gate, alice, host) for host in (own, through, closed)] == [[root], [admin], []]
    for account in (root, spare, admin, hidden):
        shown = any(account in accounts(gate, alice, host) for host in (own, through, closed))
        assert shown == gate.may("alice.ops", account)

    gate.call("DetachHostAccountsFromUserGroup", UserGroupId=group, Hosts=hosts(through))
    gate.call("DetachHostAccountsFromUser", UserId=user, Hosts=hosts((own, [root])))
    assert operable(gate, alice) == [own]
    assert accounts(gate, alice, own) == accounts(gate, alice, through) == []


def test_hosts_and_accounts_are_shown_in_full(gate: Gate, alice: SigningKey) -> None:
    """hosts and accounts are shown in full"""
    user, host = gate.user("alice", ram_id=RAM_ID), gate.host(Comment="main")
    root = gate.account(host, Password="x")
    desktop = gate.account(host, "desktop", ProtocolName="RDP")
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts((host, [root, desktop])))

    assert gate.call("ListOperationHosts", alice)["Hosts"] == [
        {
            "HostId": host,
            "HostName": "db-1",
            "ActiveAddressType": "Private",
            "HostPrivateAddress": "10.0.0.5",
            "OSType": "Linux",
            "Comment": "main",
            "Source": "Local",
            "SourceInstanceState": "Normal",
        }
    ]
    assert gate.call("ListOperationHostAccounts", alice, HostId=host)["HostAccounts"] == [
        {
            "HostAccountId": root,
            "HostAccountName": "root",
            "HostId": host,
            "ProtocolName": "SSH",
            "HasPassword": True,
            "SSHConfig": {"EnableSSHChannel": True, "EnableSFTPChannel": True},
        },
        {
            "HostAccountId": desktop,
            "HostAccountName": "desktop",
            "HostId": host,
            "ProtocolName": "RDP",
            "HasPassword": False,
        },
    ]


def test_filters_and_pages_apply_to_what_is_open(gate: Gate, alice: SigningKey) -> None:
    """filters and pages apply to what is open"""
    user = gate.user("alice", ram_id=RAM_ID)
    first, second = gate.host("one", HostPrivateAddress="a"), gate.host("two", OSType="Windows")
    closed = gate.host("three")
    root, admin = gate.account(first), gate.account(first, "admin")
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts((first, [root, admin]), second))

    assert (
        operable(gate, alice, PageSize=1, PageNumber=2) == operable(gate, alice, OSType="Windows") == [second]
    )
    assert operable(gate, alice, HostName="one") == operable(gate, alice, HostAddress="a") == [first]
    assert operable(gate, alice, HostAddress="10.0.0.5") == [second]
    assert operable(gate, alice, HostName="three") == operable(gate, alice, Source="Ecs") == []
    assert gate.call("ListOperationHosts", alice, PageSize=1)["TotalCount"] == 2
    assert accounts(gate, alice, first, HostAccountName="admin") == [admin]
    assert accounts(gate, alice, first, PageSize=1, PageNumber=2) == [admin]
    assert accounts(gate, alice, closed) == accounts(gate, alice, "999") == []


def test_an_account_granted_without_its_host_makes_the_host_appear(gate: Gate, alice: SigningKey) -> None:
    """an account granted without its host makes the host appear"""
    user, host = gate.user("alice", ram_id=RAM_ID), gate.host()
    root = gate.account(host)
    gate.write(lambda tx: grant(tx, gate.thing(Kind.USER, user), gate.thing(Kind.HOST_ACCOUNT, root)))
    assert (operable(gate, alice), accounts(gate, alice, host)) == ([host], [root])


def test_nobody_stands_for_the_account_itself_or_for_strangers(gate: Gate, alice: SigningKey) -> None:
    """nobody stands for the account itself, or for strangers"""
    host, local = gate.host(), gate.user("alice")
    root = gate.account(host)
    gate.call("AttachHostAccountsToUser", UserId=local, Hosts=hosts((host, [root])))
    for key in (None, alice):
        assert gate.call("ListOperationHosts", key)["Hosts"] == []
        assert gate.call("ListOperationHostAccounts", key, HostId=host) | {"RequestId": ""} == {
            "HostAccounts": [],
            "TotalCount": 0,
            "RequestId": "",
        }


def test_nothing_is_open_to_who_is_locked(gate: Gate, alice: SigningKey) -> None:
    """nothing is open to who is locked"""
    user, host = gate.user("alice", ram_id=RAM_ID), gate.host()
    root = gate.account(host)
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts((host, [root])))

    for thing in (gate.thing(Kind.USER, user), gate.person("alice")):
        assert operable(gate, alice) == [host]
        gate.write(partial(_lock, thing))
        assert operable(gate, alice) + accounts(gate, alice, host) == []
        gate.write(partial(_unlock, thing))
    assert accounts(gate, alice, host) == [root]


def _lock(thing: Thing, tx: Tx) -> None:
    things.block(tx, thing, "locked")


def _unlock(thing: Thing, tx: Tx) -> None:
    things.unblock(tx, thing, "locked")


def test_nothing_is_open_outside_the_time_of_the_user(gate: Gate, alice: SigningKey) -> None:
    """nothing is open outside the time of the user"""
    now = gate.system.clock.now()
    user = gate.user("alice", ram_id=RAM_ID, validity=Validity(now + MINUTE, now + 2 * MINUTE))
    host = gate.host()
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts(host))
    seen = []
    for _ in range(3):
        seen.append(operable(gate, alice))
        gate.system.advance(MINUTE)
    assert seen == [[], [host], []]


def test_another_bastion_host_of_the_same_person_stays_apart(gate: Gate, alice: SigningKey) -> None:
    """another bastion host of the same person stays apart"""
    user, host = gate.user("alice", ram_id=RAM_ID), gate.host()
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts(host))

    def second(tx: Tx) -> Any:
        new = things.New(
            Kind.BASTION, gate.bastion.parent, "b", gate.bastion.read(BastionDetails), "bastionhost-second"
        )
        return things.add(tx, new)

    gate.bastion = gate.write(second)
    gate.user("alice", ram_id=RAM_ID)
    assert operable(gate, alice) == []
    assert accounts(gate, alice, host) == []


def test_what_is_open_to_another_user_of_the_same_person_is_not_listed(gate: Gate, alice: SigningKey) -> None:
    """what is open to another user of the same person is not listed"""
    user, other = gate.user("alice", ram_id=RAM_ID), gate.user("alice.local")
    own, shared, others = gate.host("own"), gate.host("shared"), gate.host("others")
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts(own, shared))
    gate.call("AttachHostAccountsToUser", UserId=other, Hosts=hosts(shared, others))
    gate.write(lambda tx: grant(tx, gate.person("alice"), gate.thing(Kind.USER, other)))

    assert gate.decision("alice", gate.thing(Kind.HOST, others).ref).allowed
    assert operable(gate, alice) == [own, shared]
