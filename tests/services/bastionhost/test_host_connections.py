"""How hosts are reached."""

import json

import pytest

from tests.services.bastionhost.gate import Gate
from tests.system import System


@pytest.fixture
def gate(system: System) -> Gate:
    """A bastion host."""
    return Gate(system)


def _codes(gate: Gate, action: str, *hosts: str, **more: str) -> list[str]:
    return [each["Code"] for each in gate.call(action, HostIds=json.dumps(hosts), **more)["Results"]]


def _ports(gate: Gate, host: str) -> dict[str, int]:
    protocols = gate.call("GetHost", HostId=host)["Host"]["Protocols"]
    return {each["ProtocolName"]: each["Port"] for each in protocols}


def test_a_port_is_changed_on_each_host_that_there_is(gate: Gate) -> None:
    host = gate.host()
    change = {"ProtocolName": "SSH", "Port": "2222"}
    codes = _codes(gate, "ModifyHostsPort", host, host, "999999", "x", **change)
    assert codes == ["OK", "OBJECT_AlREADY_EXISTS", "OBJECT_NOT_FOUND", "INVALID_ARGUMENT"]
    assert _ports(gate, host) == {"SSH": 2222, "RDP": 3389}
    _codes(gate, "ModifyHostsPort", host, ProtocolName="RDP", Port="65535")
    assert _ports(gate, host) == {"SSH": 2222, "RDP": 65535}


@pytest.mark.parametrize("port", ["21", "65536", "-22", "22.0", "²²", "ssh"])
def test_a_port_outside_the_documented_range_is_refused(gate: Gate, port: str) -> None:
    asked = {"HostIds": json.dumps([gate.host()]), "ProtocolName": "SSH", "Port": port}
    assert gate.refusal("ModifyHostsPort", **asked)[0] == 400


def test_the_other_address_is_used_where_there_is_one(gate: Gate) -> None:
    both = gate.host("db-1", HostPublicAddress="198.51.100.7")
    private = gate.host("db-2")
    codes = _codes(gate, "ModifyHostsActiveAddressType", both, both, private, ActiveAddressType="Public")
    assert codes == ["OK", "OBJECT_AlREADY_EXISTS", "INVALID_ARGUMENT"]
    shown = [gate.call("GetHost", HostId=each)["Host"]["ActiveAddressType"] for each in (both, private)]
    assert shown == ["Public", "Private"]
