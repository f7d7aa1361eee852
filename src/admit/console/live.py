"""Sessions live and past, ending one, and what was on their terminals."""

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admit.console.desk import Desk, Refused
from admit.core.validity import SECOND
from admit.pages.site import with_protection

PLAYER = {"script-src": "'self' 'wasm-unsafe-eval'"}
"""What the player needs: its terminal is WebAssembly."""
IDLE_S = 2
"""The longest that nothing happens in the player: it is told so by the page."""
MOST_PARTS = 400
"""How many parts of a recording are put together for a page; the rest is for ``admit replay``."""


async def sessions(desk: Desk, request: Request) -> Response:
    """Who is in now; or who was, at a moment or ever."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    state = visit.asked("state") or "live"
    listed = await visit.call(
        "ListSessions",
        State=None if state == "any" else state,
        Person=visit.asked("person") or None,
        Resource=visit.asked("resource") or None,
        At=at,
        MaxResults=50,
        NextToken=visit.asked("next") or None,
    )
    return visit.page("sessions.html", listed=listed, state=state, at=at)


async def session(desk: Desk, request: Request) -> Response:
    """All that is kept of a session: who, where, how long, what was done in it; or was, at a moment."""
    visit = await desk.visit(request)
    session_id, at = request.path_params["id"], visit.moment(visit.asked("at"))
    told = await visit.call("GetSession", SessionId=session_id, At=at)
    return visit.page(
        "session.html",
        it=told["Session"],
        at=at,
        acts=await visit.may_call("ListActivity", SessionId=session_id, EndTime=at, MaxResults=100),
        recordings=await visit.may_call("ListRecordings", SessionId=session_id, At=at),
    )


async def end(desk: Desk, request: Request) -> Response:
    """Order the end of a session, with a reason."""
    visit = await desk.visit(request)
    sent = await visit.form()
    session_id = request.path_params["id"]
    await visit.call("EndSession", SessionId=session_id, Reason=str(sent.get("reason", "")).strip())
    return visit.go("/console/sessions?done=ended")


async def recordings(desk: Desk, request: Request) -> Response:
    """The recordings there are; or were, at a moment."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    listed = await visit.call(
        "ListRecordings",
        Person=visit.asked("person") or None,
        At=at,
        MaxResults=50,
        NextToken=visit.asked("next") or None,
    )
    return visit.page("recordings.html", listed=listed, at=at)


async def recording(desk: Desk, request: Request) -> Response:
    """The page that plays one; what it plays is asked for with the rights of whoever looks.

    It is whole at any moment, and has a time of its own: the player stands at the moment that is chosen.
    """
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    it = (await visit.call("GetRecording", RecordingId=request.path_params["id"]))["Recording"]
    begin_s = None if at is None else max(0, at - it["StartedAt"]) // SECOND
    return visit.page("recording.html", it=it, begin_s=begin_s, idle_s=IDLE_S, policy=PLAYER)


async def cast(desk: Desk, request: Request) -> Response:
    """A recording as asciicast v2, for the player."""
    visit = await desk.visit(request)
    parts: list[str] = []
    after: str | None = None
    for _ in range(MOST_PARTS):
        told = await visit.call("GetRecording", RecordingId=request.path_params["id"], NextToken=after)
        parts.append(told["Content"])
        after = told["NextToken"]
        if after is None:
            break
    return with_protection(Response("".join(parts), media_type="application/x-asciicast"))


async def found(desk: Desk, request: Request) -> Response:
    """Where a text was on the terminal, for the search beside the player."""
    visit, recording = await desk.visit(request), request.path_params["id"]
    text = visit.asked("q").casefold()
    hits: list[dict[str, Any]] = []
    after: str | None = None
    watch = _Watch()
    for _ in range(MOST_PARTS if text else 0):
        told = await visit.call("GetRecording", RecordingId=recording, NextToken=after)
        hits += _hits(told["Content"], text, watch)
        after = told["NextToken"]
        if after is None or len(hits) >= 100:
            break
    return visit.page("hits.html", hits=hits[:100], text=text, recording=recording)


_CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)", re.DOTALL)
"""What a terminal obeys and does not show."""


@dataclass(slots=True)
class _Watch:
    """Two clocks of a recording: what passed, and what passes in a player that shortens idle times."""

    at_s: float = 0.0
    played_s: float = 0.0

    def reach(self, at_s: float) -> None:
        """Go on to an event."""
        self.played_s += min(at_s - self.at_s, IDLE_S)
        self.at_s = at_s


def _hits(content: str, text: str, watch: _Watch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for line in content.split("\n"):
        if line.startswith("["):
            at, kind, shown = json.loads(line)
            watch.reach(at)
            plain = "".join(each if each.isprintable() else " " for each in _CONTROL.sub("", shown))
            where = plain.casefold().find(text)
            if kind in ("o", "i", "m") and where >= 0:
                part = plain[max(0, where - 30) : where + 60]
                found.append({"at": at, "played": watch.played_s, "kind": kind, "text": part})
    return found


async def activity(desk: Desk, request: Request) -> Response:
    """What has happened, or had by a moment: calls, decisions, sign-ins, sessions, what was done in them."""
    visit = await desk.visit(request)
    fault, listed, at = "", None, visit.moment(visit.asked("at"))
    try:
        listed = await visit.call(
            "ListActivity",
            Kind=visit.asked("kind") or None,
            Outcome=visit.asked("outcome") or None,
            Person=visit.asked("person") or None,
            Resource=visit.asked("resource") or None,
            EndTime=at,
            MaxResults=50,
            NextToken=visit.asked("next") or None,
        )
    except Refused as refused:
        if refused.status == HTTPStatus.FORBIDDEN:
            raise
        fault = refused.text
    return visit.page("activity.html", listed=listed, fault=fault, kinds=KINDS, at=at)


KINDS = (
    ("", "Everything"),
    ("api-call", "Calls"),
    ("decision", "Decisions"),
    ("sign-in", "Sign-ins"),
    ("session-opened", "Sessions opened"),
    ("session-ended", "Sessions ended"),
    ("command", "Commands"),
    ("transfer", "Files"),
    ("forward", "Forwards"),
    ("recording-viewed", "Recordings viewed"),
)
