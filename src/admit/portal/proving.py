"""Proving again who one is, before what could do harm; and passkeys, which prove it in one touch."""

from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from admit.control.signing_in import passkeys
from admit.control.signing_in.passkeys import Answer, Asked, PasskeyRefused, Place
from admit.control.signing_in.signin import PasswordMustChange, SignInRefused
from admit.control.signing_in.web_sessions import Proven, SignedIn
from admit.control.signing_in.web_sign_in import WebSignIn
from admit.pages.cookies import COOKIES
from admit.pages.places import inside
from admit.pages.site import Forged, Site
from admit.portal.fields import peer_of, text_of

T = TypeVar("T")

LARGEST = 64 * 1024
WRONG = "That is not right."
UNKNOWN = "This passkey is not known here, or belongs to nobody who may sign in."


def proven_of(signed_in: SignedIn, caller: Any) -> Proven:
    """Who is proven in a session, as what proves them."""
    return Proven(signed_in.users, caller)


class ProvingPages:
    """Their pages, and what their scripts ask."""

    def __init__(self, site: Site, sign_in: WebSignIn, public_url: str, outside: str = "") -> None:
        """``outside`` is what the provider is called by which people may show it as well."""
        self.site = site
        self.sign_in = sign_in
        self.outside = outside
        self._public_url = public_url

    def place(self, request: HTTPConnection) -> Place:
        """Where passkeys are for: as it is set, or else where the browser came to."""
        if self._public_url:
            return Place(self._public_url.rstrip("/"))
        return Place(f"{request.url.scheme}://{request.headers.get('host', '')}")

    # -- proving again -----------------------------------------------------------------------------

    async def ask(self, request: Request, fault: str = "") -> Response:
        """The form."""
        signed_in = await self.site.require(request)
        values = {
            "signed_in": signed_in,
            "next": inside(request.query_params.get("next", "")),
            "fault": fault,
            "has_code": await self._must_show_code(signed_in),
            "outside": self.outside,
        }
        return self.site.page(request, "portal/prove.html", values, status=403 if fault else 200)

    async def answer(self, request: Request) -> Response:
        """Somebody shows their password, and the code if they have an authenticator."""
        signed_in = await self.site.require(request)
        fields = await self.site.form(request, signed_in)
        peer, name = peer_of(request), signed_in.name
        try:
            proven = await self.sign_in.by_password(name, text_of(fields, "password"), peer)
            factor = await self.sign_in.second_factor(proven, peer) if proven else None
            if factor is not None:
                proven = await self.sign_in.by_code(factor, proven, name, text_of(fields, "code"), peer)
        except PasswordMustChange:
            return await self.ask(request, WRONG)
        except SignInRefused as refused:
            return await self.ask(request, refused.text.removeprefix("admit: ").capitalize() + ".")
        if not await self.is_theirs(signed_in, proven):
            return await self.ask(request, WRONG)
        target = inside(request.query_params.get("next", ""))
        return await self.renewed(request, signed_in, proven, "password", target)

    async def by_passkey(self, request: Request) -> Response:
        """The same with a passkey: asked by the page's script."""
        signed_in = await self.site.require(request)
        self.site.require_origin(request)
        self.site.require_token(request, signed_in)
        try:
            proven, _ = await self._proven_by(request)
        except PasskeyRefused:
            return _refused()
        if not await self.is_theirs(signed_in, proven):
            return _refused()
        token = await self.site.sessions.prove(signed_in, proven, "passkey")
        response = JSONResponse({"next": inside(request.query_params.get("next", ""))})
        COOKIES.keep_session(request, response, token)
        return response

    async def renewed(
        self, request: Request, signed_in: SignedIn, proven: Proven, how: str, target: str
    ) -> Response:
        """Go on as who has shown again who they are."""
        token = await self.site.sessions.prove(signed_in, proven, how)
        response = RedirectResponse(target, HTTPStatus.SEE_OTHER)
        COOKIES.keep_session(request, response, token)
        return response

    async def is_theirs(self, signed_in: SignedIn, proven: Proven) -> bool:
        """Whether it proves one of those who are signed in.

        Nobody renews another's session with a user of their own under the same name.
        """
        mine = {user.key for user in signed_in.users}
        if any(user.key in mine for user in proven.users):
            return True
        caller = await self.site.sessions.caller_of(signed_in)
        return caller is not None and proven.caller is not None and caller.key == proven.caller.key

    async def _must_show_code(self, signed_in: SignedIn) -> bool:
        proven = proven_of(signed_in, await self.site.sessions.caller_of(signed_in))
        return await self.sign_in.shows_code(proven)

    # -- passkeys ----------------------------------------------------------------------------------

    async def options(self, request: Request) -> Response:
        """What to ask a browser for that holds a passkey, whoever's."""
        self.site.require_origin(request)
        return asked_json(passkeys.begin_proving(self.site.world, self.place(request)))

    async def sign_in_by_passkey(self, request: Request) -> Response:
        """Somebody signs in with a passkey."""
        self.site.require_origin(request)
        try:
            proven, name = await self._proven_by(request)
        except PasskeyRefused:
            return _refused()
        before = await self.site.signed_in(request)
        if before is not None:
            await self.site.sessions.end(before, (before.id,))
        peer = peer_of(request)
        browser = (peer, request.headers.get("user-agent", ""))
        token = await self.site.sessions.open(proven, "passkey", name, browser)
        await self.sign_in.came_in(proven, name, "passkey", peer)
        response = JSONResponse({"next": inside(request.query_params.get("next", ""))})
        COOKIES.keep_session(request, response, token)
        return response

    async def _proven_by(self, request: Request) -> tuple[Proven, str]:
        """Whom a passkey proves, and their name.

        Raises:
            PasskeyRefused: nobody.
        """
        answer, place = await answer_of(request), self.place(request)
        world = self.site.world
        prove = self.sign_in.by_passkey
        return await prove(lambda tx: passkeys.prove(tx, world, place, answer), peer_of(request))


async def answer_of(request: Request) -> Answer:
    """What a page's script sends of its browser's answer.

    Raises:
        Forged: it is none.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise Forged
    try:
        return msgspec.json.decode(body, type=Answer)
    except (msgspec.MsgspecError, RecursionError):
        raise Forged from None


def asked_json(asked: Asked) -> Response:
    """What is asked of a browser, as its script takes it."""
    return Response(
        msgspec.json.encode({"options": msgspec.Raw(asked.options.encode()), "state": asked.state}),
        media_type="application/json",
        headers={"cache-control": "no-store"},
    )


def _refused() -> Response:
    return JSONResponse({"fault": UNKNOWN}, HTTPStatus.FORBIDDEN)
