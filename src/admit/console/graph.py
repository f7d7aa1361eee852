"""The picture of who can reach what as SVG, and the same as rows: of each there are dozens, drawn in one go.

As a template they were half of what such a page takes.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from admit.console import cells
from admit.console.drawing import HEIGHT, WIDTH, Drawn, DrawnNode, Timeline, shortened
from admit.console.shelves import shelf_of
from admit.core.validity import Millis
from admit.pages import moments
from admit.pages.assets import icon
from admit.pages.site import Reader

INSIDE_LETTERS = 22
WORDS = ("everybody", "App Streaming", "{n} more links", "Until", "permanent")
"""What is said here, besides what things are."""


def lines(drawn: Drawn) -> Markup:
    """The lines between the boxes."""
    return _all(
        f'<path class="{each.status}" d="{each.line}" data-from="{each.source}" data-to="{each.target}"/>'
        for each in drawn.edges
    )


def boxes(drawn: Drawn, reader: Reader, at: Millis | None, places: Sequence[str | None]) -> Markup:
    """The boxes; each leads to its place, if it has one."""
    seen_at = reader.now if at is None else at
    frame = f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>'

    def box(each: DrawnNode) -> str:
        brief = each.node["Thing"]
        place, kind = places[each.number], brief["Kind"]
        linked = f' href="{escape(place)}"' if place else ""
        title = " · ".join(filter(None, (brief["Label"], brief["Note"])))
        name = reader.text("everybody") if kind == "account" else each.text
        return (
            f'<a class="{_look(each)}" transform="translate({each.x:g} {each.y:g})"{linked} '
            f'data-node="{each.number}"><title>{escape(title)}</title>{frame}'
            f'<svg x="11" y="14" width="20" height="20">{icon(shelf_of(kind).icon)}</svg>'
            f'<text class="name" x="40" y="21">{escape(name)}</text>'
            f'<text class="note" x="40" y="37">{escape(_note(each, reader, seen_at))}</text></a>'
        )

    return _all(map(box, drawn.nodes))


def _look(each: DrawnNode) -> str:
    """The classes of a box: where the picture begins, what is switched off, what leads to nothing granted."""
    looks = {"start": each.number == 0, "off": each.node["Thing"]["Blocked"], "idle": each.idle}
    return " ".join(("c-node", *(name for name, is_so in looks.items() if is_so)))


def _note(each: DrawnNode, reader: Reader, at: Millis) -> str:
    """What stands below a name: the most telling of what is known."""
    brief = each.node["Thing"]
    if brief["Blocked"]:
        return reader.text(brief["Blocked"])
    if each.node["LeftOut"]:
        return reader.text("{n} more links", n=each.node["LeftOut"])
    if each.until:
        return moments.left(each.until, at, reader.language)
    if brief["Kind"] == "user" and brief["Inside"]:
        inside = reader.text("App Streaming") if brief["InsideKind"] == "account" else brief["Inside"]
        return shortened(inside, INSIDE_LETTERS)
    return reader.text(shelf_of(brief["Kind"]).one)


def rows(told: Any, reader: Reader, pages: Sequence[str | None], badges: Mapping[str, Markup]) -> Markup:
    """The links as rows of a table; many lead to one thing: what names it is written once."""
    nodes = zip(told["Nodes"], pages, strict=True)
    things = [cells.thing(reader, each["Thing"], page) for each, page in nodes]
    until, permanent = (escape(reader.text(text)) for text in ("Until", "permanent"))

    def row(edge: Any) -> str:
        end = edge["EndTime"]
        ends = moments.element(end, reader.zone, reader.now, reader.language) if end else permanent
        return (
            f"<tr><td>{things[edge['Source']]}</td><td>{things[edge['Target']]}</td>"
            f'<td>{badges[edge["Status"]]}</td><td data-label="{until}">{ends}</td></tr>'
        )

    return _all(map(row, told["Edges"]))


def strips(times: Timeline) -> Markup:
    """The grants over time, each between its two names."""
    return _all(
        f'<line class="row" x2="{times.width}" y1="{each.y:g}" y2="{each.y:g}"/>'
        f'<text class="name" x="4" y="{each.y + 17:g}">{(who := escape(each.who))}</text>'
        f'<text class="note" x="4" y="{each.y + 32:g}">{(what := escape(each.what))}</text>'
        f'<rect class="{each.status}" x="{each.x:.1f}" y="{each.y + 12:g}" width="{each.width:.1f}" '
        f'height="16" rx="4"><title>{who} → {what}</title></rect>'
        for each in times.strips
    )


def _all(parts: Iterable[str]) -> Markup:
    return Markup("".join(parts))  # noqa: S704 - numbers and words of ours, and what is escaped
