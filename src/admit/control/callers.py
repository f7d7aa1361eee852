"""Callers: who signed a request, and what RAM lets them do."""

import base64
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import msgspec
from sqlalchemy import Connection

from admit.base.sealing import SealBroken
from admit.control.access import ask_as
from admit.control.world import World
from admit.core.errors import (
    AccessKeyInactive,
    AccessKeyNotFound,
    MissingSecurityToken,
    NoPermission,
    SecurityTokenExpired,
    SecurityTokenMalformed,
    SecurityTokenMismatch,
    SecurityTokenRevoked,
)
from admit.core.links import Kind, Ref
from admit.core.ram import Access, Effect, Policy, Verdict, evaluate, evaluate_session, parse_policy
from admit.core.validity import Millis
from admit.store import links as stored_links
from admit.store import things as stored
from admit.store.links import callers_revision
from admit.store.things import Thing
from admit.store.views import kept

SECRET = "access key secret"  # noqa: S105 - the purpose a sealed secret is kept under
TOKEN = "security token"  # noqa: S105 - the same

REMEMBERED = 10_000
"""How many keys and sessions are kept in memory until the policy changes."""


class KeyDetails(msgspec.Struct, omit_defaults=True):
    """An access key besides its secret."""

    status: Literal["Active", "Inactive"] = "Active"


class PolicyDetails(msgspec.Struct, omit_defaults=True):
    """A RAM policy: its default version's document is the one in force."""

    type: Literal["System", "Custom"]
    description: str
    default_version: str
    document: str
    versions: int = 1
    """How many version numbers were given out."""
    tags: dict[str, str] = msgspec.field(default_factory=dict)


class RoleDetails(msgspec.Struct, omit_defaults=True):
    """A RAM role."""

    trust: str
    """Its trust policy: who may assume it."""
    description: str = ""
    max_session_s: int = 3600
    """How long a session may be at most, in seconds."""
    allow_console_login: bool = False
    tags: dict[str, str] = msgspec.field(default_factory=dict)


class Holder(msgspec.Struct, frozen=True):
    """Who holds a role by a grant, which may end before the role's session does."""

    user: int
    cloud_role: int


class SecurityToken(msgspec.Struct, frozen=True):
    """What a security token says, sealed so that only this system can have made it."""

    access_key_id: str
    role_key: int
    session_name: str
    ends_at: Millis
    policy: str | None = None
    source_identity: str | None = None
    holder: Holder | None = None
    """Asked about at each use; a session that is begun from this one keeps it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and which policies speak about them."""

    kind: Literal["Account", "RAMUser", "AssumedRoleUser"]
    account_id: str
    arn: str
    principal_id: str
    name: str
    """The user's; of a role's session ``role:session``."""
    user_id: str | None = None
    role_id: str | None = None
    policies: tuple[Policy, ...] | None = None
    """None for the account itself, which no policy restricts."""
    session_policies: tuple[Policy, ...] = ()
    """What a role session was narrowed to, if it was."""
    source_identity: str | None = None
    """Who began a chain of role sessions, if they said so."""
    holder: Holder | None = None
    """By whose grant this holds, if by one."""


@dataclass(frozen=True, slots=True)
class Known:
    """A key that may sign: its secret and whose it is."""

    secret: str
    caller: Caller
    revision: int
    """The newest change to who may call when this was read."""


def root_caller(world: World) -> Caller:
    """The account itself."""
    account = world.account_id
    return Caller("Account", account, arn(world, "root"), account, "root", user_id=account)


def arn(world: World, whom: str) -> str:
    """The name of an identity of the account: ``root``, ``user/<name>``, ``role/<name>``."""
    return f"acs:ram::{world.account_id}:{whom}"


@dataclass(frozen=True, slots=True)
class _Remembered:
    """Who is known by one revision of the policy."""

    revision: int
    known: dict[str, Known] = field(default_factory=dict)


