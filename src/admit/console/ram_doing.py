"""What is done to callers from their pages, and made: a form, what it is about, and then it."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admit.console import documents
from admit.console.callers import BY_SLUG, NAMED, RAM, CallerDeed, Sort, caller_deeds
from admit.console.callers_now import told_now
from admit.console.confirming import BACK, STEP, SURE, Plan, confirming, taken
from admit.console.deeds import Field
from admit.console.desk import Desk, Refused, Told, Visit
from admit.console.documents import Effects
from admit.console.ram import NO_SUCH, place_of_caller, sort_of
from admit.console.ram_effects import documents_of, effects
from admit.pages.site import PageRefused

MOST_LISTED = 1000
"""How many policies, users or roles there are to choose from; of more, the name is typed."""
MALFORMED = "MalformedPolicyDocument"
AREAS = ("document", "trust")
"""The fields that hold a document."""


# -- doing something to one there is -----------------------------------------------------------------


async def doing(desk: Desk, request: Request) -> Response:
    """The form of something that can be done; what it is about, if there is nothing to fill in."""
    visit = await desk.visit(request)
    deed, told = await _deed(visit)
    if deed.writes:
        visit.require_fresh()
    if deed.fields:
        return await _form(visit, deed, told, _kept(told))
    return await confirming(visit, {}, (), await _plan(visit, deed, told, {}))


async def done(desk: Desk, request: Request) -> Response:
    """The form was sent: show what it is about, or do it if that was shown."""
    visit = await desk.visit(request)
    sent = await visit.form()
    deed, told = await _deed(visit)
    fields = taken(visit, sent, [each.name for each in deed.fields])
    if sent.get(STEP) == BACK:
        return await _form(visit, deed, told, fields)
    if deed.fresh:
        visit.require_fresh()
    secret = [each.name for each in deed.fields if each.hidden]
    try:
        plan = await _plan(visit, deed, told, fields)
        if sent.get(STEP) != SURE:
            return await confirming(visit, fields, secret, plan)
        answer = await visit.send(*plan.calls[0])
    except Refused as refused:
        if not deed.fields:
            raise
        return await _form(visit, deed, told, fields, refused)
    return _after(visit, deed, told, fields, answer)


def _after(visit: Visit, deed: CallerDeed, told: Told, fields: Mapping[str, str], answer: Told) -> Response:
    """Where one goes on: to the page of the caller, by the name it has now; to the list if it is gone."""
    sort = sort_of(visit)
    if answer["AccessKey"]:
        return visit.page("secret.html", secret=answer["AccessKey"], back=place_of_caller(sort, _name(told)))
    if deed.slug == "delete":
        return visit.go(f"/console/ram/{sort.slug}?done=removed")
    name = fields.get(f"{sort.kind}_name") or _name(told)
    return visit.go(f"{place_of_caller(sort, name)}?done=done")


def _name(told: Told) -> str:
    return str(told["Caller"]["Name"])


async def _deed(visit: Visit) -> tuple[CallerDeed, Told]:
    """What is to be done, and to whom.

    Raises:
        Refused: there is no such caller, or whoever asks may not see it.
        PageRefused: its page offers nothing of that name.
    """
    sort, path = sort_of(visit), visit.request.path_params
    told = await told_now(visit, sort.kind, path["name"])
    for each in caller_deeds().done:
        named = all(visit.asked(name) for name in each.given)
        if (each.sort, each.slug) == (sort.slug, path["deed"]) and named and each.offered(told):
            return each, told
    raise PageRefused(HTTPStatus.NOT_FOUND, NO_SUCH)


def _kept(told: Told) -> dict[str, str]:
    """What the fields of a form begin with: what is kept now."""
    details, name = told["Details"], _name(told)
    return {
        "user_name": name,
        "group_name": name,
        "display": details["display_name"] or "",
        "email": details["email"] or "",
        "comments": details["comments"] or "",
        "description": details["description"] or "",
        "session": str(details["max_session_s"] or ""),
        "trust": documents.laid_out(details["trust"] or ""),
        "document": documents.laid_out(details["document"] or ""),
    }


async def _plan(visit: Visit, deed: CallerDeed, told: Told, fields: Mapping[str, str]) -> Plan:
    sort = sort_of(visit)
    values = _values(visit, fields) | {"name": _name(told), "own_type": told["Caller"]["Type"] or ""}
    named = [values.get(each, "") for each in NAMED]
    return Plan(
        title=deed.label,
        about=" · ".join(filter(None, (_name(told), *named))),
        calls=[deed.filled(values)],
        back=place_of_caller(sort, _name(told)),
        icon=deed.icon,
        danger=deed.danger,
        text=deed.text,
        shown=await effects(visit, deed, told, values),
    )


def _values(visit: Visit, fields: Mapping[str, str]) -> dict[str, str]:
    """What was filled in or is named by the address, as calls want it."""
    values = {**{name: visit.asked(name) for name in NAMED}, **fields}
    # A policy is chosen with its type: Custom:look, or a name alone for one of the account.
    word, _, name = values["policy"].rpartition(":")
    values |= {"policy": name, "type": word or "Custom"}
    return values | {name: documents.to_send(values[name]) for name in AREAS if name in values}


# -- the form ----------------------------------------------------------------------------------------


async def _form(
    visit: Visit,
    deed: CallerDeed,
    told: Told | None,
    values: Mapping[str, str],
    refused: Refused | None = None,
) -> Response:
    sort = sort_of(visit)
    return visit.page(
        "caller_form.html",
        deed=deed,
        sort=sort,
        it=None if told is None else told["Caller"],
        fields=[await _with_options(visit, each, told) for each in deed.fields],
        values=values,
        fault="" if refused is None else refused.text,
        faulty=_faulty(deed, values, refused),
        back=f"/console/ram/{sort.slug}" if told is None else place_of_caller(sort, _name(told)),
        code=200 if refused is None else refused.status,
    )


def _faulty(deed: CallerDeed, values: Mapping[str, str], refused: Refused | None) -> dict[str, Any] | None:
    """The document that was refused, line by line, and which of them is wrong."""
    area = next((each.name for each in deed.fields if each.type == "area"), None)
    if refused is None or refused.code != MALFORMED or area is None:
        return None
    sent = documents.to_send(values[area])
    fault = documents.fault_in(sent, refused.text)
    numbered = enumerate(sent.split("\n"), 1)
    lines = [
        documents.Line(number, text, "faulty" if number == fault.line else "") for number, text in numbered
    ]
    return {"fault": fault, "lines": lines}


async def _with_options(visit: Visit, each: Field, told: Told | None) -> Field:
    """A field with what there is to choose from, less what the caller has; typed where none may be seen."""
    if not each.listed:
        return each
    sort = BY_SLUG[each.listed]
    one = sort.kind.capitalize()
    most = 100 if each.listed == "groups" else MOST_LISTED
    listed = await visit.may_call(f"List{sort.many}", RAM, MaxItems=most)
    if listed is None or listed["IsTruncated"]:
        hint = "A name; of a policy of the system System:NAME" if each.listed == "policies" else "A name"
        return replace(each, hint=hint)
    there = _joined(told)
    options = tuple(
        _option(visit, each.listed, thing)
        for thing in listed[sort.many][one]
        if (sort.kind, thing[f"{one}Name"]) not in there
    )
    return replace(each, options=options or (("", "-"),))


def _joined(told: Told | None) -> set[tuple[str, str]]:
    """What a caller is joined to: there is nothing to choose in it."""
    parts = (
        [] if told is None else [told[name] or [] for name in ("Policies", "Groups", "Members", "Holders")]
    )
    return {(each["Caller"]["Kind"], each["Caller"]["Name"]) for part in parts for each in part}


def _option(visit: Visit, listed: str, thing: Told) -> tuple[str, str]:
    if listed == "policies":
        name, word = thing["PolicyName"], thing["PolicyType"]
        return f"{word}:{name}", f"{name} · {visit.reader.text(word)}"
    name = thing["UserName"] or thing["GroupName"] or thing["RoleName"]
    note = thing["DisplayName"] or thing["Comments"] or thing["Description"]
    return name, f"{name} · {note}" if note else name


# -- making one --------------------------------------------------------------------------------------


def _making(sort: Sort) -> CallerDeed:
    return next(each for each in caller_deeds().made if each.sort == sort.slug)


async def making(desk: Desk, request: Request) -> Response:
    """The form of a new user, group, role or policy."""
    visit = await desk.visit(request)
    deed, caller = _making(sort_of(visit)), visit.signed_in.caller
    if deed.writes:
        visit.require_fresh()
    begun = {
        "session": "3600",
        "document": documents.laid_out(documents.STARTER),
        "trust": documents.trusting("" if caller is None else caller.account_id),
    }
    return await _form(visit, deed, None, begun)


async def made(desk: Desk, request: Request) -> Response:
    """The form was sent: show what it would make, or make it if that was shown."""
    visit = await desk.visit(request)
    sort = sort_of(visit)
    deed = _making(sort)
    sent = await visit.form()
    fields = taken(visit, sent, [each.name for each in deed.fields])
    if sent.get(STEP) == BACK:
        return await _form(visit, deed, None, fields)
    if deed.fresh:
        visit.require_fresh()
    name = fields[f"{sort.kind}_name"]
    try:
        call = deed.filled(_values(visit, fields))
        if sent.get(STEP) != SURE:
            shown = Effects(documents=documents_of(visit, fields))
            plan = Plan(deed.label, name, [call], f"/console/ram/{sort.slug}", deed.icon, shown=shown)
            return await confirming(visit, fields, (), plan)
        await visit.send(*call)
    except Refused as refused:
        return await _form(visit, deed, None, fields, refused)
    return visit.go(f"{place_of_caller(sort, name)}?done=made")
