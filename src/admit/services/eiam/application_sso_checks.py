"""What may be set of an application's OpenID Connect configuration."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from admit.control.eiam.applications import GRANT_TYPES, SCOPES, CustomClaim, OidcConfig, is_address
from admit.control.eiam.claims import SUBJECTS, is_expression
from admit.core.errors import InvalidParameter

RESERVED = frozenset(
    ("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "sid", "azp", "at_hash", "auth_time", "acr")
)
"""Claims that say what a token is: none of them is an application's to choose."""


def checked(config: OidcConfig, said: Any) -> OidcConfig:
    """The configuration with what a request says.

    Raises:
        InvalidParameter: it says something that is not safe, or not there.
    """
    for name, check in _ONLY.items():
        if (value := getattr(said, name)) is not None:
            check(name, value)
    for uri in (*(said.redirect_uris or ()), *(said.post_logout_redirect_uris or ())):
        _require_uri(uri)
    new = {_FIELDS[name]: getattr(said, name) for name in _FIELDS if getattr(said, name) is not None}
    if said.custom_claims is not None:
        new["claims"] = tuple(
            _claim(each.claim_name, each.claim_value_expression) for each in said.custom_claims
        )
    return msgspec.structs.replace(config, **new)


_FIELDS = {
    "access_token_effective_time": "access_token_s",
    "allowed_public_client": "public",
    "code_effective_time": "code_s",
    "grant_scopes": "grant_scopes",
    "grant_types": "grant_types",
    "id_token_effective_time": "id_token_s",
    "post_logout_redirect_uris": "post_logout_redirect_uris",
    "redirect_uris": "redirect_uris",
    "refresh_token_effective": "refresh_token_s",
    "subject_id_expression": "subject",
}
"""What a request calls it, and what we do."""


def _fault(name: str, why: str) -> InvalidParameter:
    wire = "".join(part.capitalize() for part in name.split("_"))
    return InvalidParameter(f"OidcSsoConfig.{wire}", why)


def _some_of(*known: str) -> Callable[[str, Sequence[str]], None]:
    def check(name: str, values: Sequence[str]) -> None:
        for value in values:
            if value not in known:
                raise _fault(name, f"it may be {', '.join(known)}, and not {value}.")
        if not values:
            raise _fault(name, f"it must name some of {', '.join(known)}.")

    return check


def _require_pkce(name: str, required: bool) -> None:  # noqa: FBT001 - a value that is checked
    if not required:
        raise _fault(name, "PKCE is demanded of every application.")


def _require_subject(name: str, expression: str) -> None:
    if expression not in SUBJECTS:
        raise _fault(name, f"it may be {', '.join(SUBJECTS)}.")


def _no_password(name: str, value: object) -> None:
    if value:
        raise _fault(name, "an application never gets to see a password.")


_ONLY: dict[str, Callable[[str, Any], None]] = {
    "grant_types": _some_of(*GRANT_TYPES),
    "grant_scopes": _some_of(*SCOPES),
    "response_types": _some_of("code"),
    "pkce_challenge_methods": _some_of("S256"),
    "pkce_required": _require_pkce,
    "subject_id_expression": _require_subject,
    "password_authentication_source_id": _no_password,
    "password_totp_mfa_required": _no_password,
}


def _require_uri(uri: str) -> None:
    if not is_address(uri):
        raise _fault(
            "redirect_uris",
            "it must be a whole https address (http only on the person's own machine) without a fragment.",
        )


def _claim(name: str, expression: str) -> CustomClaim:
    if name in RESERVED:
        raise _fault("custom_claims", f"{name} is not an application's to choose.")
    if not is_expression(expression):
        raise _fault("custom_claims", f"{expression} is not understood.")
    return CustomClaim(name, expression)
