"""The data directory's own certificate authority: HTTPS from the first start, without anyone's help."""

import ipaddress
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from admit.core.validity import DAY, HOUR, SECOND, Millis

AUTHORITY_LIFE: Final[Millis] = 3650 * DAY
SERVER_LIFE: Final[Millis] = 396 * DAY
"""With the backdating below 397 days: some clients refuse a server certificate of more than 398."""
BACKDATED: Final[Millis] = HOUR
"""A client whose clock is a little behind must not see a certificate that has not begun."""

LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
"""Always in the server certificate."""

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644

# One label: letters, digits, hyphens inside; underscores occur in the names of containers.
_LABEL: Final = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
# The last label is not a number, or a mistyped address would pass for a name (RFC 1123 §2.1).
_DNS_NAME: Final = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)*(?![0-9]+\Z){_LABEL}")


class AuthorityRefused(Exception):
    """The authority cannot do what was asked. The text says why, for the operator."""


@dataclass(frozen=True, slots=True)
class AuthorityFiles:
    """Where an authority keeps its four files, all PEM."""

    directory: Path

    @property
    def authority_key(self) -> Path:
        """Signs server certificates; readable by its owner only."""
        return self.directory / "ca.key"

    @property
    def authority_certificate(self) -> Path:
        """What clients are told to trust."""
        return self.directory / "ca.crt"

    @property
    def server_key(self) -> Path:
        """The HTTPS server's key; readable by its owner only."""
        return self.directory / "server.key"

    @property
    def server_certificate(self) -> Path:
        """The HTTPS server's certificate."""
        return self.directory / "server.crt"


def create_authority(directory: Path, names: Iterable[str], now: Millis) -> AuthorityFiles:
    """Make an authority for 10 years and a server certificate for ``names`` in an existing directory.

    Names are host names and IP addresses; the local ones are always added. Keys come
    from OpenSSL's own source of chance, which takes no other.

    Raises:
        AuthorityRefused: a name that is none, or one of the files exists already.
    """
    files = AuthorityFiles(directory)
    alternatives = _alternative_names(names)
    for path in (
        files.authority_key,
        files.authority_certificate,
        files.server_key,
        files.server_certificate,
    ):
        if path.exists():
            raise AuthorityRefused(f"{path} exists already and is not replaced.")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _authority_certificate(key, now)
    _write(files.authority_key, _key_pem(key), PRIVATE)
    _write(files.authority_certificate, certificate.public_bytes(Encoding.PEM), PUBLIC)
    _issue(files, alternatives, now)
    return files


def renew_server_certificate(directory: Path, names: Iterable[str], now: Millis) -> None:
    """Replace the server certificate by one that starts now, for these names and the local ones.

    The server's key stays, so that one rename is the whole change and no moment sees a
    certificate without its key; a key that is missing is made anew.

    Raises:
        AuthorityRefused: a name that is none, or an authority that is damaged or has ended.
    """
    _issue(AuthorityFiles(directory), _alternative_names(names), now)


def certificate_names(certificate: Path) -> tuple[str, ...]:
    """The host names and addresses a certificate is for, as they were given.

    Raises:
        AuthorityRefused: not a certificate with names.
    """
    try:
        names = (
            _load_certificate(certificate)
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value
        )
    except x509.ExtensionNotFound:
        raise AuthorityRefused(f"{certificate} names no host.") from None
    return tuple(str(name.value) for name in names)


def days_left(certificate: Path, now: Millis) -> int:
    """Whole days until a certificate ends; negative once it has.

    Raises:
        AuthorityRefused: not a certificate.
    """
    return (_end(_load_certificate(certificate)) - now) // DAY


def _issue(files: AuthorityFiles, alternatives: x509.SubjectAlternativeName, now: Millis) -> None:
    authority_key = _load_key(files.authority_key)
    authority = _load_certificate(files.authority_certificate)
    if authority.public_key() != authority_key.public_key():
        raise AuthorityRefused(f"{files.authority_certificate} does not belong to {files.authority_key}.")
    if _end(authority) <= now:
        raise AuthorityRefused(
            f"The authority {files.authority_certificate} has ended: `admit renew-authority` makes a new one."
        )
    if files.server_key.exists():
        key = _load_key(files.server_key)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
        _write(files.server_key, _key_pem(key), PRIVATE)
    certificate = _server_certificate(key.public_key(), alternatives, (authority, authority_key), now)
    _write(files.server_certificate, certificate.public_bytes(Encoding.PEM), PUBLIC)


def _authority_certificate(key: ec.EllipticCurvePrivateKey, now: Millis) -> x509.Certificate:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # Some clients look authorities up by name: two installations must not share one.
    name = _common_name(f"admit authority {identifier.digest.hex()[:8]}")
    return (
        _builder(key.public_key(), now, now + AUTHORITY_LIFE)
        .subject_name(name)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, SHA256())
    )


def _server_certificate(
    key: ec.EllipticCurvePublicKey,
    alternatives: x509.SubjectAlternativeName,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    now: Millis,
) -> x509.Certificate:
    authority, authority_key = issuer
    issuer_identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        _builder(key, now, min(now + SERVER_LIFE, _end(authority)))
        .subject_name(_common_name("admit server"))
        .issuer_name(authority.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(alternatives, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_identifier), critical=False
        )
        .sign(authority_key, SHA256())
    )


def _builder(key: ec.EllipticCurvePublicKey, now: Millis, end: Millis) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_datetime(now - BACKDATED))
        .not_valid_after(_datetime(end))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    # RFC 5480 §3: an EC key in a server certificate signs the handshake and nothing else.
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative_names(names: Iterable[str]) -> x509.SubjectAlternativeName:
    wanted = dict.fromkeys(name.lower() for name in (*LOCAL_NAMES, *names))
    return x509.SubjectAlternativeName(list(dict.fromkeys(_general_name(name) for name in wanted)))


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        if len(name) > 253 or not _DNS_NAME.fullmatch(name):
            raise AuthorityRefused(
                f"{name!r} is neither an IP address nor a host name (international ones in their xn-- form)."
            ) from None
        return x509.DNSName(name)


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _datetime(moment: Millis) -> datetime:
    # Certificates count whole seconds.
    return datetime.fromtimestamp(moment // SECOND, UTC)


def _end(certificate: x509.Certificate) -> Millis:
    return int(certificate.not_valid_after_utc.timestamp()) * SECOND


def _load_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise AuthorityRefused(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise AuthorityRefused(f"{path} is not a certificate in PEM form.") from None


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise AuthorityRefused(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise AuthorityRefused(f"{path} is not an unencrypted private key in PEM form.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityRefused(f"{path} is not an elliptic-curve key.")
    return key


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes, mode: int) -> None:
    """Put a file in place whole or not at all, whatever breaks off in between."""
    draft = path.with_name(f".{path.name}.new")
    # Left over if the last attempt broke off.
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        # The process's umask must not decide who can read the certificate.
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
