"""Signing in by an OpenID provider outside: there, and back with an answer that only this browser can use."""

import asyncio
import base64
from dataclasses import replace
from http import HTTPStatus

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admit.base.id_tokens import ClaimRefused, check_fresh
from admit.base.openid import Attempt, ProviderAway
from admit.base.sealing import SealBroken
from admit.control.signing_in.outside_sign_in import OutsideSignIn
from admit.control.signing_in.signin import SignInRefused
from admit.control.signing_in.web_sessions import Proven
from admit.core.activity import Outcome
from admit.core.validity import MINUTE, SECOND, Millis
from admit.pages.cookies import is_secure
from admit.pages.places import inside
from admit.pages.site import PageRefused
from admit.portal.fields import peer_of
from admit.portal.proving import ProvingPages
from admit.portal.sign_in import OUTSIDE, SignInPages
from admit.store import tokens
from admit.store.engine import Author

log = structlog.get_logger("admit.sign_in")

SEALED = "outside sign-in"
"""The purpose under which an attempt is sealed."""
AUTHOR = Author("admit", "web-sign-in", "")
"""That an attempt was used is no policy: it stands in no ledger."""
LASTS: Millis = 10 * MINUTE
BACK = "/sign-in/oidc/return"
NOBODY = "{provider} says who you are, and nobody here is called so. Talk to an administrator."
AWAY = "{provider} cannot be asked now. Try again later, or sign in in another way."
REFUSED = "Signing in by {provider} did not work: {why}."
STALE = "That took too long, or was begun in another browser. Sign in again."


class _Begun(msgspec.Struct, frozen=True):
    """An attempt, as it stays with the browser that makes it."""

    state: str
    nonce: str
    verifier: str
    next: str
    begun_at: Millis
    proves: bool
    """Whether somebody who is signed in shows again who they are."""


