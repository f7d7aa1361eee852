"""What applications ask besides: whether a token is good, that one be good no more, a code for a device."""

from typing import Any

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import UnauthorizedClientError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint

from admit.control.eiam import sign_ins
from admit.control.eiam.applications import DEVICE_CODE
from admit.control.eiam.sign_ins import AUTHOR, Begun, Given, Refreshed, UserCode
from admit.core.validity import SECOND
from admit.oidc.asked import Asked
from admit.oidc.clients import Client
from admit.oidc.grants import INTERVAL_S, METHODS
from admit.oidc.used import Used
from admit.store import sign_ins as stored
from admit.store.engine import Tx

REVOKED = "the application gave it back"
DEVICE_LASTS_S = 600
USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so that no code is a word; 20 to the power of 8 are 26 thousand million (RFC 8628, 6.1)."""


class Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib carries no types
    """Takes a token back: an access token alone, with a refresh token the whole sign-in."""

    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> Used | None:  # noqa: ARG002
        """The token, whatever the hint says of it."""
        return _token(self.server, token_string)

    def revoke_token(self, token: Used, request: Asked) -> None:  # noqa: ARG002
        """Let it be good no more."""
        provider, found = self.server.provider, token.token
        if found.kind == "refresh":
            provider.end(found.session, REVOKED)
        else:
            provider.store.write_now(AUTHOR, lambda tx: stored.use(tx.sql, found.hash, tx.now))


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]  # Authlib carries no types
    """Tells an application whether a token of its own is good at this moment."""

    CLIENT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def query_token(self, token_string: str, token_type_hint: str | None) -> Used | None:  # noqa: ARG002
        """The token, whatever the hint says of it."""
        return _token(self.server, token_string)

    def check_permission(self, token: Used, client: Client, request: Asked) -> bool:  # noqa: ARG002
        """Whether it may know: of its own tokens."""
        return token.check_client(client)

    def create_introspection_payload(self, token: Used | None) -> dict[str, Any]:
        """What is told of a token; of one that is not good, that alone."""
        server = self.server
        now = server.provider.world.clock.now()
        if token is None or token.token.used_at is not None or token.token.session is None:
            return {"active": False}
        session = token.token.session
        standing = server.read(lambda sql: sign_ins.standing(sql, session, now))
        if standing is None:
            return {"active": False}
        return {
            "active": True,
            "token_type": "Bearer",
            "scope": token.token.read(Refreshed).scope,
            "client_id": standing.application.id,
            "username": standing.user.name,
            "sub": standing.sign_in.subject,
            "aud": standing.application.id,
            "iss": standing.sign_in.issuer,
            "sid": standing.sign_in.session,
            "iat": token.token.made_at // SECOND,
            "exp": token.token.ends_at // SECOND,
        }


def _token(server: Any, text: str) -> Used | None:
    """An access or refresh token whose time is not over."""
    found = server.read(lambda sql: sign_ins.token(sql, text, server.provider.world.clock.now()))
    return None if found is None or found.kind not in ("access", "refresh") else Used(found)


class Devices(DeviceAuthorizationEndpoint):  # type: ignore[misc]  # Authlib carries no types
    """Gives a device a code to ask with, and one for its person to type elsewhere."""

    CLIENT_AUTH_METHODS = METHODS
    EXPIRES_IN = DEVICE_LASTS_S
    INTERVAL = INTERVAL_S

    def create_endpoint_response(self, request: Asked) -> tuple[int, dict[str, Any], Any]:
        """Make both codes and keep them, for an application that may get tokens so."""
        client: Client = self.authenticate_client(request)
        if not client.check_grant_type(DEVICE_CODE):
            raise UnauthorizedClientError
        provider, issuer = self.server.provider, self.server.issuer
        device = sign_ins.new_token(provider.world)
        letters = provider.world.chance.text(8, USER_CODE_LETTERS)
        shown = f"{letters[:4]}-{letters[4:]}"
        begun = Begun(
            issuer=issuer.url,
            scope=client.get_allowed_scope(request.payload.scope),
            peer=request.peer,
            client=request.agent,
            user_code=shown,
        )
        kept = UserCode(stored.hash_of(device).hex())

        def body(tx: Tx) -> None:
            owner = client.application.key
            sign_ins.give(tx, owner, None, Given(device, "device", DEVICE_LASTS_S, begun))
            sign_ins.give(tx, owner, None, Given(letters, "user-code", DEVICE_LASTS_S, kept))

        provider.store.write_now(AUTHOR, body)
        told = {
            "device_code": device,
            "user_code": shown,
            "verification_uri": issuer.at("device"),
            "verification_uri_complete": f"{issuer.at('device')}?user_code={shown}",
            "expires_in": DEVICE_LASTS_S,
            "interval": INTERVAL_S,
        }
        return 200, told, default_json_headers
