"""Links by one of their ends, in pages that never change: a change makes new pages and shares the others."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import repeat
from typing import TypeAlias

from admit.core.facts import Step
from admit.core.validity import PERMANENT, Millis, Validity

BITS = 6
KEYS = 1 << BITS
"""How many keys have their links in one page: a change copies one, a large system has many."""
_PLACE = KEYS - 1

Page: TypeAlias = "array[int]"
"""Three parts, one behind the other: where in it each key's links begin, and where the last one's end; the
keys of their other ends, sorted for each key; by which number each one's period is known. The third is left
out if no link has a start or an end. One array: each other place of the memory that is looked at costs more
than a step of the walk."""

FIRST = KEYS + 1
"""Where the second part begins."""
EMPTY: Page = array("I", [FIRST] * FIRST)
"""The page of keys without links."""

MADE = 1 << 16
"""How many periods are kept as values: making one takes ten times as long as finding it."""


class Periods:
    """Every period that a link holds for, by number. They only grow, and all pages share them."""

    def __init__(self) -> None:
        self._starts, self._ends = array("q", [PERMANENT.start]), array("q", [PERMANENT.end])
        self._made = {0: PERMANENT}
        self._numbers = {(PERMANENT.start, PERMANENT.end): 0}

    def number(self, period: tuple[Millis, Millis]) -> int:
        """The number of a period, by its start and end; most that are alike share one."""
        known = self._numbers.get(period)
        if known is None:
            if len(self._numbers) >= MADE:
                self._numbers = {(PERMANENT.start, PERMANENT.end): 0}
            known = self._numbers[period] = len(self._starts)
            self._starts.append(period[0])
            self._ends.append(period[1])
        return known

    def told(self, numbers: "array[int]") -> Iterable[Validity]:
        """Periods by their numbers."""
        try:
            return [*map(self._made.__getitem__, numbers)]
        except KeyError:
            return [self.one(number) for number in numbers]

    def one(self, number: int) -> Validity:
        """The period of a number."""
        made = self._made.get(number)
        if made is None:
            if len(self._made) >= MADE:
                self._made = {0: PERMANENT}
            made = self._made[number] = Validity(self._starts[number], self._ends[number])
        return made

    def hold(self, number: int, now: Millis) -> bool:
        """Whether a moment lies inside a period."""
        return self._starts[number] <= now < self._ends[number]

    def __len__(self) -> int:
        return len(self._starts)


Edit: TypeAlias = tuple[int, int, int | None]
"""A key, the key of another end, and the number of the link's period; None if there is no link any more."""


FEW = 32
"""So many links are looked at one by one."""
_ALWAYS = repeat(PERMANENT)


@dataclass(frozen=True, slots=True)
class Pages:
    """The links of one stage, by their sources or by their targets."""

    periods: Periods
    pages: list[Page] = field(default_factory=list)

    def of(self, key: int) -> Iterable[Step] | None:
        """The other ends of a key's links, and when each link holds."""
        # Of most things nothing of a stage leads anywhere: that must cost nothing, and an exception does.
        number = key >> BITS
        page = self.pages[number] if number < len(self.pages) else EMPTY
        if page is EMPTY:
            return None
        place = key & _PLACE
        low, high = page[place], page[place + 1]
        behind = page[KEYS] - FIRST
        if len(page) == FIRST + behind:
            return zip(page[low:high], _ALWAYS, strict=False)
        return zip(page[low:high], self.periods.told(page[low + behind : high + behind]), strict=True)

    def among(self, key: int, wanted: set[int]) -> Iterable[Step]:
        """Those of them that lead to any of ``wanted``."""
        page, low, high = self._place(key)
        if high - low > FEW:
            # Of something that thousands hold it takes a few looks, and no walk.
            found = [(other, bisect_left(page, other, low, high)) for other in wanted]
            places = [place for other, place in found if place < high and page[place] == other]
        elif wanted.isdisjoint(page[low:high]):
            return ()
        else:
            places = [place for place in range(low, high) if page[place] in wanted]
        behind = page[KEYS] - FIRST
        if len(page) == FIRST + behind:
            return [(page[place], PERMANENT) for place in places]
        return [(page[place], self.periods.one(page[place + behind])) for place in places]

    def opens(self, key: int, wanted: set[int], now: Millis) -> bool:
        """Whether any of a key's links leads to any of ``wanted`` and holds at a moment."""
        page, low, high = self._place(key)
        others = page[low:high]
        if wanted.isdisjoint(others):
            return False
        behind = page[KEYS] - FIRST
        if len(page) == FIRST + behind:
            return True
        hold, places = self.periods.hold, range(low, high)
        return any(page[place] in wanted and hold(page[place + behind], now) for place in places)

    def after(self, key: int, marker: int) -> Iterator[int]:
        """The other ends of a key's links that come after one, in order."""
        page, low, high = self._place(key)
        return (page[place] for place in range(bisect_left(page, marker + 1, low, high), high))

    def _place(self, key: int) -> tuple[Page, int, int]:
        """Where the links of a key stand."""
        number = key >> BITS
        page = self.pages[number] if number < len(self.pages) else EMPTY
        return page, page[key & _PLACE], page[(key & _PLACE) + 1]

    def edited(self, edits: Iterable[Edit]) -> "Pages":
        """The same with some links added, changed or gone."""
        by_page: dict[int, list[Edit]] = {}
        for edit in edits:
            by_page.setdefault(edit[0] >> BITS, []).append(edit)
        if not by_page:
            return self
        pages = list(self.pages)
        pages += [EMPTY] * (max(by_page) + 1 - len(pages))
        for number, found in by_page.items():
            pages[number] = _edited(pages[number], found)
        return Pages(self.periods, pages)

    def __len__(self) -> int:
        return sum(page[KEYS] - FIRST for page in self.pages if page is not EMPTY)


def _edited(page: Page, edits: Iterable[Edit]) -> Page:
    many = page[KEYS] - FIRST
    begins, others, numbers = page[:FIRST], page[FIRST : FIRST + many], page[FIRST + many :]
    if not numbers:
        numbers = array("I", bytes(4 * many))
    for key, other, period in edits:
        here = key & _PLACE
        low, high = begins[here] - FIRST, begins[here + 1] - FIRST
        place = bisect_left(others, other, low, high)
        known = place < high and others[place] == other
        if known and period is not None:
            numbers[place] = period
        elif known:
            del others[place], numbers[place]
            _move(begins, here, -1)
        elif period is not None:
            others.insert(place, other)
            numbers.insert(place, period)
            _move(begins, here, 1)
    return page_of(begins, others, numbers)


def _move(begins: "array[int]", here: int, by: int) -> None:
    for later in range(here + 1, FIRST):
        begins[later] += by


def page_of(begins: "array[int]", others: "array[int]", numbers: "array[int]") -> Page:
    """The page of some links: where each key's begin, the other ends, the numbers of the periods."""
    if not others:
        return EMPTY
    return begins + others + numbers if any(numbers) else begins + others


def size_bytes(pages: Iterable[Pages]) -> int:
    """About how many bytes some pages take."""
    return sum(
        8 * len(each.pages) + sum(_OF_A_PAGE + 4 * len(page) for page in each.pages if page is not EMPTY)
        for each in pages
    )


_OF_A_PAGE = 96
"""Bytes of a page besides what stands in it."""
