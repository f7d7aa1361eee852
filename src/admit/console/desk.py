"""A visit to the console: who is there, the calls their pages make, and the page they get."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admit.console.menu import MENU
from admit.console.showing import DONE, moment_of, tools
from admit.control.signing_in.web_sessions import SignedIn
from admit.core.validity import HOUR, Millis
from admit.pages.changes import ChangeWatch
from admit.pages.site import PageRefused, Reader, Site
from admit.rpc.dispatch import Asked, Dispatcher, Peer
from admit.rpc.operation import Service

NO_CALLER = "The console is for administrators and RAM users. What you may use yourself is on your home page."
HOURS_DIGITS = 6
"""Fewer digits than this has a number of hours that is meant."""


class Refused(PageRefused):
    """The API refused a call of this page: its code, and what it says."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(HTTPStatus(status), text)
        self.code = code


class Told(dict[str, Any]):
    """A structure of an answer; what was left out of it is None."""

    def __missing__(self, key: str) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Desk:
    """What the console's pages are made with."""

    site: Site
    dispatcher: Dispatcher
    services: Sequence[Service]
    changes: ChangeWatch

    async def visit(self, request: Request) -> "Visit":
        """Let somebody in who may call operations at all; what they may do is asked with each.

        Raises:
            NotSignedIn: nobody is signed in.
            PageRefused: whoever is may call nothing.
        """
        signed_in = await self.site.require(request)
        if signed_in.caller is None:
            raise PageRefused(HTTPStatus.FORBIDDEN, NO_CALLER)
        return Visit(self, request, signed_in, self.site.reader(request))

    def version(self, product: str) -> str:
        """The version of a service."""
        return next(each.version for each in self.services if each.product == product)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is let in."""

    desk: Desk
    request: Request
    signed_in: SignedIn
    reader: Reader

    @property
    def now(self) -> Millis:
        """The moment of the visit."""
        return self.reader.now

    @property
    def address(self) -> str:
        """Where the page is, with what was asked for."""
        asked = self.request.url.query
        return self.request.url.path + (f"?{asked}" if asked else "")

    def asked(self, name: str) -> str:
        """A field of the address, empty if it has none."""
        return self.request.query_params.get(name, "").strip()

    def moment(self, text: str) -> Millis | None:
        """The moment that a field names; None for an empty one, which names none.

        Raises:
            Refused: it cannot be read. To take it for an empty one would grant for ever what was to end.
        """
        at = moment_of(text, self.reader.zone)
        if at is None and text:
            said = self.reader.text("{moment} is not a date and time.", moment=text)
            raise Refused(HTTPStatus.BAD_REQUEST, "InvalidMoment", said)
        return at

    def hours(self, text: str) -> Millis | None:
        """The span that a field gives in hours; None for an empty one.

        Raises:
            Refused: it is not a whole number of hours, or too many.
        """
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) < HOURS_DIGITS):
            said = self.reader.text("{hours} is not a number of hours.", hours=text)
            raise Refused(HTTPStatus.BAD_REQUEST, "InvalidHours", said)
        return int(text) * HOUR

    # -- the API -----------------------------------------------------------------------------------

    async def call(self, action: str, service: str = "admit", **parameters: Any) -> Told:
        """The answer to a call made as whoever is signed in.

        Raises:
            Refused: the API refused it.
        """
        return await self.send(service, action, parameters)

    async def send(self, service: str, action: str, parameters: Mapping[str, Any]) -> Told:
        """The same with parameters by their names on the wire.

        Raises:
            Refused: the API refused it.
        """
        site = self.desk.site
        client = self.request.client
        peer = Peer(client.host if client else "", self.request.url.scheme == "https")
        whom = site.sessions.whom(self.signed_in)
        asked = Asked(self.desk.version(service), action, flat(parameters), whom)
        answer = await self.desk.dispatcher.answer_for(asked, peer, self.request.headers.get("host", ""))
        told: Told = json.loads(answer.body, object_hook=Told)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise Refused(answer.status, told["Code"], told["Message"])
        return told

    async def may_call(self, action: str, service: str = "admit", **parameters: Any) -> Told | None:
        """The answer to a call that a page can do without: None if it is refused."""
        try:
            return await self.send(service, action, parameters)
        except Refused:
            return None

    # -- the page ----------------------------------------------------------------------------------

    async def form(self) -> FormData:
        """The fields of a form that was sent.

        Raises:
            Forged: no page of ours sent it.
        """
        return await self.desk.site.form(self.request, self.signed_in)

    def require_fresh(self) -> None:
        """Refuse what could do harm to whoever has not shown lately who they are.

        Raises:
            NotFresh: they have not; they are sent to show it, and back.
        """
        self.desk.site.require_fresh(self.request, self.signed_in)

    def page(
        self, template: str, *, code: int = 200, policy: dict[str, str] | None = None, **values: Any
    ) -> Response:
        """A page of the console; a part of one where only that is asked for."""
        known = {
            "signed_in": self.signed_in,
            "drawer": "x-drawer" in self.request.headers,
            "here": self.request.url.path,
            "query": self.request.query_params,
            "menu": MENU,
            "done": DONE.get(self.asked("done")),
        }
        told = known | tools(self.reader, self.asked("at")) | values
        return self.desk.site.page(self.request, f"console/{template}", told, status=code, policy=policy)

    @staticmethod
    def go(target: str) -> Response:
        """Send the browser on to a page of the console, after a form."""
        return RedirectResponse(target, HTTPStatus.SEE_OTHER)


def flat(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as they are on the wire, lists and structures in dotted form; None is left out."""
    found: dict[str, str] = {}
    for name, value in parameters.items():
        _flatten(name, value, found)
    return found


def _flatten(name: str, value: Any, into: dict[str, str]) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _flatten(f"{name}.{key}", item, into)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value, 1):
            _flatten(f"{name}.{number}", item, into)
    elif isinstance(value, bool):
        into[name] = "true" if value else "false"
    elif value is not None:
        into[name] = str(value)
