"""Lists by token: which page, and which entries at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeAlias, TypeVar

from admit.core.errors import InvalidParameter
from admit.rpc.operation import Call
from admit.rpc.paging import offset_of, token
from admit.rpc.shape import Shape, at_most
from admit.store import things
from admit.store.things import Thing, Where

MOST_RESULTS_BY_DEFAULT = 20
Name = TypeVar("Name", bound=str)


class Filter(Shape, Generic[Name]):
    """What the entries of a list must be like: one of the values, in the attribute named."""

    name: Name
    value: Annotated[tuple[str, ...], at_most(100, least=1)]


Filters: TypeAlias = Annotated[tuple[Filter[Name], ...], at_most(10)]
"""Filters of these names; an entry must pass all of them."""


def wanted(filters: Sequence[Filter[Name]]) -> dict[str, tuple[str, ...]]:
    """The values each attribute may have, by the filter's name.

    Raises:
        InvalidParameter: a name comes twice.
    """
    found = {str(each.name): each.value for each in filters}
    if len(found) != len(filters):
        raise InvalidParameter("Filter", "a name is given more than once.")
    return found


Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Page(Generic[Entry]):
    """A page of a list, with what its answer says about the page."""

    entries: Sequence[Entry]
    total: int
    max_results: int
    next_token: str | None

    @classmethod
    def of(cls, entries: Sequence[Entry], total: int, offset: int, limit: int) -> "Page[Entry]":
        """The page that begins at ``offset``."""
        return cls(entries, total, limit, token(offset, limit, total))


def token_page(next_token: str | None, max_results: int | None) -> tuple[int, int]:
    """``(offset, limit)`` of the page that a token asks for.

    Raises:
        InvalidNextToken: the token was not given out here.
    """
    return offset_of(next_token), max_results or MOST_RESULTS_BY_DEFAULT


def page_of(call: Call, where: Where, next_token: str | None, max_results: int | None) -> Page[Thing]:
    """The page of the things that ``where`` selects.

    Raises:
        InvalidNextToken: the token was not given out here.
    """
    offset, limit = token_page(next_token, max_results)
    return Page.of(*things.page(call.sql, where, offset, limit), offset, limit)
