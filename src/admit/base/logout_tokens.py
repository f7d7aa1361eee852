"""Whose sessions a logout token of a provider outside ends (OpenID Connect Back-Channel Logout 1.0, 2.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from admit.base.id_tokens import OLDEST_S, SKEW_S, ClaimRefused, check_audience, number

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LONGEST: Final = 255
"""Characters of what a provider calls people, sessions and tokens."""


@dataclass(frozen=True, slots=True)
class Left:
    """Who left the provider; one of the two may be empty."""

    subject: str
    """What it calls them."""
    session: str
    """The one session that ended; empty for all of theirs."""
    token: str
    """What the token is called, so that it is heard once."""


def left(claims: Mapping[str, Any], issuer: str, client_id: str, now_s: int) -> Left:
    """What the claims of a signed logout token say, to a client of a provider.

    An ID token is none, and no other token of the provider: none of them has the event.

    Raises:
        ClaimRefused: they are no logout token's, or it is for somebody else, or of another time.
    """
    if claims.get("iss") != issuer:
        raise ClaimRefused("the token is another provider's")
    check_audience(claims, client_id)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict) or "nonce" in claims:
        raise ClaimRefused("the token is no logout token")
    if not now_s - OLDEST_S <= number(claims, "iat") <= now_s + SKEW_S:
        raise ClaimRefused("the token was made at another time: is a clock wrong?")
    # Providers of the drafts leave it out; then it is good as long as what was made lately is.
    if "exp" in claims and number(claims, "exp") <= now_s - SKEW_S:
        raise ClaimRefused("the token has ended, or has not begun: is a clock wrong?")
    found = Left(named(claims, "sub"), named(claims, "sid"), named(claims, "jti"))
    if not found.token or not (found.subject or found.session):
        raise ClaimRefused("the token does not say whom it is about")
    return found


def named(claims: Mapping[str, Any], name: str) -> str:
    """What a claim calls somebody or something; empty if it does not."""
    value = claims.get(name)
    return value if isinstance(value, str) and len(value) <= LONGEST and value.isprintable() else ""
