"""A decision that was a refusal, in the words its person reads."""

from dataclasses import dataclass

from sqlalchemy import Connection

from admit.control import names
from admit.core.access import Decision, Reason
from admit.core.validity import DAY, HOUR, MINUTE, SECOND, Millis, iso
from admit.porter.asks import Refused


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
