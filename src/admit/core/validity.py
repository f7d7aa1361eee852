"""When something holds: half-open periods in UNIX milliseconds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias

Millis: TypeAlias = int
"""A moment or a span in milliseconds; moments count from the UNIX epoch, UTC."""

SECOND: Millis = 1_000
MINUTE: Millis = 60 * SECOND
HOUR: Millis = 60 * MINUTE
DAY: Millis = 24 * HOUR

BEGINNING: Millis = 0
FOREVER: Millis = 2**63 - 1
"""The end of what has no end: it sorts last and fits a BIGINT."""


def iso(moment: Millis) -> str:
    """A moment as the wire writes dates: ISO 8601, UTC, whole seconds."""
    return _iso(moment // SECOND)


def iso_with_millis(moment: Millis) -> str:
    """A moment as services write it that tell milliseconds and the offset: ``…T12:00:00.123+00:00``."""
    return datetime.fromtimestamp(moment / SECOND, UTC).isoformat(timespec="milliseconds")


@lru_cache(maxsize=1024)
def _iso(second: int) -> str:
    # Every request of one second asks for the same.
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, order=True)
class Validity:
    """The period ``[start, end)``: the start is inside, the end is not.

    Two adjacent periods therefore neither overlap nor leave a gap.
    """

    start: Millis = BEGINNING
    end: Millis = FOREVER

    def __post_init__(self) -> None:
        if not BEGINNING <= self.start < self.end <= FOREVER:
            raise ValueError("a period must start before it ends")

    def holds_at(self, moment: Millis) -> bool:
        """Whether ``moment`` lies inside the period."""
        return self.start <= moment < self.end

    @property
    def permanent(self) -> bool:
        """Whether the period has neither start nor end."""
        return self.start == BEGINNING and self.end == FOREVER


PERMANENT = Validity()
