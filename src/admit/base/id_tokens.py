"""Whether an ID token of a provider outside is for us, for this attempt, and good now."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SKEW_S: Final = 60
"""How far its clock may be from ours."""
OLDEST_S: Final = 600
"""How long ago a token may have been made."""
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""With whose keys something is signed that only the provider can sign: no shared secret, and not "none"."""


class ClaimRefused(Exception):
    """What the provider, or whoever took its place, has said proves nothing. The text says why."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)


def check(claims: Mapping[str, Any], expected: Expected, now_s: int) -> None:
    """Return if the claims of a signed token are what is expected (OpenID Connect Core 1.0, 3.1.3.7).

    Raises:
        ClaimRefused: they are not.
    """
    if claims.get("iss") != expected.issuer:
        raise ClaimRefused("the token is another provider's")
    check_audience(claims, expected.client_id)
    if number(claims, "exp") <= now_s - SKEW_S or number(claims, "nbf", now_s) > now_s + SKEW_S:
        raise ClaimRefused("the token has ended, or has not begun: is a clock wrong?")
    if not now_s - OLDEST_S <= number(claims, "iat") <= now_s + SKEW_S:
        raise ClaimRefused("the token was made at another time: is a clock wrong?")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode("utf-8", "surrogatepass"), expected.nonce.encode()
    ):
        raise ClaimRefused("the token belongs to another attempt")


def check_fresh(claims: Mapping[str, Any], begun_s: int) -> None:
    """Return if somebody has shown the provider who they are since an attempt began, and not merely before.

    Raises:
        ClaimRefused: they have not, or the provider does not say.
    """
    if number(claims, "auth_time") < begun_s - SKEW_S:
        raise ClaimRefused("the provider has not asked anew who you are")


def check_audience(claims: Mapping[str, Any], me: str) -> None:
    """Return if a token is for this client, and given to it.

    Raises:
        ClaimRefused: it is for another.
    """
    told = claims.get("aud")
    audience = told if isinstance(told, list) else [told]
    presented_to = claims.get("azp", me if len(audience) == 1 else None)
    if me not in audience or presented_to != me:
        raise ClaimRefused("the token is for another application")


def number(claims: Mapping[str, Any], name: str, absent: int = 0) -> float:
    """A claim that is a number; 0 if it is something else."""
    value = claims.get(name, absent)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
