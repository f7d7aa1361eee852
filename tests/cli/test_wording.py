"""Moments and paths as people read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from admit.cli import wording
from admit.cli.wording import Now
from admit.core.validity import DAY, FOREVER, HOUR, MINUTE, SECOND

AT = int(datetime(2026, 12, 1, 22, 30, tzinfo=UTC).timestamp()) * SECOND
NOW = Now(AT, UTC)


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (None, "no end"),
        (FOREVER, "forever"),
        (AT + 90 * SECOND, "today 22:31:30 (in 1 min 30 s)"),
        (AT + 8 * HOUR, "tomorrow 06:30 (in 8 h)"),
        (AT + 8 * HOUR - 1, "tomorrow 06:29 (in 8 h)"),
        (AT - 23 * HOUR, "yesterday 23:30 (23 h ago)"),
        (AT + 7 * DAY + 3 * HOUR + 5 * MINUTE, "2026-12-09 01:35 (in 7 days 3 h)"),
        (AT, "today 22:30 (in 0 s)"),
    ],
)
def test_a_moment_is_told_as_seen_from_now(moment: int | None, told: str):
    assert NOW.tell(moment) == told


def test_days_are_those_of_the_place():
    assert Now(AT, ZoneInfo("Asia/Shanghai")).tell(AT + HOUR) == "today 07:30 (in 1 h)"


def step(kind: str, name: str, **times: int) -> dict[str, object]:
    label = name if kind == "person" else f"{kind}:{name}"
    return {"Kind": kind, "Id": "1", "Name": name, "Label": label, **times}


ALICE = step("person", "alice")
OWN = step("user", "alice")
DBA = step("group", "dba", StartTime=AT - DAY, EndTime=AT + HOUR)
HOST = step("host", "db-1", EndTime=AT + DAY)


def test_a_users_own_name_is_no_step_worth_a_word():
    assert wording.path([ALICE, OWN, DBA, HOST]) == "alice → group:dba → host:db-1"
    assert wording.through([ALICE, OWN, DBA, HOST]) == "group:dba"


def test_a_user_of_another_name_is_told():
    assert wording.through([ALICE, step("user", "al"), HOST]) == "user:al"


def test_without_anything_between_the_grant_is_direct():
    assert wording.through([ALICE, OWN, HOST]) == "a direct grant"


def test_a_path_ends_with_its_first_link_to_end():
    assert wording.ends([ALICE, OWN, DBA, HOST]) == AT + HOUR
    assert wording.ends([ALICE, OWN]) is None


def test_the_links_that_do_not_hold_are_told_with_their_moments():
    assert wording.closed([ALICE, OWN, DBA, HOST], AT, NOW) == []
    later = Now(AT + 2 * HOUR, UTC)
    assert wording.closed([ALICE, OWN, DBA, HOST], AT + HOUR, later) == [
        ("alice → group:dba", "ended yesterday 23:30 (1 h ago)")
    ]
    earlier = Now(AT - 2 * DAY, UTC)
    assert wording.closed([OWN, DBA], AT - 2 * DAY, earlier) == [
        ("user:alice → group:dba", "begins tomorrow 22:30 (in 1 day)")
    ]


def test_what_is_asked_about_another_moment_is_told_as_seen_from_now():
    assert wording.closed([ALICE, OWN, DBA, HOST], AT + HOUR, NOW) == [
        ("alice → group:dba", "ends today 23:30 (in 1 h)")
    ]
    assert wording.closed([OWN, DBA], AT - 2 * DAY, NOW) == [
        ("user:alice → group:dba", "began yesterday 22:30 (1 day ago)")
    ]


def test_an_author_is_named_without_what_stands_before():
    assert wording.author("acs:ram::123:user/carol") == "carol"
    assert wording.author("acs:ram::123:root") == "root"
