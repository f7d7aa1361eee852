"""Control policies of a bastion host: what is kept of them, and what they leave of a user's access."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from functools import lru_cache

import msgspec
from sqlalchemy import Connection

from admit.control.bastionhost.tickets import accepted
from admit.control.world import World
from admit.core.commands import Acl, Commands
from admit.core.hours import Hours
from admit.core.links import Kind
from admit.core.restrictions import NOTHING, Channel, Policy, Restrictions, restrict
from admit.core.sources import Sources
from admit.core.validity import Millis
from admit.store import links, things
from admit.store.links import Held
from admit.store.things import Thing, Where


class HostScope(msgspec.Struct, omit_defaults=True):
    """A host that a control policy is for."""

    host_id: str
    account_ids: tuple[str, ...] | None = None
    """The accounts on it; None for all of them, and for logins that are typed."""


class AddressList(msgspec.Struct, omit_defaults=True):
    """Addresses that sessions may, or may not, come from."""

    acl: Acl
    addresses: tuple[str, ...] = ()


class Period(msgspec.Struct):
    """Hours on days of the week."""

    days: tuple[int, ...]
    """1 is Monday, 7 is Sunday."""
    hours: tuple[int, ...]
    """0 to 23."""


class CommandList(msgspec.Struct, omit_defaults=True):
    """Commands that are denied or allowed, and those that need an approval."""

    acl: Acl
    commands: tuple[str, ...] = ()
    approval: tuple[str, ...] | None = None


class ControlPolicyDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a control policy besides the name. A part that is None was never set.

    Nothing is in a scope until it is put there: a policy half made restricts nobody.
    """

    priority: int
    """1 to 100; the smaller goes first."""
    comment: str = ""
    all_users: bool = False
    user_ids: tuple[str, ...] = ()
    user_group_ids: tuple[str, ...] = ()
    all_assets: bool = False
    hosts: tuple[HostScope, ...] = ()
    sources: AddressList | None = None
    periods: tuple[Period, ...] | None = None
    approval: bool | None = None
    ssh: dict[str, bool] | None = None
    """The switches for SSH by their names on the wire; one that is missing was not given."""
    rdp: dict[str, bool] | None = None
    commands: CommandList | None = None


def restrictions(sql: Connection, world: World, user: Thing, resource: Thing, now: Millis) -> Restrictions:
    """What control policies leave of the access of a bastion host's user to a host account or a host.

    They only narrow: whether there is an access is asked of ``control.access``. A policy that is for
    some accounts of a host also counts for access to the host alone, where any login may be typed.
    """
    on = resource if resource.kind is Kind.HOST else things.by_key(sql, resource.parent)
    kept = [
        (each, _read(each.details)) for each in things.find(sql, Where(Kind.CONTROL_POLICY, parent=on.parent))
    ]
    kept = [(each, details) for each, details in kept if _for_asset(details, on, resource)]
    if not kept:
        return NOTHING
    groups = _groups(sql, user) if any(details.user_group_ids for _, details in kept) else {}
    member = {group for group, held in groups.items() if held.validity.holds_at(now)}
    applying = [
        _policy(each, details, world.zone) for each, details in kept if _for_user(details, user, member)
    ]
    scoped = {group for _, details in kept for group in details.user_group_ids}
    changes = (
        moment
        for group in scoped & groups.keys()
        for moment in (groups[group].validity.start, groups[group].validity.end)
    )
    return restrict(applying, accepted(sql, user, on, resource), tuple(changes))


@lru_cache(maxsize=256)
def _read(details: bytes | str) -> ControlPolicyDetails:
    """What is kept of a policy, only to be read: a hundred of 500 hosts each take 0.14 s to decode.

    Every live session asks after each change of a policy.
    """
    return msgspec.json.decode(details, type=ControlPolicyDetails)


def _groups(sql: Connection, user: Thing) -> Mapping[str, Held]:
    """The user's memberships, in force or not, by the group's ID."""
    held = {ref.key: each for each, ref in links.of(sql, user.key, inward=False, kind=Kind.GROUP)}
    return {group.id: held[key] for key, group in things.by_keys(sql, list(held)).items()}


def _for_user(details: ControlPolicyDetails, user: Thing, member: Iterable[str]) -> bool:
    return (
        details.all_users or user.id in details.user_ids or not set(details.user_group_ids).isdisjoint(member)
    )


def _for_asset(details: ControlPolicyDetails, on: Thing, resource: Thing) -> bool:
    if details.all_assets:
        return True
    named = next((each for each in details.hosts if each.host_id == on.id), None)
    if named is None:
        return False
    return named.account_ids is None or resource.kind is Kind.HOST or resource.id in named.account_ids


def _policy(thing: Thing, details: ControlPolicyDetails, zone: tzinfo) -> Policy:
    sources, commands = details.sources, details.commands
    return Policy(
        id=thing.id,
        name=thing.name,
        priority=details.priority,
        created_at=thing.created_at,
        sources=None if sources is None else Sources(sources.acl, sources.addresses),
        hours=None if details.periods is None else _hours(details.periods, zone),
        approval=details.approval,
        channels=None if details.ssh is None else channels(details.ssh),
        commands=None
        if commands is None
        else Commands(commands.acl, commands.commands, commands.approval or ()),
    )


def _hours(periods: Sequence[Period], zone: tzinfo) -> Hours:
    return Hours(frozenset((day, hour) for each in periods for day in each.days for hour in each.hours), zone)


FORWARDING = ("AllowTcpForwarding", "AllowDirectTcp", "TcpForwarding")
"""The vendor has three switches for forwarded connections, and tells them apart nowhere."""


def channels(switches: Mapping[str, bool]) -> frozenset[Channel]:
    """What some switches for SSH leave open; one that is missing is off.

    Forwarding is open if one of its switches is on and none is off.
    """
    found = {channel for channel in Channel if switches.get(channel, False)} - {Channel.FORWARD}
    forwarding = [switches[name] for name in FORWARDING if name in switches]
    if forwarding and all(forwarding):
        found.add(Channel.FORWARD)
    return frozenset(found)
