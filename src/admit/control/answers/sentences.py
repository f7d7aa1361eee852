"""Decisions told in a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass

from admit.control.names import Named
from admit.core.access import Decision, Reason
from admit.core.terms import Unmet
from admit.core.validity import Millis


@dataclass(frozen=True, slots=True)
class _Tense:
    """How a decision is told about a moment that is, was or will be."""

    may: str
    may_not: str
    switched_off: str
    closed: dict[Reason, str]


_NOW = _Tense(
    "may use",
    "may not use",
    "is switched off",
    {
        Reason.STARTS_LATER: "access has not begun yet",
        Reason.HAS_ENDED: "access has ended",
        Reason.NOT_GRANTED: "no link leads there",
    },
)
_PAST = _Tense(
    "was allowed to use",
    "was not allowed to use",
    "was switched off",
    {
        Reason.STARTS_LATER: "access had not begun yet",
        Reason.HAS_ENDED: "access had ended",
        Reason.NOT_GRANTED: "no link led there",
    },
)
_FUTURE = _Tense(
    "will be allowed to use",
    "will not be allowed to use",
    "is switched off",
    {
        Reason.STARTS_LATER: "access will not have begun yet",
        Reason.HAS_ENDED: "access will have ended",
        Reason.NOT_GRANTED: "no link leads there",
    },
)


def sentence(decision: Decision, things: Mapping[int, Named], now: Millis) -> str:
    """What was decided and why, about a moment that is ``now``, before or after it."""
    tense = _NOW if decision.at == now else _FUTURE if decision.at > now else _PAST
    who = things[decision.question.subject.key].label
    what = things[decision.question.resource.key].label
    if decision.allowed:
        return f"{who} {tense.may} {what}."
    if decision.blocked is not None and decision.reason is Reason.DISABLED:
        why = f"{things[decision.blocked.key].label} {tense.switched_off}"
    elif decision.unmet is not None:
        why = _terms(decision.unmet)
    else:
        why = tense.closed.get(decision.reason, decision.reason.value)
    return f"{who} {tense.may_not} {what}: {why}."


def _terms(unmet: Unmet) -> str:
    """Why the terms of the nearest permission are not met."""
    if unmet.reason is Reason.OTHER_ACTIONS:
        return f"it is granted for {unmet.text} only"
    if unmet.reason is Reason.INPUT_MISSING:
        return unmet.text
    return f"the condition is not met: {unmet.text}"
