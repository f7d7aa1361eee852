"""Pictures as geometry: who can reach what in columns, when grants hold as strips; values in, values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from typing import Any

from admit.core.validity import DAY, SECOND, Millis

WIDTH, HEIGHT = 176, 48
"""Of a box."""
GAP_X, GAP_Y = 72, 14
HEADER = 34
WAYPOINT = 10
"""How high an edge is where it passes a column."""
LOWEST = 2 * (HEIGHT + GAP_Y)
"""How far down a column begins at most: in the middle of a tall picture one would have to scroll to it."""
SWEEPS = 6
LETTERS = 21


@dataclass(slots=True)
class Box:
    """A node of the picture, or where an edge passes a column."""

    number: int | None
    column: int
    height: int
    idle: bool = False
    """Whether nothing that is granted leads through it."""
    y: float = 0.0
    before: list["Box"] = field(default_factory=list)
    after: list["Box"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A box with its text."""

    number: int
    x: float
    y: float
    node: Any
    text: str
    until: Millis | None
    """When the last way to it that is drawn ends; None if it has no end, or there is none."""
    idle: bool


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """A line through the columns."""

    source: int
    target: int
    line: str
    status: str
    edge: Any


@dataclass(frozen=True, slots=True)
class Drawn:
    """A whole picture."""

    width: float
    height: float
    columns: tuple[tuple[str, float], ...]
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]


STAGES = ("join", "grant", "hold")
TITLES = ("Person", "User", "Group", "Resource", "Holds", "Role")


def shortened(text: str, most: int = LETTERS) -> str:
    """A text that fits into a box."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def picture(nodes: Sequence[Any], edges: Sequence[Any]) -> Drawn:
    """Boxes in columns, ordered so that few lines cross; an edge that passes a column has room there.

    What only says where somebody belongs stands below what something is granted through, and quietly.
    """
    used = sorted({node["Column"] for node in nodes})
    place = {column: number for number, column in enumerate(used)}
    told = _granted_through(nodes, edges)
    boxes = [
        Box(number, place[node["Column"]], HEIGHT, idle=number not in told)
        for number, node in enumerate(nodes)
    ]
    lines = [_through(boxes, boxes[edge["Source"]], boxes[edge["Target"]]) for edge in edges]
    columns = [[box for box in boxes if box.column == number] for number in range(len(used))]
    height = _arrange(columns)
    ends = _ends(edges)
    return Drawn(
        width=len(used) * WIDTH + (len(used) - 1) * GAP_X,
        height=height + HEADER,
        columns=tuple((TITLES[column], _x(place[column])) for column in used),
        nodes=tuple(_drawn(box, nodes[box.number], ends) for box in boxes if box.number is not None),
        edges=tuple(
            DrawnEdge(
                edge["Source"],
                edge["Target"],
                _line(line),
                "idle" if line[-1].idle or line[0].idle else _status(edge, nodes),
                edge,
            )
            for edge, line in zip(edges, lines, strict=True)
        ),
    )


def _granted_through(nodes: Sequence[Any], edges: Sequence[Any]) -> set[int]:
    """The nodes on a way with a grant in it, or with more links than are drawn; all if there is no grant."""
    ends = {stage: [(e["Source"], e["Target"]) for e in edges if e["Stage"] == stage] for stage in STAGES}
    if not ends["grant"]:
        return set(range(len(nodes)))
    found = {number for number, node in enumerate(nodes) if node["LeftOut"]}
    found |= {0, *(each for grant in ends["grant"] for each in grant)}
    # No way has more links than the picture has nodes; most are done after two or three rounds.
    for _ in nodes:
        more = {source for source, target in ends["join"] if target in found}
        more |= {target for source, target in ends["hold"] if source in found}
        if more <= found:
            break
        found |= more
    return found


def _status(edge: Any, nodes: Sequence[Any]) -> str:
    """How a line looks: what is switched off at either end passes nothing on."""
    off = nodes[edge["Source"]]["Thing"]["Blocked"] or nodes[edge["Target"]]["Thing"]["Blocked"]
    return "ended" if off else str(edge["Status"])


def _through(boxes: list[Box], source: Box, target: Box) -> list[Box]:
    """The boxes a line leads through, with room made in the columns that it passes."""
    line = [source]
    for column in range(source.column + 1, target.column):
        waypoint = Box(None, column, WAYPOINT)
        boxes.append(waypoint)
        line.append(waypoint)
    line.append(target)
    for one, other in pairwise(line):
        one.after.append(other)
        other.before.append(one)
    return line


def _arrange(columns: list[list[Box]]) -> float:
    """Order each column by where its neighbours stand, there and back; returns the height of all."""
    for column in columns:
        _stack(column)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for column in columns if forward else reversed(columns):
            column.sort(key=lambda box: (box.idle, _pull(box, forward=forward)))
            _stack(column)
    tallest = max((_height(column) for column in columns), default=0.0)
    for column in columns:
        shift = min((tallest - _height(column)) / 2, LOWEST)
        for box in column:
            box.y += shift
    return tallest


def _pull(box: Box, *, forward: bool) -> float:
    beside = (box.before or box.after) if forward else (box.after or box.before)
    return sum(each.y + each.height / 2 for each in beside) / len(beside) if beside else box.y


def _stack(column: list[Box]) -> None:
    y = 0.0
    for box in column:
        box.y = y
        y += box.height + GAP_Y


def _height(column: list[Box]) -> float:
    return sum(box.height + GAP_Y for box in column) - GAP_Y if column else 0.0


def _x(column: int) -> float:
    return column * (WIDTH + GAP_X)


def _ends(edges: Sequence[Any]) -> dict[int, Millis | None]:
    """When the last line to each box ends; None where one has no end."""
    ends: dict[int, Millis | None] = {}
    for edge in edges:
        known, end = ends.get(edge["Target"], 0), edge["EndTime"]
        ends[edge["Target"]] = None if known is None or end is None else max(known, end)
    return ends


def _drawn(box: Box, node: Any, ends: Mapping[int, Millis | None]) -> DrawnNode:
    thing, number = node["Thing"], box.number or 0
    title = thing["Label"] if thing["Kind"] == "host account" else thing["Name"]
    until = ends.get(number)
    return DrawnNode(number, _x(box.column), box.y + HEADER, node, shortened(title), until, box.idle)


def _line(line: list[Box]) -> str:
    """An SVG path from the right side of the first box to the left of the last, level where it passes."""
    first, last = line[0], line[-1]
    if first.column == last.column:
        return _beside(first, last)
    x, y = _x(first.column) + WIDTH, first.y + HEADER + first.height / 2
    parts = [f"M{x:.0f} {y:.1f}"]
    for box in line[1:]:
        left, level = _x(box.column), box.y + HEADER + box.height / 2
        middle = (x + left) / 2
        parts.append(f"C{middle:.0f} {y:.1f} {middle:.0f} {level:.1f} {left:.0f} {level:.1f}")
        x, y = left, level
        if box.number is None:
            x += WIDTH
            parts.append(f"H{x:.0f}")
    return "".join(parts)


def _beside(first: Box, last: Box) -> str:
    """Between two of one column, such as nested units."""
    x = _x(first.column) + WIDTH
    one, other = (box.y + HEADER + box.height / 2 for box in (first, last))
    return f"M{x:.0f} {one:.1f}C{x + 40:.0f} {one:.1f} {x + 40:.0f} {other:.1f} {x:.0f} {other:.1f}"


# -- when grants hold --------------------------------------------------------------------------------

PAST, AHEAD = 10 * DAY, 20 * DAY
ROW = 40
LABELS = 230
STRIPS = 760


@dataclass(frozen=True, slots=True)
class Strip:
    """A grant over time."""

    y: float
    x: float
    width: float
    status: str
    edge: Any
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Some grants over time, with a scale."""

    width: float
    height: float
    now: float
    days: tuple[tuple[float, Millis], ...]
    strips: tuple[Strip, ...]


