"""A page: who asks for it, what it is made of, and with what it is protected."""

from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import jinja2
from starlette.datastructures import FormData
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Message

from admit.control.signing_in.web_sessions import SignedIn, WebSessions
from admit.control.world import World
from admit.core.validity import FOREVER, MINUTE, Millis
from admit.pages import moments
from admit.pages.assets import Assets, icon
from admit.pages.cookies import COOKIES
from admit.pages.sentences import said, sentence
from admit.pages.words import LANGUAGES, TAGS, described, language_of, translated
from admit.store.engine import Store

FRESH: Millis = 10 * MINUTE
"""How long after somebody has proven who they are they need not do so again."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"
FORM_FIELDS = 2_000
FORM_PART = 2 * 1024 * 1024
"""The most bytes of one field of a form."""
STRANGERS_FORM = 64 * 1024
"""The most bytes of a form of somebody who has not signed in: all of it is kept until it is read."""

POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}
"""What a page may load and do (Content Security Policy): nothing that is not ours, no script inside it."""


class NotSignedIn(Exception):
    """A page is for those who have signed in."""


class NotFresh(Exception):
    """What could do harm is for those who have shown lately who they are."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where
        """Where they can."""


class Forged(Exception):
    """A form does not come from a page of ours, or from one that is too old."""


class PageRefused(Exception):
    """A page is not shown: the status, and a text for people."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class Reader:
    """What is known of whoever looks at a page."""

    language: str
    zone: Any
    theme: str
    now: Millis

    def text(self, text: str, **values: object) -> str:
        """A text in their language."""
        return translated(self.language, text, **values)

    def described(self, text: str) -> str:
        """What the API says of an operation or a parameter, in their language."""
        return described(self.language, text)

    def said(self, text: str) -> str:
        """A sentence that the control plane told, in their language."""
        return said(self.language, text)

    def sentence(self, clause: str) -> str:
        """A clause that the control plane told, as a sentence in their language."""
        return sentence(self.language, clause)


class Site:
    """What all pages are made with."""

    def __init__(self, store: Store, world: World, sessions: WebSessions, rooms: tuple[str, ...]) -> None:
        """``rooms`` are those with templates and files of their own, besides this one."""
        self.store = store
        self.world = world
        self.sessions = sessions
        self.assets = Assets.of(("pages", *rooms))
        self._templates = _templates(rooms)

    # -- who asks ----------------------------------------------------------------------------------

    async def signed_in(self, request: HTTPConnection) -> SignedIn | None:
        """Who is signed in with this browser; None if nobody is."""
        token = COOKIES.session(request)
        return None if token is None else await self.sessions.current(token)

    async def require(self, request: HTTPConnection) -> SignedIn:
        """Who is signed in with this browser.

        Raises:
            NotSignedIn: nobody is; they are sent to the page where one signs in.
        """
        found = await self.signed_in(request)
        if found is None:
            raise NotSignedIn
        return found

    def reader(self, request: HTTPConnection) -> Reader:
        """Who looks at the page: language, zone and theme, as the browser says."""
        return Reader(
            language_of(request.cookies.get(COOKIES.language), request.headers.get("accept-language", "")),
            # It is written as an address has it: a zone's name has a slash.
            moments.zone_of(unquote(request.cookies.get(COOKIES.zone, ""))),
            request.cookies.get(COOKIES.theme, "auto"),
            self.world.clock.now(),
        )

    def require_origin(self, request: HTTPConnection) -> None:
        """Refuse what a page of somebody else sends; every browser says from where it sends.

        Raises:
            Forged: it comes from elsewhere.
        """
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
            raise Forged
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Forged

    async def form(self, request: Request, signed_in: SignedIn | None) -> FormData:
        """The fields of a form that a page of ours sent.

        Raises:
            Forged: it did not.
        """
        self.require_origin(request)
        request = _short(request) if signed_in is None else request
        fields = await request.form(max_fields=FORM_FIELDS, max_part_size=FORM_PART)
        if signed_in is not None:
            self.require_token(request, signed_in, str(fields.get(CSRF_FIELD, "")))
        return fields

    def require_token(self, request: HTTPConnection, signed_in: SignedIn, sent: str = "") -> None:
        """Refuse what does not carry the token of this session, in its header or as ``sent``.

        Raises:
            Forged: it does not.
        """
        given = request.headers.get(CSRF_HEADER) or sent
        if not self.sessions.is_form_token(signed_in, given):
            raise Forged

    def require_fresh(self, request: HTTPConnection, signed_in: SignedIn) -> None:
        """Refuse what could do harm to whoever has not shown lately who they are.

        Raises:
            NotFresh: they have not; they are sent to show it, and back.
        """
        if self.world.clock.now() - signed_in.proven_at >= FRESH:
            asked = f"?{request.url.query}" if request.url.query else ""
            raise NotFresh(f"/prove?next={quote(request.url.path + asked, safe='/')}")

    # -- what they get -----------------------------------------------------------------------------

    def page(
        self,
        request: HTTPConnection,
        template: str,
        values: dict[str, Any],
        *,
        status: int = 200,
        policy: dict[str, str] | None = None,
    ) -> HTMLResponse:
        """A page made of a template; ``policy`` says what else than usual it may load or do.

        The values always hold ``signed_in``, or None.
        """
        return HTMLResponse(self.fragment(request, template, values), status, protected(policy or {}))

    def part(self, request: HTTPConnection, template: str, values: dict[str, Any]) -> HTMLResponse:
        """A part of a page, to be put into one that is there."""
        return HTMLResponse(self.fragment(request, template, values), headers=protected({}))

    def fragment(self, request: HTTPConnection, template: str, values: dict[str, Any]) -> str:
        """The same as text."""
        reader = self.reader(request)
        return self._templates.get_template(template).render(
            reader=reader,
            path=request.url.path,
            language=reader.language,
            tag=TAGS[reader.language],
            forever=FOREVER,
            t=reader.text,
            described=reader.described,
            said=lambda told: reader.said(str(told)),
            moment=lambda at: moments.element(at, reader.zone, reader.now, reader.language),
            span=lambda length: moments.span(length, reader.language),
            left=lambda until: moments.left(until, reader.now, reader.language),
            soon=lambda until: until - reader.now < moments.SOON,
            **values,
        )


def _short(request: Request) -> Request:
    """The same request, which is refused as soon as it is longer than a stranger's may be."""
    left = STRANGERS_FORM

    async def receive() -> Message:
        nonlocal left
        message = await request.receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise Forged
        return message

    return Request(request.scope, receive)


@cache
def _templates(rooms: tuple[str, ...]) -> jinja2.Environment:
    """The templates of these rooms, each compiled once in a process."""
    loaders = {room: jinja2.PackageLoader(f"admit.{room}") for room in rooms}
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader("admit.pages"), jinja2.PrefixLoader(loaders)]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"asset": Assets.of(("pages", *rooms)).url, "icon": icon, "languages": LANGUAGES}
    return made


def protected(policy: dict[str, str]) -> dict[str, str]:
    """The headers every page has."""
    said = "; ".join(f"{name} {value}" for name, value in (POLICY | policy).items() if value)
    return {
        "content-security-policy": said,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cache-control": "no-store",
    }


def is_htmx(request: HTTPConnection) -> bool:
    """Whether a part of a page is asked for, and not a page."""
    return request.headers.get("hx-request") == "true"


def with_protection(response: Response) -> Response:
    """An answer that is no page, with the headers of one."""
    response.headers.update(protected({}))
    return response
