"""What somebody may use, a part at a time: a page shows some of each sort, and where the others are."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from admit.portal.holdings import Holding, Holdings

SHOWN = 40
"""How many of one sort one page shows."""
DIGITS = 6
"""A page of a longer number is none."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of one sort."""

    shown: Sequence[Holding]
    first: int
    """The place of the first of them, from 1 on."""
    many: int
    """How many there are of the sort."""
    before: str | None
    """The address of the part before it; None of the first."""
    after: str | None

    @property
    def last(self) -> int:
        """The place of the last of them."""
        return self.first + len(self.shown) - 1


def parts(query: QueryParams, shown: Holdings) -> dict[str, Part]:
    """The part of each sort that an address asks for: under a sort's name stands the number of a page."""
    sorts = {"hosts": shown.hosts, "streamed": shown.streamed, "web": shown.web, "roles": shown.roles}
    kept = {name: query[name] for name in ("q", *sorts) if query.get(name)}
    return {sort: _part(kept, sort, each) for sort, each in sorts.items()}


def _part(query: dict[str, str], sort: str, every: Sequence[Holding]) -> Part:
    pages = max(1, -(-len(every) // SHOWN))
    # What was on the last page may have ended meanwhile.
    page = min(max(1, _number(query.get(sort, ""))), pages)

    def address(number: int) -> str | None:
        if not 1 <= number <= pages:
            return None
        return f"/home?{urlencode(query | {sort: number})}#{sort}"

    begin = (page - 1) * SHOWN
    shown = every[begin : begin + SHOWN]
    return Part(shown, begin + 1, len(every), address(page - 1), address(page + 1))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else 1
