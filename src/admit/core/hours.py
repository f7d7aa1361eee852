"""At which hours of the week sessions may be open."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from admit.core.validity import HOUR, MINUTE, SECOND, Millis


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of the week at which sessions may be open, on the clock of a zone."""

    open: frozenset[tuple[int, int]]
    """ISO weekday (1 is Monday) and hour (0 to 23)."""
    zone: tzinfo = UTC

    def hold_at(self, moment: Millis) -> bool:
        """Whether a moment is in one of the hours."""
        local = local_time(moment, self.zone)
        return (local.isoweekday(), local.hour) in self.open

    def next_change(self, now: Millis) -> Millis | None:
        """When they end, or begin, next; None if they never do."""
        held, moment = self.hold_at(now), now
        # Eight days: a week and what a change of the clock may add.
        while moment < now + 8 * 24 * HOUR:
            local = local_time(moment, self.zone)
            moment += HOUR - (local.minute * MINUTE + local.second * SECOND + local.microsecond // 1000)
            if self.hold_at(moment) is not held:
                return moment
        return None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local_time(moment: Millis, zone: tzinfo) -> datetime:
    """What the clocks of a zone show at a moment."""
    return (_EPOCH + timedelta(milliseconds=moment)).astimezone(zone)
