"""Moments and spans as readers want them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from admit.core.validity import DAY, FOREVER, HOUR, MINUTE, SECOND, Millis
from admit.pages.moments import element, in_full, left, offset, span, written, zone_of

NOON = int(datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0, "less than a minute"),
        (59 * SECOND, "less than a minute"),
        (5 * MINUTE, "5 min"),
        (7 * HOUR, "7 h"),
        (7 * HOUR + 20 * MINUTE + 5 * SECOND, "7 h 20 min"),
        (2 * DAY + 3 * MINUTE, "2 d"),
        (40 * DAY + 5 * HOUR + MINUTE, "40 d 5 h"),
    ],
)
def test_a_span_is_told_in_its_two_greatest_units(length: Millis, said: str) -> None:
    assert span(length) == said


def test_what_lasts_is_told_until_its_end() -> None:
    assert left(FOREVER, NOON) == "permanent"
    assert left(NOON, NOON) == "ended"
    assert left(NOON + HOUR, NOON) == "1 h left"
    assert left(NOON + HOUR, NOON, "zh") == "剩余 1 小时"


def test_a_moment_is_written_in_the_readers_zone_and_language() -> None:
    berlin = ZoneInfo("Europe/Berlin")

    assert written(NOON, berlin, NOON) == "30 Nov 13:00"
    assert written(NOON - 365 * DAY, berlin, NOON) == "30 Nov 2025 13:00"
    assert written(NOON, ZoneInfo("Asia/Shanghai"), NOON, "zh") == "11月30日 20:00"
    assert 'datetime="2026-11-30T12:00:00.000Z" title="2026-11-30 13:00:00+01:00"' in element(
        NOON, berlin, NOON
    )


@pytest.mark.parametrize("name", [None, "", "Mars/Base", "../../etc/passwd", "/etc/localtime", "x" * 300])
def test_a_zone_nobody_knows_is_utc(name: str | None) -> None:
    assert zone_of(name) is UTC


def test_beside_a_field_a_moment_has_its_year_and_its_zone() -> None:
    at = 1_780_000_000_000
    assert in_full(at, UTC) == "28 May 2026 20:26 UTC"
    shanghai, newfoundland = zone_of("Asia/Shanghai"), zone_of("America/St_Johns")
    assert in_full(at, shanghai, "zh") == "2026年5月29日 04:26 UTC+08:00"
    assert offset(at, newfoundland) == "UTC-02:30"
