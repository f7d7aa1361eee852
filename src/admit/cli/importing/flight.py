"""Calls that need not wait for one another: several under way at once, told in order."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
"""How many calls are under way: what a server of eight cores hashes passwords for."""


def in_order(work: Callable[[T], R], items: Iterable[T], tell: Callable[[T, R], None]) -> None:
    """Do some work for each item, several at a time, and tell what came of it in the order of the items.

    What the work or the telling raises ends it: nothing more is begun, and what is under way is finished.
    """
    with ThreadPoolExecutor(AT_ONCE, "admit-import") as threads:
        under_way: deque[tuple[T, Future[R]]] = deque()

        def tell_first() -> None:
            item, coming = under_way.popleft()
            tell(item, coming.result())

        try:
            for item in items:
                under_way.append((item, threads.submit(work, item)))
                if len(under_way) == AT_ONCE:
                    tell_first()
            while under_way:
                tell_first()
        finally:
            for _, coming in under_way:
                coming.cancel()
