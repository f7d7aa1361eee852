"""The only source of time."""

import asyncio
import time
from typing import Protocol

from admit.core.validity import SECOND, Millis

SLICE: Millis = 30 * SECOND
"""The longest single sleep, so that a stepped wall clock is noticed."""


SKEW: Millis = 2 * SECOND
"""By how much clocks may differ, of two nodes, or of one and itself of before."""


class Clock(Protocol):
    """What the time is, and waiting for a moment."""

    def now(self) -> Millis:
        """The time, in UNIX milliseconds."""
        ...

    async def sleep_until(self, moment: Millis) -> None:
        """Return as soon as ``now() >= moment``."""
        ...

    def ticks(self) -> Millis:
        """Milliseconds since some moment: they only grow, whatever becomes of the time."""
        ...

    async def pause(self, span: Millis) -> None:
        """Wait for so long, whatever becomes of the time meanwhile."""
        ...

    def set_back(self) -> Millis:
        """By how much the machine's clock was set back."""
        ...


class SystemClock:
    """The machine's clock, which is believed when it is set forward, and never when it is set back.

    Whoever could set it back would let access go on that has ended. So time goes on from the latest it
    has been, and is behind that by :data:`SKEW` at most, until the process is started anew.
    """

    def __init__(self) -> None:
        self._lead: Millis = self._wall() - self.ticks()
        """How far the time was ahead of the ticks at most."""

    @staticmethod
    def _wall() -> Millis:
        return time.time_ns() // 1_000_000

    def now(self) -> Millis:
        """The time, in UNIX milliseconds."""
        wall, ticks = self._wall(), self.ticks()
        self._lead = max(self._lead, wall - ticks)
        return max(wall, ticks + self._lead - SKEW)

    def set_back(self) -> Millis:
        """By how much the machine's clock is behind the latest time it has told, and it is now."""
        return max(self.ticks() + self._lead - self._wall(), 0)

    async def sleep_until(self, moment: Millis) -> None:
        """Return as soon as ``now() >= moment``, in slices that notice a stepped clock."""
        while (left := moment - self.now()) > 0:
            await asyncio.sleep(min(left, SLICE) / SECOND)

    def ticks(self) -> Millis:
        """Milliseconds since some moment."""
        return time.monotonic_ns() // 1_000_000

    async def pause(self, span: Millis) -> None:
        """Wait for so long."""
        await asyncio.sleep(span / SECOND)


class FakeClock:
    """A clock that stands still until it is advanced; for tests."""

    def __init__(self, now: Millis = 1_780_000_000_000) -> None:
        self._now = now
        self._sleepers: list[tuple[Millis, asyncio.Event]] = []

    def now(self) -> Millis:
        """The time it was last set to."""
        return self._now

    def advance(self, span: Millis) -> None:
        """Let ``span`` milliseconds pass; sleepers wake in the order of their moments."""
        self._now += span
        due = sorted((s for s in self._sleepers if s[0] <= self._now), key=lambda s: s[0])
        self._sleepers = [s for s in self._sleepers if s[0] > self._now]
        for _, woken in due:
            woken.set()

    async def sleep_until(self, moment: Millis) -> None:
        """Wait until ``advance`` reaches ``moment``."""
        if moment <= self._now:
            return
        woken = asyncio.Event()
        self._sleepers.append((moment, woken))
        await woken.wait()

    def ticks(self) -> Millis:
        """The time: it is never set back here."""
        return self._now

    async def pause(self, span: Millis) -> None:
        """Wait until ``advance`` has let so much pass."""
        await self.sleep_until(self._now + span)

    def set_back(self) -> Millis:
        """Never."""
        return 0
