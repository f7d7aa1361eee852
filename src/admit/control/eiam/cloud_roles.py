"""Cloud roles of our own account: temporary keys for whom a rule leads to one, for as long as it does."""

import re
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from admit.base.chance import ID_LETTERS
from admit.control.access import ask_as
from admit.control.callers import Holder, RoleDetails, SecurityToken, arn, make_token, session_secret
from admit.control.world import World
from admit.core.access import Decision
from admit.core.links import Kind
from admit.core.ram import Effect, may_assume, parse_trust_policy
from admit.core.validity import SECOND, Millis
from admit.store import links as stored_links
from admit.store import things
from admit.store.things import Thing

TRUSTED = "eiam.aliyuncs.com"
"""The service that a RAM role must trust before anybody gets its keys by an authorization rule."""
KEY_LETTERS = ID_LETTERS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DEFAULT_S = 3600
_ODD = re.compile(r"[^A-Za-z0-9.@_-]")


class RoleRefused(Exception):
    """A cloud role cannot be had here, whoever asks. The text says why, and what to do."""


class _CloudAccount(msgspec.Struct):
    """What is read of a cloud account: the ID that the cloud gave it."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A cloud role, asked for as one of a person's users."""

    user: Thing
    cloud_role: Thing
    decision: Decision


@dataclass(frozen=True, slots=True)
class RoleKey:
    """A temporary key for a role."""

    access_key_id: str
    secret: str
    token: str
    ends_at: Millis
    arn: str
    session_name: str


def ask(sql: Connection, users: list[Thing], cloud_role: Thing, now: Millis) -> Asked | None:
    """The decision about a cloud role for the best of some users; None if none is of its directory."""
    account = things.by_key(sql, cloud_role.parent)
    asked = [
        Asked(user, cloud_role, ask_as(sql, user.ref, cloud_role.ref, now))
        for user in users
        if user.parent == account.parent
    ]
    return max(asked, key=lambda each: (each.decision.allowed, each.decision.valid_until), default=None)


def users_of(sql: Connection, person: Thing) -> list[Thing]:
    """Every service's user of a person."""
    found = stored_links.of(sql, person.key, inward=False, kind=Kind.USER)
    return list(things.by_keys(sql, [ref.key for _, ref in found]).values())


def give(sql: Connection, world: World, asked: Asked, duration_s: int | None) -> RoleKey:
    """A temporary key for a cloud role that was granted. It ends with the grant at the latest.

    At each use it is asked whether the grant still leads there: it is dead the moment it does not.

    Raises:
        AccessDenied: it was not granted.
        RoleRefused: it is no role of our account, or one that does not trust us to hand it out.
    """
    decision = asked.decision.permit().decision
    role = _ram_role(sql, world, asked.cloud_role)
    details = role.read(RoleDetails)
    seconds = min(duration_s or DEFAULT_S, details.max_session_s)
    now = world.clock.now()
    ends_at = min((now // SECOND + seconds) * SECOND, decision.valid_until // SECOND * SECOND)
    name = session_name(asked.user.name)
    said = SecurityToken(
        access_key_id=f"STS.{world.chance.text(25, KEY_LETTERS)}",
        role_key=role.key,
        session_name=name,
        ends_at=ends_at,
        source_identity=name,
        holder=Holder(asked.user.key, asked.cloud_role.key),
    )
    return RoleKey(
        said.access_key_id,
        session_secret(world, said.access_key_id),
        make_token(world, said),
        ends_at,
        arn(world, f"role/{role.name}"),
        name,
    )


def session_name(name: str) -> str:
    """Somebody's name as the name of a role's session: in its letters, and not longer."""
    return _ODD.sub("-", name)[:64].ljust(2, "-")


def _ram_role(sql: Connection, world: World, cloud_role: Thing) -> Thing:
    """The RAM role that a cloud role stands for.

    Raises:
        RoleRefused: there is none, or it does not trust us.
    """
    account = things.by_key(sql, cloud_role.parent).read(_CloudAccount).external_id
    if account != world.account_id:
        raise RoleRefused(f"{cloud_role.name} is a role of the cloud account {account}, and not of ours.")
    role = things.by_name(sql, Kind.RAM_ROLE, world.account_key, cloud_role.name)
    if role is None:
        raise RoleRefused(f"There is no RAM role {cloud_role.name}.")
    # Who writes authorization rules must not be able to hand out whatever role they can name.
    trust = parse_trust_policy("trust policy", role.read(RoleDetails).trust)
    if may_assume(trust, TRUSTED, {}).effect is not Effect.ALLOW:
        raise RoleRefused(f"The RAM role {role.name} does not trust the service {TRUSTED}: its policy must.")
    return role
