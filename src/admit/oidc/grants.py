"""The ways to get tokens: a code with its proof key, a refresh token, a device that waits for its person."""

import hmac
from typing import Any

import msgspec
from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidGrantError, InvalidRequestError, grants
from authlib.oauth2.rfc7636 import CodeChallenge, create_s256_code_challenge
from authlib.oauth2.rfc8628 import (
    AuthorizationPendingError,
    DeviceCodeGrant,
    ExpiredTokenError,
    SlowDownError,
)

from admit.control.eiam import claims, sign_ins, signing_keys
from admit.control.eiam.applications import ApplicationDetails
from admit.control.eiam.sign_ins import AUTHOR, Begun, Given, Standing
from admit.core.validity import SECOND, Millis
from admit.oidc import id_tokens
from admit.oidc.asked import Asked
from admit.oidc.clients import Client
from admit.oidc.provider import Provider
from admit.oidc.used import Used
from admit.store import sign_ins as stored
from admit.store import things
from admit.store.engine import Tx

METHODS = ["client_secret_basic", "client_secret_post", "none"]
"""How an application may show that it is itself; ``none`` only where that is set."""
INTERVAL_S = 5
"""How long a device waits before it asks again."""


def matches(verifier: str, challenge: str) -> bool:
    """Whether a challenge was made of a verifier; how long that takes tells nothing."""
    return hmac.compare_digest(create_s256_code_challenge(verifier), challenge)


class ProofKey(CodeChallenge):  # type: ignore[misc]  # Authlib carries no types
    """PKCE with S256, of every application: Authlib by itself asks it of public ones, and takes ``plain``."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)
    CODE_CHALLENGE_METHODS = {"S256": matches}  # noqa: RUF012 - so Authlib declares it

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Return if a request to sign in brings a challenge.

        Raises:
            InvalidRequestError: it does not, or one that proves too little.
        """
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is demanded: send a code_challenge with the method S256.")
        super().validate_code_challenge(grant, redirect_uri)

    def get_authorization_code_challenge(self, authorization_code: Used) -> str:
        """What a code was asked for with."""
        return authorization_code.begun.challenge

    def get_authorization_code_challenge_method(self, authorization_code: Used) -> str:  # noqa: ARG002
        """S256: there is no other."""
        return "S256"


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib carries no types
    """A code, good once, for the application it was made for."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def generate_authorization_code(self) -> str:
        """A new code."""
        return sign_ins.new_token(self.server.provider.world)

    def save_authorization_code(self, code: str, request: Asked) -> None:
        """Keep what a code stands for: ``request.user`` is who is signed in, as what was begun says it."""
        client: Client = request.client
        given = Given(code, "code", client.config.code_s, request.user)
        self.server.provider.store.write_now(
            AUTHOR, lambda tx: sign_ins.give(tx, client.application.key, None, given)
        )

    def query_authorization_code(self, code: str, client: Client) -> Used | None:
        """A code, which is used up by that."""
        found = self.server.provider.use(code, "code", client.application.key)
        return None if found is None else Used(found)

    def delete_authorization_code(self, authorization_code: Used) -> None:
        """It is used up already, and remembered: a second use must be known for one."""

    def authenticate_user(self, authorization_code: Used) -> Begun:
        """Who signed in; whether they still may is asked when the sign-in is opened."""
        return authorization_code.begun


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]  # Authlib carries no types
    """A refresh token, good once: with the new tokens comes its successor."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Used | None:
        """A refresh token, used or not."""
        server = self.server
        found = server.read(lambda sql: sign_ins.token(sql, refresh_token, server.provider.world.clock.now()))
        return None if found is None or found.kind != "refresh" else Used(found)

    def authenticate_user(self, refresh_token: Used) -> Used:
        """Whose it is; whether they still may is asked when it is used up."""
        return refresh_token

    def revoke_old_credential(self, refresh_token: Used) -> None:
        """It is used up already."""


class DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]  # Authlib carries no types
    """A device that asks again and again until its person has signed in elsewhere."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def query_device_credential(self, device_code: str) -> Used | None:
        """What a device was given, ended or not."""
        with self.server.provider.store.read() as sql:
            found = stored.token(sql, stored.hash_of(device_code))
            if found is None or found.kind != "device":
                return None
            return Used(found, things.by_key(sql, found.application).id)

    def validate_device_credential(self, credential: Used) -> Begun:
        """Who signed in for a device, once.

        Raises:
            ExpiredTokenError, AccessDeniedError, AuthorizationPendingError, SlowDownError.
            InvalidGrantError: it has its tokens already.
        """
        provider, begun = self.server.provider, credential.begun
        now = provider.world.clock.now()
        if credential.token.ends_at <= now:
            raise ExpiredTokenError
        if begun.denied:
            raise AccessDeniedError
        if not begun.user:
            too_soon = now - begun.polled_at < INTERVAL_S * SECOND
            provider.store.write_now(AUTHOR, lambda tx: _polled(tx, credential.token.hash, now))
            raise SlowDownError if too_soon else AuthorizationPendingError
        if not provider.store.write_now(AUTHOR, lambda tx: stored.use(tx.sql, credential.token.hash, tx.now)):
            raise InvalidGrantError("The device has its tokens already.")
        return begun


def _polled(tx: Tx, device: bytes, now: Millis) -> None:
    """Write when a device asked; its person may have signed in at this very moment, which stays."""
    found = stored.token(tx.sql, device)
    if found is not None and not found.read(Begun).user:
        stored.change(tx.sql, device, msgspec.structs.replace(found.read(Begun), polled_at=now))


class IdTokens:
    """Puts an ID token beside the access token where ``openid`` is asked for."""

    def __call__(self, grant: Any) -> None:
        """Have it done for a way to get tokens."""
        grant.register_hook("after_create_token_response", self.add)

    def add(self, grant: Any, response: tuple[int, dict[str, Any], Any]) -> None:
        """Put it there."""
        token, request = response[1], grant.request
        if "openid" in str(token["scope"]).split():
            code = request.authorization_code
            nonce = "" if code is None else code.begun.nonce
            token["id_token"] = id_token(grant.server.provider, request.begun, token, nonce)


def id_token(provider: Provider, standing: Standing, token: dict[str, Any], nonce: str) -> str:
    """Who signed in, when and where, signed."""
    sign_in, application, user = standing.sign_in, standing.application, standing.user
    config = application.read(ApplicationDetails).oidc
    with provider.store.read() as sql:
        about = claims.claims(sql, user, str(token["scope"]), config)
        idaas = things.by_key(sql, application.parent)
    told = {
        **about,
        "iss": sign_in.issuer,
        "sub": sign_in.subject,
        "aud": application.id,
        "azp": application.id,
        "sid": sign_in.session,
        "auth_time": sign_in.proven_at // SECOND,
        "at_hash": id_tokens.half_hash(token["access_token"]),
        **({"nonce": nonce} if nonce else {}),
        **id_tokens.times(provider.world.clock.now(), config.id_token_s),
    }
    return id_tokens.signed(signing_keys.current(provider.store, provider.world, idaas), told)
