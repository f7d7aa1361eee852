"""The pages of the explorer: all operations, one operation, its call and its code."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from admit.control.signing_in.web_sessions import SignedIn
from admit.explorer import values
from admit.explorer.fields import Field, fields_of
from admit.explorer.highlighting import coloured
from admit.explorer.samples.asked import Asked, Server
from admit.explorer.samples.languages import BY_KEY, LANGUAGES, Language
from admit.pages.cookies import is_secure
from admit.pages.site import Site, is_htmx, with_protection
from admit.pages.words import described
from admit.rpc import describe
from admit.rpc.dispatch import Asked as Call
from admit.rpc.dispatch import Dispatcher, Peer
from admit.rpc.operation import Operation
from admit.rpc.reference import code_of

EXAMPLES = (
    ("appstream-center", "AuthorizeInstanceGroup"),
    ("yundun-bastionhost", "AttachHostAccountsToUserGroup"),
    ("eiam", "UpdateAuthorizationRuleGroupAttachment"),
)
"""What the page of all operations points at: one of each kind of grant."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An operation in the list of all."""

    product: str
    action: str
    summary: str
    access: str


@dataclass(frozen=True)
class Explorer:
    """Its pages."""

    site: Site
    dispatcher: Dispatcher

    @cached_property
    def listed(self) -> tuple[tuple[str, str, tuple[Listed, ...]], ...]:
        """Every operation, by service: product, title, operations."""
        return tuple(
            (
                service.product,
                service.title,
                tuple(
                    Listed(service.product, each.action, describe.paragraphs(each)[0], each.access)
                    for each in sorted(service.operations.values(), key=lambda each: each.action)
                ),
            )
            for service in self.dispatcher.registry.services
        )

    async def all(self, request: Request) -> Response:
        """Every operation, or those that a search finds."""
        signed_in = await self._signed_in(request)
        wanted, product = request.query_params.get("q", "").strip(), request.query_params.get("service", "")
        language = self.site.reader(request).language
        found = [
            (each, title, tuple(one for one in operations if _matches(one, wanted, language)))
            for each, title, operations in self.listed
            if product in ("", each)
        ]
        shown = {
            "signed_in": signed_in,
            "services": [(each, title, len(operations)) for each, title, operations in self.listed],
            "found": [each for each in found if each[2]],
            "count": sum(len(operations) for _, _, operations in found),
            "wanted": wanted,
            "product": product,
            "examples": EXAMPLES,
        }
        if is_htmx(request) and request.headers.get("hx-target", "").endswith("found"):
            return with_protection(
                Response(self.site.fragment(request, "explorer/found.html", shown), media_type="text/html")
            )
        return self.site.page(request, "explorer/all.html", shown)

    async def one(self, request: Request) -> Response:
        """One operation: its form, filled with what the address says."""
        signed_in = await self._signed_in(request)
        operation = self._operation(request)
        flat = values.given(request.query_params.multi_items(), fields_of(operation))
        token = operation.client_token
        if token is not None and token.name not in flat:
            flat[token.name] = self.site.world.chance.request_id().lower()
        return self._page(request, signed_in, operation, flat)

    async def call(self, request: Request) -> Response:
        """Call the operation with the form's values, as whoever is signed in."""
        signed_in = await self._signed_in(request)
        operation = self._operation(request)
        form = await self.site.form(request, signed_in)
        flat = values.given(form.multi_items(), fields_of(operation))
        call = Call(operation.service.version, operation.action, flat, self.site.sessions.whom(signed_in))
        peer = Peer(request.client.host if request.client else "", is_secure(request))
        answer = await self.dispatcher.answer_for(call, peer, request.headers.get("host", ""))
        told = {
            "status": answer.status,
            "request_id": answer.request_id,
            "code": answer.code,
            "text": coloured(json.dumps(json.loads(answer.body), indent=2, ensure_ascii=False), "json"),
        }
        if is_htmx(request):
            part = self.site.fragment(
                request, "explorer/answer.html", {"signed_in": signed_in, "answer": told}
            )
            return with_protection(Response(part, media_type="text/html"))
        return self._page(request, signed_in, operation, flat, told)

    async def code(self, request: Request) -> Response:
        """The code for the form's values: a part of the page, or a file to keep."""
        signed_in = await self._signed_in(request)
        operation = self._operation(request)
        form = await self.site.form(request, signed_in)
        asked = self._asked(request, operation, values.given(form.multi_items(), fields_of(operation)))
        kept = BY_KEY.get(str(form.get("download", "")))
        if kept is not None:
            return _file(asked, kept)
        chosen = _language(form.get("language"))
        shown = {"signed_in": signed_in, "samples": _samples(asked), "chosen": chosen, "operation": operation}
        return self.site.part(request, "explorer/code.html", shown)

    # -- the pieces --------------------------------------------------------------------------------

    async def _signed_in(self, request: Request) -> SignedIn:
        signed_in = await self.site.require(request)
        if signed_in.caller is None:
            raise HTTPException(403, "Only administrators and RAM users may call operations.")
        return signed_in

    def _operation(self, request: Request) -> Operation:
        product, action = request.path_params["product"], request.path_params["action"]
        for service in self.dispatcher.registry.services:
            if service.product == product and action in service.operations:
                return service.operations[action]
        raise HTTPException(404)

    def _asked(self, request: Request, operation: Operation, flat: dict[str, str]) -> Asked:
        fields: tuple[Field, ...] = fields_of(operation)
        server = Server(request.headers.get("host", ""), is_secure(request))
        return Asked(operation, fields, values.nested(fields, flat), server)

    def _page(
        self,
        request: Request,
        signed_in: SignedIn,
        operation: Operation,
        flat: dict[str, str],
        answer: dict[str, Any] | None = None,
    ) -> Response:
        asked = self._asked(request, operation, flat)
        shown = {
            "signed_in": signed_in,
            "operation": operation,
            "service": operation.service,
            "summary": describe.paragraphs(operation)[0],
            "rest": describe.paragraphs(operation)[1:],
            "fields": asked.fields,
            "filled": asked.values,
            "errors": sorted((code_of(error), error.status, error.message) for error in operation.errors),
            "samples": _samples(asked),
            "chosen": _language(request.query_params.get("language")),
            "answer": answer,
        }
        return self.site.page(request, "explorer/one.html", shown)


def _matches(listed: Listed, wanted: str, language: str) -> bool:
    """Whether each word is in its name, or in what it does: in English, or as the reader is told it."""
    told = described(language, listed.summary)
    found = f"{listed.action} {listed.summary} {told} {listed.product}".lower()
    return all(word in found for word in wanted.lower().split())


def _samples(asked: Asked) -> list[tuple[Language, str, Any]]:
    """Each language that can say the call: the language, the code, the same in colours."""
    written = ((each, each.write(asked)) for each in LANGUAGES)
    return [(each, code, coloured(code, each.lexer)) for each, code in written if code is not None]


def _language(chosen: Any) -> str:
    return str(chosen) if chosen in BY_KEY else LANGUAGES[0].key


def _file(asked: Asked, language: Language) -> Response:
    name = f"{asked.action}{language.suffix}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return with_protection(PlainTextResponse(language.write(asked) or "", headers=headers))
