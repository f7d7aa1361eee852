"""Pictures as geometry: what something is granted through stands on top, the rest is quiet."""

from typing import Any

from admit.console.drawing import Drawn, picture, timeline
from admit.core.validity import DAY
from admit.pages.moments import zone_of


def _node(name: str, column: int, left_out: int = 0) -> dict[str, Any]:
    thing = {"Kind": "user", "Name": name, "Label": name, "Blocked": None}
    return {"Thing": thing, "Column": column, "LeftOut": left_out}


def _edge(source: int, target: int, stage: str = "grant", end: int | None = None) -> dict[str, Any]:
    times = {"StartTime": None, "EndTime": end, "GrantedAt": 10 * DAY}
    return {"Source": source, "Target": target, "Stage": stage, "Status": "active", **times}


def test_an_edge_that_passes_a_column_has_room_there_and_boxes_never_touch() -> None:
    nodes = [_node("a", 0), _node("g", 2), _node("h", 2), _node("x", 3), _node("y", 3)]
    drawn = picture(nodes, [_edge(0, 1), _edge(0, 3), _edge(1, 3), _edge(2, 4)])
    direct = next(each for each in drawn.edges if (each.source, each.target) == (0, 3))
    assert "H" in direct.line
    for one in drawn.nodes:
        for other in drawn.nodes:
            if one.number < other.number and one.x == other.x:
                assert abs(one.y - other.y) >= 48


def test_a_timeline_has_its_soonest_end_on_top_and_now_inside() -> None:
    nodes = [_node("a", 0), _node("x", 3), _node("y", 3)]
    times = timeline(nodes, [_edge(0, 1), _edge(0, 2, end=41 * DAY)], 40 * DAY, zone_of("UTC"))
    assert [each.what for each in times.strips] == ["y", "x"]
    assert times.strips[0].x < times.now < times.strips[0].x + times.strips[0].width


NODES = [
    *(_node("mia", 0), _node("apps", 1), _node("hosts", 1)),
    *(_node("dba", 2), _node("rule", 3), _node("role", 4)),
]
JOINS = [_edge(0, 1, "join"), _edge(0, 2, "join"), _edge(2, 3, "join")]
GRANTED = [_edge(3, 4), _edge(4, 5, "hold")]


def _idle(drawn: Drawn) -> set[str]:
    return {each.node["Thing"]["Name"] for each in drawn.nodes if each.idle}


def test_what_nothing_is_granted_through_is_quiet_and_stands_below() -> None:
    drawn = picture(NODES, [*JOINS, *GRANTED])

    assert _idle(drawn) == {"apps"}
    assert [edge.status for edge in drawn.edges] == ["idle", "active", "active", "active", "active"]
    places = {each.node["Thing"]["Name"]: each.y for each in drawn.nodes}
    assert places["hosts"] < places["apps"]


def test_where_nothing_is_granted_nothing_is_quiet() -> None:
    assert _idle(picture(NODES[:4], JOINS)) == set()


def test_what_has_more_links_than_are_drawn_may_lead_anywhere() -> None:
    nodes = [NODES[0], _node("apps", 1, left_out=3), *NODES[2:]]

    assert _idle(picture(nodes, [*JOINS, *GRANTED])) == set()


def test_what_a_tall_picture_begins_with_is_near_its_top() -> None:
    hosts = [_node(f"host-{number}", 3) for number in range(60)]
    drawn = picture([_node("mia", 0), *hosts], [_edge(0, number + 1) for number in range(60)])

    assert drawn.height > 3_600
    assert drawn.nodes[0].y < 200


def test_a_box_tells_when_the_last_of_its_lines_ends() -> None:
    nodes = [_node("a", 0), _node("b", 0), _node("x", 3), _node("y", 3)]
    lines = [(0, 2, 50), (1, 2, 60), (0, 3, None), (1, 3, 60)]
    drawn = picture(nodes, [_edge(source, target, end=end) for source, target, end in lines])

    assert [each.until for each in drawn.nodes] == [None, None, 60, None]
