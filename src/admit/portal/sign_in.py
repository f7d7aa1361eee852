"""The page where people, RAM users and administrators sign in."""

import base64
from dataclasses import dataclass

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admit.base.openid import ProviderAway
from admit.base.sealing import SealBroken
from admit.control.signing_in.outside_logout import ByOutside
from admit.control.signing_in.outside_sign_in import OutsideSignIn
from admit.control.signing_in.signin import PasswordMustChange, SignInRefused
from admit.control.signing_in.web_sessions import Proven
from admit.control.signing_in.web_sign_in import WebSignIn
from admit.core.validity import MINUTE, SECOND, Millis
from admit.pages.cookies import COOKIES
from admit.pages.places import HOME, inside
from admit.pages.site import Site
from admit.store import things

HALF_WAY = "half-way sign-in"
"""The purpose under which is sealed who has shown a password and is still asked for a code."""
CODE_FOR: Millis = 5 * MINUTE
OUTSIDE = "oidc"
"""How somebody has signed in who came by a provider outside."""
WRONG = "The name or the password is wrong."
WRONG_CODE = "The code is wrong, or was used before."
TOO_LATE = "That took too long. Sign in again."


class _HalfWay(msgspec.Struct, frozen=True):
    """Who has shown a password and is still asked for a code; it travels sealed through the browser."""

    name: str
    users: tuple[int, ...]
    caller: int | None
    until: Millis
    by: ByOutside | None = None
    """The provider that proved them, if they showed no password here."""


