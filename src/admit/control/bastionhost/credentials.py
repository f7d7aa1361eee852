"""What a door opens a host with: where it is, which host key it may show, what logs on to the account."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import msgspec
from sqlalchemy import Connection

from admit.base.sealing import Secret
from admit.base.ssh_authority import SshAuthority, Wanted
from admit.control import things as verbs
from admit.control.access import everything_as
from admit.control.bastionhost.bastion import (
    PASS_PHRASE,
    PASSWORD,
    PRIVATE_KEY,
    HostAccountDetails,
    HostDetails,
    open_secret,
)
from admit.control.world import World
from admit.core.access import Permit
from admit.core.links import Kind, Ref
from admit.core.validity import Millis
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing, Where

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class PermitEnded(Exception):
    """The permit's time is over: access must be asked for again."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something to log on to: an account, or a host that the person brings the credentials for."""

    host: Thing
    account: Thing | None
    address: str
    """Empty if the host has none in use."""
    port: int
    fingerprint: str
    """SHA256 of the only host key it may show; empty if none is pinned."""
    login: str
    """The name to log on with; empty if nobody said."""

    @property
    def resource(self) -> Ref:
        """What a permit is needed for."""
        return (self.account or self.host).ref


@dataclass(frozen=True, slots=True)
class Credentials:
    """What logs on to an account; whatever is there may be tried, the key first."""

    password: Secret | None = None
    key: bytes | None = field(default=None, repr=False)
    """The text of a key file."""
    pass_phrase: Secret | None = None
    certificate: bytes | None = None
    """Belongs to the key, in the form of an OpenSSH public key file."""
    serial: int | None = None
    """The certificate's, as the host's log has it."""


def targets(
    sql: Connection, users: Iterable[Thing], account_name: str | None, host_name: str, now: Millis
) -> list[tuple[Thing, Target]]:
    """All that proven users can mean by a host and an account, best first; a permit must still be asked for.

    A host is meant by its name, or else by its id, or else by its address, the last only
    if the user may use it. ``HOST.INSTANCE`` looks in one bastion host, whatever others hold.
    With an account's name comes the account, if it is kept, and then the host alone, which needs
    the person's own credentials; without one come all its accounts, then the host alone.
    """
    found = []
    for user in users:
        wanted = _unqualified(sql, user.parent, host_name)
        for host in () if wanted is None else _hosts(sql, user, wanted, now):
            found += [(user, each) for each in _on_host(sql, host, account_name)]
    return sorted(found, key=lambda pair: pair[1].account is None)


def target(sql: Connection, resource: Ref) -> Target:
    """Where a host or a host account is.

    Raises:
        ValueError: it is neither.
    """
    thing = things.by_key(sql, resource.key)
    if thing.kind is Kind.HOST:
        return _target(thing, None, "")
    if thing.kind is Kind.HOST_ACCOUNT:
        return _target(things.by_key(sql, thing.parent), thing, thing.name)
    raise ValueError(f"nobody logs on to a {thing.kind.word}")


def credentials(sql: Connection, world: World, permit: Permit, now: Millis) -> Credentials:
    """What logs on to the account that a permit is for.

    The account's own key and password; or the key it shares with others; or, where nothing
    is kept, a new key with a certificate of admit's own authority, which ends with the permit.

    Raises:
        PermitEnded: the permit is not valid any more.
        ValueError: the permit is for something else than a host account.
    """
    decision = permit.decision
    if decision.valid_until <= now:
        raise PermitEnded
    if decision.question.resource.kind is not Kind.HOST_ACCOUNT:
        raise ValueError(f"a {decision.question.resource.kind.word} has no credentials")
    account = things.by_key(sql, decision.question.resource.key)
    kept = _kept(sql, world, account)
    if kept.key is None:
        shared = _share_key(sql, account)
        if shared is not None:
            kept = replace(_kept(sql, world, shared), password=kept.password)
    if kept.key is None and kept.password is None:
        return _certificate(sql, world, permit, account, now)
    return kept


def is_fingerprint(text: str) -> bool:
    """Whether a text is a fingerprint as ``ssh-keygen -l`` tells it: ``SHA256:`` and 43 letters."""
    return _FINGERPRINT.fullmatch(text) is not None


