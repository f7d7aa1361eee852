"""Private keys that host accounts share."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import MD5
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    ssh_key_fingerprint,
)

from admit.control import access
from admit.control.bastionhost import credentials
from admit.control.bastionhost.bastion_users import named
from admit.control.bastionhost.credentials import Credentials
from admit.core.links import Kind
from tests.rpc.queued import codes_after
from tests.rpc.raw import signed
from tests.services.bastionhost.gate import Gate
from tests.system import System

ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CURVE = ec.derive_private_key(123_456_789, ec.SECP256R1())


@pytest.fixture
def gate(system: System) -> Gate:
    """A bastion host."""
    return Gate(system)


def text(key: Any, phrase: str | None = None) -> bytes:
    sealed = NoEncryption() if phrase is None else BestAvailableEncryption(phrase.encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed)  # type: ignore[no-any-return]


def encoded(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def fingerprint(key: Any) -> str:
    return ssh_key_fingerprint(key.public_key(), MD5()).hex(":")  # noqa: S303 - the form asked for


def create(gate: Gate, name: str = "deploy", key: Any = ED25519, **more: str) -> str:
    asked = {"HostShareKeyName": name, "PrivateKey": encoded(text(key))} | more
    made = gate.call("CreateHostShareKey", **asked)["HostShareKeyId"]
    assert isinstance(made, int)
    return str(made)


def attach(gate: Gate, key_id: str, *accounts: str, verb: str = "AttachHostAccountsTo") -> list[str]:
    ids = json.dumps(accounts)
    results = gate.call(f"{verb}HostShareKey", HostShareKeyId=key_id, HostAccountIds=ids)["Results"]
    assert [each["HostAccountId"] for each in results] == list(accounts)
    return [each["Code"] for each in results]


def detach(gate: Gate, key_id: str, *accounts: str) -> list[str]:
    return attach(gate, key_id, *accounts, verb="DetachHostAccountsFrom")


def sharing(gate: Gate, key_id: str) -> list[str]:
    answer = gate.call("ListHostAccountsForHostShareKey", HostShareKeyId=key_id)
    assert answer["TotalCount"] == len(answer["HostAccounts"])
    return [each["HostsAccountId"] for each in answer["HostAccounts"]]


def opened(gate: Gate, account: str) -> Credentials:
    """What logs on to an account, for alice, who is granted it."""
    system = gate.system
    thing = gate.thing(Kind.HOST_ACCOUNT, account)
    with system.admit.store.read() as sql:
        (user,) = named(sql, "alice")
        permit = access.ask_as(sql, user.ref, thing.ref, system.clock.now()).permit()
        return credentials.credentials(sql, system.admit.world, permit, system.clock.now())


def granted_account(gate: Gate, **more: str) -> str:
    host = gate.host()
    account = gate.account(host, **more)
    user = gate.user("alice")
    hosts = json.dumps([{"HostId": host, "HostAccountIds": [account]}])
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts)
    return account


def test_a_shared_key_is_shown_without_the_key(gate: Gate) -> None:
    key_id = create(gate)
    shown = gate.call("GetHostShareKey", HostShareKeyId=key_id)["HostShareKey"]
    assert shown == {
        "HostShareKeyId": key_id,
        "HostShareKeyName": "deploy",
        "PrivateKeyFingerPrint": fingerprint(ED25519),
        "LastModifyKeyAt": gate.system.clock.now() // 1000,
    }


def test_shared_keys_are_listed_with_how_many_accounts_share_them(gate: Gate) -> None:
    first, second = create(gate), create(gate, "backup", CURVE)
    host = gate.host()
    attach(gate, first, gate.account(host, "root"), gate.account(host, "app"))
    answer = gate.call("ListHostShareKeys")
    assert [(each["HostShareKeyId"], each["HostAccountCount"]) for each in answer["HostShareKeys"]] == [
        (first, 2),
        (second, 0),
    ]
    assert answer["TotalCount"] == 2


def test_a_name_is_one_shared_keys(gate: Gate) -> None:
    create(gate)
    other = create(gate, "backup", CURVE)
    taken = (400, "HostShareKeyAlreadyExists")
    asked = {"HostShareKeyName": "deploy", "PrivateKey": encoded(text(CURVE))}
    assert gate.refusal("CreateHostShareKey", **asked) == taken
    assert gate.refusal("ModifyHostShareKey", HostShareKeyId=other, HostShareKeyName="deploy") == taken


def test_the_pass_phrase_is_base64_or_as_it_is(gate: Gate) -> None:
    protected = {"PrivateKey": encoded(text(ED25519, "correct horse"))}
    create(gate, "one", PassPhrase=encoded(b"correct horse"), **protected)
    create(gate, "two", PassPhrase="correct horse", **protected)
    asked = {"HostShareKeyName": "three", "PassPhrase": encoded(b"wrong horse"), **protected}
    assert gate.refusal("CreateHostShareKey", **asked) == (400, "InvalidParameter")


def test_an_account_logs_on_with_the_key_it_shares(gate: Gate) -> None:
    account = granted_account(gate, Password="open sesame")
    protected = encoded(text(ED25519, "correct horse"))
    key_id = create(gate, PrivateKey=protected, PassPhrase=encoded(b"correct horse"))
    assert attach(gate, key_id, account) == ["OK"]
    kept = opened(gate, account)
    assert kept.pass_phrase is not None
    assert kept.password is not None
    assert kept.key == base64.b64decode(protected)
    assert (kept.pass_phrase.reveal(), kept.password.reveal()) == ("correct horse", "open sesame")


def test_a_key_of_its_own_comes_first(gate: Gate) -> None:
    account = granted_account(gate, PrivateKey=encoded(text(CURVE)))
    attach(gate, create(gate), account)
    assert opened(gate, account).key == text(CURVE)


def test_a_new_key_is_everybodys_at_once(gate: Gate) -> None:
    account = granted_account(gate)
    key_id = create(gate)
    attach(gate, key_id, account)
    gate.system.advance(60_000)
    gate.call("ModifyHostShareKey", HostShareKeyId=key_id, PrivateKey=encoded(text(CURVE)))
    shown = gate.call("GetHostShareKey", HostShareKeyId=key_id)["HostShareKey"]
    assert shown["PrivateKeyFingerPrint"] == fingerprint(CURVE)
    assert shown["LastModifyKeyAt"] == gate.system.clock.now() // 1000
    assert opened(gate, account).key == text(CURVE)


def test_a_new_name_leaves_the_key_alone(gate: Gate) -> None:
    key_id = create(gate)
    before = gate.call("GetHostShareKey", HostShareKeyId=key_id)["HostShareKey"]
    gate.system.advance(60_000)
    gate.call("ModifyHostShareKey", HostShareKeyId=key_id, HostShareKeyName="rollout")
    after = gate.call("GetHostShareKey", HostShareKeyId=key_id)["HostShareKey"]
    assert after == before | {"HostShareKeyName": "rollout"}


def test_accounts_are_attached_and_detached_each_with_its_own_result(gate: Gate) -> None:
    first, second = create(gate), create(gate, "backup", CURVE)
    host = gate.host()
    account, desk = gate.account(host), gate.account(host, "desk", ProtocolName="RDP")
    codes = attach(gate, first, account, account, desk, "999999", "x")
    assert codes == [
        "OK",
        "OBJECT_AlREADY_EXISTS",
        "INVALID_ARGUMENT",
        "OBJECT_NOT_FOUND",
        "INVALID_ARGUMENT",
    ]
    assert (sharing(gate, first), sharing(gate, second)) == ([account], [])
    assert attach(gate, second, account) == ["OK"]
    assert (sharing(gate, first), sharing(gate, second)) == ([], [account])
    assert detach(gate, first, account) == ["OBJECT_AlREADY_EXISTS"]
    assert detach(gate, second, account) == ["OK"]
    assert sharing(gate, second) == []
    assert attach(gate, "999999", account) == ["OBJECT_NOT_FOUND"]


def test_accounts_are_listed_with_their_host(gate: Gate) -> None:
    key_id, host = create(gate), gate.host()
    account = gate.account(host)
    attach(gate, key_id, account)
    answer = gate.call("ListHostAccountsForHostShareKey", HostShareKeyId=key_id)
    assert answer["HostAccounts"] == [
        {"HostsAccountId": account, "HostAccountName": "root", "HostId": host, "ProtocolName": "SSH"}
    ]


def test_a_deleted_key_is_nobodys_any_more(gate: Gate) -> None:
    key_id, account = create(gate), granted_account(gate)
    attach(gate, key_id, account)
    gate.call("DeleteHostShareKey", HostShareKeyId=key_id)
    assert "HostShareKeyId" not in gate.call("GetHostAccount", HostAccountId=account)["HostAccount"]
    assert opened(gate, account).certificate is not None
    assert gate.refusal("GetHostShareKey", HostShareKeyId=key_id) == (404, "HostShareKeyNotFound")
    listing = gate.refusal("ListHostAccountsForHostShareKey", HostShareKeyId=key_id)
    assert listing == (400, "HostShareKeyNotFound")


def test_a_forgotten_password_leaves_the_key_and_the_other_way_round(gate: Gate) -> None:
    account = granted_account(gate, Password="open sesame", PrivateKey=encoded(text(CURVE)))
    gate.call("ResetHostAccountCredential", HostAccountId=account, CredentialType="Password")
    shown = gate.call("GetHostAccount", HostAccountId=account)["HostAccount"]
    assert (shown["HasPassword"], shown["PrivateKeyFingerprint"]) == (False, fingerprint(CURVE))
    gate.call("ResetHostAccountCredential", HostAccountId=account, CredentialType="PrivateKey")
    assert "PrivateKeyFingerprint" not in gate.call("GetHostAccount", HostAccountId=account)["HostAccount"]
    assert opened(gate, account).certificate is not None
    before = gate.system.revision()
    gate.call("ResetHostAccountCredential", HostAccountId=account, CredentialType="PrivateKey")
    assert gate.system.revision() == before


def test_a_key_is_not_kept_with_a_pass_phrase_that_changed_while_it_was_opened(gate: Gate) -> None:
    def phrased(key: Any, phrase: str) -> dict[str, str]:
        return {"PrivateKey": encoded(text(key, phrase)), "PassPhrase": encoded(phrase.encode())}

    key_id = create(gate, **phrased(ED25519, "old"))
    given = [
        phrased(CURVE, "new"),
        {"PrivateKey": encoded(text(ED25519, "old"))},
        {"PassPhrase": encoded(b"old")},
        {"HostShareKeyName": "renamed"},
    ]
    told = codes_after(
        gate.system,
        *(
            signed(
                gate.system,
                "ModifyHostShareKey",
                {"InstanceId": gate.bastion.id, "HostShareKeyId": key_id, **each},
                nonce=str(number),
                version="2019-12-09",
            )
            for number, each in enumerate(given)
        ),
    )

    assert told == ["OK", "HostShareKeyChanged", "HostShareKeyChanged", "OK"]
    shown = gate.call("GetHostShareKey", HostShareKeyId=key_id)["HostShareKey"]
    assert shown["PrivateKeyFingerPrint"] == fingerprint(CURVE)
