"""Where people are sent by an application: on to it with a code, or to a page that says why not."""

from typing import Any
from urllib.parse import quote, urlencode

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oidc.core.errors import LoginRequiredError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admit.control.eiam.issuers import Issuer
from admit.control.eiam.sign_ins import Begun
from admit.control.signing_in.web_sessions import SignedIn
from admit.core.validity import MINUTE, SECOND, Millis
from admit.oidc import entrance
from admit.oidc.asked import Asked, asked
from admit.oidc.entrance import Admitted, Refusal
from admit.oidc.machines import Machines
from admit.oidc.protocol import ODD, Protocol
from admit.oidc.provider import Provider
from admit.pages.cookies import COOKIES
from admit.pages.site import Site, with_protection

SIGN_IN = "/sign-in"
PROVEN_AFTER = "admit_proven_after"
"""In the address one comes back to after signing in anew: when that was asked for."""
ON_THE_WAY: Millis = MINUTE
"""How long it may take to come back from signing in anew."""
UNKNOWN = "No directory is here."


class Authorize:
    """The authorization endpoint."""

    def __init__(self, site: Site, provider: Provider, machines: Machines) -> None:
        self._site = site
        self._provider = provider
        self._machines = machines

    async def answer(self, request: Request) -> Response:
        """Send somebody on with a code, or to sign in first, or say why not."""
        issuer = await self._machines.issuer(request)
        if issuer is None:
            return self._fault(request, UNKNOWN)
        if request.method == "POST":
            return await self._again(request, issuer)
        protocol = Protocol(self._provider, issuer)
        ask = await asked(request)
        checked = await self._provider.on_thread(lambda: _checked(protocol, ask))
        if isinstance(checked, OAuth2Error):
            # Before the address is proven to be the application's, nobody is sent to it.
            return protocol.refusal(checked) if checked.redirect_uri else self._fault(request, _said(checked))
        signed_in = await self._site.signed_in(request)
        if signed_in is None or _is_stale(ask, signed_in, self._provider.world.clock.now()):
            if "none" in _prompts(ask):
                return protocol.refusal(_login_required(ask, checked.redirect_uri))
            return self._to_sign_in(request, ask)
        return await self._decided(request, protocol, ask, checked, signed_in)

    async def _again(self, request: Request, issuer: Issuer) -> Response:
        """What a form of an application sent, as an address: no browser sends our cookie along with it."""
        try:
            ask = await asked(request)
        except InvalidRequestError as error:
            return self._fault(request, _said(error))
        return RedirectResponse(f"{issuer.at('authorize')}?{urlencode(ask.form)}", 303)

    async def _decided(
        self, request: Request, protocol: Protocol, ask: Asked, grant: Any, signed_in: SignedIn
    ) -> Response:
        visitor, application = (signed_in, ask.peer), ask.client.application
        world, issuer = self._provider.world, protocol.issuer
        verdict = await self._provider.on_thread(
            lambda: protocol.read(lambda sql: entrance.admit(sql, world, issuer, application, visitor))
        )
        if isinstance(verdict, Refusal):
            back = _with_error(protocol, ask, grant.redirect_uri)
            if "none" in _prompts(ask):
                return RedirectResponse(back, 303)
            return self.refused(request, signed_in, verdict, back)
        begun = _begun(issuer, ask, verdict, signed_in)
        return await self._provider.on_thread(
            lambda: protocol.create_authorization_response(ask, grant_user=begun, grant=grant)
        )

    def _to_sign_in(self, request: Request, ask: Asked) -> Response:
        """To the page where one signs in, and back; who is signed in already proves it again."""
        left = {name: value for name, value in ask.form.items() if name not in ("prompt", PROVEN_AFTER)}
        left[PROVEN_AFTER] = str(self._provider.world.clock.now())
        here = f"{request.url.path}?{urlencode(left)}"
        response = RedirectResponse(f"{SIGN_IN}?next={quote(here, safe='')}", 303)
        COOKIES.forget_session(request, response)
        return with_protection(response)

    def refused(self, request: Request, signed_in: SignedIn, refusal: Refusal, back: str) -> Response:
        """The page that says why somebody may not go on, and what they can do about it."""
        said = {name: self._site.reader(request).said(value) for name, value in refusal.values.items()}
        values = {"signed_in": signed_in, "refusal": refusal, "values": said}
        values |= {"back": back, "anew": _anew(request)}
        return self._site.page(request, "oidc/refused.html", values, status=403)

    def _fault(self, request: Request, text: str) -> Response:
        values = {"signed_in": None, "title": "This sign-in cannot begin", "text": text, "status": 400}
        return self._site.page(request, "fault.html", values, status=400)


