"""RAM: whether policies let a caller call an operation.

Words: a *policy* is a list of *statements*; an *access* is one action on one or more
resources, with the *condition keys* of the request. Documents are read once, by
``parse_policy`` and ``parse_trust_policy``, and asked often.

Source: RAM policy language version 1.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from admit.core.ram_conditions import canonical_keys
from admit.core.ram_documents import (
    MAX_DOCUMENT_CHARACTERS,
    RULE_SEGMENT,
    MalformedPolicy,
    Policy,
    Statement,
    parse_policy,
    parse_trust_policy,
)

__all__ = [
    "MAX_DOCUMENT_CHARACTERS",
    "Access",
    "Effect",
    "MalformedPolicy",
    "Policy",
    "Statement",
    "Verdict",
    "evaluate",
    "evaluate_session",
    "may_assume",
    "parse_policy",
    "parse_trust_policy",
]


class Effect(Enum):
    """What policies say to an access, least severe first. Only ALLOW lets it pass."""

    ALLOW = "allow"
    IMPLICIT_DENY = "implicit deny"
    EXPLICIT_DENY = "explicit deny"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An effect, and the policy and resource that decided.

    ``policy`` is None when no statement matched. Of several resources an allow names the
    last, a denial the first that failed.
    """

    effect: Effect
    policy: str | None
    resource: str | None


@dataclass(frozen=True, slots=True)
class Access:
    """One action on resources, every one of which must be allowed; on none, nothing is.

    Give resources as full names (``acs:ram:*:<account>:user/*`` to create or list). A bare
    ``*`` stands for all of the action's service, in whatever region and account: of narrower
    patterns only ``acs:<service>:*:*:*`` speaks to it.

    Values of conditions are text: times ISO 8601 with an offset, booleans ``true`` or
    ``false``. A key the request has no fact for is left out.
    """

    action: str
    resources: tuple[str, ...]
    conditions: Mapping[str, str]


def evaluate(policies: Iterable[Policy], access: Access) -> Verdict:
    """Deny first: a Deny on any resource wins; then every resource needs an Allow."""
    keys = canonical_keys(access.conditions)
    standing = [
        (policy.name, statement)
        for policy in policies
        for statement in policy.statements
        if statement.covers(access.action) and statement.holds(keys)
    ]
    asked = [(resource, _spellings(resource, access.action)) for resource in access.resources]
    for resource, spellings in asked:
        policy = _first(standing, "Deny", spellings)
        if policy is not None:
            return Verdict(Effect.EXPLICIT_DENY, policy, resource)
    verdict = Verdict(Effect.IMPLICIT_DENY, None, None)
    for resource, spellings in asked:
        policy = _first(standing, "Allow", spellings)
        if policy is None:
            return Verdict(Effect.IMPLICIT_DENY, None, resource)
        verdict = Verdict(Effect.ALLOW, policy, resource)
    return verdict


def evaluate_session(
    identity: Iterable[Policy], session_policies: Iterable[Policy], access: Access
) -> Verdict:
    """What a role session may do: the role's policies and the session's own must both allow.

    A session made without a policy (``session_policies`` is empty) is not narrowed.
    An explicit deny of either side is reported before an implicit one.
    """
    verdict = evaluate(identity, access)
    narrowing = tuple(session_policies)
    if not narrowing:
        return verdict
    severity = tuple(Effect)
    return max(verdict, evaluate(narrowing, access), key=lambda side: severity.index(side.effect))


def may_assume(trust: Policy, principal_arn: str, conditions: Mapping[str, str]) -> Verdict:
    """The role's side of AssumeRole; the caller's identity policies must allow it as well.

    ``principal_arn`` is that of a user, a role's session, a SAML or OIDC provider, or the bare
    name of a service. Trust in an account (``…:root``) is trust in all its users and roles.
    Names are compared as written: give them as stored. The verdict names no resource.
    """
    names = _trusted_as(principal_arn)
    keys = canonical_keys(conditions)
    effects = {each.effect for each in trust.statements if names & each.principals and each.holds(keys)}
    if "Deny" in effects:
        return Verdict(Effect.EXPLICIT_DENY, trust.name, None)
    if "Allow" in effects:
        return Verdict(Effect.ALLOW, trust.name, None)
    return Verdict(Effect.IMPLICIT_DENY, None, None)


def _first(
    standing: list[tuple[str, Statement]], effect: Literal["Allow", "Deny"], spellings: tuple[str, ...]
) -> str | None:
    """The first policy with a statement of this effect on the resource."""
    for name, statement in standing:
        if statement.effect == effect and any(map(statement.resources.match, spellings)):
            return name
    return None


def _spellings(resource: str, action: str) -> tuple[str, ...]:
    """The names under which patterns may meet a resource."""
    if resource == "*":
        return (f"acs:{action.partition(':')[0]}:*:*:*",)
    if RULE_SEGMENT.search(resource) is None:
        return (resource,)
    # Both, since a pattern may break off inside the segment: …/authorizationR*.
    return tuple(RULE_SEGMENT.sub(word, resource) for word in ("authorizationrule", "authorizationRule"))


_CALLER = re.compile("(acs:ram::[0-9]+):(?:root|user/[^/]+|(?:assumed-)?role/([^/]+)(?:/.+)?)")


def _trusted_as(principal: str) -> frozenset[str]:
    """The names by which a trust policy may mean this caller."""
    caller = _CALLER.fullmatch(principal)
    if caller is None:
        return frozenset({principal})
    account, role = caller.groups()
    names = {principal, f"{account}:root"}
    return frozenset(names | {f"{account}:role/{role}"} if role else names)
