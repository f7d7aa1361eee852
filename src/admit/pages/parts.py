"""A long list in parts: a page shows one of them, and where the others are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

DIGITS = 6
"""A part of a longer number is none."""


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Some of a list."""

    shown: Sequence[T]
    first: int
    """The place of the first of them, from 1 on."""
    many: int
    """How long the list is."""
    before: str | None
    """The address of the part before it; None of the first."""
    after: str | None

    @property
    def last(self) -> int:
        """The place of the last of them."""
        return self.first + len(self.shown) - 1


def part_of(every: Sequence[T], asked: str, size: int, address: Callable[[int], str]) -> Part[T]:
    """The part of a list that an address asks for by its number; of one that is not there the nearest."""
    many = max(1, -(-len(every) // size))
    wanted = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) <= DIGITS else 1
    # What was in the last part may be gone meanwhile.
    number = min(max(1, wanted), many)
    begin = (number - 1) * size
    return Part(
        every[begin : begin + size],
        begin + 1,
        len(every),
        address(number - 1) if number > 1 else None,
        address(number + 1) if number < many else None,
    )
