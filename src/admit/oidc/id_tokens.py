"""What is signed: ID tokens and logout tokens."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from admit.control.eiam.signing_keys import SigningKey
from admit.core.validity import SECOND, Millis

ALGORITHM = "RS256"
LOGOUT_LASTS_S = 120
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


def half_hash(text: str) -> str:
    """What an ID token says of the access token that came with it (OpenID Connect Core, section 3.1.3.6)."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).rstrip(b"=").decode()


def signed(key: SigningKey, claims: Mapping[str, Any], kind: str = "JWT") -> str:
    """Claims as a signed token."""
    return jwt.encode({"alg": ALGORITHM, "kid": key.id, "typ": kind}, dict(claims), key.private, [ALGORITHM])


def times(now: Millis, lasts_s: int) -> dict[str, int]:
    """When a token was made and when it ends, in seconds."""
    return {"iat": now // SECOND, "exp": now // SECOND + lasts_s}


def hinted(token: str, published: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What an ID token of ours says, ended or not; None for one that is none of ours."""
    try:
        keys = KeySet.import_key_set({"keys": published})
        return dict(jwt.decode(token, keys, algorithms=[ALGORITHM]).claims)
    except (JoseError, ValueError):
        return None
