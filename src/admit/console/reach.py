"""Who can reach what: a picture around a person, a group or a resource, and when its grants hold."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admit.console import drawing
from admit.console.desk import Desk, Visit
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
    nodes, edges = told["Nodes"], told["Edges"]
    return visit.page(
        "reach.html",
        text=nodes[0]["Thing"]["Label"],
        found=[],
        told=told,
        at=at,
        it=nodes[0]["Thing"],
        drawn=drawing.picture(nodes, edges),
        times=drawing.timeline(nodes, edges, at or visit.now, visit.reader.zone),
        day_of=lambda day: moments.written(day, visit.reader.zone, visit.now, visit.reader.language)[:-6],
    )
