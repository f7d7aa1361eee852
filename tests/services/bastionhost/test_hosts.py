"""Making, showing, listing, changing and deleting hosts."""

from typing import Any

import pytest

from admit.control import things
from admit.control.bastionhost.bastion import HostDetails
from admit.control.things import New
from admit.core.access import Reason
from admit.core.links import Kind
from admit.services.bastionhost.instances import BastionDetails
from admit.store import things as stored
from admit.store.engine import Tx
from admit.store.things import Thing
from tests.services.bastionhost.gate import Gate, hosts
from tests.system import System


@pytest.fixture
def gate(system: System) -> Gate:
    """A bastion host."""
    return Gate(system)


def test_a_host_is_shown_as_it_was_made(gate: Gate) -> None:
    """a host is shown as it was made"""
    host = gate.host(
        "web-1",
        Source="Ecs",
        SourceInstanceId="i-bp1",
        InstanceRegionId="cn-hangzhou",
        ActiveAddressType="Public",
        HostPublicAddress="web-1.example.com",
        Comment="front",
    )

    assert gate.call("GetHost", HostId=host)["Host"] == {
        "HostId": host,
        "HostName": "web-1",
        "Source": "Ecs",
        "SourceInstanceId": "i-bp1",
        "SourceInstanceState": "Normal",
        "ActiveAddressType": "Public",
        "HostPublicAddress": "web-1.example.com",
        "HostPrivateAddress": "10.0.0.5",
        "OSType": "Linux",
        "Comment": "front",
        "PrefKex": "default",
        "Protocols": [
            {"ProtocolName": "SSH", "Port": 22, "HostFingerPrint": ""},
            {"ProtocolName": "RDP", "Port": 3389, "HostFingerPrint": ""},
        ],
    }
    assert host.isdigit()


def test_a_host_of_your_own_comes_from_nowhere(gate: Gate) -> None:
    """a host of your own comes from nowhere"""
    shown = gate.call("GetHost", HostId=gate.host(SourceInstanceId="i-1", OSType="Windows"))["Host"]
    assert "SourceInstanceId" not in shown
    assert "PrefKex" not in shown


@pytest.mark.parametrize(
    "given",
    [
        {"ActiveAddressType": "Public"},
        {"ActiveAddressType": "Private", "HostPrivateAddress": None, "HostPublicAddress": "10.0.0.5"},
        {"Source": "Ecs", "InstanceRegionId": "cn-hangzhou"},
        {"Source": "Rds", "SourceInstanceId": "i-1"},
        {"Source": "Somewhere"},
        {"OSType": "BeOS"},
        {"HostName": "x" * 129},
        {"HostName": "two\nlines"},
        {"Comment": "x" * 501},
        {"NetworkDomainId": "1"},
        {"InstanceMemberId": "many"},
    ],
)
def test_a_host_that_makes_no_sense_is_refused(gate: Gate, given: dict[str, Any]) -> None:
    """a host that makes no sense is refused"""
    asked = {
        "HostName": "db-1",
        "Source": "Local",
        "OSType": "Linux",
        "ActiveAddressType": "Private",
        "HostPrivateAddress": "10.0.0.5",
    }
    assert gate.refusal("CreateHost", **asked | given) == (400, "InvalidParameter")


@pytest.mark.parametrize("absent", ["HostName", "Source", "OSType", "ActiveAddressType"])
def test_what_is_mandatory_is_told_by_name(gate: Gate, absent: str) -> None:
    """what is mandatory is told by name"""
    asked = {"HostName": "db-1", "Source": "Local", "OSType": "Linux", "ActiveAddressType": "Private"}
    assert gate.refusal("CreateHost", **asked | {absent: None}) == (400, f"MissingParameter.{absent}")


@pytest.mark.parametrize(
    "address", ["10.0.0.5", "2001:db8::1", "db-1", "db-1.example.com", "db-1.example.com.", "my_host.lan"]
)
def test_an_address_is_a_name_or_a_number(gate: Gate, address: str) -> None:
    """an address is a name or a number"""
    host = gate.host(HostPrivateAddress=address)
    assert gate.call("GetHost", HostId=host)["Host"]["HostPrivateAddress"] == address


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.256",
        "10.1",
        "0x7f.1",
        "-db.example.com",
        "a..b",
        ".",
        "db 1",
        "root@db-1",
        "fe80::1%eth0",
        "bücher.example",
    ],
)
def test_what_is_no_address_is_refused(gate: Gate, address: str) -> None:
    """what is no address is refused"""
    host = gate.host()
    assert gate.refusal("ModifyHost", HostId=host, HostPublicAddress=address) == (400, "InvalidParameter")


