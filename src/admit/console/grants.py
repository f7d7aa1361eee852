"""The table of grants, and one of them explained."""

import csv
import io
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admit.base.csv_lines import cell
from admit.console import grant_rows
from admit.console.deeds import join_of
from admit.console.desk import Desk, Refused, Visit
from admit.console.shelves import resource_name, subject_name
from admit.core.validity import iso
from admit.pages.site import with_protection

TABS = (
    ("", "All", None),
    ("hosts", "Hosts", ("host", "host account")),
    ("streams", "Streamed", ("delivery group", "app", "persistent session")),
    ("web", "Web sign-in", ("application",)),
    ("cloud", "Cloud roles", ("rule", "cloud role")),
)
"""The kinds of resource one can look at alone."""
STATUSES = (
    ("current", "In force or to come"),
    ("active", "In force"),
    ("ending", "Ending within a day"),
    ("future", "Not yet"),
    ("ended", "Ended"),
    ("any", "Any status"),
    ("unused", "Nobody used for 30 days"),
)


async def table(desk: Desk, request: Request) -> Response:
    """All grants, with filters; as of a moment if one is given."""
    visit = await desk.visit(request)
    listed = await _listed(visit, 25, visit.asked("next") or None)
    at = visit.moment(visit.asked("at"))
    return visit.page(
        "grants.html",
        listed=listed,
        rows=partial(grant_rows.rows, listed["Grants"], visit.reader, at, visit.asked("at")),
        counts=None if at else await visit.may_call("GetOverview"),
        tabs=TABS,
        statuses=STATUSES,
        status=visit.asked("status") or "current",
        at=at,
    )


UNUSED_DAYS = 30


async def _listed(visit: Visit, size: int, after: str | None) -> Any:
    """A page of what the filters show; what nobody uses is a list of its own, restricted by nothing."""
    if visit.asked("status") == "unused":
        return await visit.call("ListUnused", Days=UNUSED_DAYS, MaxResults=size, NextToken=after)
    return await visit.call("ListGrants", **_asked(visit), MaxResults=size, NextToken=after)


def _asked(visit: Visit) -> dict[str, Any]:
    """What the filters in the address ask for."""
    status = visit.asked("status") or "current"
    return {
        "Status": None if status == "any" else status,
        "Kinds": next((kinds for slug, _, kinds in TABS if slug == visit.asked("kind")), None),
        "Text": visit.asked("q") or None,
        "At": visit.moment(visit.asked("at")),
    }


async def one(desk: Desk, request: Request) -> Response:
    """One grant: whether it opens anything, how, what was done to it, what can be done; or as it was."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    subject, resource = _ends(visit)
    who = (await visit.call("DescribeThing", **subject, At=at))["Thing"]
    what = (await visit.call("DescribeThing", **resource, At=at))["Thing"]
    other = {"OtherKind": resource["Kind"], "OtherId": resource["Id"]}
    links = await visit.call("ListLinks", **subject, Direction="outward", Stage="grant", **other, At=at)
    person = await person_of(visit, who, at)
    return visit.page(
        "grant.html",
        link=next(iter(links["Links"]), None),
        who=who,
        what=what,
        at=at,
        person=person,
        explained=await _explained(visit, person, what, at),
        members=None
        if person
        else await visit.may_call(
            "ListLinks", **subject, Direction="inward", Stage="join", At=at, MaxResults=6
        ),
        history=await visit.may_call("ListChanges", **subject, **other, At=at, MaxResults=8),
        used=await _last_use(visit, person, what, at),
        grantable=grantable,
        join_of=join_of,
    )


def _ends(visit: Visit) -> tuple[dict[str, str], dict[str, str]]:
    return (
        {"Kind": visit.asked("who_kind"), "Id": visit.asked("who")},
        {"Kind": visit.asked("what_kind"), "Id": visit.asked("what")},
    )


async def person_of(visit: Visit, who: Any, at: int | None = None) -> str | None:
    """The name of the person that somebody is, of then the ID; None for a group or a unit."""
    known = "Name" if at is None else "Id"
    if who["Kind"] == "person":
        return str(who[known])
    if who["Kind"] != "user":
        return None
    joined = await visit.may_call(
        "ListLinks", Kind="user", Id=who["Id"], Direction="inward", Stage="join", At=at, MaxResults=1
    )
    return None if joined is None or not joined["Links"] else str(joined["Links"][0]["Thing"][known])


async def _explained(visit: Visit, person: str | None, what: Any, at: int | None) -> Any:
    name = resource_name(what)
    if person is None or name is None:
        return None
    try:
        return await visit.call("ExplainAccess", Person=person, Resource=name, At=at)
    except Refused:
        return None


async def _last_use(visit: Visit, person: str | None, what: Any, at: int | None) -> Any:
    name = resource_name(what)
    if person is None or name is None:
        return None
    found = await visit.may_call("ListSessions", Person=person, Resource=name, EndTime=at, MaxResults=1)
    return found["Sessions"][0] if found and found["Sessions"] else None


async def explain(desk: Desk, request: Request) -> Response:
    """May somebody use something, why or why not, at a moment."""
    visit = await desk.visit(request)
    person, resource = visit.asked("person"), visit.asked("resource")
    at = visit.moment(visit.asked("at"))
    told, fault = None, ""
    if person and resource:
        try:
            told = await visit.call("ExplainAccess", Person=person, Resource=resource, At=at)
        except Refused as refused:
            if refused.status == HTTPStatus.FORBIDDEN:
                raise
            fault = refused.text
    return visit.page("explain.html", told=told, fault=fault, person=person, resource=resource, at=at)


EXPORTED = 10_000
"""How many grants an export has at most; who needs more asks the API."""


async def exported(desk: Desk, request: Request) -> Response:
    """The same grants as CSV: what the filters show, up to ``EXPORTED``."""
    visit = await desk.visit(request)
    after: str | None = None
    rows = 0
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(("who_kind", "who", "may_use", "status", "from", "until", "granted_by", "granted_at"))
    while rows < EXPORTED:
        listed = await _listed(visit, 200, after)
        for grant in listed["Grants"]:
            rows += 1
            table.writerow(_row(grant))
        after = listed["NextToken"]
        if after is None:
            break
    answer = Response(written.getvalue(), media_type="text/csv; charset=utf-8")
    answer.headers["content-disposition"] = 'attachment; filename="grants.csv"'
    return with_protection(answer)


def _row(grant: Any) -> tuple[str, ...]:
    times = (grant["StartTime"], grant["EndTime"])
    start, end = ("" if each is None else iso(each) for each in times)
    names = (grant["Subject"]["Kind"], grant["Subject"]["Name"], grant["Resource"]["Label"])
    shown = (*names, grant["Status"], start, end, grant["GrantedBy"], iso(grant["GrantedAt"]))
    return tuple(cell(each) for each in shown)


def grantable(who: Any, what: Any) -> tuple[str, str] | None:
    """Who and what as GrantAccess and RevokeAccess take them; None if theirs are other operations."""
    subject, resource = subject_name(who), resource_name(what)
    return None if subject is None or resource is None else (subject, resource)
