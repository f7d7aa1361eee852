"""The first page: how much there is, what ends soon, who is in, who was turned away, what was changed."""

from starlette.requests import Request
from starlette.responses import Response

from admit.console.desk import Desk
from admit.core.validity import DAY


async def overview(desk: Desk, request: Request) -> Response:
    """Everything at a glance, as it is or was at a moment; what whoever looks may not see is left out."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    # At a past moment all there was is counted through: the page does not wait for that.
    counting = at is None or bool(visit.asked("counts"))
    seen = visit.now if at is None else at
    return visit.page(
        "overview.html",
        at=at,
        counting=counting,
        counts=await visit.may_call("GetOverview", At=at) if counting else None,
        ending=await visit.may_call("ListGrants", Status="ending", At=at, MaxResults=6) if counting else None,
        sessions=await visit.may_call(
            "ListSessions", State="live" if at is None else None, At=at, MaxResults=6
        ),
        refused=await visit.may_call(
            "ListActivity", Outcome="refused", StartTime=seen - DAY, EndTime=at, MaxResults=6
        ),
        changes=await visit.may_call("ListChanges", At=at, MaxResults=8),
        ledger=await visit.may_call("GetLedger") if at is None else None,
        requests=await visit.may_call("ListAccessRequests", State="waiting", At=at, MaxResults=6),
    )