def test_the_licence_says_how_many_hosts_there_may_be(gate: Gate) -> None:
    """the licence says how many hosts there may be"""

    def license_two(tx: Tx) -> None:
        details = gate.bastion.read(BastionDetails)
        details.license_code = "bhah_ent_2_asset"
        things.change(tx, gate.bastion, details=details)

    gate.write(license_two)
    first, _ = gate.host("db-1"), gate.host("db-2")
    asked = {"Source": "Local", "OSType": "Linux", "ActiveAddressType": "Private", "HostPrivateAddress": "a"}

    assert gate.refusal("CreateHost", HostName="db-3", **asked) == (400, "LicenseOutOfLimit")
    gate.call("DeleteHost", HostId=first)
    assert gate.call("CreateHost", HostName="db-3", **asked)["HostId"]


def test_a_list_is_paged_by_ten(gate: Gate) -> None:
    """a list is paged by ten"""
    made = [gate.host(f"db-{n}") for n in range(12)]

    def listed(**asked: Any) -> list[str]:
        answer = gate.call("ListHosts", **asked)
        assert answer["TotalCount"] == 12
        return [each["HostId"] for each in answer["Hosts"]]

    assert listed() == listed(PageSize=0) == made[:10]
    assert listed(PageNumber=2) == made[10:]
    assert listed(PageNumber=2, PageSize=5) == made[5:10]
    assert listed(PageNumber=9) == []
    assert listed(PageSize=100) == made
    assert gate.refusal("ListHosts", PageSize=101) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["web", "db", "win"]),
        ({"HostName": "web"}, ["web"]),
        ({"HostName": "we"}, []),
        ({"HostAddress": "10.0.0.5"}, ["web", "db"]),
        ({"HostAddress": "web.example.com"}, ["web"]),
        ({"OSType": "Windows"}, ["win"]),
        ({"Source": "Ecs"}, ["web"]),
        ({"Source": "Rds"}, []),
        ({"SourceInstanceId": "i-1"}, ["web"]),
        ({"SourceInstanceState": "Normal"}, ["web", "db", "win"]),
        ({"SourceInstanceState": "Release"}, []),
        ({"HostAddress": "10.0.0.5", "Source": "Local"}, ["db"]),
        ({"HostGroupId": "1"}, []),
        ({"ProjectId": "1"}, ["web", "db", "win"]),
    ],
)
def test_every_filter_matches_exactly(gate: Gate, asked: dict[str, str], expected: list[str]) -> None:
    """every filter matches exactly"""
    gate.host(
        "web",
        Source="Ecs",
        SourceInstanceId="i-1",
        InstanceRegionId="cn-hangzhou",
        ActiveAddressType="Public",
        HostPublicAddress="web.example.com",
    )
    gate.host("db")
    gate.host("win", OSType="Windows", HostPrivateAddress="10.0.0.6")

    answer = gate.call("ListHosts", **asked)

    assert [each["HostName"] for each in answer["Hosts"]] == expected
    assert answer["TotalCount"] == len(expected)


def test_a_list_counts_the_accounts_of_each_host(gate: Gate) -> None:
    """a list counts the accounts of each host"""
    full, _ = gate.host("db-1"), gate.host("db-2")
    for name in ("root", "backup"):
        gate.account(full, name)

    listed = gate.call("ListHosts")["Hosts"]

    assert [each["HostAccountCount"] for each in listed] == [2, 0]
    assert {each["DomainAccountCount"] for each in listed} == {"0"}


def test_what_is_absent_stays_as_it_is(gate: Gate) -> None:
    """what is absent stays as it is"""
    host = gate.host(Comment="main")
    before = gate.call("GetHost", HostId=host)["Host"]

    gate.call("ModifyHost", HostId=host, HostName="db-9", PrefKex="diffie-hellman-group14-sha1")

    after = gate.call("GetHost", HostId=host)["Host"]
    assert after == before | {"HostName": "db-9", "PrefKex": "diffie-hellman-group14-sha1"}
    gate.call(
        "ModifyHost", HostId=host, HostPrivateAddress="10.0.0.9", HostPublicAddress="a.example", Comment="old"
    )
    assert gate.call("GetHost", HostId=host)["Host"] == after | {
        "HostPrivateAddress": "10.0.0.9",
        "HostPublicAddress": "a.example",
        "Comment": "old",
    }


