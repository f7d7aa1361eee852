"""Asking a directory for a password: over TLS, with a password, and what is no yes is none."""

import ssl
from pathlib import Path

import pytest

from admit.base.authority import create_authority
from admit.base.clock import SystemClock
from admit.base.ldap import DirectoryAway, LdapServer
from tests.base.directory_server import Directory, directory

ALICE = "cn=alice,dc=example,dc=com"
KNOWN = {ALICE: "Secret-123"}


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost, and the authority it is by."""
    place = tmp_path_factory.mktemp("tls")
    create_authority(place, (), SystemClock().now())
    return place


@pytest.fixture
def context(tls: Path) -> ssl.SSLContext:
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(tls / "server.crt", tls / "server.key")
    return found


@pytest.mark.parametrize("secure", [True, False], ids=["ldaps", "starttls"])
def test_it_says_yes_to_the_right_password_alone_and_over_tls(
    tls: Path, context: ssl.SSLContext, *, secure: bool
) -> None:
    with directory(Directory(KNOWN, context), secure=secure) as found:
        server = LdapServer(f"{'ldaps' if secure else 'ldap'}://{found.address}", str(tls / "ca.crt"))
        assert server.lets_in(ALICE, "Secret-123")
        assert not server.lets_in(ALICE, "wrong")
        assert not server.lets_in("cn=nobody", "Secret-123")
        assert found.encrypted == [True, True, True]


def test_without_a_password_nobody_is_asked(context: ssl.SSLContext) -> None:
    with directory(Directory({ALICE: ""}, context)) as found:
        server = LdapServer(f"ldap://{found.address}", encrypted=False)
        assert not server.lets_in(ALICE, "")
        assert not server.lets_in("", "x")
        assert found.asked == []


def test_a_certificate_that_nobody_vouches_for_gets_no_password(context: ssl.SSLContext) -> None:
    with directory(Directory(KNOWN, context), secure=True) as found:
        with pytest.raises(DirectoryAway):
            LdapServer(f"ldaps://{found.address}").lets_in(ALICE, "Secret-123")
        assert found.asked == []


@pytest.mark.parametrize("code", [1, 10, 51, 53])
def test_an_answer_that_is_neither_yes_nor_no_is_no_answer(code: int) -> None:
    with directory(Directory(KNOWN, code=code)) as found:
        server = LdapServer(f"ldap://{found.address}", encrypted=False)
        with pytest.raises(DirectoryAway):
            server.lets_in(ALICE, "Secret-123")


@pytest.mark.parametrize(
    "raw",
    [
        b"\x30",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x03\x02\x01\x07",
        b"\x30\x05\x02\x01\x02\x61\x00",
        b"HTTP/1.1 200",
    ],
)
def test_an_answer_that_cannot_be_read_is_no_answer(raw: bytes) -> None:
    with directory(Directory(KNOWN, raw=raw)) as found:
        server = LdapServer(f"ldap://{found.address}", encrypted=False)
        with pytest.raises(DirectoryAway):
            server.lets_in(ALICE, "Secret-123")


def test_a_directory_that_is_not_there_is_away() -> None:
    with pytest.raises(DirectoryAway):
        LdapServer("ldap://localhost:1", encrypted=False).lets_in(ALICE, "Secret-123")
