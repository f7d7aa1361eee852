"""Every page of the portal, and where it is."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from admit.control.web_sign_in import WebSignIn
from admit.pages.choices import choose
from admit.pages.site import Site
from admit.portal.sign_in import SignInPages


def routes(site: Site) -> Sequence[BaseRoute]:
    """The pages, ready to be served."""
    sign_in = SignInPages(site, WebSignIn(site.store, site.world))

    async def home(request: Request) -> Response:
        signed_in = await site.require(request)
        return site.page(request, "portal/home.html", {"signed_in": signed_in})

    async def chosen(request: Request) -> Response:
        return await choose(site, request)

    async def begin(_request: Request) -> Response:
        return RedirectResponse("/home", 303)

    return (
        Route("/sign-in", sign_in.ask, methods=["GET"]),
        Route("/sign-in", sign_in.answer, methods=["POST"]),
        Route("/sign-in/code", sign_in.code, methods=["POST"]),
        Route("/sign-in/password", sign_in.change_password, methods=["POST"]),
        Route("/sign-out", sign_in.out, methods=["POST"]),
        Route("/choices", chosen, methods=["POST"]),
        Route("/home", home, methods=["GET"]),
        Route("/home/", begin, methods=["GET"]),
    )
