"""What an application needs to know of an issuer before people can sign in to it."""

from typing import Any

from admit.control.eiam.applications import GRANT_TYPES, SCOPES
from admit.control.eiam.issuers import Issuer
from admit.oidc.grants import METHODS
from admit.oidc.id_tokens import ALGORITHM

CLAIMS = (
    "iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "at_hash", "sid", "name",
    "preferred_username", "updated_at", "email", "email_verified", "phone_number",
    "phone_number_verified", "groups",
)  # fmt: skip


def metadata(issuer: Issuer) -> dict[str, Any]:
    """The discovery document: OpenID Connect Discovery, and what RFC 8414, 8628 and 9207 add."""
    return {
        "issuer": issuer.url,
        "authorization_endpoint": issuer.at("authorize"),
        "token_endpoint": issuer.at("token"),
        "userinfo_endpoint": issuer.at("userinfo"),
        "jwks_uri": issuer.at("jwks"),
        "introspection_endpoint": issuer.at("introspect"),
        "revocation_endpoint": issuer.at("revoke"),
        "device_authorization_endpoint": issuer.at("device_authorization"),
        "end_session_endpoint": issuer.at("logout"),
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_methods_supported": METHODS[:2],
        "claims_supported": list(CLAIMS),
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "prompt_values_supported": ["none", "login"],
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "authorization_response_iss_parameter_supported": True,
    }
