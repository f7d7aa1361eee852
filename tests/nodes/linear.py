"""Whether what clients saw of a register could have happened one after another (Wing and Gong, 1993).

A register holds whether somebody is granted something. An operation takes effect at one moment between its
call and its answer; one that was never answered took effect at some moment after its call, or never. The
search tries every order that time allows, and remembers where it has been.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Operation:
    """What one client did to a register, and saw."""

    what: str
    """grant, revoke, check"""
    called: float
    answered: float = inf
    saw: bool | None = None
    """Of a check the answer; of a change whether it changed anything. None if there was no answer."""


def _step(state: bool, operation: Operation) -> bool | None:  # noqa: FBT001 - the register
    """The register afterwards; None if the operation cannot have seen what it saw."""
    if operation.what == "check":
        return state if operation.saw in (None, state) else None
    after = operation.what == "grant"
    return after if operation.saw in (None, state != after) else None


def is_linearizable(history: Sequence[Operation], *, granted: bool = False) -> bool:
    """Whether some order of the operations explains what they saw."""
    whole = (1 << len(history)) - 1
    unanswered = sum(1 << place for place, each in enumerate(history) if each.answered == inf)
    seen: set[tuple[int, bool]] = set()
    waiting = [(0, granted)]
    while waiting:
        done, state = waiting.pop()
        if done | unanswered == whole:
            return True
        if (done, state) in seen:
            continue
        seen.add((done, state))
        left = [place for place in range(len(history)) if not done >> place & 1]
        # What was called after another's answer cannot have happened before it.
        first_answer = min(history[place].answered for place in left)
        for place in left:
            if history[place].called <= first_answer:
                after = _step(state, history[place])
                if after is not None:
                    waiting.append((done | 1 << place, after))
    return False
