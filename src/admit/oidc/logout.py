"""Signing out by an application: of it, of admit, and with that of everything that was begun from there."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admit.control.eiam import signing_keys
from admit.control.eiam.issuers import Issuer
from admit.control.eiam.sign_ins import SIGNED_OUT
from admit.control.signing_in.web_sessions import SignedIn
from admit.oidc import clients, id_tokens
from admit.oidc.asked import asked
from admit.oidc.machines import NOBODY, Machines
from admit.oidc.provider import Provider
from admit.pages.cookies import COOKIES
from admit.pages.site import CSRF_FIELD, Site, with_protection
from admit.store import sign_ins as stored
from admit.store.sign_ins import SignIn

FIELDS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


@dataclass(frozen=True, slots=True)
class Leaving:
    """What an application asks when somebody signs out of it."""

    sign_in: SignIn | None
    """Which one is over, if an ID token of ours says so."""
    back: str
    """Where to go then; empty if the address is not the application's."""


class Logout:
    """RP-initiated logout: OpenID Connect RP-Initiated Logout 1.0."""

    def __init__(self, site: Site, provider: Provider, machines: Machines) -> None:
        self._site = site
        self._provider = provider
        self._machines = machines

    async def answer(self, request: Request) -> Response:
        """Sign somebody out whose ID token the application shows; ask everybody else whether they want it."""
        issuer = await self._machines.issuer(request)
        if issuer is None:
            return NOBODY
        try:
            said = (await asked(request)).form
        except OAuth2Error:
            return RedirectResponse(issuer.at("logout"), 303)
        if request.method == "POST" and "confirmed" not in said:
            # No browser sends our cookie along with the form of another site.
            kept = {name: said[name] for name in FIELDS if name in said}
            return RedirectResponse(f"{issuer.at('logout')}?{urlencode(kept)}", 303)
        leaving = await self._provider.on_thread(
            lambda: self._provider.read(lambda sql: self._leaving(sql, issuer, said))
        )
        signed_in = await self._site.signed_in(request)
        if request.method == "POST":
            signed_in = await self._site.require(request)
            self._site.require_origin(request)
            self._site.require_token(request, signed_in, said.get(CSRF_FIELD, ""))
        elif signed_in is not None and not _is_theirs(leaving.sign_in, signed_in):
            values = {"signed_in": signed_in, "sent": {name: said.get(name, "") for name in FIELDS}}
            # Its answer sends the browser on to the application, which is elsewhere.
            return self._site.page(request, "oidc/logout.html", values, policy={"form-action": ""})
        return await self._out(request, signed_in, leaving)

    async def _out(self, request: Request, signed_in: SignedIn | None, leaving: Leaving) -> Response:
        sign_in = leaving.sign_in
        if sign_in is not None:
            await self._provider.on_thread(lambda: self._provider.end(sign_in.session, SIGNED_OUT))
        if signed_in is not None:
            await self._site.sessions.end(signed_in, (signed_in.id,))
        if leaving.back:
            response: Response = with_protection(RedirectResponse(leaving.back, 303))
        else:
            response = self._site.page(request, "oidc/signed_out.html", {"signed_in": None})
        COOKIES.forget_session(request, response)
        return response

    def _leaving(self, sql: Connection, issuer: Issuer, said: dict[str, str]) -> Leaving:
        hint = self._hint(sql, issuer, said)
        sign_in = None if hint is None else stored.by_session(sql, str(hint.get("sid", "")))
        client_id = said.get("client_id") or ("" if hint is None else str(hint.get("aud", "")))
        client = clients.client(sql, self._provider.world, issuer, client_id)
        back = said.get("post_logout_redirect_uri", "")
        if client is None or back not in client.config.post_logout_redirect_uris:
            return Leaving(sign_in, "")
        state = [("state", said["state"])] if said.get("state") else []
        return Leaving(sign_in, str(add_params_to_uri(back, state)) if state else back)

    def _hint(self, sql: Connection, issuer: Issuer, said: dict[str, str]) -> dict[str, Any] | None:
        """What the ID token says that is shown; None if it is none of ours, or another application's."""
        published = signing_keys.published(sql, issuer.idaas)
        hint = id_tokens.hinted(said["id_token_hint"], published) if said.get("id_token_hint") else None
        if hint is None or said.get("client_id", hint["aud"]) != hint["aud"]:
            return None
        return hint


def _is_theirs(sign_in: SignIn | None, signed_in: SignedIn) -> bool:
    """Whether a sign-in was begun from this browser's own session."""
    return sign_in is not None and sign_in.web_session == signed_in.id
