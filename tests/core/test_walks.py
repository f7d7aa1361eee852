"""Walks along links."""

from admit.core.validity import PERMANENT
from admit.core.walks import MOST_PATHS, chains


def test_of_more_ways_than_anybody_looks_at_so_many_are_told_and_each_once() -> None:
    many = range(1, MOST_PATHS + 10)

    found = [*chains(0, {0: [(key, PERMANENT) for key in many]}.get)]

    assert len(found) == len(set(found)) == MOST_PATHS
    assert found[0] == ((0,), ())
    assert all(keys[1] in many for keys, _ in found[1:])
