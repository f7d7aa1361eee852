"""Moments, as the wire writes them."""

from admit.core.validity import iso, iso_with_millis


def test_a_moment_is_written_with_or_without_its_milliseconds() -> None:
    assert iso(1_790_000_000_123) == "2026-09-21T14:13:20Z"
    assert iso_with_millis(1_790_000_000_123) == "2026-09-21T14:13:20.123+00:00"
