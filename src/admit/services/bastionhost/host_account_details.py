"""What a host account is: what is kept of it, and how it is told. Secrets go in and never come out."""

from typing import Annotated, Literal, TypeAlias

from admit.base.private_keys import PrivateKey
from admit.control.bastionhost.bastion import (
    PASS_PHRASE,
    PASSWORD,
    PRIVATE_KEY,
    HostAccountDetails,
    seal_secret,
)
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.vocabulary import (
    HostAccountId,
    HostAccountName,
    HostId,
    HostShareKeyId,
    ProtocolName,
)
from admit.store import things
from admit.store.things import Thing, Where

Privilege: TypeAlias = Literal["Normal", "Privileged"]
Rotation: TypeAlias = Literal["Self", "Privileged"]

Password = Annotated[
    str, like("Passw0rd!", "The password of the account. It is never shown again.", max_length=1024)
]
EncodedKey = Annotated[
    str,
    like(
        "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZLS0tLS0K",
        "The private key of the account, as Base64 of the key file. It is never shown again, and "
        "used rather than the password. Takes effect for SSH only.",
        max_length=32_768,
    ),
]
PassPhrase = Annotated[
    str, like("correct horse", "What opens the private key. It is never shown again.", max_length=1024)
]
PrivilegeType = Annotated[Privilege, like("Normal", "Whether the account may change passwords of others.")]
RotationMode = Annotated[
    Rotation, like("Self", "Who changes the account's password: itself or a privileged account.")
]
HasPassword = Annotated[bool, like(example=True, description="Whether a password is kept.")]
Fingerprint = Annotated[
    str,
    like("fe:ca:37:42:30:00:9d:95:e6:73:e5:b0:32:0a:11:7c", "The MD5 fingerprint of the private key."),
]


class HostAccount(Shape):
    """An account on a host."""

    host_account_id: HostAccountId
    host_account_name: HostAccountName
    host_id: HostId
    protocol_name: ProtocolName
    privilege_type: PrivilegeType
    rotation_mode: RotationMode
    has_password: HasPassword
    private_key_fingerprint: Fingerprint | None = None
    host_share_key_id: HostShareKeyId | None = None
    host_share_key_name: str | None = None


def keep(call: Call, account: Thing, password: str | None, key: PrivateKey | None) -> None:
    """Seal what is new of an account's secrets; a key without a pass phrase forgets the former one."""
    secrets: dict[str, bytes | None] = {}
    if password is not None:
        secrets[PASSWORD] = password.encode()
    if key is not None:
        secrets[PRIVATE_KEY] = key.text
        had = PASS_PHRASE in things.secret_purposes(call.sql, account.key)
        if key.pass_phrase is not None or had:
            secrets[PASS_PHRASE] = None if key.pass_phrase is None else key.pass_phrase.encode()
    for purpose, secret in secrets.items():
        seal_secret(call.tx, call.world, account, purpose, secret)


def shown(call: Call, bastion: Thing, accounts: list[tuple[Thing, Thing]]) -> list[HostAccount]:
    """Accounts, each given with its host, as they are told."""
    details = {account.key: account.read(HostAccountDetails) for _, account in accounts}
    wanted = {each.host_share_key_id for each in details.values() if each.host_share_key_id is not None}
    where = Where(Kind.HOST_SHARE_KEY, parent=bastion.key, ids=sorted(wanted))
    names = {key.id: key.name for key in things.find(call.sql, where)} if wanted else {}
    with_password = things.with_secret(call.sql, list(details), PASSWORD)
    return [
        _told(on, each, details[each.key], names, has_password=each.key in with_password)
        for on, each in accounts
    ]


def _told(
    on: Thing, account: Thing, details: HostAccountDetails, share_keys: dict[str, str], *, has_password: bool
) -> HostAccount:
    share_key = details.host_share_key_id
    return HostAccount(
        host_account_id=account.id,
        host_account_name=account.name,
        host_id=on.id,
        protocol_name=details.protocol_name,
        privilege_type=details.privilege_type,
        rotation_mode=details.rotation_mode,
        has_password=has_password,
        private_key_fingerprint=details.private_key_fingerprint,
        host_share_key_id=share_key,
        host_share_key_name=None if share_key is None else share_keys.get(share_key),
    )
