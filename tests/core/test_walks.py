"""Walks that are kept, next to walks that are made anew."""

from hypothesis import given
from hypothesis import strategies as st

from admit.core.facts import Leads
from admit.core.links import Kind, Ref
from admit.core.validity import PERMANENT, Validity
from admit.core.walks import begin, lasting, spread

START = Ref(Kind.PERSON, 0)
ends = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), max_size=25)


def leads_of(pairs: list[tuple[int, int]], period: Validity = PERMANENT) -> Leads:
    """Links by their sources, each thing's by key, as an index tells them."""
    return lambda here: [(there, period) for source, there in sorted(set(pairs)) if source == here]


@given(ends)
def test_what_neither_begins_nor_ends_is_walked_once_by_the_trails_of_any_moment(
    pairs: list[tuple[int, int]],
) -> None:
    leads = leads_of(pairs)
    found = {trail[2][-1]: trail for trail in spread([begin(START)], leads, (), 7)}

    assert lasting(START, leads, ()) == found


@given(ends)
def test_nothing_is_kept_of_a_walk_that_meets_an_end_or_what_is_shut(pairs: list[tuple[int, int]]) -> None:
    leads = leads_of(pairs)
    reached = {trail[2][-1] for trail in spread([begin(START)], leads, (), 7)} - {0}

    assert all(lasting(START, leads, {key}) is None for key in reached)
    ending = lasting(START, leads_of(pairs, Validity(0, 9)), ())
    assert (ending is None) is any(source == 0 for source, _ in pairs)
