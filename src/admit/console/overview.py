"""The first page: how much there is, what ends soon, who is in, who was turned away, what was changed."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admit.console.desk import Desk, Told
from admit.core.validity import DAY
from admit.pages.site import is_htmx


async def overview(desk: Desk, request: Request) -> Response:
    """Everything at a glance, as it is or was at a moment; what whoever looks may not see is left out."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    # Counting a moment long past may take longer than all the rest: the page does not wait for that.
    counting = at is None or bool(visit.asked("counts"))
    counted: dict[str, Any] = {"at": at, "counting": counting, "counts": None, "ending": None}
    if counting:
        counted["counts"] = counts = await visit.may_call("GetOverview", At=at)
        # Of very many grants that stood then some are looked at: not where it is known that none is found.
        none = counts is not None and counts["EndingInADay"] == 0
        counted["ending"] = (
            Told(Grants=[])
            if none
            else await visit.may_call("ListGrants", Status="ending", At=at, MaxResults=6)
        )
    if is_htmx(request) and request.headers.get("hx-target", "").endswith("counts"):
        # They follow a page that has all the rest.
        return visit.page("counted.html", **counted)
    seen = visit.now if at is None else at
    return visit.page(
        "overview.html",
        **counted,
        sessions=await visit.may_call("ListSessions", State="live", At=at, MaxResults=6),
        refused=await visit.may_call(
            "ListActivity", Outcome="refused", StartTime=seen - DAY, EndTime=at, MaxResults=6
        ),
        changes=await visit.may_call("ListChanges", At=at, MaxResults=8),
        ledger=await visit.may_call("GetLedger") if at is None else None,
        requests=await visit.may_call("ListAccessRequests", State="waiting", At=at, MaxResults=6),
    )
