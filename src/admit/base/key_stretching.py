"""How much work the pass phrase of a private key is: what a key file asks for, and what is too much.

The key file itself says how often a pass phrase is hashed. Two billion times is
as easily written as two thousand, and would hold the server up for minutes.
"""

import binascii
import re

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

MOST_PBKDF2_ROUNDS = 2_000_000
"""Under a second. OpenSSL writes 2 048 by default."""
MOST_BCRYPT_ROUNDS = 256
"""A few seconds. ssh-keygen writes 24 by default."""

PBES2 = ObjectIdentifier("1.2.840.113549.1.5.13")
PBKDF2 = ObjectIdentifier("1.2.840.113549.1.5.12")


@asn1.sequence
class _Algorithm:
    algorithm: ObjectIdentifier
    parameters: asn1.TLV


@asn1.sequence
class _EncryptedKey:
    """EncryptedPrivateKeyInfo of RFC 5958."""

    algorithm: _Algorithm
    sealed: bytes


@asn1.sequence
class _Pbes2:
    """PBES2-params of RFC 8018."""

    derivation: _Algorithm
    cipher: _Algorithm


@asn1.sequence
class _Pbkdf2:
    """PBKDF2-params of RFC 8018, with the salt given."""

    salt: bytes
    rounds: int
    key_length: int | None
    prf: _Algorithm | None


_PKCS8 = re.compile(
    rb"-----BEGIN ENCRYPTED PRIVATE KEY-----(.*?)-----END ENCRYPTED PRIVATE KEY-----", re.DOTALL
)


def checked_pkcs8(text: bytes) -> bytes:
    """The DER form of an encrypted PKCS #8 key that asks for a bearable number of rounds.

    Raises:
        ValueError: it asks for more, or is protected in another way than by PBES2 with PBKDF2.
    """
    found = _PKCS8.search(text)
    der = b"" if found is None else binascii.a2b_base64(found[1])
    outer = asn1.decode_der(_EncryptedKey, der).algorithm
    if outer.algorithm != PBES2:
        raise ValueError("not protected by PBES2")
    derivation = outer.parameters.parse(_Pbes2).derivation
    if derivation.algorithm != PBKDF2:
        raise ValueError("not protected by PBKDF2")
    if derivation.parameters.parse(_Pbkdf2).rounds > MOST_PBKDF2_ROUNDS:
        raise ValueError("too many rounds")
    return der


_OPENSSH = re.compile(
    rb"-----BEGIN OPENSSH PRIVATE KEY-----(.*?)-----END OPENSSH PRIVATE KEY-----", re.DOTALL
)
_MAGIC = b"openssh-key-v1\0"


def check_openssh(text: bytes) -> None:
    """Return if a key in OpenSSH's form asks for a bearable number of rounds.

    Raises:
        ValueError: for more, or it is not in that form (PROTOCOL.key of OpenSSH).
    """
    found = _OPENSSH.search(text)
    key = b"" if found is None else binascii.a2b_base64(found[1])
    if not key.startswith(_MAGIC):
        raise ValueError("not a key in the form of OpenSSH")
    _, rest = _string(key[len(_MAGIC) :])
    derivation, rest = _string(rest)
    options, _ = _string(rest)
    if derivation == b"none":
        return
    _, rounds = _string(options)
    if len(rounds) != 4 or int.from_bytes(rounds) > MOST_BCRYPT_ROUNDS:
        raise ValueError("too many rounds")


def _string(octets: bytes) -> tuple[bytes, bytes]:
    """The string some octets begin with (RFC 4251, section 5), and what comes after it."""
    end = 4 + int.from_bytes(octets[:4])
    return octets[4:end], octets[end:]
