"""The ledger with its verification; requests and approvals; glass to break; health."""

from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admit.console.desk import Desk, Refused
from admit.console.showing import moment_of
from admit.core.validity import HOUR


async def ledger(desk: Desk, request: Request) -> Response:
    """Every change of policy, newest first, and how the chain stands."""
    visit = await desk.visit(request)
    at = moment_of(visit.asked("at"), visit.reader.zone)
    changes = await visit.call("ListChanges", At=at, MaxResults=50, NextToken=visit.asked("next") or None)
    return visit.page(
        "ledger.html", changes=changes, state=await visit.may_call("GetLedger"), verdict=None, at=at
    )


async def verified(desk: Desk, request: Request) -> Response:
    """Walk the whole chain."""
    visit = await desk.visit(request)
    sent = await visit.form()
    noted = str(sent.get("noted", "")).strip().lower() or None
    fault, verdict = "", None
    try:
        verdict = (await visit.call("VerifyLedger", Noted=noted))["Ledger"]
    except Refused as refused:
        if refused.status == HTTPStatus.FORBIDDEN:
            raise
        fault = refused.text
    return visit.page("verdict_ledger.html", verdict=verdict, fault=fault)


async def requests(desk: Desk, request: Request) -> Response:
    """Who asks for what, and what became of it."""
    visit = await desk.visit(request)
    state = visit.asked("state") or "waiting"
    listed = await visit.call(
        "ListAccessRequests",
        State=None if state == "any" else state,
        MaxResults=50,
        NextToken=visit.asked("next") or None,
    )
    return visit.page("requests.html", listed=listed, state=state, offers=await visit.may_call("ListOffers"))


async def decided(desk: Desk, request: Request) -> Response:
    """Approve or decline a request."""
    visit = await desk.visit(request)
    sent = await visit.form()
    approve = sent.get("verdict") == "approve"
    more: dict[str, Any] = {"Comment": str(sent.get("comment", "")).strip() or None}
    hours = str(sent.get("hours", "")).strip()
    if approve and hours.isascii() and hours.isdecimal():
        more["Lasting"] = int(hours[:6]) * HOUR
    action = "ApproveAccessRequest" if approve else "DeclineAccessRequest"
    await visit.call(action, RequestId=request.path_params["id"], **more)
    return visit.go(f"/console/requests?done={'approved' if approve else 'declined'}")


async def offered(desk: Desk, request: Request) -> Response:
    """Let people ask for something, or let them no more."""
    visit = await desk.visit(request)
    sent = await visit.form()
    resource = str(sent.get("resource", "")).strip()
    if sent.get("verdict") == "stop":
        await visit.call("StopOfferingAccess", Resource=resource)
    else:
        owners = [each.strip() for each in str(sent.get("owners", "")).split(",") if each.strip()]
        await visit.call("OfferAccess", Resource=resource, Owners=owners)
    return visit.go("/console/requests?done=done")


async def glass(desk: Desk, request: Request) -> Response:
    """What may be broken into in an emergency, and by whom."""
    visit = await desk.visit(request)
    return visit.page("break_glass.html", listed=await visit.call("ListBreakGlass"), fault="")


async def agreed(desk: Desk, request: Request) -> Response:
    """Agree beforehand who may break which glass, or end such an agreement."""
    visit = await desk.visit(request)
    sent = await visit.form()
    if sent.get("agreement"):
        await visit.call("EndBreakGlass", AgreementId=str(sent["agreement"]))
        return visit.go("/console/break-glass?done=removed")
    hours = str(sent.get("hours", ""))
    try:
        await visit.call(
            "AgreeBreakGlass",
            Subject=str(sent.get("subject", "")).strip(),
            Resource=str(sent.get("resource", "")).strip(),
            Lasting=int(hours[:4]) * HOUR if hours.isascii() and hours.isdecimal() else HOUR,
            Note=str(sent.get("note", "")).strip() or None,
        )
    except Refused as refused:
        if refused.status == HTTPStatus.FORBIDDEN:
            raise
        listed = await visit.call("ListBreakGlass")
        return visit.page("break_glass.html", listed=listed, fault=refused.text, code=refused.status)
    return visit.go("/console/break-glass?done=made")


async def health(desk: Desk, request: Request) -> Response:
    """Whether all is well, as far as a caller may know."""
    visit = await desk.visit(request)
    return visit.page(
        "health.html",
        counts=await visit.call("GetOverview"),
        ledger=await visit.may_call("GetLedger"),
        ssh=await visit.may_call("GetSshAuthority"),
        failed=await visit.may_call("ListActivity", Outcome="failed", MaxResults=10),
        services=desk.services,
    )
