"""Terms: what a permission on a path is for, on which condition, and whether a question meets them."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Reason(StrEnum):
    """Why a decision came out as it did."""

    GRANTED = "granted"
    STARTS_LATER = "starts later"
    HAS_ENDED = "has ended"
    DISABLED = "disabled"
    NOT_GRANTED = "not granted"
    OTHER_ACTIONS = "other actions"
    CONDITION_NOT_MET = "condition not met"
    INPUT_MISSING = "input missing"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a permission on a path is for, and on which condition."""

    actions: frozenset[str] | None = None
    """None for every action."""
    condition: str = ""
    """In a language that the core does not know; empty for none."""


def terms_in(fields: Mapping[str, object]) -> Terms:
    """The terms of a permission, by its attributes."""
    actions, condition = fields.get("actions"), fields.get("condition", "")
    told = frozenset(map(str, actions)) if isinstance(actions, list | tuple) else None
    return Terms(told, str(condition))


@dataclass(frozen=True, slots=True)
class Unmet:
    """Why the terms of a permission do not hold for a question."""

    reason: Reason
    text: str
    """What is asked for, or what is missing."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """A condition that a way depends on and that cannot be judged."""

    condition: str
    missing: str
    """What it needs and was not told."""


Judge: TypeAlias = Callable[[str], Unmet | None]
"""Says of a condition why it does not hold for the question; None if it does.

It knows the properties of subject, resource and action, the context and the language; it is handed in.
"""


def unjudged(condition: str) -> Unmet:
    """The judge of those who have none: what nobody can judge is not met."""
    return Unmet(Reason.INPUT_MISSING, f"it was not asked whether {condition}")


def presumed(_condition: str) -> None:
    """The judge of lists of what may come into question: every condition may turn out to be met."""


class Judged:
    """The terms of permissions, judged once each for one question."""

    def __init__(self, terms: Mapping[int, Terms], action: str | None, judge: Judge) -> None:
        self.terms = terms
        self._action = action
        self._judge = judge
        self._known: dict[int, Unmet | None] = {}

    def unmet(self, key: int) -> Unmet | None:
        """Why the terms of a permission do not hold; None if they do, or it has none."""
        terms = self.terms.get(key)
        if terms is None:
            return None
        if key not in self._known:
            self._known[key] = self._of(terms)
        return self._known[key]

    def _of(self, terms: Terms) -> Unmet | None:
        if terms.actions is not None and self._action is not None and self._action not in terms.actions:
            return Unmet(Reason.OTHER_ACTIONS, ", ".join(sorted(terms.actions)))
        return self._judge(terms.condition) if terms.condition else None


@dataclass(frozen=True, slots=True)
class Shut:
    """The things that no walk passes for one question: a container of their keys."""

    off: Container[int]
    judged: Judged

    def __contains__(self, key: object) -> bool:
        return key in self.off or (isinstance(key, int) and self.judged.unmet(key) is not None)
