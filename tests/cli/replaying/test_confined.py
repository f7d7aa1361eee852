"""What of a hostile host's output may reach a terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.cli.replaying.confined import Confined

ALLOWED = re.compile(
    r"[^\x00-\x1f\x7f-\x9f]|[\b\t\n\v\f\r\x0e\x0f]"
    r"|\x1b\[[0-9;:]*[@ABCDEFGHJKLMPSTX`abdefmrsu]|\x1b\[4[hl]|\x1b\[\?(6|7|25|47|104[789])(;\d+)*[hl]"
    r"|\x1b[78DEM]|\x1b[()][0AB]"
)


@pytest.mark.parametrize(
    "drawn",
    [
        "plain text, 数据, ünïcödé\r\n\t\b",
        "\x1b[1;31mred\x1b[0m\x1b[38;2;1;2;3m\x1b[4:3m",
        "\x1b[2J\x1b[H\x1b[10;20H\x1b[K\x1b[3A\x1b[1;24r",
        "\x1b[?1049h\x1b[?25l\x1b[?7h\x1b[4h",
        "\x1b7\x1b8\x1bM\x1b(0lqqk\x1b(B\x0e\x0f",
    ],
)
def test_what_draws_comes_through_as_it_is(drawn):
    assert Confined()(drawn) == drawn


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b]52;c;cm0gLXJm\x07",  # the clipboard
        "\x1b]0;title\x1b\\",  # the window's name
        "\x1b]8;;http://example.com\x1b\\",  # a link
        '\x1bP$q"p\x1b\\',  # an answer, as if typed
        "\x1b[6n\x1b[c\x1b[>c\x1b[5n\x1b[?6n\x1b[x",  # the same
        "\x1b[21t\x1b[8;1;1t\x1b[2t",  # the window
        "\x1b[5i",  # the printer
        "\x1b[?1000h\x1b[?2004h\x1b[?1h\x1b[>4;2m",  # the mouse, keys
        "\x1bX secret \x1b\\\x1b^ x \x1b\\\x1b_ y \x1b\\",
        "\x9d52;c;eA==\x9c",  # the clipboard, in the old form
        '\x1b[!p\x1b[61"p\x1b[1 q',
        "\x1b[99999999b",
        "\x05\x07\x00\x7f",
        "\x1b=\x1b>\x1bZ\x1bH\x1b#8\x1b%G",
    ],
)
def test_what_does_more_than_draw_is_left_out(hostile):
    assert Confined()(f"a{hostile}b") == "ab"


def test_modes_that_may_not_be_set_do_not_come_along_with_those_that_may():
    assert Confined()("\x1b[?25;1000;7h") == "\x1b[?25;7h"


def test_a_full_reset_only_clears():
    assert "\x1bc" not in Confined()("\x1bc")
    assert "\x1b[2J" in Confined()("\x1bc")


@given(st.data())
def test_where_the_output_was_cut_makes_no_difference(data):
    text = "a\x1b[1;31mb\x1b]52;c;eA==\x1b\\c\x1b]0;t\x07d\x1b(0e\x1bPx\x1b[31mf\x9b2Jg\x1b[?1049hh"
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    whole, pieces = Confined(), Confined()
    cut = "".join(pieces(text[a:b]) for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True))
    assert cut == whole(text)


@given(
    st.lists(
        st.one_of(
            st.text(max_size=6),
            st.sampled_from(
                ["\x1b", "\x1b[", "\x1b]", "\x1bP", "?", "52;", "1", ";", "h", "m", "n", "\x07", "\x9b"]
            ),
        )
    )
)
def test_nothing_comes_through_that_is_not_listed(pieces):
    screen = Confined()
    shown = "".join(screen(piece) for piece in pieces)
    while shown:
        allowed = ALLOWED.match(shown)
        if allowed is None:
            assert shown.startswith("\x1b[0m\x1b(B")
        shown = shown[allowed.end() :] if allowed else shown[1:]


def test_the_terminal_is_left_as_one_would_like_to_find_it():
    screen = Confined()
    screen("\x1b[?1049h\x1b[?25l\x1b[31m")
    end = screen.end()
    assert "\x1b[?1049l" in end
    assert end.endswith("\x1b[?25h")
    assert "\x1b[?1049l" not in Confined().end()
