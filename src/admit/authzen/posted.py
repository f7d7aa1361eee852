"""One endpoint of the decision point: who is let in, how it is answered, and what an error looks like."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeAlias

import msgspec
import structlog
from sqlalchemy import Connection

from admit.authzen.asking import BODY_LIMIT, Unreadable
from admit.authzen.evaluation import Asking
from admit.authzen.parties import Space
from admit.base.replies import Application, Header, Receive, Reply, Scope, Send
from admit.control import own_types
from admit.control.decisions import Asker
from admit.control.world import World
from admit.core.errors import InvalidParameter, NoPermission, RevisionNotReached
from admit.rpc.dispatch import Peer
from admit.rpc.presented import CHALLENGE, Presented, Unproven, let_in
from admit.rpc.revisions import ASKED, TOLD, at_least, reached
from admit.store.engine import Store
from admit.store.links import current_revision

log = structlog.get_logger("admit.authzen")

_ASKED, _TOLD = ASKED.encode(), TOLD.encode()

Answering: TypeAlias = Callable[[Asking, bytes], Any]
"""Makes the answer to a request out of its body."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one is, what it is called in the metadata, what answers it, and what RAM is asked."""

    path: str
    key: str
    action: str
    answer: Answering
    quick: bool = False
    """Whether it is always one question about one thing."""
    what: str = "space/{space}"
    """What RAM is asked about."""


class _Request(msgspec.Struct, frozen=True):
    """What a request says besides its body."""

    scope: Scope
    headers: Mapping[bytes, bytes]

    def header(self, name: str) -> str:
        """A header, or nothing."""
        return self.headers.get(name.encode(), b"").decode("latin-1")

    @property
    def peer(self) -> Peer:
        """What the connection says of who asks."""
        client = self.scope.get("client")
        return Peer(client[0] if client else "", self.scope["scheme"] == "https")

    @property
    def space(self) -> str:
        """Whose types are asked about."""
        told: str = self.scope.get("path_params", {}).get("space", own_types.DEFAULT)
        return told


def _request(scope: Scope) -> _Request:
    # Of several headers of one name the first counts.
    return _Request(scope, dict(reversed(scope["headers"])))


def _answer(status: int, body: bytes, *more: Header, kind: bytes = b"application/json") -> Reply:
    headers = [
        (b"content-length", b"%d" % len(body)),
        (b"content-type", kind),
        (b"cache-control", b"no-store"),
        *more,
    ]
    return Reply(status, headers, body)


def _refusal(status: int, text: str, *more: Header) -> Reply:
    return _answer(status, text.encode(), *more, kind=b"text/plain; charset=utf-8")


class _NotPosted(Exception):
    """A request by another method."""


class Posted:
    """One endpoint, as an ASGI application of its own."""

    def __init__(self, store: Store, world: World, endpoint: Endpoint) -> None:
        self._store = store
        self._world = world
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = perf_counter()
        request = _request(scope)
        try:
            reply = await self._reply(request, receive)
        except Exception as error:  # noqa: BLE001 - it is logged there
            reply = self._failed(error)
        await self._told(request, reply, started).send(send, head=scope["method"] == "HEAD")

    def at_once(self, scope: Scope, body: bytes) -> Reply | Application:
        """The answer to a request with this body; or what answers it, where that has to wait."""
        started = perf_counter()
        request = _request(scope)
        if not self._is_quick or len(body) > BODY_LIMIT or _ASKED in request.headers:
            return self
        try:
            _require_json(request)
            reply = self._answer(request, body)
        except Exception as error:  # noqa: BLE001 - it is logged there
            reply = self._failed(error)
        return self._told(request, reply, started)

    @property
    def _is_quick(self) -> bool:
        """Whether it is answered sooner than a thread would begin: SQLite does, if it is one question."""
        return self._endpoint.quick and self._store.is_sqlite

    async def _reply(self, request: _Request, receive: Receive) -> Reply:
        if request.scope["method"] != "POST":
            raise _NotPosted
        _require_json(request)
        raw = await _body(receive)
        if _ASKED in request.headers:
            await self._wait(request, at_least({ASKED: request.header(ASKED)}))
        if self._is_quick:
            return self._answer(request, raw)
        return await asyncio.to_thread(self._answer, request, raw)

    def _failed(self, error: Exception) -> Reply:
        """The answer to a request in the midst of which something was raised."""
        match error:
            case Unreadable():
                return _refusal(400, str(error))
            case _NotPosted():
                return _refusal(405, "Use POST.", (b"allow", b"POST"))
            case Unproven():
                challenge = (b"www-authenticate", CHALLENGE.encode())
                return _refusal(401, "Show a bearer token or an access key.", challenge)
            case NoPermission() | InvalidParameter() | RevisionNotReached():
                return _refusal(error.status, error.text)
        log.error("request failed", path=self._endpoint.path, exc_info=error)
        return _refusal(500, "Something failed that should not have.")

    def _told(self, request: _Request, reply: Reply, started: float) -> Reply:
        """The same answer, counted, and with the id that the request came with."""
        code, took_s = str(reply.status), perf_counter() - started
        self._world.metrics.observe_call("authzen", self._endpoint.action, code, took_s)
        given = request.headers.get(b"x-request-id")
        if given is None:
            return reply
        return Reply(reply.status, [*reply.headers, (b"x-request-id", given)], reply.body)

    async def _wait(self, request: _Request, wanted: int) -> None:
        """Until there is the revision to answer at.

        Who is not let in waits for nothing, and is not told which there is.
        """
        if wanted:
            await asyncio.to_thread(self._prove, request)
            await reached(self._store, self._world.clock, wanted)

    def _answer(self, request: _Request, raw: bytes) -> Reply:
        with self._store.read() as sql:
            asking = self._asking(request, sql)
            told = (_TOLD, b"%d" % current_revision(sql))
            return _answer(200, msgspec.json.encode(self._endpoint.answer(asking, raw)), told)

    def _prove(self, request: _Request) -> None:
        with self._store.read() as sql:
            self._asking(request, sql)

    def _asking(self, request: _Request, sql: Connection) -> Asking:
        """Who asks, of which space, once they have shown that they may.

        Raises:
            Unproven, NoPermission: they have not.
        """
        world, action, space, peer = self._world, self._endpoint.action, request.space, request.peer
        what = self._endpoint.what.format(space=space)
        caller = let_in(sql, world, Presented(request.header("authorization"), action, what, peer))
        asker = Asker(caller.arn, f"admit:{action}", request.header("x-request-id")[:128], peer.address)
        return Asking(Space(sql, space), world, asker, world.clock.now())


def _require_json(request: _Request) -> None:
    kind = request.header("content-type").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Unreadable("The Content-Type must be application/json.")


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Unreadable("The body breaks off.")
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_LIMIT:
            raise Unreadable(f"The body is longer than {BODY_LIMIT} bytes.")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
