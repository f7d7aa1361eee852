"""Every page of the console, and where it is."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from admit.console import (
    doing,
    granting,
    grants,
    joining,
    live,
    overview,
    ram,
    ram_doing,
    reach,
    records,
    reviews,
    taking,
    things,
    watching,
)
from admit.console.desk import Desk
from admit.console.shelves import SHELVES
from admit.pages.changes import ChangeWatch
from admit.pages.site import Site
from admit.rpc.dispatch import Dispatcher
from admit.rpc.operation import Service

Shown: TypeAlias = Callable[[Desk, Request], Awaitable[Response]]

READ: tuple[tuple[str, Shown], ...] = (
    ("/console", overview.overview),
    ("/console/search", things.search),
    ("/console/suggest", things.suggest),
    ("/console/grants", grants.table),
    ("/console/grants.csv", grants.exported),
    ("/console/grants/one", grants.one),
    ("/console/grants/new", granting.new),
    ("/console/grants/revoke", granting.revoking),
    ("/console/joins/{deed}", joining.joint),
    ("/console/explain", grants.explain),
    ("/console/reach", reach.reach),
    ("/console/requests", records.requests),
    ("/console/break-glass", records.glass),
    ("/console/reviews", reviews.listed),
    ("/console/reviews/new", reviews.new),
    ("/console/reviews/{id}", reviews.one),
    ("/console/reviews/{id}/report.csv", reviews.as_csv),
    ("/console/reviews/{id}/report.json", reviews.as_json),
    ("/console/new/{making}", doing.making),
    ("/console/sessions", live.sessions),
    ("/console/sessions/{id}", live.session),
    ("/console/recordings", live.recordings),
    ("/console/recordings/{id}", live.recording),
    ("/console/recordings/{id}/cast", live.cast),
    ("/console/recordings/{id}/live", watching.stream),
    ("/console/recordings/{id}/found", live.found),
    ("/console/activity", live.activity),
    ("/console/ledger", records.ledger),
    ("/console/import", taking.ask),
    ("/console/ram", ram.callers),
    ("/console/ram/new/{sort}", ram_doing.making),
    ("/console/ram/{sort}", ram.callers),
    ("/console/ram/{sort}/{name}", ram.caller),
    ("/console/ram/{sort}/{name}/do/{deed}", ram_doing.doing),
    ("/console/health", records.health),
)
"""What is shown."""

WRITTEN: tuple[tuple[str, Shown], ...] = (
    ("/console/grants/new", granting.granted),
    ("/console/grants/revoke", granting.revoked),
    ("/console/joins/{deed}", joining.parted),
    ("/console/requests/{id}", records.decided),
    ("/console/offers", records.offered),
    ("/console/break-glass", records.agreed),
    ("/console/reviews/new", reviews.begun),
    ("/console/reviews/{id}/decide", reviews.decided),
    ("/console/reviews/{id}/close", reviews.closed),
    ("/console/new/{making}", doing.made),
    ("/console/sessions/{id}/end", live.end),
    ("/console/ledger/verify", records.verified),
    ("/console/import", taking.take),
    ("/console/ram/new/{sort}", ram_doing.made),
    ("/console/ram/{sort}/{name}/do/{deed}", ram_doing.done),
)
"""What forms are sent to."""


def routes(
    site: Site, dispatcher: Dispatcher, services: Sequence[Service], changes: ChangeWatch
) -> Sequence[BaseRoute]:
    """The pages, ready to be served."""
    desk = Desk(site, dispatcher, services, changes)
    found = [Route(path, _shown(desk, page), methods=["GET"]) for path, page in READ]
    found += [Route(path, _shown(desk, page), methods=["POST"]) for path, page in WRITTEN]
    for shelf in SHELVES:
        place = f"{shelf.place}/{{id}}"
        listed = partial(things.shelf, shelf=shelf)
        found.append(Route(shelf.place, _shown(desk, listed), methods=["GET"]))
        one = partial(things.thing, shelf=shelf)
        found.append(Route(place, _shown(desk, one), methods=["GET"]))
        form, sent = partial(doing.doing, shelf=shelf), partial(doing.done, shelf=shelf)
        found.append(Route(f"{place}/do/{{deed}}", _shown(desk, form), methods=["GET"]))
        found.append(Route(f"{place}/do/{{deed}}", _shown(desk, sent), methods=["POST"]))
    return found


def _shown(desk: Desk, page: Shown) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        return await page(desk, request)

    return show