@dataclass(frozen=True, slots=True)
class SignInPages:
    """Its pages."""

    site: Site
    sign_in: WebSignIn
    outside: OutsideSignIn | None = None
    """Who else proves people, if a provider is set."""

    async def ask(self, request: Request) -> Response:
        """The form; who is signed in already goes on."""
        target = inside(request.query_params.get("next", ""))
        if await self.site.signed_in(request) is not None:
            return RedirectResponse(target, 303)
        return self.form(request, target, elsewhere=await self._elsewhere(request))

    async def answer(self, request: Request) -> Response:
        """Somebody has given a name and a password."""
        fields = await self.site.form(request, None)
        target, name = inside(_text(fields, "next")), _text(fields, "name").strip()
        try:
            proven = await self.sign_in.by_password(name, _text(fields, "password"), _peer(request))
            if not proven:
                return self.form(request, target, name=name, fault=WRONG)
            factor = await self.sign_in.second_factor(proven, _peer(request))
        except PasswordMustChange:
            return self.form(request, target, name=name, changes=True)
        except SignInRefused as refused:
            return self.form(request, target, name=name, fault=_said(refused))
        if factor is None:
            return await self.open_for(request, proven, name, "password", target)
        return self.ask_code(request, target, self.half_way(name, proven), factor.prompt)

    async def code(self, request: Request) -> Response:
        """Somebody who has shown a password has given a code."""
        fields = await self.site.form(request, None)
        target, sealed = inside(_text(fields, "next")), _text(fields, "half_way")
        half_way = self._opened(sealed)
        if half_way is None:
            return self.form(request, target, fault=TOO_LATE)
        proven = await self._proven(half_way)
        peer = _peer(request)
        try:
            factor = await self.sign_in.second_factor(proven, peer)
            if factor is not None:
                code = _text(fields, "code")
                proven = await self.sign_in.by_code(factor, proven, half_way.name, code, peer)
                if not proven:
                    return self.ask_code(request, target, sealed, factor.prompt, WRONG_CODE)
        except SignInRefused as refused:
            return self.form(request, target, fault=_said(refused))
        return await self.open_for(request, proven, half_way.name, "code", target)

    async def change_password(self, request: Request) -> Response:
        """Somebody whose password was given by others has chosen another."""
        fields = await self.site.form(request, None)
        target, name = inside(_text(fields, "next")), _text(fields, "name").strip()
        former, chosen = _text(fields, "password"), _text(fields, "chosen")
        try:
            users = await self.sign_in.at_doors.change_password(name, former, chosen, _peer(request))
        except SignInRefused as refused:
            return self.form(request, target, name=name, fault=_said(refused), changes=True)
        if not users:
            return self.form(request, target, name=name, fault=WRONG)
        return self.form(request, target, name=name, done="Your password is changed. Sign in with it.")

    async def out(self, request: Request) -> Response:
        """Somebody signs out."""
        signed_in = await self.site.require(request)
        await self.site.form(request, signed_in)
        mine = await self.site.sessions.mine(signed_in)
        outside = any(each.id == signed_in.id and each.how == OUTSIDE for each in mine)
        await self.site.sessions.end(signed_in, (signed_in.id,))
        response = RedirectResponse("/sign-in?out=outside" if outside else "/sign-in", 303)
        COOKIES.forget_session(request, response)
        return response

    async def _elsewhere(self, request: Request) -> str:
        """Where whoever has signed out here, and came by the provider, signs out there as well."""
        if self.outside is None or request.query_params.get("out") != "outside":
            return ""
        world = self.site.world
        try:
            found = await self.outside.client.logout_address(
                f"{world.url}/sign-in", world.clock.now() // SECOND
            )
        except ProviderAway:
            return ""
        return found or ""

    # -- the pieces --------------------------------------------------------------------------------

    def form(self, request: Request, target: str, **shown: object) -> Response:
        """The form, with what went wrong before, if anything."""
        values = {"signed_in": None, "next": target, "name": "", "fault": "", "done": "", "changes": False}
        values |= {"outside": "" if self.outside is None else self.outside.name, "elsewhere": ""}
        status = 403 if shown.get("fault") else 200
        return self.site.page(
            request, "portal/sign_in.html", values | shown, status=status, policy=_policy(target)
        )

    def ask_code(self, request: Request, target: str, sealed: str, prompt: str, fault: str = "") -> Response:
        """The form for a code."""
        values = {"signed_in": None, "next": target, "half_way": sealed, "prompt": prompt, "fault": fault}
        status = 403 if fault else 200
        return self.site.page(request, "portal/code.html", values, status=status, policy=_policy(target))

    async def open_for(self, request: Request, proven: Proven, name: str, how: str, target: str) -> Response:
        """Sign the browser in, and send it on."""
        peer = _peer(request)
        # The session of before, if any, is another one's: its token must not become this one's.
        before = await self.site.signed_in(request)
        if before is not None:
            await self.site.sessions.end(before, (before.id,))
        browser = (peer, request.headers.get("user-agent", ""))
        token = await self.site.sessions.open(proven, how, name, browser)
        await self.sign_in.came_in(proven, name, how, peer)
        response = RedirectResponse(_onward(target, proven), 303)
        COOKIES.keep_session(request, response, token)
        return response

    def half_way(self, name: str, proven: Proven) -> str:
        """Who has proven what and is still asked for a code, sealed."""
        caller = None if proven.caller is None else proven.caller.key
        until = self.site.world.clock.now() + CODE_FOR
        half_way = _HalfWay(name, tuple(user.key for user in proven.users), caller, until, proven.by)
        sealed = self.site.world.sealer.seal(msgspec.json.encode(half_way), HALF_WAY)
        return base64.urlsafe_b64encode(sealed).decode()

    def _opened(self, sealed: str) -> _HalfWay | None:
        try:
            plain = self.site.world.sealer.open(base64.urlsafe_b64decode(sealed), HALF_WAY)
        except (ValueError, SealBroken):
            return None
        half_way = msgspec.json.decode(plain, type=_HalfWay)
        return half_way if self.site.world.clock.now() < half_way.until else None

    async def _proven(self, half_way: _HalfWay) -> Proven:
        keys = [*half_way.users, *([half_way.caller] if half_way.caller else [])]
        found = await self.site.sessions.read(lambda sql: things.by_keys(sql, keys))
        users = tuple(found[key] for key in half_way.users if key in found)
        caller = None if half_way.caller is None else found.get(half_way.caller)
        return Proven(users, caller, half_way.by)


def _onward(target: str, proven: Proven) -> str:
    """Where to go on: who may use nothing and manages what others may begins there."""
    return "/console" if target == HOME and not proven.users else target


def _policy(target: str) -> dict[str, str]:
    # Chromium holds a form to where its answer sends the browser on: from the sign-in of an application, out.
    return {"form-action": ""} if target.startswith("/oidc/") else {}


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def _said(refused: SignInRefused) -> str:
    said = refused.text.removeprefix("admit: ")
    return said[:1].upper() + said[1:] + ("" if said.endswith(".") else ".")


def _text(fields: FormData, name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""
