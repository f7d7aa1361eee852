from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from admit.core.validity import DAY, FOREVER, HOUR, MINUTE, SECOND
from admit.when import LONGEST, WhenFault, format_span, format_when, parse_duration, parse_when

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # half an hour of summer time
MONROVIA = ZoneInfo("Africa/Monrovia")  # -00:44:30 until 1972


def at(text: str) -> int:
    """The moment of an ISO time with its offset."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


# A Tuesday.
NOW = at("2026-11-24T10:07:30.250+01:00")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", "2026-11-24T10:07:30.250+01:00"),
        # ISO 8601, and what people make of it
        ("2026-12-01", "2026-12-01T00:00+01:00"),
        ("2026-12-01T14:00", "2026-12-01T14:00+01:00"),
        ("2026-12-01 14:00:30", "2026-12-01T14:00:30+01:00"),
        ("2026-12-01T14:00:30.125", "2026-12-01T14:00:30.125+01:00"),
        ("2026-12-01T14:00:30,1256789", "2026-12-01T14:00:30.125+01:00"),
        ("2026-12-01T14:00Z", "2026-12-01T14:00+00:00"),
        ("2026-12-01t14:00z", "2026-12-01T14:00+00:00"),
        ("2026-12-01 14:00 UTC", "2026-12-01T14:00+00:00"),
        ("2026-12-01T14:00-05:00", "2026-12-01T14:00-05:00"),
        ("2026-12-01 14:00 +0530", "2026-12-01T14:00+05:30"),
        ("2026-12-01T14:00+02", "2026-12-01T14:00+02:00"),
        ("20261201T1400Z", "2026-12-01T14:00+00:00"),
        ("20261201T140030", "2026-12-01T14:00:30+01:00"),
        ("2026-12-01 9:00", "2026-12-01T09:00+01:00"),
        ("2026-12-01 2pm", "2026-12-01T14:00+01:00"),
        ("2026-07-01T14:00", "2026-07-01T14:00+02:00"),
        # days by name
        ("last tuesday 14:00", "2026-11-17T14:00+01:00"),
        ("Last Tuesday at 14:00", "2026-11-17T14:00+01:00"),
        ("14:00 last tuesday", "2026-11-17T14:00+01:00"),
        ("last monday", "2026-11-23T00:00+01:00"),
        ("last wednesday 23:59", "2026-11-18T23:59+01:00"),
        ("last sun", "2026-11-22T00:00+01:00"),
        ("friday 18:00", "2026-11-27T18:00+01:00"),
        ("on friday, 6 pm", "2026-11-27T18:00+01:00"),
        ("fri 6pm", "2026-11-27T18:00+01:00"),
        ("monday", "2026-11-30T00:00+01:00"),
        ("tuesday 14:00", "2026-11-24T14:00+01:00"),
        ("tuesday 10:07", "2026-12-01T10:07+01:00"),
        ("tuesday", "2026-12-01T00:00+01:00"),
        ("this tuesday 9:00", "2026-11-24T09:00+01:00"),
        ("this thursday", "2026-11-26T00:00+01:00"),
        ("next tuesday 14:00", "2026-12-01T14:00+01:00"),
        ("next thurs 8am", "2026-11-26T08:00+01:00"),
        ("yesterday 9am", "2026-11-23T09:00+01:00"),
        ("yesterday", "2026-11-23T00:00+01:00"),
        ("tomorrow", "2026-11-25T00:00+01:00"),
        ("noon tomorrow", "2026-11-25T12:00+01:00"),
        ("today 12am", "2026-11-24T00:00+01:00"),
        ("today 12:30pm", "2026-11-24T12:30+01:00"),
        ("today", "2026-11-24T00:00+01:00"),
        ("18:00", "2026-11-24T18:00+01:00"),
        ("at 9:00", "2026-11-24T09:00+01:00"),
        ("noon", "2026-11-24T12:00+01:00"),
        # from now
        ("in 2 hours", "2026-11-24T12:07:30.250+01:00"),
        ("in 30m", "2026-11-24T10:37:30.250+01:00"),
        ("in an hour and 15 minutes", "2026-11-24T11:22:30.250+01:00"),
        ("in 1.5h", "2026-11-24T11:37:30.250+01:00"),
        ("2 hours ago", "2026-11-24T08:07:30.250+01:00"),
        ("3 days ago", "2026-11-21T10:07:30.250+01:00"),
        ("a week from now", "2026-12-01T10:07:30.250+01:00"),
        ("in 1 day, 2 hours", "2026-11-25T12:07:30.250+01:00"),
        ("in 2 months", "2027-01-24T10:07:30.250+01:00"),
        ("a month ago", "2026-10-24T10:07:30.250+02:00"),
        ("2 years ago", "2024-11-24T10:07:30.250+01:00"),
        # the month in words
        ("1 December 2026", "2026-12-01T00:00+01:00"),
        ("1 December 2026 2pm", "2026-12-01T14:00+01:00"),
        ("Dec 1, 2026 at 9am", "2026-12-01T09:00+01:00"),
        ("tuesday, 1st of december 2026 14:00", "2026-12-01T14:00+01:00"),
        ("14:00 1 dec 2026", "2026-12-01T14:00+01:00"),
        ("1 december 2026 9am UTC", "2026-12-01T09:00+00:00"),
        ("1 december 2026 9am +05:30", "2026-12-01T09:00+05:30"),
        ("  1   december \t 2026 ", "2026-12-01T00:00+01:00"),
    ],
)
def test_a_time_is_what_a_person_means_by_it(text, moment):
    assert parse_when(text, NOW, BERLIN) == at(moment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "soon",
        "teusday 14:00",
        "tuesday 14",
        "tuesday 25:00",
        "13pm",
        "0am",
        "14:00 tuesday 15:00",
        "last tomorrow",
        "last week",
        "next month",
        "midnight friday",
        "2026-02-30",
        "2026-13-01",
        "2026-12-01T24:30",
        "2026-12-01T14:00+25:00",
        "2026-12",
        "2026",
        "1764579600",
        "1764579600000",
        "1960-01-01",
        "10000-01-01",
        "in 2 fortnights",
        "in -2 hours",
        "in -2 months",
        "in 2 hours ago",
        "in 999999999 weeks",
        "in 99999 years",
        "December 2026",
        "31 february 2026",
        "1 december 2026 or later",
        "\u0662\u0660\u0662\u0666-12-01",  # 2026 in Arabic digits
        "x" * 10_000,
        "1 december 2026 " + "9" * 10_000,
    ],
)
def test_what_is_no_time_is_told_so_with_two_examples(text):
    with pytest.raises(WhenFault, match='is not a time: write 2026-12-01T14:00 or "last tuesday 14:00"'):
        parse_when(text, NOW, BERLIN)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("2 hours", '"2 hours" is a span, not a time: write "in 2 hours" or "2 hours ago"'),
        ("30M", '"30m" is a span, not a time: write "in 30m" or "30m ago"'),
        ("01/02/2026", '"01/02/2026" may be two different days: write 2026-02-01 or "1 February 2026"'),
        ("1.2.26 14:00", '"1.2.26 14:00" may be two different days: write 2026-02-01 or "1 February 2026"'),
        ("1 december", '"1 december" names no year: write 2026-12-01 or "1 December 2026"'),
        ("friday 1 december 2026", '"friday 1 december 2026" is no friday: write 2026-12-01 or "Tuesday"'),
        (
            "1 december 2026 9am CST",
            '"1 december 2026 9am cst" ends in the name of a zone: write the offset, +01:00 or UTC',
        ),
    ],
)
def test_what_means_several_things_is_refused_with_what_to_write(text, advice):
    with pytest.raises(WhenFault) as fault:
        parse_when(text, NOW, BERLIN)

    assert str(fault.value) == advice


def test_the_clock_and_the_zone_are_the_ones_handed_in():
    long_ago = at("1999-12-31T23:30-05:00")

    assert parse_when("tomorrow", long_ago, NEW_YORK) == at("2000-01-01T00:00-05:00")
    assert parse_when("tomorrow", long_ago, BERLIN) == at("2000-01-02T00:00+01:00")
    assert parse_when("in 2 months", long_ago, NEW_YORK) == at("2000-02-29T23:30-05:00")
    assert parse_when("18:00", long_ago, timezone(timedelta(hours=5))) == at("2000-01-01T18:00+05:00")


@pytest.mark.parametrize(
    ("zone", "text", "moment"),
    [
        # Clocks go forward over this hour: the time is that much later.
        (BERLIN, "2027-03-28T02:30", "2027-03-28T03:30+02:00"),
        (BERLIN, "28 march 2027 2:30am", "2027-03-28T03:30+02:00"),
        (NEW_YORK, "2027-03-14 02:00", "2027-03-14T03:00-04:00"),
        (LORD_HOWE, "2027-10-03 02:15", "2027-10-03T02:45+11:00"),
        # Clocks go back over this hour: it is the earlier of the two.
        (BERLIN, "2026-10-25T02:30", "2026-10-25T02:30+02:00"),
        (BERLIN, "25 october 2026 2:30am", "2026-10-25T02:30+02:00"),
        (NEW_YORK, "2026-11-01 01:00", "2026-11-01T01:00-04:00"),
        # An offset settles it.
        (BERLIN, "2026-10-25T02:30+01:00", "2026-10-25T02:30+01:00"),
        (BERLIN, "2027-03-28T02:30+01:00", "2027-03-28T02:30+01:00"),
    ],
)
def test_an_hour_that_is_missing_or_comes_twice_is_read_as_promised(zone, text, moment):
    assert parse_when(text, NOW, zone) == at(moment)


@pytest.mark.parametrize(
    ("now", "text", "moment"),
    [
        # Hours are counted, through a change of the clocks too.
        ("2027-03-28T01:30+01:00", "in 1 hour", "2027-03-28T03:30+02:00"),
        ("2026-10-25T02:30+02:00", "in 1 hour", "2026-10-25T02:30+01:00"),
        ("2026-10-25T02:30+01:00", "1 hour ago", "2026-10-25T02:30+02:00"),
        ("2026-10-25T02:30+01:00", "in 30m", "2026-10-25T03:00+01:00"),
        # Days keep the time on the clock.
        ("2027-03-27T12:00+01:00", "in 1 day", "2027-03-28T12:00+02:00"),
        ("2027-03-27T12:00+01:00", "in 24 hours", "2027-03-28T13:00+02:00"),
        ("2026-10-26T12:00+01:00", "2 days ago", "2026-10-24T12:00+02:00"),
        ("2027-03-27T02:30+01:00", "in 1 day", "2027-03-28T03:30+02:00"),
        ("2027-03-27T02:30+01:00", "in 1 day and 1 hour", "2027-03-28T04:30+02:00"),
    ],
)
def test_from_now_counts_hours_and_keeps_the_clock_over_days(now, text, moment):
    assert parse_when(text, at(now), BERLIN) == at(moment)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30m", 30 * MINUTE),
        ("8h", 8 * HOUR),
        ("2d", 2 * DAY),
        ("1w", 7 * DAY),
        ("45s", 45 * SECOND),
        ("90 minutes", 90 * MINUTE),
        ("1h30m", 90 * MINUTE),
        ("1 h, 30 min", 90 * MINUTE),
        ("2 Hours and 5 Minutes", 125 * MINUTE),
        ("an hour", HOUR),
        ("a day", DAY),
        ("1.5h", 90 * MINUTE),
        ("0.1s", 100),
        (" 3 days ", 3 * DAY),
        ("PT1H", HOUR),
        ("pt90m", 90 * MINUTE),
        ("P1DT2H3M4S", DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND),
        ("P2W", 14 * DAY),
        ("PT1.5H", 90 * MINUTE),
        ("PT0,5S", 500),
        ("36525d", LONGEST),
    ],
)
def test_a_span_is_as_long_as_it_says(text, span):
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "90",
        "h",
        "0m",
        "PT0S",
        "-5m",
        "+5m",
        "P",
        "PT",
        "P1M",
        "P1Y",
        "P1H",
        "3 months",
        "a year",
        "1h 30",
        "1,5h",
        "1h -30m",
        "five minutes",
        "36526d",
        "999999999w",
        "1e3h",
        "0.0001s",
        "\u0663h",
        "1m " * 1000,
        "9" * 5000 + "m",
    ],
)
def test_what_is_no_span_is_told_so_with_two_examples(text):
    with pytest.raises(WhenFault, match='is not a span of time: write 90m or "2 days"'):
        parse_duration(text)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0, "0 s"),
        (1, "1 ms"),
        (999, "999 ms"),
        (SECOND, "1 s"),
        (59_999, "59 s"),
        (MINUTE, "1 min"),
        (8 * MINUTE, "8 min"),
        (2 * MINUTE + 5 * SECOND, "2 min 5 s"),
        (2 * HOUR + 5 * MINUTE, "2 h 5 min"),
        (2 * HOUR + 59 * SECOND, "2 h"),
        (23 * HOUR + 59 * MINUTE + 59 * SECOND, "23 h 59 min"),
        (DAY, "1 day"),
        (DAY + HOUR, "1 day 1 h"),
        (3 * DAY, "3 days"),
        (3 * DAY + 59 * MINUTE, "3 days"),
        (400 * DAY, "400 days"),
        (-8 * MINUTE, "-8 min"),
    ],
)
def test_a_span_is_shown_in_its_two_largest_units_rounded_down(span, text):
    assert format_span(span) == text


@pytest.mark.parametrize(
    ("moment", "zone", "text"),
    [
        ("2026-12-01T14:00+01:00", BERLIN, "2026-12-01 14:00 +01:00"),
        ("2026-07-01T14:00:05+02:00", BERLIN, "2026-07-01 14:00:05 +02:00"),
        ("2026-07-01T14:00:00.007+00:00", UTC, "2026-07-01 14:00:00.007 +00:00"),
        ("2026-10-25T02:30+01:00", BERLIN, "2026-10-25 02:30 +01:00"),
        ("2026-10-25T02:30+02:00", BERLIN, "2026-10-25 02:30 +02:00"),
        ("2026-12-01T14:00-05:00", NEW_YORK, "2026-12-01 14:00 -05:00"),
    ],
)
def test_a_moment_is_shown_on_the_local_clock_with_its_offset(moment, zone, text):
    assert format_when(at(moment), zone) == text


@pytest.mark.parametrize("moment", [FOREVER, at("9999-12-31T23:59:59.999+00:00")])
def test_what_has_no_end_is_shown_as_forever(moment):
    assert format_when(moment, NEW_YORK) == "forever"


ZONES = st.sampled_from([UTC, BERLIN, NEW_YORK, LORD_HOWE, MONROVIA, timezone(timedelta(hours=14))])
MOMENTS = st.integers(0, at("9999-12-31T00:00+00:00"))


@given(moment=MOMENTS, zone=ZONES)
@example(moment=0, zone=MONROVIA)
@example(moment=at("2026-10-25T02:30+01:00"), zone=BERLIN)
def test_a_moment_that_is_shown_is_read_back_exactly(moment, zone):
    assert parse_when(format_when(moment, zone), NOW, UTC) == moment


@given(span=st.integers(1, LONGEST // SECOND).map(lambda seconds: seconds * SECOND))
def test_a_span_that_is_shown_is_read_back_and_never_grows(span):
    shown = parse_duration(format_span(span))

    assert shown <= span
    assert span - shown < span / 2


VOCABULARY = """
last next this on at in ago from now tuesday fri today tomorrow noon now 14:00 9am 25:00 2 2h 1.5 a an
hour days weeks months years december may 1 31 2026 99999 2026-12-01 T Z utc est +01:00 - , P PT 1H and :
"""
WORDS = st.sampled_from(VOCABULARY.split())
PHRASES = st.lists(WORDS, max_size=8).map(" ".join)


@given(text=st.text(max_size=30) | PHRASES, now=MOMENTS, zone=ZONES)
@example(text="in 1 day", now=at("9999-12-31T00:00+00:00"), zone=UTC)
@example(text="1 hour ago", now=0, zone=UTC)
def test_any_text_is_a_moment_or_a_fault_and_the_same_each_time(text, now, zone):
    def answer() -> int | str:
        try:
            return parse_when(text, now, zone)
        except WhenFault as fault:
            return str(fault)

    assert answer() == answer()


@given(text=st.text(max_size=30) | PHRASES)
def test_any_text_is_a_span_or_a_fault(text):
    def answer() -> int:
        try:
            return parse_duration(text)
        except WhenFault:
            return 1

    assert 0 < answer() <= LONGEST
