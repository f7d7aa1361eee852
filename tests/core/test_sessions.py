"""Live sessions: why a path closed, what a session stands on, and when its person is warned."""

from dataclasses import replace

import pytest

from admit.core.access import Decision, Question, Reason
from admit.core.facts import Facts
from admit.core.links import Kind, Link, Ref
from admit.core.restrictions import NOTHING
from admit.core.sessions import (
    FORESEEN,
    WARNINGS,
    Cause,
    Closing,
    Outcome,
    Standing,
    cause_of,
    looked_at_next,
    warning,
)
from admit.core.validity import FOREVER, MINUTE, Millis, Validity

ALICE, USER, DBA, ROOT = Ref(Kind.PERSON, 1), Ref(Kind.USER, 2), Ref(Kind.GROUP, 3), Ref(Kind.HOST_ACCOUNT, 4)
PATH = (Link(ALICE, USER), Link(USER, DBA), Link(DBA, ROOT, Validity(5, 10)))
GRANTED = Decision(Question(ALICE, ROOT), Reason.GRANTED, 7, 1, PATH, 10)


def facts(*links: Link, **blocked: Ref) -> Facts:
    return Facts(links, {ref: word for word, ref in blocked.items()}, 1)


def test_a_path_that_holds_has_no_cause_to_close() -> None:
    assert cause_of(PATH, facts(*PATH), 9) is None


def test_why_a_path_closed_is_told_by_what_was_done_to_it() -> None:
    longer = PATH[2]._replace(validity=Validity(5, 20))

    assert cause_of(PATH, facts(*PATH[:2]), 9) == Cause(Closing.REVOKED, ROOT, PATH[2])
    assert cause_of(PATH, facts(*PATH, locked=USER), 9) == Cause(Closing.BLOCKED, USER, word="locked")
    assert cause_of(PATH, facts(*PATH[:2], longer), 9) == Cause(Closing.CHANGED, ROOT, PATH[2])
    assert cause_of(PATH, facts(*PATH), 10) == Cause(Closing.PAST, ROOT, PATH[2])


def test_what_was_removed_comes_first_and_time_last() -> None:
    off = facts(*PATH[:2], locked=USER)

    assert cause_of(PATH, off, 10, removed={ROOT.key}) == Cause(Closing.GONE, ROOT)
    assert cause_of(PATH, off, 10) == Cause(Closing.BLOCKED, USER, word="locked")


def test_only_what_time_closed_has_expired() -> None:
    outcomes = {closing: Cause(closing, ROOT).outcome for closing in Closing}

    assert outcomes.pop(Closing.PAST) is Outcome.EXPIRED
    assert set(outcomes.values()) == {Outcome.REVOKED}


def test_a_session_stands_on_all_things_of_its_path_until_the_first_link_ends() -> None:
    standing = Standing.on(GRANTED)

    assert (standing.until, standing.over) == (10, False)
    assert standing.keys == {ALICE.key, USER.key, DBA.key, ROOT.key}


def test_control_policies_end_a_session_earlier_and_never_later() -> None:
    standing = Standing.on(GRANTED)

    assert standing.narrowed(NOTHING, until=8, ask_at=9) == replace(
        standing, until=8, ask_at=9, leave=NOTHING
    )
    assert standing.narrowed(NOTHING, until=12).until == 10


def test_a_session_outlasts_its_grant_for_its_grace_and_for_no_longer() -> None:
    standing = Standing.on(GRANTED)

    assert standing.outlasting(5, 14) == Standing(GRANTED, 15, over=True)
    assert standing.outlasting(5, 15) is None
    forever = standing.outlasting(FOREVER, 15)
    assert forever is not None
    assert forever.until == FOREVER


@pytest.mark.parametrize(
    ("left", "told", "due"),
    [
        (16 * MINUTE, FOREVER, None),
        (15 * MINUTE, FOREVER, 15 * MINUTE),
        (4 * MINUTE, FOREVER, 5 * MINUTE),
        (4 * MINUTE, 5 * MINUTE, None),
        (MINUTE, 5 * MINUTE, MINUTE),
        (0, FOREVER, None),
    ],
)
def test_of_the_warnings_that_are_due_the_shortest_is_told_and_each_once(
    left: Millis, told: Millis, due: Millis | None
) -> None:
    assert warning(1_000_000_000 + left, 1_000_000_000, told) == due


def test_a_session_is_looked_at_for_each_warning_then_ahead_of_its_end_and_at_it() -> None:
    end = 1_000_000_000
    seen, now = [], end - 20 * MINUTE
    while now < end:
        now = looked_at_next(end, now)
        seen.append(end - now)

    assert seen == [*WARNINGS, FORESEEN, 0]
    assert looked_at_next(end, end - 20 * MINUTE, told=5 * MINUTE) == end - MINUTE
