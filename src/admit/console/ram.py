"""What can be done to callers: RAM users, their keys and policies."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from admit.console.desk import Desk, Refused, Visit

RAM = "ram"


async def callers(desk: Desk, request: Request) -> Response:
    """RAM users, their groups, roles and policies."""
    visit = await desk.visit(request)
    users = await visit.call("ListUsers", RAM, MaxItems=100)
    return visit.page(
        "callers.html",
        users=users,
        groups=await visit.may_call("ListGroups", RAM, MaxItems=100),
        roles=await visit.may_call("ListRoles", RAM, MaxItems=100),
        policies=await visit.may_call("ListPolicies", RAM, PolicyType="Custom", MaxItems=100),
    )


async def added(desk: Desk, request: Request) -> Response:
    """Make a RAM user, who may do nothing yet."""
    visit = await desk.visit(request)
    sent = await visit.form()
    name = str(sent.get("name", "")).strip()
    await visit.call("CreateUser", RAM, UserName=name)
    return visit.go(f"/console/ram/{quote(name, safe='')}?done=made")


async def caller(desk: Desk, request: Request) -> Response:
    """One RAM user: keys and policies."""
    visit = await desk.visit(request)
    return await _page(visit)


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
    sent = {name: str(value).strip() for name, value in (await visit.form()).items()}
    name = request.path_params["name"]
    policy = {"UserName": name, "PolicyName": sent.get("policy", ""), "PolicyType": sent.get("type", "")}
    key = {"UserName": name, "UserAccessKeyId": sent.get("key", "")}
    calls: dict[str, tuple[str, dict[str, str]]] = {
        "attach": ("AttachPolicyToUser", policy),
        "detach": ("DetachPolicyFromUser", policy),
        "on": ("UpdateAccessKey", key | {"Status": "Active"}),
        "off": ("UpdateAccessKey", key | {"Status": "Inactive"}),
        "remove": ("DeleteAccessKey", key),
        "key": ("CreateAccessKey", {"UserName": name}),
    }
    deed = sent.get("deed", "")
    try:
        if deed not in calls:
            return await _page(visit)
        told = await visit.send(RAM, *calls[deed])
    except Refused as refused:
        if refused.status == HTTPStatus.FORBIDDEN:
            raise
        return await _page(visit, fault=refused.text, status=refused.status)
    if deed == "key":
        return await _page(visit, secret=told["AccessKey"])
    return visit.go(f"/console/ram/{quote(name, safe='')}?done=done")
