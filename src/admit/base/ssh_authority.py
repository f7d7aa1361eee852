"""admit's own SSH user authority: certificates that let a person into an account for minutes."""

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    SSHCertificateBuilder,
    SSHCertificateType,
)

from admit.base.chance import Chance
from admit.base.sealing import Sealer
from admit.core.validity import MINUTE, SECOND, Millis

PURPOSE: Final = "ssh user authority 1"
"""Under another number it would be another authority, which no host trusts yet."""
BACKDATED: Final[Millis] = MINUTE
"""A host whose clock is a little behind must not see a certificate that has not begun."""
LONGEST: Final[Millis] = 5 * MINUTE
"""A host looks at the certificate while it lets somebody in and never again: it need not last longer."""

EXTENSIONS: Final = (b"permit-port-forwarding", b"permit-pty")
"""What a session through the gate needs. No agent, no X11, no ~/.ssh/rc of the account's."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a certificate is to say."""

    principal: str
    """The account it lets into."""
    key_id: str
    """What the host writes into its log."""
    ends_at: Millis
    """When access ends; the certificate ends by then."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key that is good for a few minutes."""

    private_key: bytes = field(repr=False)
    """In OpenSSH's form, without a pass phrase."""
    certificate: bytes
    """In the form of an OpenSSH public key file."""
    serial: int


class SshAuthority:
    """Signs short-lived user certificates.

    Its key is derived from the first key of the key file, so that every process
    and node with that file is the same authority, and a copy of the key file is a
    copy of it.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(sealer.subkey(PURPOSE))

    def public_key(self) -> str:
        """The line that a host's ``TrustedUserCAKeys`` file needs."""
        public = self._key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        return f"{public.decode()} admit"

    def issue(self, wanted: Wanted, chance: Chance, now: Millis) -> IssuedKey:
        """A new key, and a certificate from a minute ago until access ends, at most for five minutes more.

        Certificates count whole seconds: it ends in the second in which access does, never later.
        """
        key = Ed25519PrivateKey.from_private_bytes(chance.fill(32))
        serial = int.from_bytes(chance.fill(8))
        builder = (
            SSHCertificateBuilder()
            .public_key(key.public_key())
            .serial(serial)
            .type(SSHCertificateType.USER)
            .key_id(wanted.key_id.encode())
            .valid_principals([wanted.principal.encode()])
            .valid_after((now - BACKDATED) // SECOND)
            .valid_before(min(wanted.ends_at, now + LONGEST) // SECOND)
        )
        for extension in EXTENSIONS:
            builder = builder.add_extension(extension, b"")
        certificate = builder.sign(self._key).public_bytes()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        return IssuedKey(private, certificate, serial)
