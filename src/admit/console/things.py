"""People, groups, hosts and all the rest: a list of each sort, a page of each, what can be done to it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admit.console.deeds import deeds, join_of
from admit.console.desk import Desk, Visit
from admit.console.shelves import BY_KIND, BY_SLUG, Shelf, resource_name

SECTIONS = (
    ("memberships", "outward", "join", "Belongs to"),
    ("members", "inward", "join", "Members"),
    ("grants", "outward", "grant", "Is granted"),
    ("holders", "inward", "grant", "Is granted to"),
    ("contains", "outward", "hold", "Contains"),
    ("containers", "inward", "hold", "Is part of"),
)
"""The links of a thing: a tab each."""


async def shelf(desk: Desk, request: Request, shelf: Shelf) -> Response:
    """The list of one sort of things; as of a moment if one is given."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    blocked = visit.asked("status") == "blocked"
    listed = await visit.call(
        "ListThings",
        Kinds=[shelf.kind],
        Text=visit.asked("q") or None,
        Blocked=blocked or None,
        At=at,
        MaxResults=50,
        NextToken=visit.asked("next") or None,
    )
    made_of = {"person": "user"}.get(shelf.kind, shelf.kind)
    makings = [each for each in deeds().made if each.kind == made_of]
    near = {"people": ("users",), "users": ("people",), "hosts": ("accounts", "share-keys", "bastions")}
    near |= {"rules": ("cloud-roles", "cloud-accounts"), "delivery-groups": ("apps",)}
    near |= {"applications": ("directories",), "cloud-roles": ("rules", "cloud-accounts")}
    near |= {"accounts": ("hosts",), "cloud-accounts": ("cloud-roles",)}
    others = [BY_SLUG[slug] for slug in near.get(shelf.slug, ())]
    return visit.page(
        "things.html", shelf=shelf, listed=listed, makings=makings, others=others, blocked=blocked, at=at
    )


async def search(desk: Desk, request: Request) -> Response:
    """What a text finds, of all sorts; or found, at a moment, by the names of then."""
    visit = await desk.visit(request)
    text, at = visit.asked("q"), visit.moment(visit.asked("at"))
    listed = await visit.call(
        "ListThings", Text=text or None, At=at, MaxResults=50, NextToken=visit.asked("next") or None
    )
    return visit.page("search.html", listed=listed, text=text, at=at)


async def suggest(desk: Desk, request: Request) -> Response:
    """Names that begin a field: of people and groups, or of what is granted."""
    visit = await desk.visit(request)
    what = visit.asked("for")
    kinds = {
        "person": ("person",),
        "subject": ("person", "group"),
        "resource": ("host", "host account", "delivery group", "application", "cloud role"),
    }.get(what, (what,) if what in BY_KIND else ("person",))
    found = await visit.call("ListThings", Kinds=kinds, Text=visit.asked("q") or None, MaxResults=12)
    by_id = what not in ("person", "subject", "resource")
    return visit.page("suggest.html", listed=found, by_id=by_id)


async def thing(desk: Desk, request: Request, shelf: Shelf) -> Response:
    """One thing: what is kept of it, what it is joined to, who reaches it, what was done to it."""
    visit = await desk.visit(request)
    about = {"Kind": shelf.kind, "Id": request.path_params["id"]}
    at = visit.moment(visit.asked("at"))
    told = await visit.call("DescribeThing", **about, At=at)
    it = told["Thing"]
    tabs = _tabs(told, it)
    tab = visit.asked("tab") if visit.asked("tab") in dict(tabs) else tabs[0][0]
    return visit.page(
        "thing.html",
        shelf=shelf,
        told=told,
        it=it,
        at=at,
        tabs=tabs,
        tab=tab,
        shown=await _tab(visit, tab, about, it, at),
        deeds=[] if at else [each for each in deeds().done if each.offered(it)],
        resource=resource_name(it),
        join_of=join_of,
    )


def _tabs(told: Any, it: Any) -> list[tuple[str, tuple[str, int | None]]]:
    """The tabs that say something of this thing."""
    counts = {
        "memberships": told["Memberships"],
        "members": told["Members"],
        "grants": told["Grants"],
        "holders": told["Holders"],
        "contains": told["Contains"],
        "containers": told["Contained"],
        "inside": told["Inside"],
    }
    found: list[tuple[str, tuple[str, int | None]]] = []
    if it["Kind"] == "person":
        found.append(("reaches", ("May use", None)))
    if resource_name(it) is not None:
        found.append(("reached", ("Who may use it", None)))
    titles = {slug: title for slug, _, _, title in SECTIONS} | {"inside": "Accounts"}
    found += [(slug, (titles[slug], count)) for slug, count in counts.items() if count]
    if it["Kind"] in ("person", "host", "host account"):
        found.append(("sessions", ("Sessions", None)))
    return [*found, ("history", ("History", None)), ("details", ("Details", None))]


async def _tab(  # noqa: PLR0911 - a table of calls
    visit: Visit, tab: str, about: dict[str, str], it: Any, at: int | None
) -> Any:
    """What the chosen tab shows; None for what is told already."""
    after = visit.asked("next") or None
    match tab:
        case "reaches":
            # By what never changes: the name is that of then.
            return await visit.call("ListWhat", Person=it["Id"], At=at, MaxResults=25, NextToken=after)
        case "reached":
            name = resource_name(it)
            return await visit.call("ListWho", Resource=name, At=at, MaxResults=25, NextToken=after)
        case "sessions":
            whose = {"Person": it["Id"]} if it["Kind"] == "person" else {"Resource": resource_name(it)}
            return await visit.call("ListSessions", **whose, At=at, MaxResults=25, NextToken=after)
        case "history":
            return await visit.call("ListChanges", **about, At=at, MaxResults=25, NextToken=after)
        case "inside":
            inside = {"host": "host account", "cloud account": "cloud role"}[it["Kind"]]
            return await visit.call(
                "ListThings",
                Kinds=[inside],
                InsideKind=it["Kind"],
                InsideId=it["Id"],
                At=at,
                MaxResults=50,
                NextToken=after,
            )
        case "details":
            return None
        case _:
            way, stage = next((way, stage) for slug, way, stage, _ in SECTIONS if slug == tab)
            more = {"Direction": way, "Stage": stage}
            return await visit.call("ListLinks", **about, **more, At=at, MaxResults=25, NextToken=after)
