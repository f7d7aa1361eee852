"""The menu of somebody who named no target: arrow keys, search as they type, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rich.cells import cell_len, set_cell_size

from admit.base.clock import Clock
from admit.core.validity import FOREVER, Millis
from admit.ssh.keys import Key, KeyReader
from admit.ssh.look import PLAIN, Look, cut, fitted, printable, time_left

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
    def language(self) -> str:
        """What the person is told in."""
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
_BAR = "\x1b[7m"
_FRAME = 3
"""Lines that are not choices: the title, the search, the keys."""


async def _choose_on_screen(terminal: Terminal, choices: Sequence[Choice], clock: Clock) -> Choice | None:
    menu, keys, look = Menu(choices), KeyReader(), Look.of(terminal.kind, terminal.language)
    terminal.write(_ENTER_SCREEN)
    try:
        while True:
            columns, rows = _usable(terminal.size)
            terminal.write(frame(menu, (columns, rows), clock.now(), look))
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


def frame(menu: Menu, size: tuple[int, int], now: Millis, look: Look) -> str:
    """The whole screen, with the cursor where one types."""
    columns, rows = size
    page = rows - _FRAME
    top = max(0, min(menu.at - page // 2, len(menu.found) - page))
    shown = menu.found[top : top + page]
    search = look.text(" Search: ") + printable(menu.search)
    lines = [
        _title(menu, columns, look),
        cut(search, columns),
        *(
            _row(choice, columns, now, look, under_bar=top + number == menu.at)
            for number, choice in enumerate(shown)
        ),
    ]
    if not shown:
        lines.append(cut(look.text(" Nothing has that in its name."), columns))
    lines += [""] * (rows - 1 - len(lines))
    help_line = look.text(" Up/Down move  Enter open  type to search  Ctrl-C leave")
    if columns < cell_len(help_line):
        help_line = look.text(" Enter open  Ctrl-C leave")
    lines.append(f"{look.faint}{cut(help_line, columns)}{look.end}")
    body = f"{_CLEAR_LINE}\r\n".join(lines[:rows])
    typed_to = min(cell_len(search), columns - 1) + 1
    return f"{_HIDE_CURSOR}{_TO_TOP}{body}{_CLEAR_BELOW}\x1b[2;{typed_to}H{_SHOW_CURSOR}"


def _title(menu: Menu, columns: int, look: Look) -> str:
    title = look.text(" admit: choose what to open") if columns >= 40 else " admit"
    left = f"{len(menu)}"
    if menu.search:
        left = look.text("{n} of {all}", n=len(menu.found), all=len(menu))
    return f"{look.title}{set_cell_size(title, columns - cell_len(left) - 2)}{left}{look.end}"


def _row(choice: Choice, columns: int, now: Millis, look: Look, *, under_bar: bool) -> str:
    until = time_left(choice.until, now, look.language, short=columns < 60)
    width_of_until = 7 if columns < 60 else 20
    width_of_why = columns - 60 if columns >= 70 else 0
    # The last column stays free: a cursor that waits there would clear it with the rest of the line.
    width = columns - 1 - 3 - width_of_until - 1 - width_of_why
    text = f"{fitted(choice.label, width)} {set_cell_size(until, width_of_until)}"
    why = fitted(choice.why, width_of_why) if width_of_why else ""
    if under_bar:
        return f"{_BAR} > {text}{why}{PLAIN}"
    return f"   {text}{look.faint}{why}{look.end}"


# -- without a screen --------------------------------------------------------------------------------


async def _choose_from_list(terminal: Terminal, choices: Sequence[Choice], clock: Clock) -> Choice | None:
    """Numbered lines, and a question: for what cannot move a cursor."""
    menu, lines, look = Menu(choices), _Lines(terminal), Look(terminal.language)
    while True:
        shown = menu.found[:LISTED]
        for number, choice in enumerate(shown, 1):
            until = time_left(choice.until, clock.now(), look.language, short=False)
            terminal.write(f"{number:>4}  {printable(choice.label)}  ({until})\r\n")
        more = len(menu.found) - len(shown)
        if more:
            terminal.write(f"      {look.text('and {n} more', n=more)}\r\n")
        terminal.write(f"admit: {look.text('a number, or part of a name: ')}")
        answer = await lines.next()
        if answer is None:
            return None
        if answer.isdecimal() and 1 <= int(answer) <= len(shown):
            return shown[int(answer) - 1]
        menu.look_for(answer)
        if not menu.found:
            terminal.write(f"admit: {look.text('nothing has that in its name')}\r\n")
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