def timeline(nodes: Sequence[Any], edges: Sequence[Any], now: Millis, zone: tzinfo) -> Timeline:
    """The grants of a picture, those that end first on top."""
    grants = sorted(
        (edge for edge in edges if edge["Stage"] == "grant"),
        key=lambda edge: (edge["EndTime"] or 2**63, edge["StartTime"] or 0),
    )
    left, right = now - PAST, now + AHEAD

    def at(moment: Millis) -> float:
        return LABELS + (max(left, min(right, moment)) - left) / (right - left) * STRIPS

    def strip(row: int, edge: Any) -> Strip:
        begin = at(edge["StartTime"] or edge["GrantedAt"])
        end = at(edge["EndTime"] or right)
        who, what = (nodes[edge[end_]]["Thing"] for end_ in ("Source", "Target"))
        return Strip(
            HEADER + row * ROW,
            begin,
            max(4.0, end - begin),
            _status(edge, nodes),
            edge,
            shortened(who["Name"], 28),
            shortened(what["Label"], 32),
        )

    return Timeline(
        LABELS + STRIPS,
        HEADER + len(grants) * ROW,
        at(now),
        tuple((at(day), day) for day in _days(left, right, zone)),
        tuple(strip(row, edge) for row, edge in enumerate(grants)),
    )


def _days(left: Millis, right: Millis, zone: tzinfo) -> list[Millis]:
    """Every fifth midnight of a zone."""
    first = datetime.fromtimestamp(left / SECOND, UTC).astimezone(zone)
    midnight = int(first.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * SECOND)
    return [day for day in range(midnight + 2 * DAY, right, 5 * DAY) if left < day]
