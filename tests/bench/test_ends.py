"""The table of how fast live access ends."""

import pytest

from bench.ends import BY_THE_CLOCK, Cut, ends


def test_spans_run_from_the_change_and_the_slowest_of_a_hundred_is_told():
    cut = Cut.of([1_000 + each for each in reversed(range(200))], 1_000, 0.4)

    assert (cut.at(0.5), cut.at(0.99), cut.at(1), cut.cpu_ms) == (100, 198, 199, 2)


@pytest.mark.parametrize(
    ("change", "slowest", "told"),
    [
        ("LockUsers", 500, "p99 ≤ 500 | met"),
        ("LockUsers", 501, "p99 ≤ 500 | missed"),
        (BY_THE_CLOCK, 250, "p99 ≤ 250 | met"),
        (BY_THE_CLOCK, 251, "p99 ≤ 250 | missed"),
    ],
)
def test_a_target_that_is_missed_is_called_so(change, slowest, told):
    line = ends("SSH", {change: Cut.of([slowest], 0, 0)}).splitlines()[2]

    assert line.startswith(f"| SSH  | 1    | {change}")
    assert told in " ".join(line.split())


def test_tables_of_two_doors_have_one_head():
    one, other = (ends(door, {BY_THE_CLOCK: Cut.of([9], 0, 0)}) for door in ("SSH", "streaming"))

    assert one.splitlines()[0].split() == other.splitlines()[0].split()
