"""The menu of somebody who named no target: arrow keys, search as they type, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rich.cells import cell_len, chop_cells, set_cell_size

from admit.base.clock import Clock
from admit.core.validity import DAY, FOREVER, HOUR, MINUTE, SECOND, Millis
from admit.ssh.keys import Key, KeyReader

LONGEST_SEARCH = 64
LISTED = 40
"""How many a plain terminal is shown at a time."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be opened."""

    label: str
    """As people call it: ``root@db-1``."""
    until: Millis = FOREVER
    why: str = ""
    """What leads there: ``group dba``."""


class Terminal(Protocol):
    """The person's terminal: raw, so that every key arrives as it is typed."""

    @property
    def kind(self) -> str:
        """``TERM``; empty if there is no terminal at the other end."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows, as they are now; 0 for what is not known."""
        ...

    @property
    def echoes(self) -> bool:
        """Whether what is typed is shown without our doing."""
        ...

    async def read(self) -> bytes | None:
        """What was typed, as soon as there is some; empty if nothing more comes; None if the size changed."""
        ...

    def write(self, text: str) -> None:
        """Show text."""
        ...


async def choose(terminal: Terminal, choices: Sequence[Choice], clock: Clock) -> Choice | None:
    """What the person chooses; None if they leave, or there is nothing to choose."""
    if not choices:
        return None
    if terminal.kind in ("", "dumb", "unknown"):
        return await _choose_from_list(terminal, choices, clock)
    return await _choose_on_screen(terminal, choices, clock)


# -- what is chosen from -----------------------------------------------------------------------------


