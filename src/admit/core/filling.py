"""Pages made of many links at once: these come sorted, each packed into one number."""

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from admit.core.pages import BITS, EMPTY, FIRST, KEYS, Page, Pages, Periods, page_of

_LOW = (1 << 32) - 1
LARGEST = (1 << 31) - 1
"""The largest key that is packed: two of them make one number that a database has as well."""


def packed(key: int, other: int) -> int:
    """A link in one number: by the key of the end it is found by, then by that of the other end."""
    return key << 32 | other


@dataclass(frozen=True, slots=True)
class Timed:
    """Of links that come sorted those that begin or end: the number of each one's period."""

    links: "array[int]" = field(default_factory=lambda: array("q"))
    numbers: "array[int]" = field(default_factory=lambda: array("I"))

    def extend(self, found: Iterable[tuple[int, int]]) -> None:
        """Take more of them: links that come after those there are, and the numbers of their periods."""
        for link, number in found:
            self.links.append(link)
            self.numbers.append(number)

    def turned(self) -> "Timed":
        """The same, found by their other ends."""
        both = zip(self.links, self.numbers, strict=True)
        # As one number each they are sorted at once, and take the room of one.
        told = [((link & _LOW) << 32 | link >> 32) << 32 | number for link, number in both]
        told.sort()
        return Timed(array("q", (each >> 32 for each in told)), array("I", (each & _LOW for each in told)))

    def numbers_of(self, links: Sequence[int]) -> "array[int]":
        """The numbers of the periods of some links that stand one behind another; 0 of those that last."""
        low, high = bisect_left(self.links, links[0]), bisect_right(self.links, links[-1])
        if low == high:
            return array("I", bytes(4 * len(links)))
        known = dict(zip(self.links[low:high], self.numbers[low:high], strict=True))
        return array("I", map(known.get, links, repeat(0)))


class Filling:
    """Makes pages of links that come sorted."""

    def __init__(self) -> None:
        self._pages: list[Page] = []
        self._keys, self._others, self._numbers = array("I"), array("I"), array("I")

    def extend(self, links: Sequence[int], timed: Timed) -> None:
        """Take some links more: at least one. Which of them begin or end is known by then."""
        ends = array("I", array("q", links).tobytes())
        keys, others = (ends[1::2], ends[::2]) if sys.byteorder == "little" else (ends[::2], ends[1::2])
        self._keys += keys
        self._others += others
        self._numbers += timed.numbers_of(links)
        # The last page may go on with what comes next.
        self._cut(self._keys[-1] >> BITS)

    def done(self, periods: Periods) -> Pages:
        """All of them."""
        if self._keys:
            self._cut((self._keys[-1] >> BITS) + 1)
        return Pages(periods, self._pages)

    def _cut(self, end: int) -> None:
        """Make the pages up to a number."""
        keys, low = self._keys, 0
        while low < len(keys) and (number := keys[low] >> BITS) < end:
            self._pages += [EMPTY] * (number - len(self._pages))
            first = number << BITS
            high = bisect_left(keys, first + KEYS, low)
            ahead = FIRST - low
            places = [bisect_left(keys, key, low, high) + ahead for key in range(first, first + KEYS)]
            begins = array("I", [*places, high + ahead])
            self._pages.append(page_of(begins, self._others[low:high], self._numbers[low:high]))
            low = high
        del self._keys[:low], self._others[:low], self._numbers[:low]
