"""What is shown when a page cannot be: signed out, forged, refused, not there, broken."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admit.core.errors import AdmitError
from admit.pages.site import Forged, NotFresh, NotSignedIn, PageRefused, Site, is_htmx

log = structlog.get_logger("admit.pages")

SIGN_IN = "/sign-in"
FORGED = (
    "This form is from another site, or from before you signed in. Go back, load the page anew and try again."
)


def handlers(site: Site) -> dict[Any, Callable[[Request, Any], Awaitable[Response]]]:
    """How each kind of failure is answered, as Starlette wants them."""

    async def fault(request: Request, status: int, title: str, text: str) -> Response:
        signed_in = await site.signed_in(request)
        values = {"signed_in": signed_in, "title": title, "text": text, "status": status}
        return site.page(request, "fault.html", values, status=status)

    async def not_signed_in(request: Request, _error: NotSignedIn) -> Response:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        target = f"{SIGN_IN}?next={quote(here, safe='')}" if request.method == "GET" else SIGN_IN
        if is_htmx(request):
            return Response(status_code=401, headers={"hx-redirect": SIGN_IN})
        return RedirectResponse(target, 303)

    async def not_fresh(_request: Request, error: NotFresh) -> Response:
        return RedirectResponse(error.where, 303)

    async def forged(request: Request, _error: Forged) -> Response:
        return await fault(request, 403, "That was not sent", FORGED)

    async def refused(request: Request, error: PageRefused) -> Response:
        return await fault(request, error.status, error.status.phrase, error.text)

    async def by_api(request: Request, error: AdmitError) -> Response:
        return await fault(request, error.status, error.full_code, error.text)

    async def http(request: Request, error: HTTPException) -> Response:
        text = "There is no such page." if error.status_code == HTTPStatus.NOT_FOUND else error.detail
        return await fault(request, error.status_code, HTTPStatus(error.status_code).phrase, text)

    async def broken(request: Request, error: Exception) -> Response:
        log.error("page failed", path=request.url.path, exc_info=error)
        text = "Something failed that should not have. The server's log has the rest."
        return await fault(request, 500, "This page failed", text)

    return {
        NotSignedIn: not_signed_in,
        NotFresh: not_fresh,
        Forged: forged,
        PageRefused: refused,
        AdmitError: by_api,
        HTTPException: http,
        Exception: broken,
    }
