"""What a person is told who does not get what they asked for: one line, and what to do about it."""

from dataclasses import dataclass

from sqlalchemy import Connection

from admit.control import names
from admit.core.access import Decision, Reason
from admit.core.validity import DAY, HOUR, MINUTE, SECOND, Millis, iso

SAID_BY = "admit: "
"""What every line of the gate begins with, so that nobody takes it for the host's."""
REFUSED_STATUS = 255
"""What ``ssh`` itself ends with when it cannot do what it was asked for."""


class Refused(Exception):
    """The door stays shut. The text is one line for the person, who proved to be somebody."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = SAID_BY + text


@dataclass(frozen=True, slots=True)
class Refusal:
    """A decision that was a refusal, and what it was about as the person wrote it."""

    decision: Decision
    label: str

    def told(self, sql: Connection) -> Refused:
        """The reason in words.

        What was never granted and what does not exist are told alike: a name that is
        tried must not show which hosts there are.
        """
        decision, what = self.decision, self.label
        if decision.reason is Reason.STARTS_LATER and decision.changes_at is not None:
            begins = _when(decision.changes_at, decision.at)
            return Refused(f"your access to {what} begins {begins}")
        if decision.reason is Reason.HAS_ENDED and decision.changes_at is not None:
            return Refused(f"your access to {what} ended {_when(decision.changes_at, decision.at)}")
        if decision.reason is Reason.DISABLED and decision.blocked is not None:
            key = decision.blocked.key
            return Refused(
                f"your access to {what} is switched off: {names.labels(sql, [key])[key].label} is disabled"
            )
        return not_granted(what)


def not_granted(what: str) -> Refused:
    """That nothing leads there, whether it exists or not."""
    return Refused(f"you have no access to {what}: ask an administrator for a grant")


def _when(moment: Millis, now: Millis) -> str:
    span = abs(moment - now)
    unit, word = next(
        (each for each in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")) if span >= each[0]),
        (SECOND, "second"),
    )
    count = max(span // unit, 1)
    away = f"{count} {word}{'s' if count > 1 else ''}"
    return f"{'in ' + away if moment > now else away + ' ago'} ({iso(moment)})"