def test_changing_nothing_is_no_change(gate: Gate) -> None:
    """changing nothing is no change"""
    host = gate.host()
    before = gate.system.revision()
    gate.call("ModifyHost", HostId=host, HostName="db-1", OSType="Linux")
    assert gate.system.revision() == before


def test_only_linux_has_a_key_exchange_to_prefer(gate: Gate) -> None:
    """only Linux has a key exchange to prefer"""
    host = gate.host()
    gate.call("ModifyHost", HostId=host, PrefKex="diffie-hellman-group1-sha1")
    gate.call("ModifyHost", HostId=host, OSType="Windows")
    assert gate.refusal("ModifyHost", HostId=host, PrefKex="default") == (400, "InvalidParameter")
    gate.call("ModifyHost", HostId=host, OSType="Linux")
    assert gate.call("GetHost", HostId=host)["Host"]["PrefKex"] == "default"


@pytest.mark.parametrize("action", ["GetHost", "ModifyHost", "DeleteHost"])
def test_a_host_that_is_not_there_is_a_bad_request(gate: Gate, action: str) -> None:
    """a host that is not there is a bad request"""
    gone = gate.host()
    gate.call("DeleteHost", HostId=gone)
    for host in (gone, "999", "no-number"):
        assert gate.refusal(action, HostId=host) == (400, "HostNotFound")


def test_another_bastion_host_has_other_hosts(gate: Gate) -> None:
    """another bastion host has other hosts"""
    host = gate.host()

    def second(tx: Tx) -> Thing:
        details = gate.bastion.read(BastionDetails)
        return things.add(tx, New(Kind.BASTION, gate.bastion.parent, "second", details, "bastionhost-second"))

    gate.bastion = gate.write(second)

    assert gate.call("ListHosts")["Hosts"] == []
    assert gate.refusal("GetHost", HostId=host) == (400, "HostNotFound")


def test_deleting_a_host_takes_accounts_secrets_and_grants_along(gate: Gate) -> None:
    """deleting a host takes accounts, secrets and grants along"""
    host = gate.host()
    root = gate.account(host, Password="secret")
    group = gate.group()
    gate.user("alice", group)
    gate.call("AttachHostAccountsToUserGroup", UserGroupId=group, Hosts=hosts((host, [root])))
    host_ref, root_ref = gate.thing(Kind.HOST, host).ref, gate.thing(Kind.HOST_ACCOUNT, root).ref
    assert gate.decision("alice", root_ref).allowed

    gate.call("DeleteHost", HostId=host)

    for ref in (host_ref, root_ref):
        assert gate.decision("alice", ref).reason is Reason.NOT_GRANTED
    assert gate.refusal("GetHostAccount", HostAccountId=root) == (404, "HostAccountNotFound")
    assert gate.call("ListHostsForUserGroup", UserGroupId=group)["Hosts"] == []
    with gate.system.admit.store.read() as sql:
        assert stored.secret_purposes(sql, root_ref.key) == frozenset()


def test_an_unknown_bastion_host_has_no_hosts(gate: Gate) -> None:
    """an unknown bastion host has no hosts"""
    gate.bastion = Thing(0, Kind.BASTION, 0, "bastionhost-none", "", b"{}", 0, 0)
    assert gate.refusal("ListHosts") == (404, "Commodity.BizError.InvalidStatus")
    assert gate.refusal("GetHost", HostId="1") == (404, "Commodity.BizError.InvalidStatus")


def test_ports_and_fingerprint_are_shown_as_they_are_kept(gate: Gate) -> None:
    """ports and fingerprint are shown as they are kept"""
    host = gate.host()

    def seen(tx: Tx) -> None:
        kept = gate.thing(Kind.HOST, host)
        details = kept.read(HostDetails)
        details.ssh_port, details.ssh_fingerprint = 2222, "ssh-ed25519 aa:bb"
        things.change(tx, kept, details=details)

    gate.write(seen)
    ssh = gate.call("GetHost", HostId=host)["Host"]["Protocols"][0]
    assert ssh == {"ProtocolName": "SSH", "Port": 2222, "HostFingerPrint": "ssh-ed25519 aa:bb"}
