"""The endpoints that applications call themselves: keys, tokens, what is known of somebody."""

from collections.abc import Awaitable, Callable
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from admit.control.eiam import claims, issuers, sign_ins, signing_keys
from admit.control.eiam.applications import ApplicationDetails
from admit.control.eiam.issuers import FIRST, Issuer
from admit.control.eiam.sign_ins import Refreshed
from admit.oidc.asked import Asked, asked
from admit.oidc.discovery import metadata
from admit.oidc.protocol import NO_STORE, ODD, Protocol
from admit.oidc.provider import Provider

KEYS_FOR = {"Cache-Control": "public, max-age=300"}
NOBODY = JSONResponse({"error": "not_found", "error_description": "There is no such issuer."}, 404)
ANY_SITE = [
    # No cookie is read here: what a script of another site may send, its server might as well.
    Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type"],
    )
]


class Machines:
    """What applications call."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        endpoints: tuple[tuple[str, str, Callable[[Request], Awaitable[Response]]], ...] = (
            ("GET", "/.well-known/openid-configuration", self.discovery),
            ("GET", "/oidc/{place}/.well-known/openid-configuration", self.discovery),
            ("GET", "/oidc/{place}/jwks", self.jwks),
            ("POST", "/oidc/{place}/token", self.token),
            ("POST", "/oidc/{place}/introspect", self.endpoint("introspection")),
            ("POST", "/oidc/{place}/revoke", self.endpoint("revocation")),
            ("POST", "/oidc/{place}/device_authorization", self.endpoint("device_authorization")),
            ("GET", "/oidc/{place}/userinfo", self.userinfo),
            ("POST", "/oidc/{place}/userinfo", self.userinfo),
        )
        return [Route(path, each, methods=[method], middleware=ANY_SITE) for method, path, each in endpoints]

    async def issuer(self, request: Request) -> Issuer | None:
        """Whose endpoint it is."""
        place = request.path_params.get("place", FIRST)
        return await self.provider.on_thread(
            lambda: self.provider.read(lambda sql: issuers.issuer(sql, self.provider.world, place))
        )

    async def discovery(self, request: Request) -> Response:
        """What an application needs to know."""
        issuer = await self.issuer(request)
        return NOBODY if issuer is None else JSONResponse(metadata(issuer), headers=KEYS_FOR)

    async def jwks(self, request: Request) -> Response:
        """The keys that tokens are checked with."""
        issuer = await self.issuer(request)
        if issuer is None:
            return NOBODY
        keys = await self.provider.on_thread(lambda: self._keys(issuer))
        return JSONResponse({"keys": keys}, headers=KEYS_FOR)

    def _keys(self, issuer: Issuer) -> list[dict[str, Any]]:
        signing_keys.current(self.provider.store, self.provider.world, issuer.idaas)
        return self.provider.read(lambda sql: signing_keys.published(sql, issuer.idaas))

    async def token(self, request: Request) -> Response:
        """Tokens, for a code, a refresh token or a device."""
        return await self._answered(request, lambda protocol, ask: protocol.create_token_response(ask))

    def endpoint(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        """One of the endpoints that Authlib knows by name."""

        async def answer(request: Request) -> Response:
            return await self._answered(
                request, lambda protocol, ask: protocol.create_endpoint_response(name, ask)
            )

        return answer

    async def _answered(self, request: Request, answer: Callable[[Protocol, Asked], Response]) -> Response:
        issuer = await self.issuer(request)
        if issuer is None:
            return NOBODY
        protocol = Protocol(self.provider, issuer)
        try:
            ask = await asked(request)
            ask.payload.require_once()
        except OAuth2Error as error:
            return protocol.refusal(error)
        try:
            return await self.provider.on_thread(lambda: answer(protocol, ask))
        except ValueError:
            return protocol.refusal(InvalidRequestError(ODD))

    async def userinfo(self, request: Request) -> Response:
        """Who an access token stands for."""
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" and request.method == "POST":
            try:
                text = (await asked(request)).form.get("access_token", "")
            except OAuth2Error:
                text = ""
        told = await self.provider.on_thread(lambda: self._about(text.strip())) if text else None
        if told is None:
            why = {"WWW-Authenticate": 'Bearer error="invalid_token"' if text else "Bearer"}
            return JSONResponse({"error": "invalid_token"}, 401, headers={**NO_STORE, **why})
        return JSONResponse(told, headers=NO_STORE)

    def _about(self, text: str) -> dict[str, Any] | None:
        """What a token's bearer may know of its person; None if it is not good at this moment."""
        now = self.provider.world.clock.now()
        with self.provider.store.read() as sql:
            found = sign_ins.token(sql, text, now)
            if found is None or found.kind != "access" or found.used_at is not None or not found.session:
                return None
            standing = sign_ins.standing(sql, found.session, now)
            if standing is None:
                return None
            config = standing.application.read(ApplicationDetails).oidc
            about = claims.claims(sql, standing.user, found.read(Refreshed).scope, config)
            return {"sub": standing.sign_in.subject, **about}