class Menu:
    """The choices, what of them a search leaves, and which is under the bar."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._all = [(choice, f"{choice.label} {choice.why}".casefold()) for choice in choices]
        self.search = ""
        self.found: list[Choice] = list(choices)
        self.at = 0

    def __len__(self) -> int:
        return len(self._all)

    @property
    def chosen(self) -> Choice | None:
        """The one under the bar."""
        return self.found[self.at] if self.found else None

    def look_for(self, search: str) -> None:
        """Leave only what has every word of the search, in its name or in what leads there."""
        words = search[:LONGEST_SEARCH].casefold().split()
        self.search = search[:LONGEST_SEARCH]
        self.found = [choice for choice, text in self._all if all(word in text for word in words)]
        self.at = 0

    def press(self, key: Key | str, page: int) -> None:
        """Move the bar, by a line or by a page of so many, or search on."""
        if isinstance(key, str):
            self.look_for(self.search + key)
        elif key is Key.BACKSPACE:
            self.look_for(self.search[:-1])
        elif key is Key.CLEAR:
            self.look_for("")
        elif key in _MOVES:
            lines, pages = _MOVES[key]
            self.at = max(0, min(self.at + lines + pages * page, len(self.found) - 1))


_ALL_THE_WAY = 1_000_000
_MOVES: dict[Key | str, tuple[int, int]] = {
    Key.UP: (-1, 0),
    Key.DOWN: (1, 0),
    Key.PAGE_UP: (0, -1),
    Key.PAGE_DOWN: (0, 1),
    Key.HOME: (-_ALL_THE_WAY, 0),
    Key.END: (_ALL_THE_WAY, 0),
}
"""How many lines, and how many pages, a key moves the bar."""


# -- on a screen -------------------------------------------------------------------------------------

_ENTER_SCREEN, _LEAVE_SCREEN = "\x1b[?1049h\x1b[?7l", "\x1b[0m\x1b[?7h\x1b[?1049l"
_TO_TOP, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_BAR, _PLAIN = "\x1b[7m", "\x1b[0m"
_COLOURED = ("xterm", "screen", "tmux", "rxvt", "linux", "color", "alacritty", "kitty", "foot", "ansi")
"""What the names of terminals with colours have in them."""
_FRAME = 3
"""Lines that are not choices: the title, the search, the keys."""


@dataclass(frozen=True, slots=True)
class _Ink:
    """How things are set off, as far as the terminal can."""

    title: str = ""
    faint: str = ""
    end: str = ""

    @classmethod
    def of(cls, kind: str) -> "_Ink":
        """For a ``TERM``."""
        if any(word in kind for word in _COLOURED):
            return cls("\x1b[1;36m", "\x1b[2m", _PLAIN)
        return cls()


async def _choose_on_screen(terminal: Terminal, choices: Sequence[Choice], clock: Clock) -> Choice | None:
    menu, keys, ink = Menu(choices), KeyReader(), _Ink.of(terminal.kind)
    terminal.write(_ENTER_SCREEN)
    try:
        while True:
            columns, rows = _usable(terminal.size)
            terminal.write(frame(menu, (columns, rows), clock.now(), ink))
            typed = await terminal.read()
            if typed == b"":
                return None
            for key in keys.read(typed or b""):
                if key is Key.LEAVE:
                    return None
                if key is Key.ENTER and menu.chosen is not None:
                    return menu.chosen
                menu.press(key, rows - _FRAME)
    finally:
        terminal.write(_LEAVE_SCREEN)


def _usable(size: tuple[int, int]) -> tuple[int, int]:
    """The size to draw for: what is not known is taken for the usual, and little for a little more."""
    columns, rows = size
    return max(min(columns or 80, 500), 16), max(min(rows or 24, 300), _FRAME + 1)


def frame(menu: Menu, size: tuple[int, int], now: Millis, ink: _Ink) -> str:
    """The whole screen, with the cursor where one types."""
    columns, rows = size
    page = rows - _FRAME
    top = max(0, min(menu.at - page // 2, len(menu.found) - page))
    shown = menu.found[top : top + page]
    search = f" Search: {printable(menu.search)}"
    lines = [
        _title(menu, columns, ink),
        set_cell_size(search, min(cell_len(search), columns - 1)),
        *(
            _row(choice, columns, now, ink, under_bar=top + number == menu.at)
            for number, choice in enumerate(shown)
        ),
    ]
    if not shown:
        lines.append(set_cell_size(" Nothing has that in its name.", columns - 1))
    lines += [""] * (rows - 1 - len(lines))
    help_line = " Up/Down move  Enter open  type to search  Ctrl-C leave"
    if columns < len(help_line):
        help_line = " Enter open  Ctrl-C leave"
    lines.append(f"{ink.faint}{help_line[: columns - 1]}{ink.end}")
    body = f"{_CLEAR_LINE}\r\n".join(lines[:rows])
    typed_to = min(cell_len(search), columns - 1) + 1
    return f"{_HIDE_CURSOR}{_TO_TOP}{body}{_CLEAR_BELOW}\x1b[2;{typed_to}H{_SHOW_CURSOR}"


def _title(menu: Menu, columns: int, ink: _Ink) -> str:
    title = " admit: choose what to open" if columns >= 40 else " admit"
    left = f"{len(menu.found)} of {len(menu)}" if menu.search else f"{len(menu)}"
    return f"{ink.title}{set_cell_size(title, columns - len(left) - 2)}{left}{ink.end}"


def _row(choice: Choice, columns: int, now: Millis, ink: _Ink, *, under_bar: bool) -> str:
    until = time_left(choice.until, now, short=columns < 60)
    width_of_until = 7 if columns < 60 else 18
    width_of_why = columns - 60 if columns >= 70 else 0
    # The last column stays free: a cursor that waits there would clear it with the rest of the line.
    width = columns - 1 - 3 - width_of_until - 1 - width_of_why
    text = f"{fitted(choice.label, width)} {set_cell_size(until, width_of_until)}"
    why = fitted(choice.why, width_of_why) if width_of_why else ""
    if under_bar:
        return f"{_BAR} > {text}{why}{_PLAIN}"
    return f"   {text}{ink.faint}{why}{ink.end}"


# -- without a screen --------------------------------------------------------------------------------


async def _choose_from_list(terminal: Terminal, choices: Sequence[Choice], clock: Clock) -> Choice | None:
    """Numbered lines, and a question: for what cannot move a cursor."""
    menu, lines = Menu(choices), _Lines(terminal)
    while True:
        shown = menu.found[:LISTED]
        for number, choice in enumerate(shown, 1):
            until = time_left(choice.until, clock.now(), short=False)
            terminal.write(f"{number:>4}  {printable(choice.label)}  ({until})\r\n")
        more = len(menu.found) - len(shown)
        if more:
            terminal.write(f"      and {more} more\r\n")
        terminal.write("admit: a number, or part of a name: ")
        answer = await lines.next()
        if answer is None:
            return None
        if answer.isdecimal() and 1 <= int(answer) <= len(shown):
            return shown[int(answer) - 1]
        menu.look_for(answer)
        if not menu.found:
            terminal.write("admit: nothing has that in its name\r\n")
            menu.look_for("")


class _Lines:
    """Whole lines from what is typed."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._keys = KeyReader()
        self._waiting: list[Key | str] = []

    async def next(self) -> str | None:
        """The next line, without what ends it; None if somebody leaves."""
        line = ""
        while True:
            while self._waiting:
                key = self._waiting.pop(0)
                if key is Key.LEAVE:
                    return None
                if key is Key.ENTER:
                    self._show("\r\n")
                    return line.strip()
                if key is Key.BACKSPACE and line:
                    line = line[:-1]
                    self._show("\b \b")
                elif isinstance(key, str) and len(line) < LONGEST_SEARCH:
                    line += key
                    self._show(key)
            typed = await self._terminal.read()
            if typed == b"":
                return None
            self._waiting += self._keys.read(typed or b"")

    def _show(self, text: str) -> None:
        if not self._terminal.echoes:
            self._terminal.write(text)


# -- words -------------------------------------------------------------------------------------------


def printable(text: str) -> str:
    """The text without what would move a cursor or turn letters around: names come from outside."""
    return "".join(character if character.isprintable() else "?" for character in text)


def fitted(text: str, width: int) -> str:
    """The text in exactly so many cells; what is cut off is shown to be."""
    text = printable(text)
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size((chop_cells(text, max(width - 2, 1)) or [""])[0] + "..", width)


def time_left(until: Millis, now: Millis, *, short: bool) -> str:
    """How long something stays open: ``3 h 5 min left``, in a narrow place ``3 h``."""
    if until == FOREVER:
        return "no end"
    left = until - now
    if left <= 0:
        return "ended"
    units = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))
    place = next((number for number, (unit, _) in enumerate(units) if left >= unit), len(units) - 1)
    unit, word = units[place]
    text = f"{max(left // unit, 1)} {word}"
    if short:
        return text
    rest = left % unit // units[place + 1][0] if place + 1 < len(units) else 0
    return f"{text} {rest} {units[place + 1][1]} left" if rest else f"{text} left"
