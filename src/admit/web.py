"""The ASGI application: the signed API at ``/``, the pages of the doors, and what operating it needs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from admit.base import metrics
from admit.base.replies import Application, AtOnce, Receive, Reply, Scope, Send
from admit.core.errors import AdmitError, BadRequest, RequestTooLarge, ServiceUnavailable
from admit.rpc import form
from admit.rpc.dispatch import Dispatcher, Peer
from admit.rpc.formats import accepts_xml
from admit.rpc.response import Answer, Envelope
from admit.rpc.revisions import TOLD
from admit.rpc.signature import Wire

BODY_LIMIT = 2 * 1024 * 1024
"""The largest request body, in bytes."""
BODIES_LIMIT = 256 * 1024 * 1024
"""How many bytes the bodies of all requests under way may take up: nobody must have signed them yet."""

_FORM = "application/x-www-form-urlencoded"


class _Room:
    """What room is left for request bodies."""

    def __init__(self) -> None:
        self.left = BODIES_LIMIT


class _Place:
    """What one request takes up of the room, for as long as its block lasts."""

    def __init__(self, room: _Room, taken: int = 0) -> None:
        """So many bytes it takes up already."""
        self._room = room
        self._mine = taken
        room.left -= taken

    def take(self, size: int) -> None:
        """Take so many bytes more.

        Raises:
            ServiceUnavailable: there is less left.
        """
        if size > self._room.left:
            raise ServiceUnavailable
        self._room.left -= size
        self._mine += size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._room.left += self._mine


@dataclass(frozen=True, slots=True)
class Measured:
    """What the system measures, and whom it tells."""

    text: Callable[[], bytes]
    public: bool
    """Whether callers from elsewhere than this machine are told, too: nobody has to sign."""

    def told_to(self, address: str) -> bool:
        """Whether a caller from an address is told."""
        if self.public:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return (getattr(found, "ipv4_mapped", None) or found).is_loopback


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What operating the server needs."""

    ready: Callable[[], bool]
    measured: Measured
    described: Callable[[], bytes]
    """The OpenAPI document of every operation."""


@dataclass(frozen=True, slots=True)
class Pages:
    """What browsers are shown, and what programs are answered that do not sign."""

    routes: Sequence[BaseRoute] = ()
    faults: Mapping[Any, Callable[..., Any]] = field(default_factory=dict)
    """How what goes wrong in them is answered, by the kind of it."""
    bare: Mapping[str, AtOnce] = field(default_factory=dict)
    """What answers a POST to a path before any web framework is entered."""


