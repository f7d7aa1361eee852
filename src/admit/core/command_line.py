"""The command lines of an interactive shell, as far as they can be told from the keys that were typed.

Read is what a line editor with the keys of GNU readline (emacs mode) makes of them. What the editor
puts in by itself is unknown: a line from the history, a completion, what was yanked. Such a line is
not certain. What a program other than a shell reads is taken for command lines too, a password among
it: judge a line, and keep none.
"""

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

LONGEST = 8_192
"""How many characters of a command line are looked at; of a longer one the rest is not known."""
CLEAR = b"\x05\x15"
"""What makes a shell forget the line it was given: to its end, and away with all before."""

_RUN = (b"\r", b"\n", b"\x0f")
"""Return, line feed and Ctrl-O: each has the shell run the line."""
_RUN_AND_NEXT = b"\x0f"
"""Ctrl-O, which then has the next line of the history ready."""
_PIECES = re.compile(rb"[^\r\n\x0f]*[\r\n\x0f]|[^\r\n\x0f]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is about to be run."""

    text: str
    certain: bool
    """Whether that is all there is in it."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A part of what was typed."""

    keys: bytes
    line: Line | None
    """The line that the last of the keys has the shell run, if it does."""


class Text:
    """The text of a line, and the cursor in it."""

    def __init__(self, *, certain: bool = True) -> None:
        self.left: list[str] = []
        """What is left of the cursor."""
        self.right: list[str] = []
        """What is right of it, the last character first."""
        self.certain = certain

    def __str__(self) -> str:
        return "".join(self.left + self.right[::-1])

    def insert(self, character: str) -> None:
        """Put a character in at the cursor; of a line that is too long the rest is not known."""
        if len(self.left) + len(self.right) < LONGEST:
            self.left.append(character)
        else:
            self.certain = False

    def forget(self) -> None:
        """Begin again."""
        self.left.clear()
        self.right.clear()
        self.certain = True

    def nothing(self) -> None:
        """Nothing that changes the line."""

    def to_start(self) -> None:
        """The cursor goes to the start."""
        self.right += reversed(self.left)
        self.left.clear()

    def to_end(self) -> None:
        """The cursor goes to the end."""
        self.left += reversed(self.right)
        self.right.clear()

    def back(self) -> None:
        """The cursor goes one character back."""
        if self.left:
            self.right.append(self.left.pop())

    def on(self) -> None:
        """The cursor goes one character on."""
        if self.right:
            self.left.append(self.right.pop())

    def word_back(self) -> None:
        """The cursor goes one word back."""
        self.right += reversed(_cut_word(self.left))

    def word_on(self) -> None:
        """The cursor goes one word on."""
        self.left += reversed(_cut_word(self.right))

    def rub_out(self) -> None:
        """The character before the cursor goes."""
        del self.left[-1:]

    def delete(self) -> None:
        """The character at the cursor goes."""
        del self.right[-1:]

    def kill_before(self) -> None:
        """All before the cursor goes."""
        self.left.clear()

    def kill_after(self) -> None:
        """All from the cursor on goes."""
        self.right.clear()

    def rub_out_word(self) -> None:
        """What stands between the cursor and the blank before it goes."""
        text = "".join(self.left).rstrip()
        del self.left[len(text.rpartition(" ")[0]) + (" " in text) :]

    def rub_out_small_word(self) -> None:
        """The word before the cursor goes; a word is letters and digits."""
        _cut_word(self.left)

    def delete_word(self) -> None:
        """The word after the cursor goes."""
        _cut_word(self.right)


def _cut_word(side: list[str]) -> list[str]:
    """Take a word, and what is between it and the cursor, off the cursor's end of one side."""
    at = len(side)
    while at and not side[at - 1].isalnum():
        at -= 1
    while at and side[at - 1].isalnum():
        at -= 1
    cut = side[at:]
    del side[at:]
    return cut


_LONGEST_ESCAPE = 32
_REPORT = re.compile(r"\[(\?[0-9;]*c|[0-9;]*R|[IO])")
"""What a terminal sends by itself: what it is, where its cursor is, whether it is in front."""

_CONTROLS: Mapping[str, Callable[[Text], None]] = {
    "\x00": Text.nothing,
    "\x01": Text.to_start,
    "\x02": Text.back,
    "\x03": Text.forget,
    "\x04": Text.delete,
    "\x05": Text.to_end,
    "\x06": Text.on,
    "\x07": Text.forget,
    "\x08": Text.rub_out,
    "\x0b": Text.kill_after,
    "\x0c": Text.nothing,
    "\x15": Text.kill_before,
    "\x17": Text.rub_out_word,
    "\x7f": Text.rub_out,
}
"""What control characters do. All others put in, or move, what is not known here."""

_SEQUENCES: Mapping[str, Callable[[Text], None]] = {
    "[D": Text.back,
    "OD": Text.back,
    "[C": Text.on,
    "OC": Text.on,
    "[H": Text.to_start,
    "OH": Text.to_start,
    "[1~": Text.to_start,
    "[F": Text.to_end,
    "OF": Text.to_end,
    "[4~": Text.to_end,
    "[3~": Text.delete,
    "[1;5D": Text.word_back,
    "[1;3D": Text.word_back,
    "b": Text.word_back,
    "[1;5C": Text.word_on,
    "[1;3C": Text.word_on,
    "f": Text.word_on,
    "d": Text.delete_word,
    "\x7f": Text.rub_out_small_word,
    "\x08": Text.rub_out_small_word,
}
"""What escape sequences do, without the escape."""
_PASTES: Mapping[str, bool] = {"[200~": True, "[201~": False}
"""Begin and end of what is pasted."""


class CommandLine:
    """The line under way in one terminal."""

    def __init__(self) -> None:
        self._text = Text()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._escape = ""
        """The escape sequence under way."""
        self._pasting = False

    def typed(self, keys: bytes) -> Iterator[Typed]:
        """The keys in parts, each with the line it runs; a door sends on each part it lets pass."""
        for found in _PIECES.finditer(keys):
            piece = found[0]
            if piece[-1:] in _RUN:
                self._read(piece[:-1])
                yield Typed(piece, self._run(piece[-1:]))
            else:
                self._read(piece)
                yield Typed(piece, None)

    def clear(self) -> None:
        """The line was not let pass: the shell forgot it."""
        self._text = Text()

    def _run(self, key: bytes) -> Line:
        self._escape = ""
        self._decoder.reset()
        line = Line(str(self._text), self._text.certain)
        if self._pasting:
            # An editor that knows of pasting takes it for a part of the text; another one runs it.
            self._text.insert("\n")
        else:
            self._text = Text(certain=key != _RUN_AND_NEXT)
        return line

    def _read(self, keys: bytes) -> None:
        for character in self._decoder.decode(keys):
            if self._escape:
                self._go_on(character)
            elif character == "\x1b":
                self._escape = character
            elif character >= " " and character != "\x7f":
                self._text.insert(character)
            else:
                self._press(_CONTROLS, character)

    def _go_on(self, character: str) -> None:
        self._escape += character
        if self._escape in ("\x1b[", "\x1bO"):
            return
        if self._escape.startswith("\x1b[") and not "@" <= character <= "~":
            if len(self._escape) > _LONGEST_ESCAPE:
                self._escape, self._text.certain = "", False
            return
        sequence, self._escape = self._escape[1:], ""
        if sequence in _PASTES:
            self._pasting = _PASTES[sequence]
        else:
            self._press(_SEQUENCES, sequence)

    def _press(self, keys: Mapping[str, Callable[[Text], None]], key: str) -> None:
        if key in keys:
            keys[key](self._text)
        elif not _REPORT.fullmatch(key):
            self._text.certain = False
