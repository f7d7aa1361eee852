"""What can be done to callers: RAM users, their keys and policies."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from admit.console.confirming import STEP, SURE, Plan, carried, confirming
from admit.console.desk import Desk, Refused, Visit

RAM = "ram"
BESIDE = ("policy", "group", "role")
"""What is shown beside users to who may see it."""
MOST = 200
"""How many of each are shown of a moment."""
MOST_GROUPS = 10
"""Of how many groups the policies are shown of a moment."""
POWER = frozenset({"attach", "on", "key"})
"""What gives power that outlasts the browser it was given in: whoever does it shows again who they are."""


async def callers(desk: Desk, request: Request) -> Response:
    """RAM users, their groups, roles and policies; or those of a moment."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    if at is not None:
        return await _callers_then(visit, at)
    users = await visit.call("ListUsers", RAM, MaxItems=100)
    return visit.page(
        "callers.html",
        users=users,
        groups=await visit.may_call("ListGroups", RAM, MaxItems=100),
        roles=await visit.may_call("ListRoles", RAM, MaxItems=100),
        policies=await visit.may_call("ListPolicies", RAM, PolicyType="Custom", MaxItems=100),
    )


async def _callers_then(visit: Visit, at: int) -> Response:
    asked: dict[str, Any] = {"At": at, "MaxResults": MOST}
    users = await visit.call("ListCallers", Kind="user", **asked)
    beside = {kind: await visit.may_call("ListCallers", Kind=kind, **asked) for kind in BESIDE}
    return visit.page("callers_then.html", listed={"user": users, **beside}, at=at)


async def added(desk: Desk, request: Request) -> Response:
    """Make a RAM user, who may do nothing yet."""
    visit = await desk.visit(request)
    sent = await visit.form()
    name = str(sent.get("name", "")).strip()
    if sent.get(STEP) != SURE:
        call = (RAM, "CreateUser", {"UserName": name})
        return await confirming(
            visit, carried(sent), (), Plan("Add", name, [call], "/console/ram", "plus", form=False)
        )
    await visit.call("CreateUser", RAM, UserName=name)
    return visit.go(f"/console/ram/{quote(name, safe='')}?done=made")


async def caller(desk: Desk, request: Request) -> Response:
    """One RAM user: keys and policies; or those of a moment."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    if at is None:
        return await _now(visit)
    told = await visit.call("DescribeCaller", Kind="user", Name=request.path_params["name"], At=at)
    joined = [each["Caller"]["Id"] for each in told["Groups"][:MOST_GROUPS]]
    groups = [await visit.may_call("DescribeCaller", Kind="group", Name=group, At=at) for group in joined]
    return visit.page("caller_then.html", told=told, groups=[each for each in groups if each], at=at)


async def _now(visit: Visit) -> Response:
    """The page of now; whoever comes by an ID, as pages of then are found, is led to that of the name."""
    name = visit.request.path_params["name"]
    try:
        return await _page(visit)
    except Refused as refused:
        told = await visit.may_call("DescribeCaller", Kind="user", Name=name)
        if refused.status != HTTPStatus.NOT_FOUND or told is None:
            raise
    return visit.go(f"/console/ram/{quote(told['Caller']['Name'], safe='')}")


async def _page(visit: Visit, secret: Any = None, fault: str = "", status: int = 200) -> Response:
    name = visit.request.path_params["name"]
    return visit.page(
        "caller.html",
        user=(await visit.call("GetUser", RAM, UserName=name))["User"],
        keys=await visit.may_call("ListAccessKeys", RAM, UserName=name),
        policies=await visit.may_call("ListPoliciesForUser", RAM, UserName=name),
        secret=secret,
        fault=fault,
        code=status,
    )


async def done(desk: Desk, request: Request) -> Response:
    """Attach or detach a policy; make, switch or delete a key."""
    visit = await desk.visit(request)
    form = await visit.form()
    sent = carried(form)
    name = request.path_params["name"]
    policy = {"UserName": name, "PolicyName": sent.get("policy", ""), "PolicyType": sent.get("type", "")}
    key = {"UserName": name, "UserAccessKeyId": sent.get("key", "")}
    calls: dict[str, tuple[str, str, dict[str, str]]] = {
        "attach": ("Attach", "AttachPolicyToUser", policy),
        "detach": ("Detach", "DetachPolicyFromUser", policy),
        "on": ("Switch on", "UpdateAccessKey", key | {"Status": "Active"}),
        "off": ("Switch off", "UpdateAccessKey", key | {"Status": "Inactive"}),
        "remove": ("Delete", "DeleteAccessKey", key),
        "key": ("New access key", "CreateAccessKey", {"UserName": name}),
    }
    deed = sent.get("deed", "")
    if deed in POWER:
        visit.require_fresh()
    try:
        if deed not in calls:
            return await _page(visit)
        title, action, parameters = calls[deed]
        if form.get(STEP) != SURE:
            about = " · ".join(filter(None, (name, sent.get("policy", ""), sent.get("key", ""))))
            back, danger = f"/console/ram/{quote(name, safe='')}", deed in ("detach", "off", "remove")
            plan = Plan(title, about, [(RAM, action, parameters)], back, "check", danger, form=False)
            return await confirming(visit, sent, (), plan)
        told = await visit.send(RAM, action, parameters)
    except Refused as refused:
        if refused.status == HTTPStatus.FORBIDDEN:
            raise
        return await _page(visit, fault=refused.text, status=refused.status)
    if deed == "key":
        return await _page(visit, secret=told["AccessKey"])
    return visit.go(f"/console/ram/{quote(name, safe='')}?done=done")
