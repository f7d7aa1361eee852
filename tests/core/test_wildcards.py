"""Wildcard patterns match what they say, and no text makes them slow."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from admit.core.wildcards import NOTHING, compiled, translate


def matches(pattern: str, text: str) -> bool:
    """The slow, obvious meaning of a pattern."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(matches(pattern[1:], text[cut:]) for cut in range(len(text) + 1))
    return bool(text) and pattern[0] in {"?", text[0]} and matches(pattern[1:], text[1:])


@given(pattern=st.text(alphabet="aab**?", max_size=8), text=st.text(alphabet="aab", max_size=8))
@example(pattern="*a*a", text="aa")
@example(pattern="a**b*", text="aab")
def test_a_pattern_matches_what_the_obvious_reading_of_it_matches(pattern, text):
    assert compiled([pattern]).match(text) == matches(pattern, text)


@given(pattern=st.text(alphabet="a.[]\\\n*?", max_size=4), text=st.text(alphabet="a.[]\\\n", max_size=4))
def test_no_character_but_the_star_and_the_question_mark_is_special(pattern, text):
    assert compiled([pattern]).match(text) == matches(pattern, text)


@given(
    patterns=st.lists(st.text(alphabet="ab*?|", max_size=4), max_size=3),
    text=st.text(alphabet="ab|", max_size=6),
)
def test_several_patterns_match_what_any_of_them_matches(patterns, text):
    assert compiled(patterns).match(text) == any(matches(pattern, text) for pattern in patterns)


@given(text=st.text(max_size=4))
def test_no_patterns_match_nothing_and_a_star_matches_everything(text):
    assert not NOTHING.match(text)
    assert compiled(["*"]).match(text)


@pytest.mark.parametrize("pattern", ["*a" * 200 + "b", "a*" * 200 + "b", "*?" * 200 + "b"])
def test_a_pattern_of_many_stars_fails_on_a_long_text_without_trying_all_combinations(pattern):
    # The test's time limit is the assertion: tried in combination, this would outlast us all.
    assert not compiled([pattern]).match("a" * 5000)


def test_case_counts_unless_it_is_to_be_ignored_and_then_for_ascii_letters_only():
    assert not compiled(["ram:get*"]).match("ram:GetUser")
    assert compiled(["ram:get*"], ignore_case=True).match("RAM:GetUser")
    assert not compiled(["k"], ignore_case=True).match("\N{KELVIN SIGN}")


def test_a_wildcard_can_be_kept_from_standing_for_some_characters():
    by_field = compiled(["a*b"], translation=lambda pattern: translate(pattern, "[^:]"))

    assert by_field.match("axxb")
    assert not by_field.match("ax:xb")
