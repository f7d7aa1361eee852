"""Shared Signals over HTTP: what is offered, the keys, and each receiver's own streams."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from admit.control.callers import Caller
from admit.control.eiam import signing_keys
from admit.control.outward import signals
from admit.control.world import World
from admit.core.errors import NoPermission
from admit.rpc.dispatch import Peer
from admit.rpc.presented import CHALLENGE, Presented, Unproven, let_in
from admit.signals.streams import Configured, Refused, Streams
from admit.store import things
from admit.store.engine import Store

T = TypeVar("T")
log = structlog.get_logger("admit.signals")

WELL_KNOWN = "/.well-known/ssf-configuration"
BODY_LIMIT = 64 * 1024
ACTION = "ManageSignals"
"""What RAM is asked about whoever configures streams: ``admit:ManageSignals``."""

Handler: TypeAlias = Callable[[Request, Streams], Awaitable[Response]]


def routes(store: Store, world: World) -> list[BaseRoute]:
    """The endpoints of the transmitter."""
    door = _Door(store, world)
    return [
        Route(WELL_KNOWN, door.described, methods=["GET"]),
        Route("/ssf/jwks.json", door.keys, methods=["GET"]),
        Route("/ssf/streams", door.of(_streams), methods=["POST", "GET", "PATCH", "PUT", "DELETE"]),
        Route("/ssf/status", door.of(_status), methods=["GET", "POST"]),
        Route("/ssf/verify", door.of(_verify), methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class _Door:
    store: Store
    world: World

    async def described(self, _request: Request) -> Response:
        base = self.world.url
        return JSONResponse(
            {
                "spec_version": "1_0",
                "issuer": base,
                "jwks_uri": f"{base}/ssf/jwks.json",
                "delivery_methods_supported": ["urn:ietf:rfc:8935"],
                "configuration_endpoint": f"{base}/ssf/streams",
                "status_endpoint": f"{base}/ssf/status",
                "verification_endpoint": f"{base}/ssf/verify",
                "authorization_schemes": [{"spec_urn": "urn:ietf:rfc:6749"}],
                "default_subjects": "ALL",
            }
        )

    async def keys(self, _request: Request) -> Response:
        return JSONResponse({"keys": await asyncio.to_thread(self._keys)})

    def _keys(self) -> list[dict[str, Any]]:
        with self.store.read() as sql:
            account = things.by_key(sql, self.world.account_key)
        # Who reads the keys before anything was signed shall find the one that signs.
        signing_keys.current(self.store, self.world, account)
        with self.store.read() as sql:
            return signing_keys.published(sql, account)

    def of(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """A handler that is only entered by who may manage streams."""

        async def respond(request: Request) -> Response:
            try:
                caller = await asyncio.to_thread(self._caller, request)
                return await handler(request, Streams(self.store, self.world, caller))
            except Unproven:
                return PlainTextResponse(
                    "Show a bearer token or an access key.", 401, {"www-authenticate": CHALLENGE}
                )
            except NoPermission as refusal:
                return PlainTextResponse(refusal.text, 403)
            except Refused as refused:
                return PlainTextResponse(refused.text, refused.status)

        return respond

    def _caller(self, request: Request) -> Caller:
        peer = Peer(request.client.host if request.client else "", request.url.scheme == "https")
        with self.store.read() as sql:
            shown = request.headers.get("authorization", "")
            return let_in(sql, self.world, Presented(shown, ACTION, "stream/*", peer))


async def _read(request: Request, kind: type[T]) -> T:
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > BODY_LIMIT:
            raise Refused(413, "The body is too long.")
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refused(400, f"The body cannot be read: {error}.") from None


async def _streams(request: Request, streams: Streams) -> Response:
    if request.method == "POST":
        made = await streams.create(await _read(request, Configured))
        return JSONResponse(made, 201)
    stream_id = request.query_params.get("stream_id")
    if request.method == "GET":
        return JSONResponse(await streams.read(stream_id))
    if request.method == "DELETE":
        await streams.remove(stream_id or "")
        return Response(status_code=204)
    wanted = await _read(request, Configured)
    return JSONResponse(await streams.update(wanted, whole=request.method == "PUT"))


async def _status(request: Request, streams: Streams) -> Response:
    if request.method == "GET":
        return JSONResponse(await streams.status(request.query_params.get("stream_id") or ""))
    wanted = await _read(request, _Status)
    return JSONResponse(await streams.set_status(wanted.stream_id, wanted.status, wanted.reason))


async def _verify(request: Request, streams: Streams) -> Response:
    wanted = await _read(request, _Verification)
    await streams.verify(wanted.stream_id, wanted.state)
    return Response(status_code=204)


class _Status(msgspec.Struct):
    stream_id: str
    status: signals.Status
    reason: str = ""


class _Verification(msgspec.Struct):
    stream_id: str
    state: str | None = None
