"""Public SSH keys as people give them: read, checked, told by their fingerprint."""

import base64
import binascii
import contextlib
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from admit.control.bastionhost.bastion import fingerprint_of
from admit.services.bastionhost.errors import InvalidArgument

TYPES = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
)
"""The keys that are taken. Of RSA keys it is the key, not the signature: SHA-1 is never taken."""
LEAST_RSA_BITS = 2048
"""What NIST SP 800-131A Rev. 2 asks for; shorter ones have been factored, or will be."""
MOST_RSA_BITS = 16_384
"""What OpenSSH takes."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key."""

    text: str
    """Its type and the key, as ``authorized_keys`` has them."""
    comment: str
    """What stands behind it there."""
    fingerprint: str


def read_public_key(given: str) -> PublicKey:
    """A public key, as a line of a ``.pub`` file: Base64 of the line, or the line as it is.

    Raises:
        InvalidArgument: it is not one line with one key, it has options, or its kind is not taken.
    """
    line = _line(given)
    words = line.split(maxsplit=2)
    kind = words[0] if words else ""
    if kind not in TYPES:
        raise InvalidArgument("PublicKey", _why_not(line))
    try:
        octets = base64.b64decode(words[1], validate=True)
        key = load_ssh_public_key(f"{kind} {words[1]}".encode())
    except (IndexError, ValueError, UnsupportedAlgorithm, NotImplementedError):
        raise InvalidArgument("PublicKey", f"it is not a whole key of the type {kind}.") from None
    if isinstance(key, RSAPublicKey) and not LEAST_RSA_BITS <= key.key_size <= MOST_RSA_BITS:
        why = f"an RSA key has {LEAST_RSA_BITS} to {MOST_RSA_BITS} bits; this one has {key.key_size}."
        raise InvalidArgument("PublicKey", why)
    comment = words[2] if len(words) > 2 else ""
    return PublicKey(f"{kind} {words[1]}", comment, fingerprint_of(octets))


def _line(given: str) -> str:
    text = given
    # A line as it is is no Base64: the type of every key has a hyphen.
    with contextlib.suppress(binascii.Error, ValueError):
        text = base64.b64decode("".join(given.split()), validate=True).decode()
    lines = text.strip().splitlines()
    if len(lines) != 1 or not lines[0].isprintable():
        raise InvalidArgument("PublicKey", "it is not one line, as a .pub file of OpenSSH has it.")
    return lines[0]


def _why_not(line: str) -> str:
    kind = line.split(maxsplit=1)[0] if line else ""
    if kind == "ssh-dss":
        return "DSA keys are not taken: they are too weak, and OpenSSH has dropped them."
    if "-cert-v0" in kind:
        return "it is a certificate; give the key it was made for."
    if any(f" {each} " in line for each in TYPES):
        return "options before the key are not taken."
    return f"it is not a public key of one of the types {', '.join(TYPES)}."
