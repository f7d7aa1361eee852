"""When subscriptions end."""

from datetime import UTC, datetime

import pytest

from admit.core.validity import SECOND
from admit.services.appstream.group_details import end_of_period


@pytest.mark.parametrize(
    ("start", "number", "unit", "end"),
    [
        ("2026-01-01T00:00:00", 1, "Week", "2026-01-08T00:00:00"),
        ("2026-01-15T12:30:00", 1, "Month", "2026-02-15T12:30:00"),
        ("2026-01-31T12:30:00", 1, "Month", "2026-02-28T12:30:00"),
        ("2026-08-31T23:59:59", 6, "Month", "2027-02-28T23:59:59"),
        ("2026-12-31T00:00:00", 2, "Month", "2027-02-28T00:00:00"),
        ("2028-02-29T00:00:00", 1, "Year", "2029-02-28T00:00:00"),
        ("2026-06-17T10:00:00", 3, "Year", "2029-06-17T10:00:00"),
    ],
)
def test_a_subscription_ends_on_the_same_day_of_a_later_month(start: str, number: int, unit: str, end: str):
    def moment(text: str) -> int:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND

    assert end_of_period(moment(start) + 123, number, unit) == moment(end) + 123
