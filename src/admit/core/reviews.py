"""Access reviews: what is still to be decided, what may be, and what the due moment does."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

from admit.core.validity import Millis

Verdict: TypeAlias = Literal["keep", "end"]
"""What is decided of a grant."""
State: TypeAlias = Literal["waiting", "kept", "ended", "changed", "gone"]
Phase: TypeAlias = Literal["open", "closing", "closed"]


@dataclass(frozen=True, slots=True)
class Item:
    """A grant that a review captured, and how it stands now."""

    verdict: Verdict | None
    """What was decided of it, if anything was."""
    captured_in: int
    """The revision that made the grant what it was at the start of the review."""
    standing_in: int | None
    """The same of the grant that joins the two now; None if none does."""
    ends_at: Millis
    """When that one ends."""

    def as_it_was(self, now: Millis) -> bool:
        """Whether the very grant that was captured stands, and has not ended."""
        return self.standing_in == self.captured_in and now < self.ends_at

    def state(self, now: Millis) -> State:
        """How it stands in its review.

        What was changed or granted anew since the start has been decided on by whoever did that, and
        what is gone, or has ended by the clock, needs no decision.
        """
        if self.verdict is not None:
            return "kept" if self.verdict == "keep" else "ended"
        if self.as_it_was(now):
            return "waiting"
        there = self.standing_in is not None and now < self.ends_at
        return "changed" if there else "gone"


class Refusal(Enum):
    """Why a verdict is not taken."""

    OVER = "The review is over."
    DECIDED = "It was ended already."
    NOT_THERE = "The grant was changed or taken back since the review began, or has ended."
    OWN = "Nobody keeps what gives access to themselves: somebody else must decide on it."


def refusal(item: Item, verdict: Verdict, phase: Phase, now: Millis, *, own: bool) -> Refusal | None:
    """Why a verdict on an item is not taken; None if it is.

    What was kept may still be ended while the review is open, and what was ended is gone. ``own`` says that
    whoever decides has access by the grant: they may give it up, and not keep it.
    """
    if phase != "open":
        return Refusal.OVER
    if item.verdict == "end":
        return Refusal.DECIDED
    if not item.as_it_was(now):
        return Refusal.NOT_THERE
    return Refusal.OWN if own and verdict == "keep" else None


def phase(due_at: Millis, closed_at: Millis | None, now: Millis) -> Phase:
    """How far a review is: from its due moment on, until all it ends is ended, it is closing."""
    if closed_at is not None:
        return "closed"
    return "open" if now < due_at else "closing"


def remind_at(begun_at: Millis, due_at: Millis, before: Millis) -> Millis:
    """When to remind those who have not decided: so long before it is due, or half-way if it is shorter."""
    return max(due_at - before, begun_at + (due_at - begun_at) // 2)
