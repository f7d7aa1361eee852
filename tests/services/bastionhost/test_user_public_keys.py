"""The public keys users sign in with."""

import asyncio
import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from admit.control.signing_in.signin import SignIn
from tests.services.bastionhost.gate import Gate
from tests.system import System

HOME = "192.0.2.1"


@pytest.fixture
def gate(system: System) -> Gate:
    """A bastion host."""
    return Gate(system)


def line(key: Any) -> str:
    """A public key as its file has it."""
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


LAPTOP = line(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
PHONE = line(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))


def _string(octets: bytes) -> bytes:
    return len(octets).to_bytes(4) + octets


def _security_key() -> str:
    """The public key of a security key: an Ed25519 key, and for which application it signs."""
    kind = b"sk-ssh-ed25519@openssh.com"
    point = base64.b64decode(LAPTOP.split()[1])[-32:]
    return f"{kind.decode()} {base64.b64encode(_string(kind) + _string(point) + _string(b'ssh:')).decode()}"


def create(gate: Gate, user: str, key: str = LAPTOP, name: str = "laptop", **more: str) -> str:
    asked = {"UserId": user, "PublicKeyName": name, "PublicKey": encoded(key), **more}
    return str(gate.call("CreateUserPublicKey", **asked)["PublicKeyId"])


def listed(gate: Gate, **filters: str) -> list[dict[str, str]]:
    return list(gate.call("ListUserPublicKeys", **filters)["PublicKeys"])


def proven(gate: Gate, name: str, key: str = LAPTOP) -> list[str]:
    """The users of a name that a key proves."""
    signin = SignIn(gate.system.admit.store, gate.system.admit.world)
    return [user.name for user in asyncio.run(signin.by_key(name, base64.b64decode(key.split()[1]), HOME))]


def test_a_key_is_listed_by_the_fingerprint_ssh_keygen_tells(gate: Gate, tmp_path: Path) -> None:
    user = gate.user("alice")
    key_id = create(gate, user, f"{LAPTOP} alice@laptop\n")
    path = tmp_path / "key.pub"
    path.write_text(LAPTOP)
    told = subprocess.run(["ssh-keygen", "-lf", str(path)], capture_output=True, text=True, check=True)
    assert listed(gate) == [
        {
            "PublicKeyId": key_id,
            "PublicKeyName": "laptop",
            "UserId": user,
            "FingerPrint": told.stdout.split()[1],
            "Comment": "alice@laptop",
        }
    ]


def test_keys_are_listed_of_one_user_or_of_all_of_the_bastion_host(gate: Gate) -> None:
    alice, bob = gate.user("alice"), gate.user("bob")
    create(gate, alice)
    create(gate, bob, PHONE)
    assert [each["UserId"] for each in listed(gate, UserId=bob)] == [bob]
    assert [each["UserId"] for each in listed(gate)] == [alice, bob]
    page = gate.call("ListUserPublicKeys", PageNumber="2", PageSize="1")
    assert (page["TotalCount"], [each["UserId"] for each in page["PublicKeys"]]) == (2, [bob])


def test_the_key_signs_its_user_in_and_nobody_else(gate: Gate) -> None:
    create(gate, gate.user("alice"))
    gate.user("bob")
    assert proven(gate, "alice") == ["alice"]
    assert proven(gate, "bob") == []
    assert proven(gate, "nobody") == []
    assert proven(gate, "alice", PHONE) == []


def test_a_key_that_is_gone_signs_nobody_in(gate: Gate) -> None:
    key_id = create(gate, gate.user("alice"))
    gate.call("DeleteUserPublicKey", PublicKeyId=key_id)
    assert proven(gate, "alice") == []
    assert gate.refusal("DeleteUserPublicKey", PublicKeyId=key_id) == (404, "UserPublicKeyNotFound")


def test_a_key_goes_with_its_user(gate: Gate) -> None:
    user = gate.user("alice")
    create(gate, user)
    gate.call("DeleteUser", UserId=user)
    assert listed(gate) == []
    create(gate, gate.user("alice"))
    assert proven(gate, "alice") == ["alice"]


def test_another_key_takes_the_place_of_the_former(gate: Gate) -> None:
    key_id = create(gate, gate.user("alice"))
    gate.call("ModifyUserPublicKey", PublicKeyId=key_id, PublicKey=encoded(PHONE))
    assert (proven(gate, "alice"), proven(gate, "alice", PHONE)) == ([], ["alice"])
    gate.call("ModifyUserPublicKey", PublicKeyId=key_id, PublicKeyName="phone", Comment="")
    (shown,) = listed(gate)
    assert (shown["PublicKeyName"], shown["Comment"]) == ("phone", "")
    assert proven(gate, "alice", PHONE) == ["alice"]


def test_a_key_is_one_users_in_a_bastion_host(gate: Gate) -> None:
    alice, bob = gate.user("alice"), gate.user("bob")
    create(gate, alice)
    other = create(gate, bob, PHONE)
    taken = (400, "UserPublicKeyAlreadyExists")
    for user in (alice, bob):
        asked = {"UserId": user, "PublicKeyName": "again", "PublicKey": encoded(LAPTOP)}
        assert gate.refusal("CreateUserPublicKey", **asked) == taken
    assert gate.refusal("ModifyUserPublicKey", PublicKeyId=other, PublicKey=encoded(LAPTOP)) == taken


@pytest.mark.parametrize(
    "key",
    [
        LAPTOP,
        _security_key(),
        line(ec.derive_private_key(5, ec.SECP256R1())),
        line(ec.derive_private_key(5, ec.SECP521R1())),
        line(rsa.generate_private_key(65537, 2048)),
    ],
    ids=lambda key: key.split()[0],
)
def test_the_usual_keys_are_taken(gate: Gate, key: str) -> None:
    create(gate, gate.user("alice"), key)
    assert proven(gate, "alice", key) == ["alice"]


def test_the_line_itself_is_taken_too(gate: Gate) -> None:
    asked = {"UserId": gate.user("alice"), "PublicKeyName": "laptop", "PublicKey": LAPTOP}
    gate.call("CreateUserPublicKey", **asked)
    assert proven(gate, "alice") == ["alice"]


@pytest.mark.parametrize(
    "given",
    [
        "ssh-dss AAAAB3NzaC1kc3M=",
        line(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - too short on purpose
        f'command="rm -rf /" {LAPTOP}',
        f"{LAPTOP}\n{PHONE}",
        LAPTOP[:-8],
        LAPTOP.replace("ssh-ed25519 ", "ssh-rsa "),
        "ssh-ed25519",
        "",
        "ssh-ed25519-cert-v01@openssh.com AAAA",
        f"{LAPTOP} alice\x1b[2J",
    ],
    ids=["dsa", "rsa-1024", "options", "two", "cut", "type", "bare", "empty", "certificate", "escape"],
)
def test_what_is_not_one_good_key_is_refused(gate: Gate, given: str) -> None:
    asked = {"UserId": gate.user("alice"), "PublicKeyName": "laptop", "PublicKey": encoded(given)}
    assert gate.refusal("CreateUserPublicKey", **asked)[0] == 400
