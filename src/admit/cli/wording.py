"""How moments, paths and people are told on a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Any, TypeAlias

from admit.core.validity import HOUR, MINUTE, SECOND, Millis
from admit.when import format_span, format_when

Step: TypeAlias = Mapping[str, Any]
"""A step of a path, as the API answers it."""

ARROW = " → "

_NEARBY = {-1: "yesterday", 0: "today", 1: "tomorrow"}


@dataclass(frozen=True, slots=True)
class Now:
    """The moment and the place a command is given at: other moments are told as seen from here."""

    at: Millis
    zone: tzinfo

    def clock(self, moment: Millis) -> str:
        """The moment on the local clock, to the minute; to the second within an hour from now."""
        unit = SECOND if abs(moment - self.at) < HOUR else MINUTE
        text = format_when(moment // unit * unit, self.zone)
        return text.rpartition(" ")[0] or text

    def tell(self, moment: Millis | None) -> str:
        """The moment in words: ``tomorrow 09:00 (in 10 h 30 min)``; None is no end."""
        if moment is None:
            return "no end"
        day, _, clock = self.clock(moment).partition(" ")
        if not clock:
            return day
        return f"{self._day(day)} {clock} ({self.away(moment)})"

    def happening(self, moment: Millis, will: str, did: str) -> str:
        """What happens at a moment: told as to come, or as past."""
        return f"{will if moment > self.at else did} {self.tell(moment)}"

    def away(self, moment: Millis) -> str:
        """How far off it is, and to which side."""
        return f"in {self.left(moment)}" if moment >= self.at else f"{self.left(moment)} ago"

    def left(self, moment: Millis) -> str:
        """How long it is from here to there, rounded as clocks are."""
        span = abs(moment - self.at)
        unit = SECOND if span < HOUR else MINUTE
        return format_span((span + unit // 2) // unit * unit)

    def _day(self, day: str) -> str:
        here = datetime.fromtimestamp(self.at / SECOND, self.zone).date()
        there = datetime.fromisoformat(day).date()
        return _NEARBY.get((there - here).days, day)


def through(steps: Sequence[Step]) -> str:
    """What leads from the person to the resource: groups, units and rules."""
    return ARROW.join(step["Label"] for step in _shown(steps)[1:-1]) or "a direct grant"


def path(steps: Sequence[Step]) -> str:
    """A whole path."""
    return ARROW.join(step["Label"] for step in _shown(steps))


def conditions(told: Sequence[Mapping[str, str]]) -> str:
    """What access depends on, and for want of what it cannot be told; any one of them would do."""
    return ", or ".join(f"{each['Condition']} ({each['Missing']})" for each in told)


def ends(steps: Sequence[Step]) -> Millis | None:
    """Until when a path stays open: the earliest end on it."""
    return min((step["EndTime"] for step in steps if "EndTime" in step), default=None)


def closed(steps: Sequence[Step], at: Millis, now: Now) -> list[tuple[str, str]]:
    """The steps of a path whose links do not hold at a moment, and since or until when."""
    found = []
    for before, step in pairwise(steps):
        source = steps[0] if _is_same(before, steps[0]) else before
        link = f"{source['Label']}{ARROW}{step['Label']}"
        if step.get("StartTime", at) > at:
            found.append((link, now.happening(step["StartTime"], "begins", "began")))
        elif step.get("EndTime", at + 1) <= at:
            found.append((link, now.happening(step["EndTime"], "ends", "ended")))
    return found


def author(arn: str) -> str:
    """Who an ARN names: ``acs:ram::1:user/alice`` is alice."""
    return arn.rpartition(":")[2].removeprefix("user/")


def _shown(steps: Sequence[Step]) -> list[Step]:
    """The steps worth a word: a service's user of the person's own name is the person again."""
    return [step for step in steps if not _is_same(step, steps[0])]


def _is_same(step: Step, person: Step) -> bool:
    return bool(step["Kind"] == "user" and step["Name"] == person["Name"])
