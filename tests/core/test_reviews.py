"""What a review still has to decide, what may be decided, and what its due moment does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.core.reviews import Item, Refusal, Verdict, phase, refusal, remind_at

NOW = 1_000
ITEM = Item(None, 7, 7, NOW + 1)


@pytest.mark.parametrize(
    ("item", "state"),
    [
        (ITEM, "waiting"),
        (Item("keep", 7, 7, NOW + 1), "kept"),
        (Item("end", 7, None, 0), "ended"),
        (Item(None, 7, 8, NOW + 1), "changed"),
        (Item(None, 7, None, 0), "gone"),
        (Item(None, 7, 7, NOW), "gone"),
        (Item(None, 7, 8, NOW), "gone"),
        (Item("keep", 7, None, 0), "kept"),
    ],
)
def test_how_an_item_stands(item: Item, state: str) -> None:
    assert item.state(NOW) == state


@pytest.mark.parametrize(
    ("item", "verdict", "own", "expected"),
    [
        (ITEM, "keep", False, None),
        (ITEM, "end", False, None),
        (ITEM, "keep", True, Refusal.OWN),
        (ITEM, "end", True, None),
        (Item("keep", 7, 7, NOW + 1), "end", False, None),
        (Item("end", 7, None, 0), "keep", False, Refusal.DECIDED),
        (Item("keep", 7, None, 0), "end", False, Refusal.NOT_THERE),
        (Item(None, 7, 8, NOW + 1), "end", False, Refusal.NOT_THERE),
        (Item(None, 7, 7, NOW), "keep", False, Refusal.NOT_THERE),
    ],
)
def test_which_verdicts_are_taken(
    item: Item, verdict: Verdict, *, own: bool, expected: Refusal | None
) -> None:
    assert refusal(item, verdict, "open", NOW, own=own) is expected


def test_nothing_is_decided_once_a_review_is_due() -> None:
    assert refusal(ITEM, "end", "closing", NOW, own=False) is Refusal.OVER
    assert refusal(ITEM, "end", "closed", NOW, own=False) is Refusal.OVER


def test_a_review_is_open_until_it_is_due_and_closed_once_all_is_done() -> None:
    assert [phase(10, None, now) for now in (9, 10, 11)] == ["open", "closing", "closing"]
    assert phase(10, 12, 13) == "closed"


@given(st.integers(0, 10**12), st.integers(1, 10**12), st.integers(0, 10**12))
def test_a_reminder_comes_in_the_second_half_and_before_the_end(begun: int, lasts: int, before: int) -> None:
    at = remind_at(begun, begun + lasts, before)
    assert begun + lasts // 2 <= at <= begun + lasts
