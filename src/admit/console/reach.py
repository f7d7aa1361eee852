"""Who can reach what: a picture around a person, a group or a resource, and when its grants hold."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from admit.console import drawing, graph
from admit.console.desk import Desk, Visit
from admit.console.showing import tools, with_query
from admit.pages import moments


async def reach(desk: Desk, request: Request) -> Response:
    """The picture around what the address names; without anything, where to begin."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    text, kind, thing_id = visit.asked("q"), visit.asked("kind"), visit.asked("id")
    found: list[Any] = []
    if text and not thing_id:
        found = (await visit.call("ListThings", Text=text, At=at, MaxResults=20))["Things"]
        if len(found) == 1 or (found and found[0]["Name"] == text and found[0]["Kind"] == "person"):
            kind, thing_id = found[0]["Kind"], found[0]["Id"]
    if not thing_id:
        people = (
            [] if text else (await visit.call("ListThings", Kinds=["person"], At=at, MaxResults=8))["Things"]
        )
        return visit.page("reach.html", text=text, found=found or people, told=None, at=at)
    return await _picture(visit, kind, thing_id, at)


async def _picture(visit: Visit, kind: str, thing_id: str, at: int | None) -> Response:
    told = await visit.call("GetReach", Kind=kind, Id=thing_id, At=at)
    nodes, edges, reader = told["Nodes"], told["Edges"], visit.reader
    page_of = tools(reader, visit.asked("at"))["place_of"]
    pages = [page_of(each["Thing"]) for each in nodes]
    drawn = drawing.picture(nodes, edges)
    return visit.page(
        "reach.html",
        text=nodes[0]["Thing"]["Label"],
        found=[],
        told=told,
        at=at,
        it=nodes[0]["Thing"],
        drawn=drawn,
        lines=graph.lines(drawn),
        boxes=graph.boxes(drawn, reader, at, _pictures(visit, nodes, pages)),
        rows=partial(graph.rows, told, reader, pages),
        times=(times := drawing.timeline(nodes, edges, at or visit.now, reader.zone)),
        strips=graph.strips(times),
        day_of=lambda day: moments.written(day, reader.zone, visit.now, reader.language)[:-6],
    )


def _pictures(visit: Visit, nodes: Sequence[Any], pages: Sequence[str | None]) -> list[str | None]:
    """Where the picture is around each thing that has a page, as of the same moment."""
    kept = with_query(visit.request.query_params, q=None, kind=None, id=None).removesuffix("?")
    begin = f"/console/reach{kept}{'&' if kept else '?'}"
    things = zip((each["Thing"] for each in nodes), pages, strict=True)
    return [page and f"{begin}kind={quote(thing['Kind'])}&id={quote(thing['Id'])}" for thing, page in things]
