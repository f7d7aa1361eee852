"""Accounts on hosts and their secrets."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.hashes import MD5
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    ssh_key_fingerprint,
)

from admit.control import things
from admit.control.things import New
from admit.core.access import Reason
from admit.core.links import Kind
from admit.store import things as stored
from admit.store.engine import Tx
from tests.rpc.queued import codes_after
from tests.rpc.raw import Raw, signed
from tests.services.bastionhost.gate import Gate, Nothing, hosts
from tests.system import System

ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CURVE = ec.derive_private_key(123_456_789, ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
EXCHANGE_ONLY = x25519.X25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def gate(system: System) -> Gate:
    """A bastion host."""
    return Gate(system)


def key_file(key: Any, form: PrivateFormat = PrivateFormat.PKCS8, phrase: str | None = None) -> str:
    """A key file, as Base64."""
    sealed = NoEncryption() if phrase is None else BestAvailableEncryption(phrase.encode())
    return base64.b64encode(key.private_bytes(Encoding.PEM, form, sealed)).decode()


def fingerprint(key: Any) -> str:
    """A key's fingerprint, as it is shown."""
    return ssh_key_fingerprint(key.public_key(), MD5()).hex(":")  # noqa: S303 - the form asked for


def secret(gate: Gate, account: str, purpose: str) -> str | None:
    """What is sealed for an account, opened."""
    thing = gate.thing(Kind.HOST_ACCOUNT, account)
    with gate.system.admit.store.read() as sql:
        sealed = stored.sealed(sql, thing.key, purpose)
    world = gate.system.admit.world
    return None if sealed is None else world.sealer.open(sealed, f"{purpose}:{account}").decode()


def shown(gate: Gate, account: str) -> dict[str, Any]:
    """An account, as it is shown."""
    found: dict[str, Any] = gate.call("GetHostAccount", HostAccountId=account)["HostAccount"]
    return found


def test_an_account_is_shown_without_its_secrets(gate: Gate) -> None:
    """an account is shown without its secrets"""
    host = gate.host()
    account = gate.account(host, Password="pass word", PrivateKey=key_file(ED25519))

    assert shown(gate, account) == {
        "HostAccountId": account,
        "HostAccountName": "root",
        "HostId": host,
        "ProtocolName": "SSH",
        "PrivilegeType": "Normal",
        "RotationMode": "Self",
        "HasPassword": True,
        "PrivateKeyFingerprint": fingerprint(ED25519),
    }
    assert secret(gate, account, "password") == "pass word"
    assert secret(gate, account, "private key") == base64.b64decode(key_file(ED25519)).decode()


def test_an_account_needs_no_secret(gate: Gate) -> None:
    """an account needs no secret"""
    account = gate.account(gate.host(), PrivilegeType="Privileged", RotationMode="Privileged")
    found = shown(gate, account)
    assert (found["HasPassword"], found["PrivilegeType"]) == (False, "Privileged")
    assert found["RotationMode"] == "Privileged"
    assert "PrivateKeyFingerprint" not in found


def test_secrets_stand_nowhere_in_the_database_or_the_log(gate: Gate) -> None:
    """secrets stand nowhere in the database or the log"""
    encoded = key_file(ED25519, phrase="open sesame")
    account = gate.account(gate.host(), Password="hush-hush", PrivateKey=encoded, PassPhrase="open sesame")
    gate.call("ModifyHostAccount", HostAccountId=account, Password="hush-again")
    with gate.system.admit.store.read() as sql:
        kept = [
            repr(sql.exec_driver_sql(f"select * from {table}").all())  # noqa: S608 - names of ours
            for table in ("things", "changes", "secrets")
        ]
    for hidden in ("hush-hush", "hush-again", "open sesame", encoded[:40], "BEGIN ENCRYPTED"):
        assert not any(hidden in text for text in kept)