def pin(tx: Tx, host: Ref, fingerprint: str) -> None:
    """Let a host show this host key and no other.

    Raises:
        ValueError: it is not a SHA256 fingerprint.
    """
    if not is_fingerprint(fingerprint):
        raise ValueError("not a SHA256 fingerprint")
    _set_fingerprint(tx, host, fingerprint)


def pin_first(tx: Tx, host: Ref, fingerprint: str) -> str:
    """Pin the host key that a host showed first, unless one is pinned; returns the one that is pinned now.

    Two who come first at the same moment are told which of them was.
    """
    pinned = things.by_key(tx.sql, host.key).read(HostDetails).ssh_fingerprint
    if not pinned:
        pin(tx, host, fingerprint)
    return pinned or fingerprint


def forget_pin(tx: Tx, host: Ref) -> None:
    """Forget which host key a host showed: it was installed anew."""
    _set_fingerprint(tx, host, "")


def _set_fingerprint(tx: Tx, host: Ref, fingerprint: str) -> None:
    # As it stands now: who asks may have read the host a while ago.
    found = things.by_key(tx.sql, host.key)
    verbs.change(
        tx, found, details=msgspec.structs.replace(found.read(HostDetails), ssh_fingerprint=fingerprint)
    )


def _unqualified(sql: Connection, bastion: int, host_name: str) -> str | None:
    """The host's name inside a bastion host; None if another bastion host is named."""
    name, _, instance = host_name.rpartition(".")
    named = things.by_id_anywhere(sql, Kind.BASTION, instance) if name else None
    if named is None:
        return host_name
    return name if named.key == bastion else None


def _hosts(sql: Connection, user: Thing, wanted: str, now: Millis) -> Sequence[Thing]:
    by_name = things.find(sql, Where(Kind.HOST, parent=user.parent, names=(wanted,)))
    if by_name:
        return by_name
    by_id = things.by_id(sql, Kind.HOST, user.parent, wanted)
    if by_id is not None:
        return [by_id]
    keys = [reach.ref.key for reach in everything_as(sql, user.ref, now) if reach.ref.kind is Kind.HOST]
    mine = (host for host in things.by_keys(sql, keys).values() if host.parent == user.parent)
    return [host for host in mine if host.read(HostDetails).address.lower() == wanted.lower()]


def _on_host(sql: Connection, host: Thing, account_name: str | None) -> list[Target]:
    accounts = things.find(
        sql,
        Where(Kind.HOST_ACCOUNT, parent=host.key, name=account_name, details={"protocol_name": "SSH"}),
    )
    found = [_target(host, each, each.name) for each in accounts]
    return [*found, _target(host, None, account_name or "")]


def _target(host: Thing, account: Thing | None, login: str) -> Target:
    details = host.read(HostDetails)
    return Target(host, account, details.address, details.ssh_port, details.ssh_fingerprint, login)


def _kept(sql: Connection, world: World, owner: Thing) -> Credentials:
    password = open_secret(sql, world, owner, PASSWORD)
    pass_phrase = open_secret(sql, world, owner, PASS_PHRASE)
    return Credentials(
        password=None if password is None else Secret(password.decode()),
        key=open_secret(sql, world, owner, PRIVATE_KEY),
        pass_phrase=None if pass_phrase is None else Secret(pass_phrase.decode()),
    )


def _share_key(sql: Connection, account: Thing) -> Thing | None:
    share_key_id = account.read(HostAccountDetails).host_share_key_id
    if share_key_id is None:
        return None
    bastion = things.by_key(sql, account.parent).parent
    return things.by_id(sql, Kind.HOST_SHARE_KEY, bastion, share_key_id)


def _certificate(sql: Connection, world: World, permit: Permit, account: Thing, now: Millis) -> Credentials:
    decision = permit.decision
    person = things.by_key(sql, decision.question.subject.key)
    wanted = Wanted(account.name, f"admit {person.name} revision {decision.revision}", decision.valid_until)
    issued = SshAuthority(world.sealer).issue(wanted, world.chance, now)
    return Credentials(key=issued.private_key, certificate=issued.certificate, serial=issued.serial)