class OutsidePages:
    """Its pages."""

    def __init__(self, outside: OutsideSignIn, sign_in: SignInPages, proving: ProvingPages) -> None:
        self.outside = outside
        self._pages = sign_in
        self._proving = proving
        self._site = sign_in.site
        self._used: dict[str, Millis] = {}

    async def begin(self, request: Request) -> Response:
        """Somebody goes there."""
        target = inside(request.query_params.get("next", ""))
        proves = "again" in request.query_params and await self._site.signed_in(request) is not None
        world = self._site.world
        now, attempt = world.clock.now(), Attempt.new(world.chance)
        try:
            place = await self.outside.client.address(attempt, self._back, now // SECOND, again=proves)
        except ProviderAway as away:
            log.warning("the provider cannot be asked", why=str(away))
            return self._form(request, target, AWAY)
        begun = _Begun(attempt.state, attempt.nonce, attempt.verifier, target, now, proves)
        sealed = world.sealer.seal(msgspec.json.encode(begun), SEALED)
        response = RedirectResponse(place, HTTPStatus.SEE_OTHER, headers={"cache-control": "no-store"})
        response.set_cookie(
            _cookie(request),
            base64.urlsafe_b64encode(sealed).decode(),
            max_age=LASTS // SECOND,
            secure=is_secure(request),
            httponly=True,
            samesite="lax",
            path="/",
        )
        return response

    async def back(self, request: Request) -> Response:
        """Somebody comes back, with an answer."""
        begun = self._begun(request)
        response = await (self._stale(request) if begun is None else self._answered(request, begun))
        # Whatever the answer was good for, it is good once.
        response.delete_cookie(
            _cookie(request), secure=is_secure(request), httponly=True, samesite="lax", path="/"
        )
        return response

    async def _answered(self, request: Request, begun: _Begun) -> Response:
        now, peer = self._site.world.clock.now(), peer_of(request)
        attempt = Attempt(begun.state, begun.nonce, begun.verifier)
        # A name twice could mean one thing to whoever looked and another to us.
        answer = dict(request.query_params)
        try:
            if len(answer) != len(request.query_params.multi_items()):
                raise ClaimRefused("the answer says something twice")
            claims = await self.outside.client.claims(answer, attempt, self._back, now // SECOND)
            if begun.proves:
                check_fresh(claims, begun.begun_at // SECOND)
            name, by = self.outside.named(claims), self.outside.by(claims, now)
        except ProviderAway as away:
            log.warning("the provider cannot be asked", why=str(away))
            return self._form(request, begun.next, AWAY)
        except ClaimRefused as refused:
            self._pages.sign_in.note(Outcome.REFUSED, "", OUTSIDE, peer, reason=str(refused))
            why = self._site.reader(request).said(str(refused))
            return self._form(request, begun.next, REFUSED, why=why)
        if not await self._is_first(begun):
            return await self._stale(request)
        world = self._site.world
        proven = await self._site.sessions.read(lambda sql: self.outside.proven(sql, world, name, now))
        if not proven:
            self._pages.sign_in.note(Outcome.REFUSED, name, OUTSIDE, peer, reason="not known here")
            return self._form(request, begun.next, NOBODY)
        proven = replace(proven, by=by)
        if begun.proves:
            return await self._renewed(request, proven, begun.next)
        return await self._in(request, proven, name, begun.next)

    async def _in(self, request: Request, proven: Proven, name: str, target: str) -> Response:
        """Sign in, with the code that is demanded besides, as with a password."""
        pages = self._pages
        try:
            factor = await pages.sign_in.second_factor(proven, peer_of(request))
        except SignInRefused as refused:
            return pages.form(request, target, fault=refused.text.removeprefix("admit: ").capitalize() + ".")
        if factor is not None:
            return pages.ask_code(request, target, pages.half_way(name, proven), factor.prompt)
        return await pages.open_for(request, proven, name, OUTSIDE, target)

    async def _renewed(self, request: Request, proven: Proven, target: str) -> Response:
        """Somebody who is signed in has shown again who they are."""
        signed_in = await self._site.require(request)
        if not await self._proving.is_theirs(signed_in, proven):
            raise PageRefused(HTTPStatus.FORBIDDEN, "That is somebody else than who is signed in here.")
        if await self._pages.sign_in.shows_code(proven):
            raise PageRefused(HTTPStatus.FORBIDDEN, "A code is asked of you besides: use it, or a passkey.")
        return await self._proving.renewed(request, signed_in, proven, OUTSIDE, target)

    # -- the pieces --------------------------------------------------------------------------------

    @property
    def _back(self) -> str:
        return self._site.world.url + BACK

    def _begun(self, request: Request) -> _Begun | None:
        """The attempt of this browser, once; None if there is none, or it is too old."""
        world, now = self._site.world, self._site.world.clock.now()
        try:
            sealed = base64.urlsafe_b64decode(request.cookies.get(_cookie(request), ""))
            begun = msgspec.json.decode(world.sealer.open(sealed, SEALED), type=_Begun)
        except (ValueError, SealBroken):
            return None
        self._used = {state: until for state, until in self._used.items() if now < until}
        if now >= begun.begun_at + LASTS or begun.state in self._used:
            return None
        self._used[begun.state] = begun.begun_at + LASTS
        return begun

    async def _is_first(self, begun: _Begun) -> bool:
        """Mark an attempt as used for all nodes; returns False if it was used before.

        That is asked once the provider has proven somebody: strangers write nothing.
        """
        mark = f"{SEALED} {begun.state}"
        used = self._site.store.write(AUTHOR, lambda tx: tokens.use_nonces(tx.sql, [mark], tx.now))
        return await asyncio.wrap_future(used) == [True]

    async def _stale(self, request: Request) -> Response:
        return self._pages.form(request, inside(""), fault=STALE)

    def _form(self, request: Request, target: str, fault: str, **more: str) -> Response:
        said = self._site.reader(request).text(fault, provider=self.outside.name, **more)
        return self._pages.form(request, target, fault=said)


def _cookie(request: Request) -> str:
    return "__Host-admit_outside" if is_secure(request) else "admit_outside"
