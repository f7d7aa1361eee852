"""What is done to things from their pages, and made: a form, what it would do, and then it."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admit.console.choosing import Unknown, chosen, with_options
from admit.console.confirming import BACK, STEP, SURE, Calls, Plan, confirming, taken
from admit.console.deeds import Deed, deeds
from admit.console.desk import Desk, Refused, Visit
from admit.console.shelves import Shelf, place_of, shelf_of
from admit.pages.site import PageRefused

NO_SUCH = "There is no such page."
MOST_USERS = 90
"""Of how many users of a person all are dealt with at once; a preview takes a hundred calls."""


async def doing(desk: Desk, request: Request, shelf: Shelf) -> Response:
    """The form of something that can be done to a thing; what it would do, if there is nothing to fill in."""
    visit = await desk.visit(request)
    deed, it = await _deed(visit, shelf)
    if deed.fields:
        return await _form(visit, deed, it, {})
    return await confirming(visit, {}, (), await _plan(visit, deed, it, {}))


async def done(desk: Desk, request: Request, shelf: Shelf) -> Response:
    """The form was sent: show what it would do, or do it if that was shown."""
    visit = await desk.visit(request)
    deed, it = await _deed(visit, shelf)
    sent = await visit.form()
    fields = taken(visit, sent, [each.name for each in deed.fields])
    if sent.get(STEP) == BACK:
        return await _form(visit, deed, it, fields)
    try:
        plan = await _plan(visit, deed, it, fields)
        if sent.get(STEP) != SURE:
            return await confirming(visit, fields, _secret(deed), plan)
        for call in plan.calls:
            await visit.send(*call)
    except Refused as refused:
        if not deed.fields:
            raise
        return await _form(visit, deed, it, fields, refused)
    gone = deed.slug == "delete"
    return visit.go(f"{shelf.place}?done=removed" if gone else f"{place_of(it)}?done=done")


def _secret(deed: Deed) -> list[str]:
    return [each.name for each in deed.fields if each.hidden]


async def _form(
    visit: Visit, deed: Deed, it: Any, values: Mapping[str, str], refused: Refused | None = None
) -> Response:
    return visit.page(
        "deed.html",
        deed=replace(deed, fields=await with_options(visit, deed.fields, _inside(it))),
        it=it,
        values=values,
        fault="" if refused is None else refused.text,
        code=200 if refused is None else refused.status,
    )


def _inside(it: Any) -> tuple[str, str] | None:
    """What the things live in that a thing may be joined to."""
    return None if it["InstanceKind"] is None else (it["InstanceKind"], it["Instance"])


async def _deed(visit: Visit, shelf: Shelf) -> tuple[Deed, Any]:
    """What is to be done, and the thing with the instance it belongs to."""
    path = visit.request.path_params
    it = (await visit.call("DescribeThing", Kind=shelf.kind, Id=path["id"]))["Thing"]
    deed = next((each for each in deeds().done if each.slug == path["deed"] and each.offered(it)), None)
    if deed is None:
        raise PageRefused(HTTPStatus.NOT_FOUND, NO_SUCH)
    return deed, await placed(visit, it)


async def placed(visit: Visit, it: Any) -> Any:
    """A thing with the instance of its service: what it lives in, or what that lives in."""
    it["Instance"], it["InstanceKind"] = it["InsideId"], it["InsideKind"]
    if it["InsideKind"] in ("host", "cloud account"):
        around = await visit.call("DescribeThing", Kind=it["InsideKind"], Id=it["InsideId"])
        it["Instance"], it["InstanceKind"] = around["Thing"]["InsideId"], around["Thing"]["InsideKind"]
    return it


async def _plan(visit: Visit, deed: Deed, it: Any, fields: Mapping[str, str]) -> Plan:
    """The calls of a deed with what its form has.

    Raises:
        Refused: something is named that there is none of.
    """
    return Plan(
        title=deed.label,
        about=it["Label"],
        calls=await _calls(visit, deed, it, fields),
        back=place_of(it) or "/console",
        icon=deed.icon,
        danger=deed.danger,
        text=deed.text,
    )


async def _calls(visit: Visit, deed: Deed, it: Any, fields: Mapping[str, str]) -> Calls:
    known = {
        "id": it["Id"],
        "name": it["Name"],
        "inside": it["InsideId"],
        "instance": it["Instance"],
        "token": visit.desk.site.world.chance.request_id(),
    }
    if not deed.each:
        return [deed.filled({**await valued(visit, deed, fields, _inside(it)), **known})]
    found: list[tuple[str, str, Mapping[str, Any]]] = []
    for user in await _users(visit, it):
        its = next((one for one in deeds().done if one.slug == deed.slug and one.offered(user)), None)
        if its is not None:
            found.append(
                its.filled({**known, "id": user["Id"], "name": user["Name"], "instance": user["InsideId"]})
            )
    return found


async def _users(visit: Visit, person: Any) -> list[Any]:
    """The users of a person, in every directory."""
    about = {"Kind": person["Kind"], "Id": person["Id"]}
    listed = await visit.call("ListLinks", **about, Direction="outward", Stage="join", MaxResults=MOST_USERS)
    return [each["Thing"] for each in listed["Links"]]


async def valued(
    visit: Visit, deed: Deed, fields: Mapping[str, str], inside: tuple[str, str] | None
) -> dict[str, str]:
    """What was filled in, as calls want it: ids of what was chosen, times in milliseconds.

    Raises:
        Refused: something is named that there is none of, or a moment cannot be read.
    """
    values = dict(fields)
    for each in deed.fields:
        if each.listed and fields.get(each.name):
            try:
                thing = await chosen(visit, each, fields[each.name], inside)
            except Unknown as unknown:
                raise Refused(HTTPStatus.BAD_REQUEST, "NotFound", unknown.text) from None
            values |= {
                each.name: thing["Id"],
                f"{each.name}_name": thing["Name"],
                f"{each.name}_inside": thing["InsideId"] or "",
            }
    # An e-mail address that an administrator typed has been verified by nobody.
    return {**values, **period(visit, fields), "unverified": "false" if fields.get("email") else ""}


def period(visit: Visit, fields: Mapping[str, str]) -> dict[str, str]:
    """The fields "from" and "until" in milliseconds, and what together they are called.

    Raises:
        Refused: one of them cannot be read, or there is a beginning without an end, which no service knows.
    """
    start, end = (visit.moment(fields.get(name, "")) for name in ("from", "until"))
    if start is not None and end is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "MissingMoment", visit.reader.text("Say until when."))
    if end is None:
        return {"validity": "permanent", "from": "", "until": ""}
    return {"validity": "time_bound", "from": str(start or visit.now), "until": str(end)}


# -- making something --------------------------------------------------------------------------------


def _making(request: Request) -> Deed:
    found = next((each for each in deeds().made if each.slug == request.path_params["making"]), None)
    if found is None:
        raise PageRefused(HTTPStatus.NOT_FOUND, NO_SUCH)
    return found


async def making(desk: Desk, request: Request) -> Response:
    """The form of something that can be made."""
    visit = await desk.visit(request)
    return await _making_form(visit, _making(request), {})


async def _making_form(
    visit: Visit, found: Deed, values: Mapping[str, str], refused: Refused | None = None
) -> Response:
    return visit.page(
        "make.html",
        making=found,
        fields=await with_options(visit, found.fields, None),
        values=values,
        fault="" if refused is None else refused.text,
        shelf=shelf_of(found.kind),
        code=200 if refused is None else refused.status,
    )


async def made(desk: Desk, request: Request) -> Response:
    """The form was sent: show what it would do, or make it if that was shown."""
    visit = await desk.visit(request)
    found, shelf = _making(request), shelf_of(_making(request).kind)
    sent = await visit.form()
    fields = taken(visit, sent, [each.name for each in found.fields])
    if sent.get(STEP) == BACK:
        return await _making_form(visit, found, fields)
    world = visit.desk.site.world
    known = {"token": world.chance.request_id(), "region": world.region}
    try:
        call = found.filled({**await valued(visit, found, fields, None), **known})
        if sent.get(STEP) != SURE:
            title, about = found.label, fields.get("name", "")
            plan = Plan(title, about, [call], f"/console/new/{found.slug}", icon="plus")
            return await confirming(visit, fields, _secret(found), plan)
        await visit.send(*call)
    except Refused as refused:
        return await _making_form(visit, found, fields, refused)
    return visit.go(f"{shelf.place}?done=made")
