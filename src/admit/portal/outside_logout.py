"""Back-channel logout: the provider outside says that somebody left, and they are signed out here at once.

No browser asks this, so there is no cookie and no token of ours: what the provider signed is all that counts.
"""

from http import HTTPStatus
from urllib.parse import parse_qs

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from admit.base.id_tokens import ClaimRefused
from admit.base.openid import ProviderAway
from admit.control.signing_in.outside_sign_in import OutsideSignIn
from admit.core.validity import SECOND
from admit.pages.site import Site
from admit.portal.fields import peer_of

log = structlog.get_logger("admit.sign_in")

LOGOUT = "/sign-in/oidc/logout"
FORM = "application/x-www-form-urlencoded"
LONGEST = 32 * 1024
"""Bytes of what is sent: a logout token has a few hundred."""
UNTOUCHED = {"cache-control": "no-store"}


class OutsideLogout:
    """Where the provider says so."""

    def __init__(self, outside: OutsideSignIn, site: Site) -> None:
        self._client = outside.client
        self._site = site

    async def hear(self, request: Request) -> Response:
        """Answer 200 once whoever left is signed out, and nothing but an error to who is not the provider."""
        try:
            left = await self._client.left(await _token(request), self._site.world.clock.now() // SECOND)
            many = await self._site.sessions.leave(self._client.provider.issuer, left)
            if many is None:
                raise ClaimRefused("the token was heard before")
        except ProviderAway as away:
            log.warning("the provider cannot be asked", why=str(away))
            return _fault(HTTPStatus.SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again later")
        except ClaimRefused as refused:
            log.warning("a logout token was refused", why=str(refused), peer=peer_of(request))
            return _fault(HTTPStatus.BAD_REQUEST, "invalid_request", str(refused))
        log.info("somebody left the provider", sessions=many)
        return Response(status_code=HTTPStatus.OK, headers=UNTOUCHED)


async def _token(request: Request) -> str:
    """The logout token that was sent.

    Raises:
        ClaimRefused: there is none, or more than one.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM:
        raise ClaimRefused("a form is expected")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            raise ClaimRefused("the form is too long")
    try:
        found = parse_qs(body.decode("ascii"), max_num_fields=10).get("logout_token", [])
    except ValueError:
        raise ClaimRefused("the form cannot be read") from None
    if len(found) != 1:
        raise ClaimRefused("one logout_token is expected")
    return found[0]


def _fault(status: HTTPStatus, code: str, why: str) -> Response:
    return JSONResponse({"error": code, "error_description": why}, status, UNTOUCHED)
