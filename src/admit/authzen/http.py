"""AuthZEN over HTTP: where its endpoints are, who is let in, and what an error looks like."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, TypeAlias

import msgspec
import structlog
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from admit.authzen import search
from admit.authzen.asking import BODY_LIMIT, Json, Unreadable, after_of, asked_of, body_of
from admit.authzen.evaluation import Asking, evaluate, evaluate_all
from admit.authzen.parties import Space
from admit.control import own_types
from admit.control.decisions import Asker
from admit.control.world import World
from admit.core.errors import InvalidParameter, NoPermission, RevisionNotReached
from admit.rpc.dispatch import Peer
from admit.rpc.presented import CHALLENGE, Unproven, caller_of, permit_to
from admit.rpc.revisions import TOLD, at_least, reached
from admit.store.copying import copied
from admit.store.engine import Store
from admit.store.links import current_revision

log = structlog.get_logger("admit.authzen")

WELL_KNOWN = "/.well-known/authzen-configuration"
BASE = "/access/v1"
SPACE = "/spaces/{space}"
"""What the paths of a decision point begin with that decides about the types of one space."""

Answering: TypeAlias = Callable[[Asking, Json], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of the five, where it is, what it is called in the metadata, and what RAM is asked."""

    path: str
    key: str
    action: str
    answer: Answering
    quick: bool = False
    """Whether it is always one question about one thing."""
    what: str = "space/{space}"
    """What RAM is asked about."""


ENDPOINTS = (
    Endpoint(
        f"{BASE}/evaluation",
        "access_evaluation_endpoint",
        "Evaluate",
        lambda asking, body: evaluate(asking, asked_of(body)),
        quick=True,
    ),
    Endpoint(f"{BASE}/evaluations", "access_evaluations_endpoint", "Evaluate", evaluate_all),
    Endpoint(
        f"{BASE}/search/subject",
        "search_subject_endpoint",
        "SearchSubjects",
        partial(search.page_of, search.subjects),
    ),
    Endpoint(
        f"{BASE}/search/resource",
        "search_resource_endpoint",
        "SearchResources",
        partial(search.page_of, search.resources),
    ),
    Endpoint(
        f"{BASE}/search/action",
        "search_action_endpoint",
        "SearchActions",
        partial(search.page_of, search.actions),
    ),
)


REPLICA = Endpoint(
    f"{BASE}/replica",
    "",
    "ReplicateAccess",
    lambda asking, body: copied(asking.sql, after_of(body)),
    what="replica",
)
"""Our own: a copy of all that decisions ask for, and then what has changed."""


def routes(store: Store, world: World) -> list[BaseRoute]:
    """The endpoints of the decision point."""
    posts = [
        Route(f"{space}{each.path}", _Posted(store, world, each), methods=["POST"])
        for each in ENDPOINTS
        for space in ("", SPACE)
    ]
    described = [Route(f"{WELL_KNOWN}{space}", _metadata, methods=["GET"]) for space in ("", SPACE)]
    return [*described, *posts, Route(REPLICA.path, _Posted(store, world, REPLICA), methods=["POST"])]


async def _metadata(request: Request) -> Response:
    base = f"{request.url.scheme}://{request.url.netloc}"
    if "space" in request.path_params:
        base += SPACE.format(space=request.path_params["space"])
    return JSONResponse(
        {"policy_decision_point": base, **{each.key: f"{base}{each.path}" for each in ENDPOINTS}}
    )


class _Posted:
    """One endpoint, as an ASGI application."""

    def __init__(self, store: Store, world: World, endpoint: Endpoint) -> None:
        self._store = store
        self._world = world
        self._endpoint = endpoint

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request, started = Request(scope, receive), perf_counter()
        response = await self._respond(request)
        code = str(response.status_code)
        self._world.metrics.observe_call("authzen", self._endpoint.action, code, perf_counter() - started)
        given = request.headers.get("x-request-id")
        if given is not None:
            response.headers["x-request-id"] = given
        response.headers["cache-control"] = "no-store"
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        try:
            _require_json(request)
            raw = await _body(request)
            wanted = at_least(request.headers)
            if wanted:
                # Who is not let in waits for nothing, and is not told which revision there is.
                await asyncio.to_thread(self._prove, request)
                await reached(self._store, self._world.clock, wanted)
            if self._endpoint.quick and self._store.is_sqlite:
                # SQLite answers one question sooner than a thread would begin.
                return self._answer(request, raw)
            return await asyncio.to_thread(self._answer, request, raw)
        except Unreadable as fault:
            return PlainTextResponse(str(fault), 400)
        except Unproven:
            return PlainTextResponse(
                "Show a bearer token or an access key.", 401, {"www-authenticate": CHALLENGE}
            )
        except (NoPermission, InvalidParameter, RevisionNotReached) as refusal:
            return PlainTextResponse(refusal.text, refusal.status)
        except Exception:
            log.exception("request failed", path=self._endpoint.path)
            return PlainTextResponse("Something failed that should not have.", 500)

    def _answer(self, request: Request, raw: bytes) -> Response:
        with self._store.read() as sql:
            asking = self._asking(request, sql)
            told = {TOLD: str(current_revision(sql))}
            answer = msgspec.json.encode(self._endpoint.answer(asking, body_of(raw)))
            return Response(answer, headers=told, media_type="application/json")

    def _prove(self, request: Request) -> None:
        with self._store.read() as sql:
            self._asking(request, sql)

    def _asking(self, request: Request, sql: Connection) -> Asking:
        """Who asks, of which space, once they have shown that they may.

        Raises:
            Unproven, NoPermission: they have not.
        """
        world, action = self._world, self._endpoint.action
        peer = Peer(request.client.host if request.client else "", request.url.scheme == "https")
        caller = caller_of(sql, world, request.headers.get("authorization", ""))
        space = request.path_params.get("space", own_types.DEFAULT)
        permit_to(caller, world, action, self._endpoint.what.format(space=space), peer)
        given = request.headers.get("x-request-id", "")
        asker = Asker(caller.arn, f"admit:{action}", given[:128], peer.address)
        return Asking(Space(sql, space), world, asker, world.clock.now())


def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Unreadable("The Content-Type must be application/json.")


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_LIMIT:
            raise Unreadable(f"The body is longer than {BODY_LIMIT} bytes.")
        parts.append(part)
    return b"".join(parts)
