"""Conditions of permissions: expressions in CEL, checked when written, judged when a path meets them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from admit.base.later import cel
from admit.core.terms import Judge, Reason, Unmet
from admit.core.validity import SECOND, Millis

LONGEST = 1024
"""How many characters a condition may have."""
INPUTS = ("subject", "resource", "action", "context", "now")
"""What a condition may speak of."""

# The language always ends, but not soon: each of these goes through a list, and one inside another
# multiplies.
_LOOPS = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*(\w*)")


class ConditionRefused(Exception):
    """A text that is no condition, or one that could take long; the text says why."""


def check(condition: str) -> None:
    """Return if a text may be a condition.

    Raises:
        ConditionRefused: it may not.
    """
    if len(condition) > LONGEST:
        raise ConditionRefused(f"a condition has at most {LONGEST} characters")
    loops = _LOOPS.findall(condition)
    if len(loops) > 1:
        raise ConditionRefused("a condition goes through one list at most")
    strange = [name for name in _compiled(condition).variables() if name not in (*INPUTS, *loops)]
    if strange:
        raise ConditionRefused(f"{strange[0]} is not known here; there are {', '.join(INPUTS)}")


@lru_cache(maxsize=4096)
def _compiled(condition: str) -> "cel.Program":
    try:
        return cel.compile(condition)
    except ValueError as error:
        raise ConditionRefused(_first_line(str(error))) from None


def _first_line(text: str) -> str:
    """What a parser complains of, without the source it repeats."""
    found = re.search(r"ERROR: <input>:(\d+):(\d+): (.*)", text)
    return f"{found[3]} (at {found[1]}:{found[2]})" if found else "it is not well-formed"


def judge_of(inputs: Mapping[str, Any], now: Millis) -> Judge:
    """Judges conditions by what a question is about, each text once."""
    known = {**inputs, "now": datetime.fromtimestamp(now / SECOND, UTC)}
    judged: dict[str, Unmet | None] = {}

    def judge(condition: str) -> Unmet | None:
        if condition not in judged:
            judged[condition] = _judged(condition, known)
        return judged[condition]

    return judge


def _judged(condition: str, known: dict[str, Any]) -> Unmet | None:
    try:
        met = _compiled(condition).execute(known)
    except KeyError as absent:
        return Unmet(Reason.INPUT_MISSING, f"{_place(condition, str(absent.args[0]))} is missing")
    except Exception:  # noqa: BLE001 - whatever it is: what cannot be told is not met
        return Unmet(Reason.INPUT_MISSING, f"an input is not of the type that {condition} needs")
    return None if met is True else Unmet(Reason.CONDITION_NOT_MET, condition)


def _place(condition: str, key: str) -> str:
    """Where a condition looks for a key: ``context.ip``."""
    key = key.strip("'\"")
    found = re.search(rf"\b(?:{'|'.join(INPUTS)})(?:\.\w+)*\.{re.escape(key)}\b", condition)
    return found[0] if found else key
