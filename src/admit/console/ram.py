"""Who may call operations: RAM users, groups, roles and policies, as they are or were at a moment."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from admit.console import documents
from admit.console.callers import BY_SLUG, RAM, SORTS, Sort, caller_deeds
from admit.console.callers_now import told_now
from admit.console.desk import Desk, Refused, Told, Visit
from admit.console.showing import moment_of
from admit.pages.site import PageRefused

NO_SUCH = "There is no such page."
SHOWN = 50
"""How many callers a page lists."""
ENTRIES = 10
"""How many entries of the ledger the page of one tells."""
MOST_GROUPS = 10
"""Of how many groups of a user the policies are shown."""


def sort_of(visit: Visit) -> Sort:
    """Which sort of callers an address is about.

    Raises:
        PageRefused: there is none.
    """
    found = BY_SLUG.get(visit.request.path_params.get("sort", SORTS[0].slug))
    if found is None:
        raise PageRefused(HTTPStatus.NOT_FOUND, NO_SUCH)
    return found


def place_of_caller(sort: Sort, name: str) -> str:
    """The page of a caller."""
    return f"/console/ram/{sort.slug}/{quote(name, safe='')}"


# -- the list ----------------------------------------------------------------------------------------


async def callers(desk: Desk, request: Request) -> Response:
    """One sort of callers: all of them, or those whose name has a text in it, now or at a moment."""
    visit = await desk.visit(request)
    sort, at, text = sort_of(visit), visit.moment(visit.asked("at")), visit.asked("q")
    system = sort.slug == "policies" and visit.asked("type") == "System"
    if system:
        # They come with the account, the same at any time.
        listed = await _listed_now(visit, sort, PolicyType="System")
        listed["Callers"] = [each for each in listed["Callers"] if text.casefold() in each["Name"].casefold()]
    elif at is None and not text:
        listed = await _listed_now(visit, sort, PolicyType="Custom" if sort.slug == "policies" else None)
    else:
        listed = await visit.call(
            "ListCallers",
            Kind=sort.kind,
            Text=text or None,
            At=at,
            MaxResults=SHOWN,
            NextToken=visit.asked("next") or None,
        )
    return visit.page("callers.html", sort=sort, sorts=SORTS, listed=listed, system=system, at=at, text=text)


async def _listed_now(visit: Visit, sort: Sort, **more: str | None) -> Told:
    """A page of RAM's own list: who may not call operations of ours sees it too."""
    one, asked = sort.kind.capitalize(), {"MaxItems": SHOWN, "Marker": visit.asked("next") or None, **more}
    told = await visit.call(f"List{sort.many}", RAM, **asked)
    found = [
        Told(
            Name=each[f"{one}Name"],
            Id=each[f"{one}Id"],
            Note=each["DisplayName"] or each["Description"] or each["Comments"] or "",
            Attached=each["AttachmentCount"],
            CreatedAt=moment_of(each["CreateDate"], visit.reader.zone),
        )
        for each in told[sort.many][one]
    ]
    return Told(Callers=found, NextToken=told["Marker"])


# -- one of them -------------------------------------------------------------------------------------


async def caller(desk: Desk, request: Request) -> Response:
    """All that is kept of a user, a group, a role or a policy: now, or at a moment."""
    visit = await desk.visit(request)
    sort, at = sort_of(visit), visit.moment(visit.asked("at"))
    name = request.path_params["name"]
    if at is not None:
        told = await visit.call("DescribeCaller", Kind=sort.kind, Name=name, At=at)
        return await _page(visit, sort, told, at)
    try:
        told = await told_now(visit, sort.kind, name)
    except Refused as refused:
        # Whoever comes by an ID, as pages of then are found, is led to the page of the name.
        found = await visit.may_call("DescribeCaller", Kind=sort.kind, Name=name)
        if refused.status != HTTPStatus.NOT_FOUND or found is None or found["Caller"]["Name"] == name:
            raise
        return visit.go(place_of_caller(sort, found["Caller"]["Name"]))
    return await _page(visit, sort, told, None)


async def _page(visit: Visit, sort: Sort, told: Told, at: int | None) -> Response:
    deeds = {each.slug: each for each in caller_deeds().done if each.sort == sort.slug}
    return visit.page(
        "caller.html",
        sort=sort,
        told=told,
        it=told["Caller"],
        at=at,
        through=await _through(visit, told, at),
        changes=await _history(visit, sort, told, at),
        sorts={each.kind: each for each in SORTS},
        deeds={} if at is not None else {slug: each for slug, each in deeds.items() if each.offered(told)},
        version=_version(visit, told),
        lines=documents.lines,
        compared=documents.compared,
    )


async def _history(visit: Visit, sort: Sort, told: Told, at: int | None) -> Told | None:
    """The newest entries of the ledger about a caller; None where they may not be seen."""
    known: Any = told["Caller"]
    if known["Id"] is None:
        # RAM tells no ID of a policy.
        found = await visit.may_call("DescribeCaller", Kind=sort.kind, Name=known["Name"])
        known = Told() if found is None else found["Caller"]
    if known["Id"] is None:
        return None
    return await visit.may_call(
        "ListChanges", Kind=f"ram {sort.kind}", Id=known["Id"], At=at, MaxResults=ENTRIES
    )


async def _through(visit: Visit, told: Told, at: int | None) -> list[tuple[str, Any]]:
    """The policies that a user has by its groups, each with the group; without those that may not be seen."""
    found: list[tuple[str, Any]] = []
    for group in (told["Groups"] or [])[:MOST_GROUPS]:
        name = group["Caller"]["Name"]
        if at is None:
            policies = (await visit.may_call("ListPoliciesForGroup", RAM, GroupName=name) or Told())[
                "Policies"
            ]
            named = [] if policies is None else [_named(each) for each in policies["Policy"]]
        else:
            was = await visit.may_call("DescribeCaller", Kind="group", Name=group["Caller"]["Id"], At=at)
            named = [] if was is None else was["Policies"]
        found += [(name, each) for each in named]
    return found


def _named(policy: Any) -> Told:
    return Told(
        Caller=Told(
            Kind="policy",
            Name=policy["PolicyName"],
            Type=policy["PolicyType"],
            Note=policy["Description"] or "",
        )
    )


def _version(visit: Visit, told: Told) -> Told | None:
    """The version of a policy that is looked at besides the one in force."""
    versions = told["Versions"] or []
    return next((each for each in versions if each["VersionId"] == visit.asked("version")), None)
