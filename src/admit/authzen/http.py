"""AuthZEN over HTTP: where its endpoints are, and what is asked at each."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from admit.authzen import search
from admit.authzen.asking import after_of, asked_in, body_of
from admit.authzen.evaluation import evaluate, evaluate_all
from admit.authzen.posted import Answering, Endpoint, Posted
from admit.control.world import World
from admit.store.copying import copied
from admit.store.engine import Store

WELL_KNOWN = "/.well-known/authzen-configuration"
BASE = "/access/v1"
SPACE = "/spaces/{space}"
"""What the paths of a decision point begin with that decides about the types of one space."""


def _searching(find: search.Search) -> Answering:
    return lambda asking, raw: search.page_of(find, asking, body_of(raw))


ENDPOINTS = (
    Endpoint(
        f"{BASE}/evaluation",
        "access_evaluation_endpoint",
        "Evaluate",
        lambda asking, raw: evaluate(asking, asked_in(raw)),
        quick=True,
    ),
    Endpoint(
        f"{BASE}/evaluations",
        "access_evaluations_endpoint",
        "Evaluate",
        lambda asking, raw: evaluate_all(asking, body_of(raw)),
    ),
    Endpoint(
        f"{BASE}/search/subject",
        "search_subject_endpoint",
        "SearchSubjects",
        _searching(search.subjects),
    ),
    Endpoint(
        f"{BASE}/search/resource",
        "search_resource_endpoint",
        "SearchResources",
        _searching(search.resources),
    ),
    Endpoint(
        f"{BASE}/search/action",
        "search_action_endpoint",
        "SearchActions",
        _searching(search.actions),
    ),
)


REPLICA = Endpoint(
    f"{BASE}/replica",
    "",
    "ReplicateAccess",
    lambda asking, raw: copied(asking.sql, after_of(body_of(raw))),
    what="replica",
)
"""Our own: a copy of all that decisions ask for, and then what has changed."""


def bare(store: Store, world: World) -> Mapping[str, Posted]:
    """What answers a POST to a path before any web framework is entered.

    An evaluation is sooner made than its route is found.
    """
    return {each.path: Posted(store, world, each) for each in (*ENDPOINTS, REPLICA)}


def routes(store: Store, world: World) -> list[BaseRoute]:
    """The endpoints of the decision point."""
    posts = [
        Route(f"{space}{each.path}", Posted(store, world, each))
        for each in ENDPOINTS
        for space in ("", SPACE)
    ]
    described = [Route(f"{WELL_KNOWN}{space}", _metadata, methods=["GET"]) for space in ("", SPACE)]
    return [*described, *posts, Route(REPLICA.path, Posted(store, world, REPLICA))]


async def _metadata(request: Request) -> Response:
    base = f"{request.url.scheme}://{request.url.netloc}"
    if "space" in request.path_params:
        base += SPACE.format(space=request.path_params["space"])
    return JSONResponse(
        {"policy_decision_point": base, **{each.key: f"{base}{each.path}" for each in ENDPOINTS}}
    )
