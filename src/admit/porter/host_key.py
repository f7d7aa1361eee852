"""The gate's own host key: what its clients know it by."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from admit.base.sealing import Sealer

PURPOSE = "ssh host key 1"
"""Under another number the gate would show another key, and every client would warn of it."""


def host_key(sealer: Sealer) -> bytes:
    """The gate's Ed25519 key, in OpenSSH's form.

    It is derived from the first key of the key file: every process and node with
    that file is the same gate to its clients, also after a restore. Nothing else
    can be derived from it.
    """
    key = Ed25519PrivateKey.from_private_bytes(sealer.subkey(PURPOSE))
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
