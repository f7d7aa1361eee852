"""The wire's ways to page: by number, by token, by marker."""

import base64
from typing import Annotated

from admit.core.errors import InvalidNextToken
from admit.rpc.shape import like

PageNumber = Annotated[int, like(1, "The page to show, counted from 1.", ge=1, le=1_000_000_000)]

GREATEST = 10**15
"""The greatest place in a list that is looked for; databases count no further than 2**63."""


def page(number: int | None, size: int | None, default: int) -> tuple[int, int]:
    """``(offset, limit)`` of a numbered page. A size of 0, as Terraform sends it, is the default."""
    limit = size or default
    return ((number or 1) - 1) * limit, limit


def token(offset: int, limit: int, total: int) -> str | None:
    """What asks for the page after this one; None when it was the last."""
    after = offset + limit
    return None if after >= total else _token_of(after)


def marker(*place: int) -> str:
    """What asks for the page after the entry at a place that does not move when the list changes."""
    return "MK" + _text(".".join(map(str, place)))


def place_of(given: str | None, parts: int = 1) -> tuple[int, ...] | None:
    """The place that a marker names, by as many numbers; None where the list begins.

    Raises:
        InvalidNextToken: it was not given out here.
    """
    if not given:
        return None
    try:
        place = tuple(map(int, base64.urlsafe_b64decode(given[2:] + "==").split(b".")))
    except ValueError:
        raise InvalidNextToken from None
    if len(place) != parts or not all(0 < each <= GREATEST for each in place) or marker(*place) != given:
        raise InvalidNextToken
    return place


def _text(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _token_of(offset: int) -> str:
    return "NT" + _text(f"o{offset}")


def offset_of(next_token: str | None) -> int:
    """Where the page begins that a token asks for; an absent or empty one asks for the first.

    Raises:
        InvalidNextToken: it was not given out here.
    """
    if not next_token:
        return 0
    try:
        offset = int(base64.urlsafe_b64decode(next_token[2:] + "==")[1:])
    except ValueError:
        raise InvalidNextToken from None
    # Reading is lenient; what was given out is written in one way only.
    if not 0 < offset <= GREATEST or _token_of(offset) != next_token:
        raise InvalidNextToken
    return offset