def test_a_name_is_taken_once_for_a_host_and_a_protocol(gate: Gate) -> None:
    """a name is taken once for a host and a protocol"""
    first, second = gate.host("db-1"), gate.host("db-2")
    account = gate.account(first)
    gate.account(first, ProtocolName="RDP")
    gate.account(second)
    asked = {"HostId": first, "HostAccountName": "root", "ProtocolName": "SSH"}

    assert gate.refusal("CreateHostAccount", **asked) == (400, "HostAccountAlreadyExists")
    gate.call("DeleteHostAccount", HostAccountId=account)
    assert gate.call("CreateHostAccount", **asked)["HostAccountId"] != account


@pytest.mark.parametrize(
    ("key", "form", "phrase"),
    [
        (ED25519, PrivateFormat.OpenSSH, None),
        (ED25519, PrivateFormat.PKCS8, "open sesame"),
        (CURVE, PrivateFormat.TraditionalOpenSSL, None),
        (RSA, PrivateFormat.PKCS8, None),
        (RSA, PrivateFormat.TraditionalOpenSSL, "öffne dich"),
    ],
)
def test_every_common_form_of_a_key_is_read(
    gate: Gate, key: Any, form: PrivateFormat, phrase: str | None
) -> None:
    """every common form of a key is read"""
    account = gate.account(gate.host(), PrivateKey=key_file(key, form, phrase), PassPhrase=phrase)
    assert shown(gate, account)["PrivateKeyFingerprint"] == fingerprint(key)
    assert secret(gate, account, "pass phrase") == phrase


@pytest.mark.parametrize(
    "given",
    [
        {"PrivateKey": "-----BEGIN"},
        {"PrivateKey": base64.b64encode(b"no key").decode()},
        {"PrivateKey": key_file(ED25519)[:-40]},
        {"PrivateKey": key_file(EXCHANGE_ONLY)},
        {"PrivateKey": key_file(ED25519, phrase="right")},
        {"PrivateKey": key_file(ED25519, phrase="right"), "PassPhrase": "wrong"},
        {"PrivateKey": key_file(ED25519), "PassPhrase": "needless"},
        {"PassPhrase": "of what?"},
        {"HostShareKeyId": "7"},
        {"ProtocolName": "telnet"},
        {"PrivilegeType": "Some"},
        {"RotationMode": "Never"},
        {"HostAccountName": "x" * 129},
        {"HostAccountName": "ro\x00ot"},
    ],
)
def test_an_account_that_could_not_log_on_is_refused(gate: Gate, given: dict[str, str]) -> None:
    """an account that could not log on is refused"""
    asked = {"HostId": gate.host(), "HostAccountName": "root", "ProtocolName": "SSH"}
    assert gate.refusal("CreateHostAccount", **asked | given) == (400, "InvalidParameter")


def test_an_account_is_made_on_a_host_that_is_there(gate: Gate) -> None:
    """an account is made on a host that is there"""
    asked = {"HostAccountName": "root", "ProtocolName": "SSH"}
    assert gate.refusal("CreateHostAccount", HostId="999", **asked) == (400, "HostNotFound")


def test_keys_take_no_effect_for_rdp(gate: Gate) -> None:
    """keys take no effect for RDP"""
    account = gate.account(gate.host(), ProtocolName="RDP", PrivateKey="anything", PassPhrase="x")
    gate.call("ModifyHostAccount", HostAccountId=account, PrivateKey="anything", PassPhrase="x")
    assert "PrivateKeyFingerprint" not in shown(gate, account)
    assert secret(gate, account, "private key") is secret(gate, account, "pass phrase") is None


def test_a_shared_key_is_told_by_name(gate: Gate) -> None:
    """a shared key is told by name"""

    def share(tx: Tx) -> str:
        return things.add(tx, New(Kind.HOST_SHARE_KEY, gate.bastion.key, "ops", Nothing())).id

    key, host = gate.write(share), gate.host()
    account = gate.account(host, HostShareKeyId=key)
    plain = gate.account(host, "plain")
    gate.call("ModifyHostAccount", HostAccountId=plain, HostShareKeyId=key)

    assert (shown(gate, account)["HostShareKeyId"], shown(gate, account)["HostShareKeyName"]) == (key, "ops")
    listed = gate.call("ListHostAccounts", HostId=host)["HostAccounts"]
    assert [each["HostShareKeyName"] for each in listed] == ["ops", "ops"]
    assert (
        gate.refusal("ModifyHostAccount", HostAccountId=plain, HostShareKeyId="999")[1] == "InvalidParameter"
    )


