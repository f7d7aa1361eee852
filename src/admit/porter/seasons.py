"""Cookies that gates show in key exchanges: nobody could foresee them, and each counts once and soon."""

from dataclasses import dataclass, field

from admit.base.chance import Chance
from admit.base.clock import Clock
from admit.core.validity import SECOND, Millis
from admit.porter.asks import Refused
from admit.porter.messages import Season

LASTS: Millis = 30 * SECOND
COUNTED: Millis = 120 * SECOND
"""So long after its season has begun a cookie counts: somebody may take a minute to sign in."""
MOST = 100_000
"""How many cookies of one season count."""


@dataclass(slots=True)
class _Kept:
    season: Season
    began: Millis
    used: set[int] = field(default_factory=set)


class Seasons:
    """The seasons of one gate."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._kept: list[_Kept] = []
        self._number = 0

    def current(self) -> Season:
        """The season it is; a new one if the last is over."""
        now = self._clock.now()
        self._kept = [each for each in self._kept if 0 <= now - each.began < COUNTED]
        if not self._kept or now - self._kept[-1].began >= LASTS:
            self._number += 1
            self._kept.append(_Kept(Season(self._number, self._chance.fill(32)), now))
        return self._kept[-1].season

    def cookie(self, season: int, number: int) -> bytes:
        """The cookie of a number in a season.

        Raises:
            Refused: it counts no more, or was used.
        """
        self.current()
        kept = next((each for each in self._kept if each.season.number == season), None)
        if kept is None or number in kept.used or len(kept.used) >= MOST:
            raise Refused("that took too long: try again")
        kept.used.add(number)
        return kept.season.cookie(number)
