"""The menu, driven as a person would, on a screen that is kept as a terminal keeps it."""

import asyncio
import re

import pytest
from rich.cells import cell_len

from admit.base.clock import FakeClock
from admit.core.validity import DAY, FOREVER, HOUR, MINUTE, SECOND
from admit.ssh.look import time_left
from admit.ssh.menu import Choice, choose

UP, DOWN, PAGE_DOWN, END, ENTER, LEAVE = b"\x1b[A", b"\x1b[B", b"\x1b[6~", b"\x1b[F", b"\r", b"\x03"
NOW = FakeClock().now()
HOSTS = [Choice(f"root@db-{number}", NOW + number * HOUR, "group dba") for number in range(1, 31)]
OTHERS = [Choice("管理者@东京", NOW + 50 * MINUTE, "值班组"), Choice("deploy@web", FOREVER, "group web")]


class Played:
    """A terminal whose person types what is given, and a look at its screen before each key."""

    def __init__(self, typed, kind="xterm-256color", size=(80, 24), language="en"):
        self._typed = list(typed)
        self.kind = kind
        self.language = language
        self.size = size
        self.echoes = False
        self.text = ""
        self.screens = []

    async def read(self):
        self.screens.append(self._lines())
        if not self._typed:
            return b""
        key = self._typed.pop(0)
        if isinstance(key, tuple):
            self.size = key
            return None
        return key

    def write(self, text):
        self.text += text

    def _lines(self):
        frame = self.text.rpartition("\x1b[H")[2]
        return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in frame.split("\r\n")]


def choice(terminal, choices=(*HOSTS, *OTHERS)):
    return asyncio.run(choose(terminal, choices, FakeClock()))


def test_the_bar_moves_and_enter_opens_what_is_under_it():
    assert choice(Played([DOWN, DOWN, UP, ENTER])).label == "root@db-2"


def test_the_bar_stays_between_the_first_and_the_last():
    assert choice(Played([UP, ENTER])).label == "root@db-1"
    assert choice(Played([END, DOWN, PAGE_DOWN, ENTER])).label == "deploy@web"


def test_typing_leaves_what_has_every_word_in_its_name_or_its_path():
    terminal = Played([b"DBA", b" db-2", DOWN, ENTER])
    assert choice(terminal).label == "root@db-20"
    assert sum("root@" in line for line in terminal.screens[2]) == 11
    assert terminal.screens[2][0].split()[-3:] == ["11", "of", "32"]


def test_what_was_typed_can_be_taken_back():
    assert choice(Played([b"web", b"\x7f\x7f\x7f", ENTER])).label == "root@db-1"
    assert choice(Played([b"web", b"\x15", ENTER])).label == "root@db-1"


def test_nothing_is_opened_where_nothing_was_found():
    terminal = Played([b"no such host", ENTER])
    assert choice(terminal) is None
    assert "Nothing has that in its name" in terminal.text


@pytest.mark.parametrize("key", [LEAVE, b"\x04", b""])
def test_one_may_leave(key):
    assert choice(Played([key])) is None


def test_the_screen_is_put_back_as_it_was():
    terminal = Played([ENTER])
    choice(terminal)
    assert terminal.text.startswith("\x1b[?1049h")
    assert terminal.text.endswith("\x1b[?1049l")


def test_each_line_tells_until_when_and_through_what():
    screen = Played([ENTER])
    choice(screen, OTHERS)
    assert "管理者@东京" in screen.screens[0][2]
    assert "50 min left" in screen.screens[0][2]
    assert "no end" in screen.screens[0][3]
    assert "group web" in screen.screens[0][3]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [(80, 24), (40, 12), (60, 10), (200, 60), (16, 4), (1, 1), (0, 0)])
def test_a_frame_fits_its_terminal(size, language):
    columns, rows = max(size[0] or 80, 16), max(size[1] or 24, 4)
    terminal = Played([END, b"d" * 100, b"\x15", ENTER], size=size, language=language)
    choice(terminal, [*HOSTS, *OTHERS, Choice("数" * 100 + "@" + "b" * 100, NOW + 999 * DAY, "c" * 100)])
    for screen in terminal.screens:
        assert len(screen) <= rows
        assert max(map(cell_len, screen)) < columns


def test_the_screen_follows_the_window():
    terminal = Played([DOWN, (40, 12), ENTER])
    assert choice(terminal).label == "root@db-2"
    assert (len(terminal.screens[0]), len(terminal.screens[2])) == (24, 12)


def test_names_cannot_write_on_the_screen():
    terminal = Played([ENTER])
    choice(terminal, [Choice("x\x1b]0;title\x07\u202e\x9b2J", why="\x1b[2J")])
    assert not {"\x07", "\u202e", "\x9b"} & set(terminal.text)
    assert "\x1b[2J" not in terminal.text
    assert "\x1b]" not in terminal.text


def test_colours_are_for_terminals_that_have_them():
    coloured, plain = Played([ENTER]), Played([ENTER], kind="vt100")
    choice(coloured)
    choice(plain)
    assert "\x1b[1;36m" in coloured.text
    assert "\x1b[1;36m" not in plain.text


@pytest.mark.parametrize("kind", ["dumb", ""])
def test_a_plain_terminal_gets_numbers(kind):
    terminal = Played([b"2", b"\r"], kind=kind)
    assert choice(terminal).label == "root@db-2"
    assert "\x1b" not in terminal.text
    assert terminal.text.endswith("part of a name: 2\r\n")


def test_a_plain_terminal_is_asked_again_until_it_names_something():
    terminal = Played([b"nowhere\n", b"web\n1\n"], kind="dumb")
    assert choice(terminal).label == "deploy@web"


def test_nothing_to_choose_asks_nothing():
    terminal = Played([])
    assert choice(terminal, []) is None
    assert terminal.text == ""


@pytest.mark.parametrize(
    ("left", "long", "short"),
    [
        (3 * HOUR + 5 * MINUTE, "3 h 5 min left", "3 h"),
        (2 * DAY, "2 d left", "2 d"),
        (90 * SECOND, "1 min 30 s left", "1 min"),
        (40 * SECOND, "40 s left", "40 s"),
        (1, "1 s left", "1 s"),
        (0, "ended", "ended"),
    ],
)
def test_what_is_left_is_told_in_its_two_largest_units(left, long, short):
    assert time_left(NOW + left, NOW, short=False) == long
    assert time_left(NOW + left, NOW, short=True) == short


def english_in(text, *names):
    """The words of English on a screen, but for these names and what is written on keys."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", text)
    for name in (*names, "admit", "Ctrl-C"):
        plain = plain.replace(name, " ")
    return re.findall("[A-Za-z]{2,}", plain)


KEYS = [b"nowhere", b"\x15", b"db-y", ENTER]
LINES = [b"nowhere\n", b"db-y\n1\n"]


@pytest.mark.parametrize(
    ("kind", "size", "typed"),
    [("xterm-256color", (80, 24), KEYS), ("xterm", (40, 12), KEYS), ("dumb", (80, 24), LINES)],
)
def test_who_reads_chinese_is_asked_in_chinese(kind, size, typed):
    soon = [Choice(f"db-{number}", NOW + 90 * SECOND) for number in range(50)]
    choices = [Choice("db-x", NOW + 3 * HOUR + MINUTE), Choice("db-y", FOREVER), Choice("db-z", NOW), *soon]
    terminal = Played(typed, kind, size, "zh")
    assert choice(terminal, choices).label == "db-y"
    assert english_in(terminal.text, "db", "nowhere") == []
    for said in ("永久", "已结束", "3 小时", "1 分钟"):
        assert said in terminal.text
