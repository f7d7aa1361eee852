"""What is kept of a bastion host's users, hosts and accounts: written by its operations, read by its door."""

import base64
import hashlib
from typing import Literal, TypeAlias

import msgspec
from sqlalchemy import Connection

from admit.control.things import keep_secret
from admit.control.world import World
from admit.core.validity import Millis
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing

LOCKED = "locked"
"""The block of a user who is locked."""

UserSource: TypeAlias = Literal["Local", "Ram", "AD", "LDAP"]
Country: TypeAlias = Literal[
    "CN", "HK", "MO", "TW", "RU", "SG", "MY", "ID", "DE", "AU",
    "US", "AE", "JP", "GB", "IN", "KR", "PH", "CH", "SE", "SA",
]  # fmt: skip


class UserDetails(msgspec.Struct):
    """What is kept of a user besides the name. Defaults are kept too: listings look for them."""

    source: UserSource = "Local"
    source_user_id: str | None = None
    """The RAM user's ID, or the distinguished name in a directory; none for Local."""
    display_name: str = ""
    comment: str = ""
    email: str = ""
    mobile: str = ""
    mobile_country_code: Country = "CN"
    need_reset_password: bool = False
    two_factor_status: Literal["Global", "Disable", "Enable"] = "Global"
    two_factor_methods: tuple[str, ...] = ()
    language_status: Literal["Global", "Custom"] = "Global"
    language: Literal["zh-cn", "en"] | None = None


PrefKex: TypeAlias = Literal[
    "default",
    "diffie-hellman-group1-sha1",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
]
"""The key exchange tried first with a Linux host; all but the default are for old ones."""


class HostDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a host besides the name."""

    # What lists filter on has no default: a value at its default would not be stored, and not be found.
    source: Literal["Local", "Ecs", "Rds"]
    os_type: Literal["Linux", "Windows"]
    active_address_type: Literal["Public", "Private"]
    """Which address is used; that address is always there."""
    source_instance_state: Literal["Normal", "Release"]
    public_address: str | None = None
    private_address: str | None = None
    comment: str = ""
    source_instance_id: str | None = None
    source_region_id: str | None = None
    source_account_id: int | None = None
    pref_kex: PrefKex = "default"
    ssh_port: int = 22
    rdp_port: int = 3389
    ssh_fingerprint: str = ""
    """SHA256 of the one host key it may show; empty until one is pinned."""

    @property
    def address(self) -> str:
        """The address in use; empty if the host has none."""
        chosen = self.public_address if self.active_address_type == "Public" else self.private_address
        return chosen or ""


PASSWORD = "password"  # noqa: S105 - the purpose a sealed secret is kept under
PRIVATE_KEY = "private key"
"""Sealed as a key file holds it, not as Base64."""
PASS_PHRASE = "pass phrase"  # noqa: S105 - the same


class HostAccountDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a host account besides the name and the secrets."""

    protocol_name: Literal["SSH", "RDP"]
    privilege_type: Literal["Normal", "Privileged"] = "Normal"
    rotation_mode: Literal["Self", "Privileged"] = "Self"
    host_share_key_id: str | None = None
    private_key_fingerprint: str | None = None


class UserPublicKeyDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a user's public key, whose name inside is its fingerprint."""

    label: str
    """What its owner calls it."""
    public_key: str
    """Type and key, as ``authorized_keys`` has them; no options, no comment."""
    comment: str = ""


class HostShareKeyDetails(msgspec.Struct):
    """What is kept of a private key that accounts share, besides the key."""

    fingerprint: str
    changed_at: Millis
    """When the key itself was last another."""


def fingerprint_of(key: bytes) -> str:
    """The fingerprint of a public key in SSH's wire form, as ``ssh-keygen -l`` tells it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).rstrip(b"=").decode()


def seal_secret(tx: Tx, world: World, owner: Thing, purpose: str, secret: bytes | None) -> None:
    """Seal a secret of an account or a shared key; None forgets it."""
    sealed = None if secret is None else world.sealer.seal(secret, f"{purpose}:{owner.id}")
    keep_secret(tx, owner, purpose, sealed)


def open_secret(sql: Connection, world: World, owner: Thing, purpose: str) -> bytes | None:
    """A secret that is kept for an account or a shared key, opened."""
    sealed = things.sealed(sql, owner.key, purpose)
    return None if sealed is None else world.sealer.open(sealed, f"{purpose}:{owner.id}")