def test_what_is_absent_stays_as_it_is(gate: Gate) -> None:
    """what is absent stays as it is"""
    account = gate.account(gate.host(), Password="first", PrivateKey=key_file(ED25519))
    before = shown(gate, account)

    gate.call("ModifyHostAccount", HostAccountId=account, HostAccountName="admin", RotationMode="Privileged")

    assert shown(gate, account) == before | {"HostAccountName": "admin", "RotationMode": "Privileged"}
    assert secret(gate, account, "password") == "first"
    gate.call("ModifyHostAccount", HostAccountId=account, Password="second", PrivateKey=key_file(RSA))
    assert shown(gate, account)["PrivateKeyFingerprint"] == fingerprint(RSA)
    assert secret(gate, account, "password") == "second"


def test_an_account_does_not_take_the_name_of_another(gate: Gate) -> None:
    """an account does not take the name of another"""
    host = gate.host()
    gate.account(host)
    other = gate.account(host, "admin")
    rename = {"HostAccountId": other, "HostAccountName": "root", "Password": "x"}
    assert gate.refusal("ModifyHostAccount", **rename) == (400, "HostAccountAlreadyExists")
    assert not shown(gate, other)["HasPassword"]
    gate.call("ModifyHostAccount", HostAccountId=other, HostAccountName="admin2")
    assert gate.account(host, "admin")


def test_a_pass_phrase_must_open_the_key_that_is_kept(gate: Gate) -> None:
    """a pass phrase must open the key that is kept"""
    host = gate.host()
    locked = gate.account(host, PrivateKey=key_file(ED25519, phrase="right"), PassPhrase="right")
    bare = gate.account(host, "bare")

    def tried(account: str, phrase: str) -> tuple[int, str]:
        return gate.refusal("ModifyHostAccount", HostAccountId=account, PassPhrase=phrase)

    assert tried(locked, "wrong") == tried(bare, "right") == (400, "InvalidParameter")
    gate.call("ModifyHostAccount", HostAccountId=locked, PassPhrase="right")
    assert secret(gate, locked, "pass phrase") == "right"


def test_a_new_key_is_opened_by_the_former_pass_phrase_or_forgets_it(gate: Gate) -> None:
    """a new key is opened by the former pass phrase or forgets it"""
    account = gate.account(gate.host(), PrivateKey=key_file(ED25519, phrase="same"), PassPhrase="same")

    gate.call("ModifyHostAccount", HostAccountId=account, PrivateKey=key_file(RSA, phrase="same"))
    assert shown(gate, account)["PrivateKeyFingerprint"] == fingerprint(RSA)
    assert secret(gate, account, "pass phrase") == "same"

    other = {"HostAccountId": account, "PrivateKey": key_file(CURVE, phrase="other")}
    assert gate.refusal("ModifyHostAccount", **other) == (400, "InvalidParameter")

    gate.call("ModifyHostAccount", HostAccountId=account, PrivateKey=key_file(CURVE))
    assert shown(gate, account)["PrivateKeyFingerprint"] == fingerprint(CURVE)
    assert secret(gate, account, "pass phrase") is None


@pytest.mark.parametrize("action", ["GetHostAccount", "ModifyHostAccount", "DeleteHostAccount"])
def test_an_account_that_is_not_there_is_not_found(gate: Gate, action: str) -> None:
    """an account that is not there is not found"""
    gone = gate.account(gate.host())
    gate.call("DeleteHostAccount", HostAccountId=gone)
    for account in (gone, "999", "no-number"):
        assert gate.refusal(action, HostAccountId=account) == (404, "HostAccountNotFound")


