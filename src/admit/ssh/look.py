"""How things are told in a terminal: in the person's language, cut to what there is room for."""

from dataclasses import dataclass

from rich.cells import cell_len, chop_cells, set_cell_size

from admit.core.validity import DAY, FOREVER, HOUR, MINUTE, SECOND, Millis
from admit.pages.words import translated

PLAIN = "\x1b[0m"
COLOURED = ("xterm", "screen", "tmux", "rxvt", "linux", "color", "alacritty", "kitty", "foot", "ansi")
"""What the names of terminals with colours have in them."""


@dataclass(frozen=True, slots=True)
class Look:
    """In which language things are told, and how they are set off, as far as the terminal can."""

    language: str
    title: str = ""
    faint: str = ""
    end: str = ""

    @classmethod
    def of(cls, kind: str, language: str) -> "Look":
        """For a ``TERM``, in a language."""
        if any(word in kind for word in COLOURED):
            return cls(language, "\x1b[1;36m", "\x1b[2m", PLAIN)
        return cls(language)

    def text(self, text: str, **values: object) -> str:
        """A text in the language."""
        return translated(self.language, text, **values)


def cut(text: str, columns: int) -> str:
    """As much of a text as a line has room for."""
    return set_cell_size(text, min(cell_len(text), columns - 1))


def printable(text: str) -> str:
    """The text without what would move a cursor or turn letters around: names come from outside."""
    return "".join(character if character.isprintable() else "?" for character in text)


def fitted(text: str, width: int) -> str:
    """The text in exactly so many cells; what is cut off is shown to be."""
    text = printable(text)
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size((chop_cells(text, max(width - 2, 1)) or [""])[0] + "..", width)


def time_left(until: Millis, now: Millis, language: str = "en", *, short: bool) -> str:
    """How long something stays open: ``3 h 5 min left``, in a narrow place ``3 h``."""
    if until == FOREVER:
        return translated(language, "no end")
    left = until - now
    if left <= 0:
        return translated(language, "ended")
    units = ((DAY, "{n} d"), (HOUR, "{n} h"), (MINUTE, "{n} min"), (SECOND, "{n} s"))
    place = next((number for number, (unit, _) in enumerate(units) if left >= unit), len(units) - 1)
    unit, word = units[place]
    text = translated(language, word, n=max(left // unit, 1))
    if short:
        return text
    rest = left % unit // units[place + 1][0] if place + 1 < len(units) else 0
    if rest:
        text += f" {translated(language, units[place + 1][1], n=rest)}"
    return translated(language, "{span} left", span=text)
