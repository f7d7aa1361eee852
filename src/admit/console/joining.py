"""Parting what is joined, or joining it for another time, where that is an operation of its own."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admit.console.confirming import BACK, STEP, SURE, Calls, Plan, confirming, taken
from admit.console.deeds import Join, join_of
from admit.console.desk import Desk, Refused, Visit
from admit.console.doing import NO_SUCH, period, placed
from admit.console.shelves import place_of
from admit.pages.site import PageRefused

TIMES = ("from", "until")


async def joint(desk: Desk, request: Request) -> Response:
    """What parting two things would do; or the form of how long they are to be joined."""
    visit = await desk.visit(request)
    join, who, what = await _ends(visit)
    if _deed(request) == "change":
        return _form(visit, who, what, {name: visit.asked(name) for name in TIMES})
    return await confirming(visit, {}, (), _plan(visit, who, what, await _calls(visit, join, who, what, {})))


async def parted(desk: Desk, request: Request) -> Response:
    """The form was sent: show what it would do, or do it if that was shown."""
    visit = await desk.visit(request)
    sent = await visit.form()
    join, who, what = await _ends(visit)
    fields = taken(visit, sent, TIMES)
    if sent.get(STEP) == BACK:
        return _form(visit, who, what, fields)
    try:
        plan = _plan(visit, who, what, await _calls(visit, join, who, what, fields))
        if sent.get(STEP) != SURE:
            return await confirming(visit, fields, (), plan)
        for call in plan.calls:
            await visit.send(*call)
    except Refused as refused:
        if _deed(request) == "detach":
            raise
        return _form(visit, who, what, fields, refused)
    return visit.go(f"{place_of(what)}?done=done")


def _deed(request: Request) -> str:
    return "change" if request.path_params["deed"] == "change" else "detach"


async def _ends(visit: Visit) -> tuple[Join, Any, Any]:
    """What joins two things, and the two."""
    who, what = [
        (await visit.call("DescribeThing", Kind=visit.asked(f"{end}_kind"), Id=visit.asked(end)))["Thing"]
        for end in ("who", "what")
    ]
    join = join_of(who, what)
    if join is None or (_deed(visit.request) == "change" and join.change is None):
        raise PageRefused(HTTPStatus.NOT_FOUND, NO_SUCH)
    return join, who, await placed(visit, what)


def _form(
    visit: Visit, who: Any, what: Any, values: Mapping[str, str], refused: Refused | None = None
) -> Response:
    fault = "" if refused is None else refused.text
    code = 200 if refused is None else refused.status
    return visit.page(
        "joint.html", who=who, what=what, values=values, fault=fault, action=visit.address, code=code
    )


def _plan(visit: Visit, who: Any, what: Any, calls: Calls) -> Plan:
    change = _deed(visit.request) == "change"
    return Plan(
        title="Change validity" if change else "Detach",
        about=f"{who['Label']} → {what['Label']}",
        calls=calls,
        back=place_of(what) or "/console",
        icon="clock" if change else "unlink",
        danger=not change,
    )


async def _calls(visit: Visit, join: Join, who: Any, what: Any, fields: Mapping[str, str]) -> Calls:
    values = {
        "source": who["Id"],
        "source_name": who["Name"],
        "target": what["Id"],
        "instance": what["Instance"],
        "token": visit.desk.site.world.chance.request_id(),
        **period(visit, fields),
    }
    if (join.source, join.target) == ("rule", "cloud role"):
        values["resource"] = await _resource(visit, who, what)
    return [join.filled(_deed(visit.request), values)]


async def _resource(visit: Visit, rule: Any, role: Any) -> str:
    """The ID of the authorization resource by which a rule leads to a cloud role.

    Raises:
        PageRefused: it leads to all of its project, and none of them can be taken out.
    """
    about = {"InstanceId": role["Instance"], "AuthorizationRuleId": rule["Id"]}
    wanted = [{"Name": "AuthorizationResourceEntityId", "Value": [role["Id"]]}]
    listed = await visit.send("eiam", "ListAuthorizationResources", {**about, "Filter": wanted})
    if not listed["AuthorizationResources"]:
        raise PageRefused(HTTPStatus.NOT_FOUND, NO_SUCH)
    return str(listed["AuthorizationResources"][0]["AuthorizationResourceId"])