class Callers:
    """Keys and the policies of their owners, read again whenever the policy has changed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._remembered = _Remembered(-1)

    def of_key(self, sql: Connection, access_key_id: str, token: str | None) -> Known:
        """The key's secret and owner.

        Raises:
            AccessKeyNotFound, AccessKeyInactive, MissingSecurityToken,
            SecurityTokenMalformed, SecurityTokenMismatch, SecurityTokenExpired, SecurityTokenRevoked.
        """
        # Taken once: views of several revisions are read at a time, and each keeps what it reads to itself.
        remembered = self._remembered
        revision = callers_revision(sql)
        if revision != remembered.revision or len(remembered.known) >= REMEMBERED:
            remembered = self._remembered = _Remembered(revision)
        if access_key_id.startswith("STS."):
            return self._of_session(sql, access_key_id, token, remembered.known)
        if token is not None:
            raise SecurityTokenMismatch
        known = remembered.known.get(access_key_id)
        if known is None:
            known = remembered.known[access_key_id] = load_key(sql, self._world, access_key_id)
        return known

    def _of_session(
        self, sql: Connection, access_key_id: str, token: str | None, remembered: dict[str, Known]
    ) -> Known:
        if not token:
            raise MissingSecurityToken
        said = read_token(self._world, token)
        if said.access_key_id != access_key_id:
            raise SecurityTokenMismatch
        if said.ends_at <= self._world.clock.now():
            raise SecurityTokenExpired
        known = remembered.get(token)
        if known is None:
            known = remembered[token] = load_session(sql, self._world, said)
        else:
            # What is remembered follows changes to who may call, and a grant is none.
            require_held(sql, self._world, said)
        return known


def load_key(sql: Connection, world: World, access_key_id: str) -> Known:
    """A long-lived key, from the store.

    Raises:
        AccessKeyNotFound, AccessKeyInactive.
    """
    key = stored.by_id_anywhere(sql, Kind.ACCESS_KEY, access_key_id)
    sealed = None if key is None else stored.sealed(sql, key.key, SECRET)
    if key is None or sealed is None:
        raise AccessKeyNotFound
    if key.read(KeyDetails).status != "Active":
        raise AccessKeyInactive
    secret = world.sealer.open(sealed, f"{SECRET}:{key.id}").decode()
    owner = stored.by_key(sql, key.parent)
    if owner.kind is Kind.ACCOUNT:
        return Known(secret, root_caller(world), callers_revision(sql))
    return Known(secret, user_caller(sql, world, owner), callers_revision(sql))


def user_caller(sql: Connection, world: World, user: Thing) -> Caller:
    """A RAM user as a caller, with the policies of the user and of the user's groups."""
    known = kept(sql, "callers")
    if known is None:
        return _user_caller(sql, world, user)
    if user.key not in known:
        known[user.key] = _user_caller(sql, world, user)
    found: Caller = known[user.key]
    return found


def _user_caller(sql: Connection, world: World, user: Thing) -> Caller:
    holders = [user.key]
    holders += [ref.key for _, ref in stored_links.of(sql, user.key, inward=False, kind=Kind.RAM_GROUP)]
    return Caller(
        "RAMUser",
        world.account_id,
        arn(world, f"user/{user.name}"),
        user.id,
        user.name,
        user_id=user.id,
        policies=policies_of(sql, holders),
    )


def policies_of(sql: Connection, holders: list[int]) -> tuple[Policy, ...]:
    """The policies attached to any of these RAM users, groups or roles."""
    attached = dict.fromkeys(
        ref.key
        for holder in holders
        for _, ref in stored_links.of(sql, holder, inward=False, kind=Kind.RAM_POLICY)
    )
    found = stored.by_keys(sql, list(attached))
    return tuple(_parsed(policy.name, policy.read(PolicyDetails).document) for policy in found.values())


# Callers are read again after every change of policy, whatever it is about; documents seldom change.
_parsed = lru_cache(maxsize=1024)(parse_policy)


