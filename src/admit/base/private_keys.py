"""Private SSH keys: read, checked against their pass phrase, told by their fingerprint."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.dsa import DSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import MD5
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_pem_private_key,
    load_ssh_private_key,
    ssh_key_fingerprint,
)

from admit.base.key_stretching import check_openssh, checked_pkcs8

_Key: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey | DSAPrivateKey

# NotImplementedError: a public point in the short form, which cryptography does not read.
_UNREADABLE = (ValueError, UnsupportedAlgorithm, NotImplementedError)


class KeyRefused(Exception):
    """A private key that cannot be used: whether the key or its pass phrase is at fault, and why."""

    def __init__(self, at_fault: Literal["PrivateKey", "PassPhrase"], why: str) -> None:
        super().__init__(at_fault, why)
        self.at_fault = at_fault
        self.why = why


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key and what opens it."""

    text: bytes = field(repr=False)
    """As a key file holds it: PEM (PKCS #1, PKCS #8, SEC 1) or OpenSSH's form."""
    pass_phrase: str | None = field(repr=False)
    fingerprint: str
    """MD5 over the public key, in hexadecimal pairs: the form the vendor shows."""


def read_private_key(encoded: str, pass_phrase: str | None, former: str | None = None) -> PrivateKey:
    """A private key given as Base64.

    ``former`` is the pass phrase that is tried when the key needs one and none is given.

    Raises:
        KeyRefused: it is not Base64, not a key SSH can use, or the pass phrase does not open it.
    """
    try:
        text = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise KeyRefused("PrivateKey", "it is not Base64.") from None
    if pass_phrase is None and former is not None and _is_protected(text):
        pass_phrase = former
    return open_private_key(text, pass_phrase)


def open_private_key(text: bytes, pass_phrase: str | None) -> PrivateKey:
    """The same, of the text of a key file.

    Raises:
        KeyRefused: it is not a key SSH can use, or the pass phrase does not open it.
    """
    try:
        fingerprint = ssh_key_fingerprint(_load(text, pass_phrase).public_key(), MD5())  # noqa: S303 - the form asked for
    except TypeError:
        why = "the private key is protected by one." if pass_phrase is None else "the private key has none."
        raise KeyRefused("PassPhrase", why) from None
    except _UNREADABLE:
        why = "it is not a private key for SSH, or the pass phrase does not open it."
        raise KeyRefused("PrivateKey", why) from None
    return PrivateKey(text, pass_phrase, fingerprint.hex(":"))


def _is_protected(text: bytes) -> bool:
    try:
        _load(text, None)
    except TypeError:
        return True
    except _UNREADABLE:
        return False
    return False


def _load(text: bytes, pass_phrase: str | None) -> _Key:
    """The key of a key file.

    Raises:
        TypeError: it needs a pass phrase and has none, or the other way round.
        ValueError, UnsupportedAlgorithm, NotImplementedError: it cannot be read, or SSH has no such keys.
    """
    password = None if pass_phrase is None else pass_phrase.encode()
    key: object
    if b"OPENSSH PRIVATE KEY" in text:
        check_openssh(text)
        key = load_ssh_private_key(text, password, unsafe_skip_rsa_key_validation=True)
    elif b"ENCRYPTED PRIVATE KEY" in text:
        # As DER, so that what is opened is what was checked.
        key = load_der_private_key(checked_pkcs8(text), password, unsafe_skip_rsa_key_validation=True)
    else:
        key = load_pem_private_key(text, password, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, _Key):
        raise UnsupportedAlgorithm("SSH has no such keys")
    if isinstance(key, RSAPrivateKey):
        _check_rsa(key)
    return key


def _check_rsa(key: RSAPrivateKey) -> None:
    """Return if the parts of an RSA key fit together.

    Whether its primes are prime is not asked, as the library would: of a key of 16 384 bits that takes
    half a minute, in which nobody else could write. Who has such a key harms their own host account alone.

    Raises:
        ValueError: they do not.
    """
    parts = key.private_numbers()
    primes, public = (parts.p, parts.q), parts.public_numbers
    if min(primes) < 3 or parts.p * parts.q != public.n:
        raise ValueError("the primes are not those of the modulus")
    if any((parts.d * public.e - 1) % (prime - 1) for prime in primes):
        raise ValueError("the exponents do not belong together")