class Web:
    """Every path of the server. The API is answered before any web framework is entered."""

    def __init__(
        self, dispatcher: Dispatcher, request_id: Callable[[], str], upkeep: Upkeep, pages: Pages
    ) -> None:
        self._api = _Api(dispatcher, request_id)
        self._upkeep = upkeep
        self._bare = pages.bare
        self._pages = Starlette(
            routes=[
                Route("/healthz", _alive),
                Route("/readyz", self._readiness),
                Route("/metrics", self._metrics),
                Route("/openapi.json", self._description),
                *pages.routes,
            ],
            exception_handlers=dict(pages.faults),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection's request."""
        await self._answering(scope)(scope, receive, send)

    def at_once(self, scope: Scope, body: bytes) -> Reply | Application:
        """The answer to a request with this body; or what answers it, where that has to wait."""
        answering = self._answering(scope)
        at_once = getattr(answering, "at_once", None)
        return answering if at_once is None else at_once(scope, body)

    def _answering(self, scope: Scope) -> Application:
        """What answers a request."""
        if scope["type"] != "http":
            return self._pages
        path: str = scope["path"]
        if path == "/":
            return RedirectResponse("/home", 303) if _is_browser(scope) else self._api
        bare = self._bare.get(path)
        return self._pages if bare is None or scope["method"] != "POST" else bare

    # Not coroutines: they ask the database, which may be far away, and run on threads of their own.
    def _readiness(self, _request: Request) -> Response:
        ready = self._upkeep.ready()
        return JSONResponse({"ready": ready}, 200 if ready else 503)

    def _metrics(self, request: Request) -> Response:
        if not self._upkeep.measured.told_to(request.client.host if request.client else ""):
            return PlainTextResponse("Metrics are told on this machine only: see metrics_public.\n", 403)
        return Response(self._upkeep.measured.text(), media_type=metrics.CONTENT_TYPE)

    # Not a coroutine: it runs on a thread of its own, as the first demand takes a while.
    def _description(self, _request: Request) -> Response:
        return Response(self._upkeep.described(), media_type="application/json")


class _Api:
    """The signed API."""

    def __init__(self, dispatcher: Dispatcher, request_id: Callable[[], str]) -> None:
        self._dispatcher = dispatcher
        self._request_id = request_id
        self._room = _Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = _headers(scope)
        with _Place(self._room) as place:
            try:
                wire = _wire(scope, headers, await _body(headers, receive, place))
            except AdmitError as error:
                answer = self._refused(headers, error)
            else:
                answer = await self._dispatcher.answer(wire, _peer(scope))
        await _reply(answer).send(send, head=scope["method"] == "HEAD")

    def at_once(self, scope: Scope, body: bytes) -> Reply | Application:
        """The answer to a request with this body; or what answers it, where that has to wait."""
        if len(body) > min(BODY_LIMIT, self._room.left):
            return self
        headers = _headers(scope)
        try:
            wire = _wire(scope, headers, body)
        except AdmitError as error:
            return _reply(self._refused(headers, error))
        answer = self._dispatcher.at_once(wire, _peer(scope))
        if isinstance(answer, Answer):
            return _reply(answer)

        async def wait(_scope: Scope, _receive: Receive, send: Send) -> None:
            with _Place(self._room, len(body)):
                waited = await answer
            await _reply(waited).send(send)

        return wait

    def _refused(self, headers: Mapping[str, str], error: AdmitError) -> Answer:
        envelope = Envelope(self._request_id(), headers.get("host", ""), xml=accepts_xml(headers))
        return envelope.error(error)


def _peer(scope: Scope) -> Peer:
    client = scope.get("client")
    return Peer(client[0] if client else "", scope["scheme"] == "https")


def _is_browser(scope: Scope) -> bool:
    """Whether somebody has typed the server's address: no client of the API asks for a page alone."""
    if scope["method"] != "GET" or scope["query_string"]:
        return False
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok")


def _headers(scope: Scope) -> dict[str, str]:
    """Headers by lower-case name; several values of one name sorted and joined."""
    pairs = scope["headers"]
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
    return found if len(found) == len(pairs) else _joined(pairs)


def _joined(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The same of headers that are repeated."""
    found: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        found[name] = ",".join(sorted((found[name], value))) if name in found else value
    return found


async def _body(headers: dict[str, str], receive: Receive, place: _Place) -> bytes:
    """The whole body, however it was framed.

    Raises:
        RequestTooLarge: it is over the limit.
        ServiceUnavailable: there is no room for it at this moment.
        BadRequest: the connection ended before the body did.
    """
    announced = headers.get("content-length", "")
    # Asked before anything is received: who waits for "100 Continue" need not send it at all.
    if announced.isdecimal() and int(announced[:20]) > BODY_LIMIT:
        raise RequestTooLarge(BODY_LIMIT)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_LIMIT:
            raise RequestTooLarge(BODY_LIMIT)
        if message["type"] == "http.disconnect":
            raise BadRequest("its body breaks off.")
        place.take(len(part))
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _wire(scope: Scope, headers: dict[str, str], body: bytes) -> Wire:
    """The request as the engine reads it.

    Raises:
        BadRequest: query or form cannot be decoded.
    """
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    try:
        query = form.parse(scope["query_string"])
        fields = form.parse(body) if body and kind in ("", _FORM) else {}
    except form.FormFault as fault:
        raise BadRequest(f"{fault.name or 'the request'} {fault.why}.") from None
    return Wire(scope["method"], scope["path"], query, fields, headers, body)


_TOLD = TOLD.encode()


def _reply(answer: Answer) -> Reply:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", b"%d" % len(answer.body)),
        (b"x-acs-request-id", answer.request_id.encode()),
    ]
    if answer.revision is not None:
        headers.append((_TOLD, b"%d" % answer.revision))
    return Reply(answer.status, headers, answer.body)