def read_token(world: World, token: str) -> SecurityToken:
    """What a security token says.

    Raises:
        SecurityTokenMalformed: this system did not make it.
    """
    try:
        sealed = base64.b64decode(token, altchars=b"-_", validate=True)
        return msgspec.json.decode(world.sealer.open(sealed, TOKEN), type=SecurityToken)
    except (ValueError, SealBroken, msgspec.MsgspecError):
        raise SecurityTokenMalformed from None


def make_token(world: World, said: SecurityToken) -> str:
    """A security token that says ``said``, and that only this system can make."""
    return base64.urlsafe_b64encode(world.sealer.seal(msgspec.json.encode(said), TOKEN)).decode()


def session_secret(world: World, access_key_id: str) -> str:
    """The secret of a temporary key: derived from its id, so that it need not be kept."""
    return world.sealer.subkey(f"temporary key {access_key_id}").hex()


def caller_now(sql: Connection, world: World, access_key_id: str, token: str | None) -> Caller:
    """Whom a key that has signed a request stands for in this transaction.

    Raises:
        AccessKeyNotFound, AccessKeyInactive: nobody, by now.
    """
    if token is None:
        return load_key(sql, world, access_key_id).caller
    return load_session(sql, world, read_token(world, token)).caller


def require_held(sql: Connection, world: World, said: SecurityToken) -> None:
    """Return if the grant that a session was given by still leads to its role.

    Raises:
        SecurityTokenRevoked: it does not.
    """
    holder = said.holder
    if holder is None:
        return
    user, role = Ref(Kind.USER, holder.user), Ref(Kind.CLOUD_ROLE, holder.cloud_role)
    if not ask_as(sql, user, role, world.clock.now()).allowed:
        raise SecurityTokenRevoked


def load_session(sql: Connection, world: World, said: SecurityToken) -> Known:
    """A temporary key of an assumed role.

    Raises:
        AccessKeyNotFound: the role is no more.
        SecurityTokenRevoked: the grant it was given by has ended.
    """
    require_held(sql, world, said)
    role = stored.by_keys(sql, [said.role_key]).get(said.role_key)
    if role is None or stored.by_id(sql, Kind.RAM_ROLE, role.parent, role.id) is None:
        raise AccessKeyNotFound
    caller = Caller(
        "AssumedRoleUser",
        world.account_id,
        arn(world, f"assumed-role/{role.name}/{said.session_name}"),
        f"{role.id}:{said.session_name}",
        f"{role.name}:{said.session_name}",
        role_id=role.id,
        policies=policies_of(sql, [role.key]),
        session_policies=() if said.policy is None else (parse_policy("session", said.policy),),
        source_identity=said.source_identity,
        holder=said.holder,
    )
    return Known(session_secret(world, said.access_key_id), caller, callers_revision(sql))


def permit(caller: Caller, access: Access, code: str = "NoPermission") -> None:
    """Return if RAM lets the caller do this.

    Raises:
        NoPermission: it does not; the error has this code and the answer's AccessDeniedDetail.
    """
    if caller.policies is None:
        return
    verdict = evaluate_session(caller.policies, caller.session_policies, access)
    if verdict.effect is Effect.ALLOW:
        return
    by_identity = evaluate(caller.policies, access).effect is verdict.effect
    layer = "AccountLevelIdentityBasedPolicy" if by_identity else "SessionPolicy"
    raise refusal(caller, access.action, verdict, layer, code)


def refusal(
    caller: Caller, action: str, verdict: Verdict, layer: str, code: str = "NoPermission"
) -> NoPermission:
    """The error for a verdict that is no allow; ``layer`` names the policies that did not allow."""
    error = NoPermission(action, verdict.resource or "*", code)
    error.detail = {
        "AuthAction": action,
        "AuthPrincipalDisplayName": caller.name,
        "AuthPrincipalOwnerId": caller.account_id,
        "AuthPrincipalType": "SubUser" if caller.role_id is None else "AssumedRoleUser",
        "NoPermissionType": "ExplicitDeny" if verdict.effect is Effect.EXPLICIT_DENY else "ImplicitDeny",
        "PolicyType": layer,
    }
    return error
