"""Who can reach what: a picture around a person, a group or a resource, and when its grants hold."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from admit.console import cells, drawing
from admit.console.desk import Desk, Visit
from admit.console.showing import tools
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
    drawn = drawing.picture(nodes, edges)
    return visit.page(
        "reach.html",
        text=nodes[0]["Thing"]["Label"],
        found=[],
        told=told,
        at=at,
        it=nodes[0]["Thing"],
        drawn=drawn,
        lines=_lines(drawn),
        rows=partial(_rows, visit, told),
        times=drawing.timeline(nodes, edges, at or visit.now, visit.reader.zone),
        day_of=lambda day: moments.written(day, visit.reader.zone, visit.now, visit.reader.language)[:-6],
    )


def _lines(drawn: drawing.Drawn) -> Markup:
    """The lines of the picture: there are hundreds of them."""
    return Markup("").join(
        Markup(  # noqa: S704 - numbers, and what is escaped
            f'<path class="{escape(each.status)}" d="{each.line}" '
            f'data-from="{each.source}" data-to="{each.target}"/>'
        )
        for each in drawn.edges
    )


def _rows(visit: Visit, told: Any, badges: Mapping[str, Markup]) -> Markup:
    """The same as rows of a table; many lines lead to one box: what names it is written once."""
    reader = visit.reader
    place_of = tools(reader, visit.asked("at"))["place_of"]
    things = [cells.thing(reader, each["Thing"], place_of(each["Thing"])) for each in told["Nodes"]]
    until, permanent = (escape(reader.text(text)) for text in ("Until", "permanent"))

    def row(edge: Any) -> Markup:
        end = edge["EndTime"]
        ends = moments.element(end, reader.zone, reader.now, reader.language) if end else permanent
        return Markup(  # noqa: S704 - escaped
            f"<tr><td>{things[edge['Source']]}</td><td>{things[edge['Target']]}</td>"
            f'<td>{badges[edge["Status"]]}</td><td data-label="{until}">{ends}</td></tr>'
        )

    return Markup("").join(map(row, told["Edges"]))
