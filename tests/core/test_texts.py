from hypothesis import given
from hypothesis import strategies as st

from admit.core.texts import printable


@given(st.text())
def test_what_is_shown_is_printable_and_as_long(text: str):
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
def test_a_text_that_can_be_shown_is_shown_as_it_is(text: str):
    assert printable(text) == text


def test_what_would_move_a_terminal_is_told_by_a_mark():
    assert printable("a\x1b[2Jb\u202ec") == "a\ufffd[2Jb\ufffdc"
