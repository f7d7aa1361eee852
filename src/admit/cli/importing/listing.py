"""Whole lists, fetched page by page."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from admit.cli.client import Client

T = TypeVar("T")

PAGE = 100
"""How many entries a page has: the most that every listing allows."""


def by_number(
    client: Client, product: str, action: str, items: str, **parameters: Any
) -> Iterator[dict[str, Any]]:
    """Every entry of a listing whose pages are numbered."""
    number = 1
    while True:
        page = client.call(product, action, PageNumber=number, PageSize=PAGE, **parameters)[items]
        yield from page
        if len(page) < PAGE:
            return
        number += 1


def by_token(
    client: Client, product: str, action: str, items: str, **parameters: Any
) -> Iterator[dict[str, Any]]:
    """Every entry of a listing whose pages name the one after them."""
    token: str | None = None
    while True:
        answer = client.call(product, action, MaxResults=PAGE, NextToken=token, **parameters)
        yield from answer[items]
        token = answer.get("NextToken")
        if not token:
            return


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in order, so many at a time."""
    return (items[at : at + size] for at in range(0, len(items), size))
