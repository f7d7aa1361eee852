"""What a door opens a host with."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    SSHCertificate,
    load_ssh_private_key,
    load_ssh_public_identity,
)

from admit.control import access
from admit.control.bastionhost import credentials
from admit.control.bastionhost.bastion_users import named
from admit.control.bastionhost.credentials import Credentials, PermitEnded, Target
from admit.core.access import Permit
from admit.core.links import Kind
from admit.core.validity import MINUTE, SECOND
from admit.store import things
from admit.store.engine import Author
from admit.store.things import Thing
from tests.services.bastionhost.people import Bastion
from tests.system import System

AUTHOR = Author("acs:ram::1:root", "test", "request")
PINNED = "SHA256:" + "A" * 43


@pytest.fixture
def bastion(system: System) -> Bastion:
    bastion = Bastion(system)
    bastion.ram_user("alice", "1")
    return bastion


def _host(bastion: Bastion, name: str, address: str = "192.0.2.7", **more: str) -> str:
    given = {"HostName": name, "Source": "Local", "OSType": "Linux", "HostPrivateAddress": address}
    return bastion.call("CreateHost", **given, ActiveAddressType="Private", **more)["HostId"]


def _account(bastion: Bastion, host_id: str, name: str, **more: str) -> str:
    given = {"HostId": host_id, "HostAccountName": name, "ProtocolName": "SSH", **more}
    return bastion.call("CreateHostAccount", **given)["HostAccountId"]


def _targets(system: System, account: str | None, host: str) -> list[Target]:
    with system.admit.store.read() as sql:
        found = credentials.targets(sql, named(sql, "alice"), account, host, system.clock.now())
    return [target for _, target in found]


def _told(targets: list[Target]) -> list[str]:
    return [f"{each.account.name if each.account else '-'}@{each.host.name} {each.login}" for each in targets]


def _permit(system: System, resource: Thing) -> Permit:
    with system.admit.store.read() as sql:
        (user,) = named(sql, "alice")
        return access.ask_as(sql, user.ref, resource.ref, system.clock.now()).permit()


def _credentials(system: System, permit: Permit) -> Credentials:
    with system.admit.store.read() as sql:
        return credentials.credentials(sql, system.admit.world, permit, system.clock.now())


def _granted(system: System, bastion: Bastion, host_id: str, *accounts: str) -> list[Target]:
    (user_id,) = [user["UserId"] for user in bastion.call("ListUsers")["Users"]]
    hosts = [{"HostId": host_id, "HostAccountIds": list(accounts)}]
    bastion.call("AttachHostAccountsToUser", UserId=user_id, Hosts=json.dumps(hosts))
    return _targets(system, None, host_id)


def test_a_host_is_meant_by_name_then_id_then_address(system: System, bastion: Bastion) -> None:
    first = _host(bastion, "db-1", "192.0.2.1")
    second = _host(bastion, first, "192.0.2.2")
    assert _told(_targets(system, None, "db-1")) == ["-@db-1 "]
    assert [each.host.id for each in _targets(system, None, first)] == [second]
    assert [each.host.id for each in _targets(system, None, second)] == [second]
    assert _targets(system, None, "192.0.2.1") == []
    _granted(system, bastion, first)
    assert _told(_targets(system, None, "192.0.2.1")) == ["-@db-1 "]


def test_the_account_comes_before_the_host_alone(system: System, bastion: Bastion) -> None:
    host_id = _host(bastion, "db-1")
    _account(bastion, host_id, "root")
    _account(bastion, host_id, "app")
    _account(bastion, host_id, "desk", ProtocolName="RDP")
    assert _told(_targets(system, "root", "db-1")) == ["root@db-1 root", "-@db-1 root"]
    assert _told(_targets(system, "toor", "db-1")) == ["-@db-1 toor"]
    assert _told(_targets(system, "desk", "db-1")) == ["-@db-1 desk"]
    assert _told(_targets(system, None, "db-1")) == ["root@db-1 root", "app@db-1 app", "-@db-1 "]


def test_a_bastion_host_may_be_named_behind_the_host(system: System, bastion: Bastion) -> None:
    _host(bastion, "db-1.example.com")
    assert _told(_targets(system, None, f"db-1.example.com.{bastion.id}")) == ["-@db-1.example.com "]
    assert _targets(system, None, f"db-2.{bastion.id}") == []


def test_hosts_of_one_name_are_all_meant(system: System, bastion: Bastion) -> None:
    ids = [_host(bastion, "db-1"), _host(bastion, "db-1")]
    assert [each.host.id for each in _targets(system, None, "db-1")] == ids


def test_a_target_says_where_the_host_is_and_which_key_it_may_show(system: System, bastion: Bastion) -> None:
    _host(bastion, "db-1", "192.0.2.9")
    store = system.admit.store
    (target,) = _targets(system, None, "db-1")
    assert (target.address, target.port, target.fingerprint) == ("192.0.2.9", 22, "")
    store.write_now(AUTHOR, lambda tx: credentials.pin(tx, target.host.ref, PINNED))
    (target,) = _targets(system, None, "db-1")
    assert target.fingerprint == PINNED
    with store.read() as sql:
        assert credentials.target(sql, target.resource) == target


def test_the_first_host_key_stays_whoever_comes_second(system: System, bastion: Bastion) -> None:
    _host(bastion, "db-1")
    store = system.admit.store
    (target,) = _targets(system, None, "db-1")
    other = "SHA256:" + "B" * 43
    for shown in (PINNED, other):
        pinned = store.write_now(
            AUTHOR, lambda tx, shown=shown: credentials.pin_first(tx, target.host.ref, shown)
        )
        assert pinned == PINNED
    store.write_now(AUTHOR, lambda tx: credentials.forget_pin(tx, target.host.ref))
    assert store.write_now(AUTHOR, lambda tx: credentials.pin_first(tx, target.host.ref, other)) == other


def test_what_is_no_fingerprint_is_not_pinned(system: System, bastion: Bastion) -> None:
    _host(bastion, "db-1")
    (target,) = _targets(system, None, "db-1")
    with pytest.raises(ValueError, match="fingerprint"):
        system.admit.store.write_now(AUTHOR, lambda tx: credentials.pin(tx, target.host.ref, f"{PINNED}\n"))


def test_the_accounts_own_password_and_key_open_it(system: System, bastion: Bastion) -> None:
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    host_id = _host(bastion, "db-1")
    more = {"Password": "open sesame", "PrivateKey": base64.b64encode(key).decode()}
    account, _ = _granted(system, bastion, host_id, _account(bastion, host_id, "root", **more))
    assert account.account is not None
    kept = _credentials(system, _permit(system, account.account))
    assert kept.password is not None
    assert kept.password.reveal() == "open sesame"
    assert (kept.key, kept.pass_phrase, kept.certificate) == (key, None, None)
    assert "sesame" not in repr(kept)
    assert "PRIVATE" not in repr(kept)


def test_an_account_without_secrets_is_opened_by_a_certificate_that_ends_with_the_permit(
    system: System, bastion: Bastion
) -> None:
    host_id = _host(bastion, "db-1")
    account, _ = _granted(system, bastion, host_id, _account(bastion, host_id, "root"))
    assert account.account is not None
    end = system.clock.now() + 2 * MINUTE
    system.call("admit", "GrantAccess", Subject="alice", Resource="root@db-1", EndTime=end)
    kept = _credentials(system, _permit(system, account.account))
    assert kept.key is not None
    assert kept.certificate is not None
    certificate = load_ssh_public_identity(kept.certificate)
    assert isinstance(certificate, SSHCertificate)
    certificate.verify_cert_signature()
    assert certificate.valid_principals == [b"root"]
    assert b"alice" in certificate.key_id
    assert certificate.valid_before == end // SECOND
    assert load_ssh_private_key(kept.key, None).public_key() == certificate.public_key()


def test_a_permit_that_has_ended_opens_nothing(system: System, bastion: Bastion) -> None:
    host_id = _host(bastion, "db-1")
    account, _ = _granted(system, bastion, host_id, _account(bastion, host_id, "root"))
    assert account.account is not None
    end = system.clock.now() + MINUTE
    system.call("admit", "GrantAccess", Subject="alice", Resource="root@db-1", EndTime=end)
    permit = _permit(system, account.account)
    system.advance(MINUTE)
    with pytest.raises(PermitEnded):
        _credentials(system, permit)


def test_a_permit_for_a_host_alone_opens_no_account(system: System, bastion: Bastion) -> None:
    host_id = _host(bastion, "db-1")
    (host,) = _granted(system, bastion, host_id)
    permit = _permit(system, host.host)
    with pytest.raises(ValueError, match="a host has no credentials"):
        _credentials(system, permit)


def test_only_hosts_and_their_accounts_are_targets(system: System) -> None:
    with system.admit.store.read() as sql:
        (bastion,) = things.find(sql, things.Where(Kind.BASTION))
        with pytest.raises(ValueError, match="nobody logs on to a bastion"):
            credentials.target(sql, bastion.ref)