def _checked(protocol: Protocol, ask: Asked) -> Any:
    """The way to a code that a request asks for, or what is wrong with it."""
    try:
        grant = protocol.get_consent_grant(ask)
        data = ask.payload.data
        if data.get("response_mode", "query") != "query":
            raise InvalidRequestError("The response mode is not known.", redirect_uri=grant.redirect_uri)
        most = data.get("max_age") or "0"
        # What cannot be read must not pass for "however long ago".
        if not (most.isascii() and most.isdecimal()):
            raise InvalidRequestError("max_age is a number of seconds.", redirect_uri=grant.redirect_uri)
        for name in ("request", "request_uri"):
            if name in data:
                raise OAuth2Error(error=f"{name}_not_supported", redirect_uri=grant.redirect_uri)
    except OAuth2Error as error:
        error.state = ask.payload.state
        return error
    except ValueError:
        # The error would repeat what was sent, letters too that no error may have (RFC 6749, 4.1.2.1).
        return InvalidRequestError(ODD)
    return grant


def _said(error: OAuth2Error) -> str:
    return str(error.description or error.error)


def _prompts(ask: Asked) -> list[str]:
    return ask.form.get("prompt", "").split()


def _is_stale(ask: Asked, signed_in: SignedIn, now: int) -> bool:
    """Whether the application wants it proven anew who this is."""
    form, proven_at = ask.form, signed_in.proven_at
    after = form.get(PROVEN_AFTER, "")
    if after.isdecimal() and proven_at < int(after[:15]):
        return True
    if "login" in _prompts(ask) and not after:
        return True
    most = form.get("max_age", "")
    # Who comes from proving it needs a moment for the way: with an age of 0 they would be asked for ever.
    on_the_way = ON_THE_WAY if after else 0
    return most.isdecimal() and now - proven_at > max(int(most[:9]) * SECOND, on_the_way)


def _login_required(ask: Asked, redirect_uri: str) -> OAuth2Error:
    return LoginRequiredError(redirect_uri=redirect_uri, state=ask.payload.state)


def _with_error(protocol: Protocol, ask: Asked, redirect_uri: str) -> str:
    """Back to the application, with the word that access is denied."""
    said = [("error", "access_denied"), ("iss", protocol.issuer.url)]
    if ask.payload.state:
        said.append(("state", ask.payload.state))
    return str(add_params_to_uri(redirect_uri, said))


def _begun(issuer: Issuer, ask: Asked, admitted: Admitted, signed_in: SignedIn) -> Begun:
    data = ask.payload.data
    return Begun(
        issuer=issuer.url,
        scope=ask.scope,
        user=admitted.user.key,
        proven_at=signed_in.proven_at,
        web_session=signed_in.id,
        peer=ask.peer,
        client=ask.agent,
        redirect_uri=data["redirect_uri"],
        challenge=data["code_challenge"],
        nonce=data.get("nonce", ""),
    )


def _anew(request: Request) -> str:
    """The same address, for somebody else to sign in."""
    left = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in ("prompt", PROVEN_AFTER)
    ]
    return f"{request.url.path}?{urlencode([*left, ('prompt', 'login')])}"