def test_accounts_of_one_host_or_of_several_are_listed(gate: Gate) -> None:
    """accounts of one host or of several are listed"""
    first, second, third = gate.host("db-1"), gate.host("db-2"), gate.host("db-3")
    root, admin = gate.account(first, Password="x"), gate.account(first, "admin", ProtocolName="RDP")
    other, _ = gate.account(second), gate.account(third)

    def listed(**asked: Any) -> list[str]:
        answer = gate.call("ListHostAccounts", **asked)
        found = [each["HostAccountId"] for each in answer["HostAccounts"]]
        assert answer["TotalCount"] >= len(found)
        return found

    several = json.dumps([first, int(second), "999", first])
    assert listed(HostId=first) == listed(HostId=first, HostIds=f'["{second}"]') == [root, admin]
    assert listed(HostId="0", HostIds=several) == [root, admin, other]
    assert listed(HostId="0", HostIds=several, PageSize=2, PageNumber=2) == [other]
    assert listed(HostId=first, HostAccountName="admin") == [admin]
    assert listed(HostId=first, HostAccountName="adm") == []
    assert listed(HostId=first, ProtocolName="SSH") == [root]
    assert listed(HostId=first, PageNumber=2) == []
    (told,) = gate.call("ListHostAccounts", HostId=first, HostAccountName="root")["HostAccounts"]
    assert told == shown(gate, root)


def test_accounts_of_a_host_that_is_not_there_are_not_listed(gate: Gate) -> None:
    """accounts of a host that is not there are not listed"""
    assert gate.refusal("ListHostAccounts", HostId="999") == (400, "HostNotFound")
    assert gate.refusal("ListHostAccounts", HostId="0") == (400, "HostNotFound")
    assert gate.refusal("ListHostAccounts", HostId="0", HostIds="1,2") == (400, "InvalidParameter")
    assert gate.refusal("ListHostAccounts", HostId="0", HostIds='["1"') == (400, "InvalidParameter")


def test_a_deleted_account_can_no_longer_be_used_the_host_can(gate: Gate) -> None:
    """a deleted account can no longer be used, the host can"""
    host = gate.host()
    root, admin = gate.account(host, Password="x"), gate.account(host, "admin")
    user = gate.user("alice")
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts((host, [root, admin])))
    thing = gate.thing(Kind.HOST_ACCOUNT, root)
    assert gate.may("alice", root)

    gate.call("DeleteHostAccount", HostAccountId=root)

    assert gate.decision("alice", thing.ref).reason is Reason.NOT_GRANTED
    assert gate.may("alice", admin)
    assert gate.decision("alice", gate.thing(Kind.HOST, host).ref).allowed
    with gate.system.admit.store.read() as sql:
        assert stored.secret_purposes(sql, thing.key) == frozenset()


def test_a_key_is_not_kept_with_a_pass_phrase_that_changed_while_it_was_opened(gate: Gate) -> None:
    """a key is not kept with a pass phrase that changed while it was opened"""
    account = gate.account(gate.host(), PrivateKey=key_file(ED25519, phrase="old"), PassPhrase="old")

    def modify(number: int, **given: str) -> Raw:
        asked = {"InstanceId": gate.bastion.id, "HostAccountId": account, **given}
        return signed(gate.system, "ModifyHostAccount", asked, nonce=str(number), version="2019-12-09")

    told = codes_after(
        gate.system,
        modify(1, PrivateKey=key_file(CURVE, phrase="new"), PassPhrase="new"),
        modify(2, PrivateKey=key_file(RSA, phrase="old")),
        modify(3, PassPhrase="old"),
        modify(4, PrivateKey=key_file(RSA, phrase="newer"), PassPhrase="newer"),
    )

    assert told == ["OK", "HostAccountChanged", "HostAccountChanged", "OK"]
    assert shown(gate, account)["PrivateKeyFingerprint"] == fingerprint(RSA)
    assert secret(gate, account, "pass phrase") == "newer"
