"""The data directory's own certificate authority."""

import os
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import verification

from admit.base.authority import (
    AuthorityFiles,
    AuthorityRefused,
    certificate_names,
    create_authority,
    days_left,
    renew_server_certificate,
)
from admit.base.clock import SystemClock
from admit.core.validity import DAY, MINUTE, SECOND

NAMES = ("gate.example.com", "*.apps.example.com", "gate_1", "10.1.2.3", "2001:db8::7")


@pytest.fixture
def now():
    """The machine's time: OpenSSL judges certificates by nothing else."""
    return SystemClock().now()


@pytest.fixture
def files(tmp_path, now):
    return create_authority(tmp_path, NAMES, now)


def handshake(files: AuthorityFiles, host: str, trusted: Path | None = None) -> ssl.SSLObject:
    """A whole TLS handshake in memory; the client's end of it.

    Verifies by the rules of RFC 5280 to the letter, as Python does by itself from 3.13 on.
    """
    at_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    at_server.load_cert_chain(files.server_certificate, files.server_key)
    at_client = ssl.create_default_context(cafile=trusted or files.authority_certificate)
    at_client.verify_flags |= ssl.VERIFY_X509_STRICT
    upward, downward = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = at_client.wrap_bio(downward, upward, server_hostname=host)
    server = at_server.wrap_bio(upward, downward, server_side=True)
    left = [client, server]
    while left:
        for end in tuple(left):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            left.remove(end)
    return client


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "::1", "mail.apps.example.com", *NAMES[:1], *NAMES[2:]]
)
def test_a_client_that_trusts_the_authority_connects_to_each_name(files, host):
    assert handshake(files, host).version() == "TLSv1.3"


@pytest.mark.parametrize(
    "host", ["example.com", "other.example.com", "a.b.apps.example.com", "127.0.0.2", "::2"]
)
def test_a_client_refuses_the_certificate_under_another_name(files, host):
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
        handshake(files, host)


def test_a_client_that_trusts_another_authority_refuses(files, tmp_path, now):
    (tmp_path / "other").mkdir()
    other = create_authority(tmp_path / "other", NAMES, now)

    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer certificate"):
        handshake(files, "localhost", trusted=other.authority_certificate)


def test_two_authorities_can_be_trusted_at_once(files, tmp_path, now):
    (tmp_path / "other").mkdir()
    other = create_authority(tmp_path / "other", NAMES, now)
    both = tmp_path / "both.crt"
    both.write_bytes(other.authority_certificate.read_bytes() + files.authority_certificate.read_bytes())

    assert handshake(files, "localhost", trusted=both).version() == "TLSv1.3"
    assert handshake(other, "localhost", trusted=both).version() == "TLSv1.3"
    # OpenSSL tells two of one name apart by their keys; not every client does.
    names = {
        x509.load_pem_x509_certificate(at.authority_certificate.read_bytes()).subject for at in (files, other)
    }
    assert len(names) == 2


def test_a_client_refuses_a_server_certificate_that_has_ended(tmp_path, now):
    files = create_authority(tmp_path, (), now - 400 * DAY)

    with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
        handshake(files, "localhost")


def test_renewed_it_is_accepted_again_by_clients_that_trusted_it_before(tmp_path, now):
    files = create_authority(tmp_path, ("old.example.com",), now - 400 * DAY)
    trusted, key = files.authority_certificate.read_bytes(), files.server_key.read_bytes()

    renew_server_certificate(tmp_path, ("new.example.com",), now)

    assert handshake(files, "new.example.com").version() == "TLSv1.3"
    assert files.authority_certificate.read_bytes() == trusted
    assert files.server_key.read_bytes() == key
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for 'old\.example\.com'"):
        handshake(files, "old.example.com")


def accepted(files: AuthorityFiles, moment: int) -> bool:
    authority, server = (
        x509.load_pem_x509_certificate(path.read_bytes())
        for path in (files.authority_certificate, files.server_certificate)
    )
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store([authority]))
        .time(datetime.fromtimestamp(moment / SECOND, UTC))
        .build_server_verifier(x509.DNSName("localhost"))
    )
    try:
        verifier.verify(server, [])
    except verification.VerificationError:
        return False
    return True


def test_the_server_certificate_holds_from_a_little_before_now_for_396_days(files, now):
    assert accepted(files, now)
    assert accepted(files, now - 59 * MINUTE)
    assert not accepted(files, now - 61 * MINUTE)
    assert accepted(files, now + 396 * DAY - MINUTE)
    assert not accepted(files, now + 396 * DAY + MINUTE)


def test_the_server_certificate_is_short_enough_for_every_browser(files):
    certificate = x509.load_pem_x509_certificate(files.server_certificate.read_bytes())

    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days < 397


def test_a_server_certificate_does_not_outlive_its_authority(files, now):
    later = now + 3600 * DAY

    renew_server_certificate(files.directory, (), later)

    assert days_left(files.server_certificate, later) == days_left(files.authority_certificate, later)
    assert accepted(files, later)


