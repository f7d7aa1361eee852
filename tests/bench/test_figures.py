"""The table of ``make bench``: medians next to their floors, and what is missed called so."""

import pytest

from bench.figures import Measured, Row, Target, figures, table
from bench.rows import PROCESS, RATES, answers

ROWS = [*RATES, *PROCESS, *answers("some grants")]


def measured(**values: float) -> Measured:
    found = Measured()
    for name, value in values.items():
        found.add(name, value)
    return found


def test_a_figure_is_the_median_of_its_rounds():
    rounds = Measured()
    for value in (9.0, 1.0, 2.0):
        rounds.add("get", value)

    assert [each.value for each in figures([Row("get", "/s")], rounds)] == [2.0]


@pytest.mark.parametrize(
    ("target", "unit", "value", "floor", "met"),
    [
        (Target("share", 0.35), "/s", 35, 100, True),
        (Target("share", 0.35), "/s", 34.9, 100, False),
        (Target("times", 10), "µs", 50, 5, True),
        (Target("times", 10), "µs", 51, 5, False),
        (Target("at least times", 40), "µs", 40, 1, True),
        (Target("at least times", 40), "µs", 39, 1, False),
        (Target("amount", 5), "ms", 5, None, True),
        (Target("amount", 5), "ms", 5.1, None, False),
    ],
)
def test_a_target_is_met_up_to_its_bound(target: Target, unit, value: float, floor: float | None, met):
    row = Row("call", unit, None if floor is None else "floor", target)
    values = {"call": value} if floor is None else {"call": value, "floor": floor}

    assert [each.met for each in figures([row], measured(**values))] == [met]


def test_what_was_not_measured_is_not_shown():
    assert not list(figures([Row("get", "/s")], Measured()))


def test_the_table_says_what_is_missed():
    row = Row("call", "/s", "floor", Target("share", 0.5))

    (line,) = (
        each for each in table(figures([row], measured(call=20, floor=100))).splitlines() if "call" in each
    )

    assert [cell.strip() for cell in line.strip("|").split("|")] == [
        "call",
        "20.0 /s",
        "20% of floor",
        "≥ 50%",
        "missed",
    ]


def test_every_floor_is_a_row_before_the_one_that_stands_on_it():
    names = [row.name for row in ROWS]

    for place, row in enumerate(ROWS):
        known = [*names[:place], "signed form, some grants"]
        assert row.floor is None or row.floor in known, row.name
    assert len(set(names)) == len(names)


def test_what_stands_on_a_peer_that_is_not_installed_is_told_without_it() -> None:
    measured = Measured()
    measured.add("ours", 100)
    (figure,) = figures([Row("ours", "/s", "theirs", Target("at least times", 20))], measured)

    assert (figure.ratio, figure.met) == (None, None)
