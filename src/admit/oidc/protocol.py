"""The protocol, for one request: Authlib's core over what is kept and decided here."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidGrantError
from sqlalchemy import Connection
from starlette.responses import JSONResponse, RedirectResponse, Response

from admit.control.eiam import sign_ins
from admit.control.eiam.issuers import Issuer
from admit.control.eiam.sign_ins import Given, Refreshed
from admit.oidc import clients
from admit.oidc.asked import Asked
from admit.oidc.clients import Client
from admit.oidc.endpoints import Devices, Introspection, Revocation
from admit.oidc.grants import CodeGrant, DeviceGrant, IdTokens, ProofKey, RefreshGrant
from admit.oidc.provider import Provider

T = TypeVar("T")

ODD = "A parameter has letters that it may not have."
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Protocol(AuthorizationServer):  # type: ignore[misc]  # Authlib carries no types
    """One issuer's endpoints. All of it runs on a thread of its own: the core is synchronous."""

    def __init__(self, provider: Provider, issuer: Issuer) -> None:
        super().__init__()
        self.provider = provider
        self.issuer = issuer
        self.register_token_generator("default", self._new_tokens)
        self.register_grant(CodeGrant, [ProofKey(required=True), IdTokens()])
        self.register_grant(RefreshGrant, [IdTokens()])
        self.register_grant(DeviceGrant, [IdTokens()])
        for endpoint in (Revocation, Introspection, Devices):
            self.register_endpoint(endpoint)

    def read(self, body: Callable[[Connection], T]) -> T:
        """What a body finds in the store."""
        with self.provider.store.read() as sql:
            return body(sql)

    # -- what Authlib asks for -----------------------------------------------------------------------

    def query_client(self, client_id: str) -> Client | None:
        """The application that calls itself so."""
        return self.read(lambda sql: clients.client(sql, self.provider.world, self.issuer, client_id))

    def authenticate_client(self, request: Asked, methods: list[str], endpoint: str = "token") -> Client:
        """The application that a request comes from, whose secret is noted as used.

        Raises:
            InvalidClientError: it has not shown that it is itself.
        """
        found: Client = super().authenticate_client(request, methods, endpoint)
        for each in found.shown:
            self.provider.secret_uses.note(each)
        return found

    def save_token(self, token: dict[str, object], request: Asked) -> None:
        """Open the sign-in that tokens are of, or go on with it, and keep them.

        Raises:
            InvalidGrantError: access is not granted any more, or what it is asked for with was used before.
        """
        given = self._given(token, request.client)
        if request.refresh_token is not None:
            request.begun = self.provider.refreshed(request.refresh_token.token, given)
        else:
            request.begun = self.provider.began(
                (request.credential or request.authorization_code).token, given
            )
        if request.begun is None:
            raise InvalidGrantError("Access is not granted any more.")

    def get_error_uri(self, request: Asked | None, error: OAuth2Error) -> None:
        """None: an error says what it has to say itself."""

    def create_oauth2_request(self, request: Asked) -> Asked:
        """The request, which is read already."""
        return request

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody waits for any."""

    def handle_response(self, status: int, body: object, headers: list[tuple[str, str]]) -> Response:
        """The answer, which says whose it is where people are sent on (RFC 9207)."""
        given: Mapping[str, str] = dict(headers)
        if "Location" in given:
            there = add_params_to_uri(given["Location"], [("iss", self.issuer.url)])
            return RedirectResponse(there, 303, headers=NO_STORE)
        return JSONResponse(
            dict(body) if isinstance(body, Mapping) else body, status, headers={**given, **NO_STORE}
        )

    def refusal(self, error: OAuth2Error) -> Response:
        """An error as an answer."""
        answer: Response = self.handle_error_response(None, error)
        return answer

    # -- tokens ----------------------------------------------------------------------------------------

    def _new_tokens(
        self, client: Client, scope: str | None, *, include_refresh_token: bool, **_more: object
    ) -> dict[str, object]:
        world = self.provider.world
        token: dict[str, object] = {
            "token_type": "Bearer",
            "access_token": sign_ins.new_token(world),
            "expires_in": client.config.access_token_s,
            "scope": scope or "",
        }
        if include_refresh_token:
            token["refresh_token"] = sign_ins.new_token(world)
        return token

    def _given(self, token: Mapping[str, object], client: Client) -> tuple[Given, ...]:
        details, config = Refreshed(str(token["scope"])), client.config
        given = [Given(str(token["access_token"]), "access", config.access_token_s, details)]
        if "refresh_token" in token:
            given.append(Given(str(token["refresh_token"]), "refresh", config.refresh_token_s, details))
        return tuple(given)
