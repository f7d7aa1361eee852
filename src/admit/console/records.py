"""The ledger with its verification; requests and approvals; glass to break; health."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admit.console.confirming import STEP, SURE, Plan, carried, confirming
from admit.console.desk import Desk, Refused, Visit
from admit.console.showing import with_query
from admit.core.validity import HOUR
from admit.pages.parts import part_of


async def ledger(desk: Desk, request: Request) -> Response:
    """Every change of policy, newest first, and how the chain stands."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
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


OFFERS_SHOWN = 25


async def requests(desk: Desk, request: Request) -> Response:
    """Who asks for what, and what became of it; or had by a moment."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    state = visit.asked("state") or "waiting"
    listed = await visit.call(
        "ListAccessRequests",
        State=None if state == "any" else state,
        At=at,
        MaxResults=25,
        NextToken=visit.asked("next") or None,
    )
    told = await visit.may_call("ListOffers", At=at)
    query = visit.request.query_params

    def address(number: int) -> str:
        return f"{with_query(query, offers=number)}#offers"

    offers = None if told is None else part_of(told["Offers"], visit.asked("offers"), OFFERS_SHOWN, address)
    return visit.page("requests.html", listed=listed, state=state, offers=offers, at=at)


async def decided(desk: Desk, request: Request) -> Response:
    """Approve or decline a request."""
    visit = await desk.visit(request)
    sent = await visit.form()
    approve = sent.get("verdict") == "approve"
    more: dict[str, Any] = {"Comment": str(sent.get("comment", "")).strip() or None}
    if approve:
        more["Lasting"] = visit.hours(str(sent.get("hours", "")).strip())
    action = "ApproveAccessRequest" if approve else "DeclineAccessRequest"
    call = {"RequestId": request.path_params["id"], **more}
    if sent.get(STEP) != SURE:
        title, icon = ("Approve", "check") if approve else ("Decline", "x")
        about = str(sent.get("about", "")) or request.path_params["id"]
        plan = Plan(
            title, about, [("admit", action, call)], "/console/requests", icon, not approve, form=False
        )
        return await confirming(visit, carried(sent), (), plan)
    await visit.call(action, **call)
    return visit.go(f"/console/requests?done={'approved' if approve else 'declined'}")


async def offered(desk: Desk, request: Request) -> Response:
    """Let people ask for something, or let them no more."""
    visit = await desk.visit(request)
    sent = await visit.form()
    resource, stop = str(sent.get("resource", "")).strip(), sent.get("verdict") == "stop"
    owners = [each.strip() for each in str(sent.get("owners", "")).split(",") if each.strip()]
    action = "StopOfferingAccess" if stop else "OfferAccess"
    call = {"Resource": resource} if stop else {"Resource": resource, "Owners": owners}
    if sent.get(STEP) != SURE:
        title, icon = ("Stop offering", "ban") if stop else ("Offer", "tag")
        plan = Plan(title, resource, [("admit", action, call)], "/console/requests", icon, stop, form=False)
        return await confirming(visit, carried(sent), (), plan)
    await visit.call(action, **call)
    return visit.go("/console/requests?done=done")


async def glass(desk: Desk, request: Request) -> Response:
    """What may be broken into in an emergency, and by whom; or could at a moment."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    return visit.page("break_glass.html", listed=await visit.call("ListBreakGlass", At=at), fault="", at=at)


async def agreed(desk: Desk, request: Request) -> Response:
    """Agree beforehand who may break which glass, or end such an agreement."""
    visit = await desk.visit(request)
    sent = await visit.form()
    over = bool(sent.get("agreement"))
    try:
        plan = _agreement(visit, carried(sent))
        if sent.get(STEP) != SURE:
            return await confirming(visit, carried(sent), (), plan)
        for call in plan.calls:
            await visit.send(*call)
    except Refused as refused:
        if refused.status == HTTPStatus.FORBIDDEN:
            raise
        listed = await visit.call("ListBreakGlass")
        fault, code = refused.text, refused.status
        return visit.page("break_glass.html", listed=listed, fault=fault, at=None, code=code)
    return visit.go(f"/console/break-glass?done={'removed' if over else 'made'}")


def _agreement(visit: Visit, fields: Mapping[str, str]) -> Plan:
    """What the form of an agreement asks for: another one, or that one ends.

    Raises:
        Refused: its hours are no number.
    """
    back = "/console/break-glass"
    if fields.get("agreement"):
        call = {"AgreementId": fields["agreement"]}
        about = fields.get("about", "")
        return Plan(
            "End the agreement",
            about,
            [("admit", "EndBreakGlass", call)],
            back,
            "ban",
            danger=True,
            form=False,
        )
    subject, resource = fields.get("subject", ""), fields.get("resource", "")
    agreed = {
        "Subject": subject,
        "Resource": resource,
        "Lasting": visit.hours(fields.get("hours", "")) or HOUR,
        "Note": fields.get("note") or None,
    }
    calls = [("admit", "AgreeBreakGlass", agreed)]
    return Plan("Agree", f"{subject} → {resource}", calls, back, "flame", form=False)


async def health(desk: Desk, request: Request) -> Response:
    """Whether all is well, as far as a caller may know."""
    visit = await desk.visit(request)
    return visit.page(
        "health.html",
        counts=await visit.call("GetOverview"),
        ledger=await visit.may_call("GetLedger"),
        looked=await visit.may_call("GetHealth"),
        ssh=await visit.may_call("GetSshAuthority"),
        failed=await visit.may_call("ListActivity", Outcome="failed", MaxResults=10),
        services=desk.services,
    )
