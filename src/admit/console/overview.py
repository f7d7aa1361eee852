"""The first page: how much there is, what ends soon, who is in, who was turned away, what was changed."""

from starlette.requests import Request
from starlette.responses import Response

from admit.console.desk import Desk
from admit.core.validity import DAY


async def overview(desk: Desk, request: Request) -> Response:
    """Everything at a glance; what whoever looks may not see is left out."""
    visit = await desk.visit(request)
    return visit.page(
        "overview.html",
        counts=await visit.may_call("GetOverview"),
        ending=await visit.may_call("ListGrants", Status="ending", MaxResults=6),
        sessions=await visit.may_call("ListSessions", State="live", MaxResults=6),
        refused=await visit.may_call(
            "ListActivity", Outcome="refused", StartTime=visit.now - DAY, MaxResults=6
        ),
        changes=await visit.may_call("ListChanges", MaxResults=8),
        ledger=await visit.may_call("GetLedger"),
        requests=await visit.may_call("ListAccessRequests", State="waiting", MaxResults=6),
    )
