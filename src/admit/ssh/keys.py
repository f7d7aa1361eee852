"""What somebody types on a terminal, read as keys."""

import codecs
import re
from enum import Enum


class Key(Enum):
    """A key that is no text."""

    UP = "up"
    DOWN = "down"
    PAGE_UP = "page up"
    PAGE_DOWN = "page down"
    HOME = "home"
    END = "end"
    ENTER = "enter"
    BACKSPACE = "backspace"
    CLEAR = "clear"
    """Ctrl-U: away with what was typed."""
    REDRAW = "redraw"
    LEAVE = "leave"
    """Ctrl-C or Ctrl-D."""


_CONTROLS = {
    "\r": Key.ENTER,
    "\n": Key.ENTER,
    "\x7f": Key.BACKSPACE,
    "\x08": Key.BACKSPACE,
    "\x15": Key.CLEAR,
    "\x17": Key.CLEAR,
    "\x0c": Key.REDRAW,
    "\x03": Key.LEAVE,
    "\x04": Key.LEAVE,
    "\x10": Key.UP,
    "\x0e": Key.DOWN,
}
_SEQUENCES = {
    "A": Key.UP,
    "B": Key.DOWN,
    "H": Key.HOME,
    "F": Key.END,
    "1~": Key.HOME,
    "7~": Key.HOME,
    "4~": Key.END,
    "8~": Key.END,
    "5~": Key.PAGE_UP,
    "6~": Key.PAGE_DOWN,
}
_SEQUENCE = re.compile(r"\x1b(?:\[([0-9;:<=>?]*)[ -/]*([@-~])|O([ -~])|([^\[O]))", re.DOTALL)
_LONGEST = 32
"""No terminal sends a longer sequence: what is still open by then is none."""


class KeyReader:
    """Reads keys from bytes, wherever the network has cut them."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._open = ""

    def read(self, octets: bytes) -> list[Key | str]:
        """The keys that are complete by now; of text one entry a character.

        An escape waits for what follows it: whether it was a key by itself nobody can tell.
        """
        text = self._open + self._decoder.decode(octets)
        self._open = ""
        keys: list[Key | str] = []
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = _SEQUENCE.match(text, at)
                if found is None:
                    if len(text) - at <= _LONGEST:
                        self._open = text[at:]
                        break
                    at += 1
                    continue
                keys += _sequence(found)
                at = found.end()
                continue
            keys += _character(text[at])
            at += 1
        return keys


def _sequence(found: re.Match[str]) -> list[Key | str]:
    parameters, final, application, other = found.groups()
    if other is not None:
        # An escape key, and then another; or that other with Alt.
        return [] if other == "\x1b" else _character(other)
    name = application or (f"{parameters}~" if final == "~" else final)
    key = _SEQUENCES.get(name)
    return [] if key is None else [key]


def _character(character: str) -> list[Key | str]:
    control = _CONTROLS.get(character)
    if control is not None:
        return [control]
    return [character] if character.isprintable() else []
