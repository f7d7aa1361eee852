"""Host keys: pinned and forgotten; and the authority that hosts may trust."""

import pytest

from tests.services.bastionhost.gate import Gate
from tests.system import Refused, System

FIRST, SECOND = "SHA256:" + "A" * 43, "SHA256:" + "B" * 43


@pytest.fixture
def gate(system: System) -> Gate:
    """A bastion host."""
    return Gate(system)


def _pinned(gate: Gate, host: str) -> str:
    (ssh, _) = gate.call("GetHost", HostId=host)["Host"]["Protocols"]
    return str(ssh["HostFingerPrint"])


def test_a_host_key_is_pinned_changed_and_forgotten(gate: Gate) -> None:
    host = gate.host("db-1")
    told = []
    for name, more in (
        ("db-1", {"Fingerprint": FIRST}),
        ("host:db-1", {"Fingerprint": SECOND}),
        (host, {"Fingerprint": SECOND}),
        ("db-1", {}),
    ):
        answer = gate.system.call("admit", "SetHostKey", Host=name, **more)
        told.append((answer["Changed"], answer["FormerFingerprint"], _pinned(gate, host)))
    assert told == [(True, "", FIRST), (True, FIRST, SECOND), (False, SECOND, SECOND), (True, SECOND, "")]


@pytest.mark.parametrize("text", ["SHA256:short", "MD5:" + "A" * 43, FIRST[:-1] + "\n"])
def test_what_is_no_fingerprint_is_refused(gate: Gate, text: str) -> None:
    gate.host("db-1")
    with pytest.raises(Refused) as refused:
        gate.system.call("admit", "SetHostKey", Host="db-1", Fingerprint=text)
    assert refused.value.code == "InvalidParameter.Fingerprint"


def test_a_name_that_two_hosts_bear_is_not_pinned(gate: Gate) -> None:
    gate.host("db-1")
    gate.host("db-1")
    with pytest.raises(Refused) as refused:
        gate.system.call("admit", "SetHostKey", Host="db-1", Fingerprint=FIRST)
    assert refused.value.code == "EntityAmbiguous"


def test_the_authority_tells_its_public_key(system: System) -> None:
    told = system.call("admit", "GetSshAuthority")["PublicKey"]
    assert told.startswith("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA")
    assert "\n" not in told
