"""Walking links: what they lead to, by which way, and until when."""

from collections.abc import Container, Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import TypeAlias

from admit.core.facts import Leads, Trail
from admit.core.links import Ref
from admit.core.validity import FOREVER, PERMANENT, Millis, Validity

MOST_PATHS = 1_000
"""How many closed paths are looked at to find the one nearest to opening."""


def begin(start: Ref) -> Trail:
    """Where a walk begins."""
    return -FOREVER, 0, (start.key,), ()


def spread(begun: Iterable[Trail], leads: Leads, shut: Container[int], now: Millis) -> Iterator[Trail]:
    """Everything that open links lead to, what stays open longest first.

    Each thing comes once, by its best trail, those where it began among them. A thing that is shut
    is not passed, nor arrived at.
    """
    waiting, arrived = list(begun), set[int]()
    heapify(waiting)
    while waiting:
        trail = heappop(waiting)
        closes, length, keys, periods = trail
        here = keys[-1]
        if here in arrived:
            continue
        arrived.add(here)
        yield trail
        for key, period in leads(here) or ():
            if key not in arrived and key not in shut and period.start <= now < period.end:
                trail = (max(closes, -period.end), length + 1, (*keys, key), (*periods, period))
                heappush(waiting, trail)


def cross(trails: Iterable[Trail], leads: Leads, shut: Container[int], now: Millis) -> Iterator[Trail]:
    """The same trails, each longer by an open link."""
    for closes, length, keys, periods in trails:
        for key, period in leads(keys[-1]) or ():
            if key not in shut and period.start <= now < period.end:
                yield max(closes, -period.end), length + 1, (*keys, key), (*periods, period)


def closure(start: int, leads: Leads) -> set[int]:
    """Everything that links lead to, open or not."""
    found, waiting = {start}, [start]
    for here in waiting:
        for key, _ in leads(here) or ():
            if key not in found:
                found.add(key)
                waiting.append(key)
    return found


def lasting(start: Ref, leads: Leads, shut: Container[int]) -> dict[int, Trail] | None:
    """Everything that links lead to, by the trails :func:`spread` finds at whatever moment.

    None if a link begins or ends, or leads to what is shut. The links at a thing must be told by key: then
    what is come to first is come to by the least trail.
    """
    trails, waiting = {start.key: begin(start)}, [start.key]
    for here in waiting:
        closes, length, keys, periods = trails[here]
        for key, period in leads(here) or ():
            if period is not PERMANENT or key in shut:
                return None
            if key not in trails:
                trails[key] = closes, length + 1, (*keys, key), (*periods, period)
                waiting.append(key)
    return trails


def open_closure(start: int, leads: Leads, shut: Container[int], now: Millis) -> set[int]:
    """Everything that open links lead to."""
    found, waiting = {start}, [start]
    for here in waiting:
        for key, period in leads(here) or ():
            if key not in found and key not in shut and period.start <= now < period.end:
                found.add(key)
                waiting.append(key)
    return found


Way: TypeAlias = tuple[tuple[int, ...], tuple[Validity, ...]]
"""A path, open or not: the keys of the things on it, and when each link holds."""


def chains(start: int, leads: Leads) -> Iterator[Way]:
    """Every way along links that visits nothing twice; at most MOST_PATHS of them."""
    waiting: list[Way] = [((start,), ())]
    for _ in range(MOST_PATHS):
        if not waiting:
            return
        keys, periods = waiting.pop()
        yield keys, periods
        waiting += (
            ((*keys, key), (*periods, period)) for key, period in leads(keys[-1]) or () if key not in keys
        )
