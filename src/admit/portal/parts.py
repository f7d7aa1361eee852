"""What somebody may use, a part at a time of each sort."""

from functools import partial
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from admit.pages.parts import Part, part_of
from admit.portal.holdings import Holding, Holdings

SHOWN = 40
"""How many of one sort one page shows."""


def parts(query: QueryParams, shown: Holdings) -> dict[str, Part[Holding]]:
    """The part of each sort that an address asks for: under a sort's name stands the number of its part."""
    sorts = {"hosts": shown.hosts, "streamed": shown.streamed, "web": shown.web, "roles": shown.roles}
    kept = {name: query[name] for name in ("q", *sorts) if query.get(name)}
    return {
        sort: part_of(every, query.get(sort, ""), SHOWN, partial(_address, kept, sort))
        for sort, every in sorts.items()
    }


def _address(kept: dict[str, str], sort: str, number: int) -> str:
    return f"/home?{urlencode(kept | {sort: str(number)})}#{sort}"
