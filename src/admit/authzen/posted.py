"""One endpoint of the decision point: who is let in, how it is answered, and what an error looks like."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeAlias

import msgspec
import structlog
from sqlalchemy import Connection

from admit.authzen.asking import BODY_LIMIT, Unreadable
from admit.authzen.evaluation import Asking
from admit.authzen.parties import Space
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

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header: TypeAlias = tuple[bytes, bytes]

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


class _Reply(msgspec.Struct, frozen=True):
    """An answer, as it is sent."""

    status: int
    body: bytes
    kind: bytes = b"application/json"
    more: tuple[Header, ...] = ()


def _refusal(status: int, text: str, *more: Header) -> _Reply:
    return _Reply(status, text.encode(), b"text/plain; charset=utf-8", more)


class Posted:
    """One endpoint, as an ASGI application of its own."""

    def __init__(self, store: Store, world: World, endpoint: Endpoint) -> None:
        self._store = store
        self._world = world
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = perf_counter()
        # Of several headers of one name the first counts.
        request = _Request(scope, dict(reversed(scope["headers"])))
        reply = await self._reply(request, receive)
        code, took_s = str(reply.status), perf_counter() - started
        self._world.metrics.observe_call("authzen", self._endpoint.action, code, took_s)
        headers = [
            (b"content-length", str(len(reply.body)).encode()),
            (b"content-type", reply.kind),
            (b"cache-control", b"no-store"),
            *reply.more,
        ]
        given = request.headers.get(b"x-request-id")
        if given is not None:
            headers.append((b"x-request-id", given))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, request: _Request, receive: Receive) -> _Reply:
        try:
            _require_json(request)
            raw = await _body(receive)
            if ASKED.encode() in request.headers:
                await self._wait(request, at_least({ASKED: request.header(ASKED)}))
            if self._endpoint.quick and self._store.is_sqlite:
                # SQLite answers one question sooner than a thread would begin.
                return self._answer(request, raw)
            return await asyncio.to_thread(self._answer, request, raw)
        except Unreadable as fault:
            return _refusal(400, str(fault))
        except Unproven:
            challenge = (b"www-authenticate", CHALLENGE.encode())
            return _refusal(401, "Show a bearer token or an access key.", challenge)
        except (NoPermission, InvalidParameter, RevisionNotReached) as refusal:
            return _refusal(refusal.status, refusal.text)
        except Exception:
            log.exception("request failed", path=self._endpoint.path)
            return _refusal(500, "Something failed that should not have.")

    async def _wait(self, request: _Request, wanted: int) -> None:
        """Until there is the revision to answer at.

        Who is not let in waits for nothing, and is not told which there is.
        """
        if wanted:
            await asyncio.to_thread(self._prove, request)
            await reached(self._store, self._world.clock, wanted)

    def _answer(self, request: _Request, raw: bytes) -> _Reply:
        with self._store.read() as sql:
            asking = self._asking(request, sql)
            told = (TOLD.encode(), str(current_revision(sql)).encode())
            return _Reply(200, msgspec.json.encode(self._endpoint.answer(asking, raw)), more=(told,))

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
