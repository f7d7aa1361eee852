"""Every page of the portal, and where it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from admit.control.signing_in.outside_sign_in import OutsideSignIn
from admit.control.signing_in.web_sign_in import WebSignIn
from admit.pages.changes import ChangeWatch
from admit.pages.choices import choose
from admit.pages.site import Site
from admit.portal.asking import AskingPages
from admit.portal.home import HomePages
from admit.portal.outside import BACK, OutsidePages
from admit.portal.outside_logout import LOGOUT, OutsideLogout
from admit.portal.proving import ProvingPages
from admit.portal.reviewing import ReviewingPages
from admit.portal.settings import SettingsPages
from admit.portal.sign_in import SignInPages


@dataclass(frozen=True, slots=True)
class Around:
    """What is set that the pages go by."""

    public_url: str = ""
    """The one place passkeys are for; empty for wherever the browser came to."""
    streams: bool = True
    """Whether applications are streamed here."""
    outside: OutsideSignIn | None = None
    """The provider by which people may sign in as well."""


def routes(site: Site, sign_in: WebSignIn, changes: ChangeWatch, around: Around) -> Sequence[BaseRoute]:
    """The pages, ready to be served."""
    # Who has signed out shall not look on until the next look.
    site.sessions.on_end(changes.wake)
    outside = around.outside
    proving = ProvingPages(site, sign_in, around.public_url, "" if outside is None else outside.name)
    pages = SignInPages(site, sign_in, outside)
    return (
        *_sign_in(site, pages, proving),
        *(
            ()
            if outside is None
            else _outside(OutsidePages(outside, pages, proving), OutsideLogout(outside, site))
        ),
        *_home(HomePages(site, changes, streams=around.streams)),
        *_asking(AskingPages(site)),
        *_reviewing(ReviewingPages(site)),
        *_settings(SettingsPages(site, proving)),
    )


def _sign_in(site: Site, sign_in: SignInPages, proving: ProvingPages) -> tuple[BaseRoute, ...]:
    async def chosen(request: Request) -> Response:
        return await choose(site, request)

    return (
        Route("/sign-in", sign_in.ask, methods=["GET"]),
        Route("/sign-in", sign_in.answer, methods=["POST"]),
        Route("/sign-in/code", sign_in.code, methods=["POST"]),
        Route("/sign-in/password", sign_in.change_password, methods=["POST"]),
        Route("/sign-in/passkey", proving.sign_in_by_passkey, methods=["POST"]),
        Route("/passkey/options", proving.options, methods=["POST"]),
        Route("/prove", proving.ask, methods=["GET"]),
        Route("/prove", proving.answer, methods=["POST"]),
        Route("/prove/passkey", proving.by_passkey, methods=["POST"]),
        Route("/sign-out", sign_in.out, methods=["POST"]),
        Route("/choices", chosen, methods=["POST"]),
    )


def _outside(outside: OutsidePages, logout: OutsideLogout) -> tuple[BaseRoute, ...]:
    return (
        Route(LOGOUT, logout.hear, methods=["POST"]),
        Route("/sign-in/oidc", outside.begin, methods=["GET"]),
        Route(BACK, outside.back, methods=["GET"]),
    )


def _home(home: HomePages) -> tuple[BaseRoute, ...]:
    return (
        Route("/home", home.home, methods=["GET"]),
        Route("/home/", home.begin, methods=["GET"]),
        Route("/home/now", home.now, methods=["GET"]),
        Route("/home/events", home.events, methods=["GET"]),
    )


def _asking(asking: AskingPages) -> tuple[BaseRoute, ...]:
    return (
        Route("/home/ask", asking.ask, methods=["GET"]),
        Route("/home/ask", asking.asked, methods=["POST"]),
        Route("/home/requests", asking.requests, methods=["GET"]),
        Route("/home/requests/{request}/withdraw", asking.withdraw, methods=["POST"]),
        Route("/home/requests/{request}/decide", asking.decide, methods=["POST"]),
        Route("/home/break-glass/{agreement}", asking.glass, methods=["GET"]),
        Route("/home/break-glass/{agreement}", asking.broken, methods=["POST"]),
    )


def _reviewing(reviewing: ReviewingPages) -> tuple[BaseRoute, ...]:
    return (
        Route("/home/reviews", reviewing.reviews, methods=["GET"]),
        Route("/home/reviews/{review}", reviewing.review, methods=["GET"]),
        Route("/home/reviews/{review}/decide", reviewing.decide, methods=["POST"]),
    )


def _settings(settings: SettingsPages) -> tuple[BaseRoute, ...]:
    place = "/home/settings"
    return (
        Route(place, settings.show, methods=["GET"]),
        Route(f"{place}/password", settings.change_password, methods=["POST"]),
        Route(f"{place}/authenticator", settings.authenticator, methods=["GET"]),
        Route(f"{place}/authenticator", settings.set_authenticator, methods=["POST"]),
        Route(f"{place}/authenticator/remove", settings.remove_authenticator, methods=["POST"]),
        Route(f"{place}/codes", settings.new_codes, methods=["POST"]),
        Route(f"{place}/passkeys/options", settings.passkey_options, methods=["POST"]),
        Route(f"{place}/passkeys", settings.add_passkey, methods=["POST"]),
        Route(f"{place}/passkeys/remove", settings.remove_passkey, methods=["POST"]),
        Route(f"{place}/browsers", settings.end_browsers, methods=["POST"]),
    )