def test_days_left_are_whole_days_and_negative_after_the_end(files, now):
    moment = now - now % SECOND  # certificates count whole seconds

    assert days_left(files.authority_certificate, moment) == 3650
    assert days_left(files.server_certificate, moment) == 396
    assert days_left(files.server_certificate, moment + 1) == 395
    assert days_left(files.server_certificate, moment + 396 * DAY) == 0
    assert days_left(files.server_certificate, moment + 396 * DAY + 1) == -1


def test_the_names_of_a_certificate_are_those_given_after_the_local_ones(files):
    assert certificate_names(files.server_certificate) == ("localhost", "127.0.0.1", "::1", *NAMES)


def test_a_name_given_twice_or_in_another_form_stands_once(tmp_path, now):
    names = ("GATE.example.com", "gate.example.com", "localhost", "0:0:0:0:0:0:0:1", "127.0.0.1")

    files = create_authority(tmp_path, names, now)

    assert certificate_names(files.server_certificate) == (
        "localhost",
        "127.0.0.1",
        "::1",
        "gate.example.com",
    )


NO_NAMES = [
    "",
    " ",
    "gate example",
    "gate.example.com.",
    "-gate",
    "gate-",
    "a..b",
    "*",
    "*.*.x",
    "x.*",
    "gate\n",
]
NO_NAMES += [
    "256.1.1.1",
    "10.1.2",
    "http://gate",
    "gate:443",
    "[::1]",
    "münchen.de",
    "a" * 64,
    "a." * 127 + "a",
]


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_is_refused_before_anything_is_written(tmp_path, now, name):
    with pytest.raises(AuthorityRefused, match="neither an IP address nor a host name"):
        create_authority(tmp_path, (name,), now)
    assert list(tmp_path.iterdir()) == []


def test_keys_are_for_their_owner_only_and_certificates_for_everyone(tmp_path, now):
    before = os.umask(0o077)
    try:
        files = create_authority(tmp_path, (), now)
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"ca.key": 0o600, "ca.crt": 0o644, "server.key": 0o600, "server.crt": 0o644}
    assert files.directory == tmp_path


@pytest.mark.parametrize("name", ["ca.key", "ca.crt", "server.key", "server.crt"])
def test_an_authority_is_never_made_over_another(tmp_path, now, name):
    (tmp_path / name).write_text("precious")

    with pytest.raises(AuthorityRefused, match=f"{name} exists already"):
        create_authority(tmp_path, (), now)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "precious"


def test_a_server_key_that_is_missing_is_made_anew(files, now):
    files.server_key.unlink()

    renew_server_certificate(files.directory, (), now)

    assert handshake(files, "localhost").version() == "TLSv1.3"


def test_a_renewal_that_broke_off_does_not_stop_the_next(files, now):
    (files.directory / ".server.crt.new").write_text("half a certif")

    renew_server_certificate(files.directory, (), now)

    assert handshake(files, "localhost").version() == "TLSv1.3"
    assert len(list(files.directory.iterdir())) == 4


def test_an_authority_that_has_ended_signs_nothing(files, now):
    before = files.server_certificate.read_bytes()

    with pytest.raises(AuthorityRefused, match="has ended"):
        renew_server_certificate(files.directory, (), now + 3651 * DAY)
    assert files.server_certificate.read_bytes() == before


def test_a_certificate_of_another_key_is_refused(files, tmp_path, now):
    (tmp_path / "other").mkdir()
    other = create_authority(tmp_path / "other", (), now)
    files.authority_certificate.write_bytes(other.authority_certificate.read_bytes())

    with pytest.raises(AuthorityRefused, match=r"ca\.crt does not belong to .*ca\.key"):
        renew_server_certificate(files.directory, (), now)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("ca.key", "is not an unencrypted private key in PEM form"),
        ("ca.crt", "is not a certificate in PEM form"),
        ("server.key", "is not an unencrypted private key in PEM form"),
    ],
)
def test_a_damaged_file_is_named(files, now, name, complaint):
    (files.directory / name).write_text("-----BEGIN NONSENSE-----")

    with pytest.raises(AuthorityRefused, match=f"{name} {complaint}"):
        renew_server_certificate(files.directory, (), now)


@pytest.mark.parametrize("name", ["ca.key", "ca.crt"])
def test_a_missing_file_is_named(files, now, name):
    (files.directory / name).unlink()

    with pytest.raises(AuthorityRefused, match=f"{name} cannot be read: No such file"):
        renew_server_certificate(files.directory, (), now)


def test_a_key_of_another_kind_is_refused(files, now):
    key = rsa.generate_private_key(65537, 2048)
    files.server_key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    with pytest.raises(AuthorityRefused, match="is not an elliptic-curve key"):
        renew_server_certificate(files.directory, (), now)


def test_a_certificate_without_names_has_none_to_tell(files):
    with pytest.raises(AuthorityRefused, match="names no host"):
        certificate_names(files.authority_certificate)
