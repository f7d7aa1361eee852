"""What a recorded host may say to the terminal it is played on: where to write and in what colour, no more.

A host may have sent sequences that terminals obey: to put text on the clipboard, to name the window, to
answer as if somebody had typed, to print, to define keys. Whoever looks at a recording must not be reached by
them, so that everything is left out but what is listed here.
"""

import re
from typing import Final

_FINALS: Final = frozenset("@ABCDEFGHJKLMPSTX`abdefmsu")
"""Of control sequences without a private mark: moving, erasing, inserting, scrolling, colours."""
_MODES: Final = frozenset({"4"})
"""Insert."""
_PRIVATE_MODES: Final = frozenset({"6", "7", "25", "47", "1047", "1048", "1049"})
"""Origin, wrapping, the cursor, the alternate screen."""
_ALTERNATE: Final = frozenset({"47", "1047", "1049"})
_ESCAPES: Final = frozenset("78DEM")
_CHARACTER_SETS: Final = frozenset({"(0", "(A", "(B", ")0", ")A", ")B"})
_CONTROLS: Final = frozenset("\b\t\n\v\f\r\x0e\x0f")
_LONGEST = 128
"""Characters in a control sequence; nothing that draws needs more."""
_GREATEST = 9999
"""A greater number only keeps a terminal busy."""
_CLEARED = "\x1b[0m\x1b(B\x0f\x1b[2J\x1b[H"

_C1 = {
    0x9B: "\x1b[",
    0x9D: "\x1b]",
    0x90: "\x1bP",
    0x98: "\x1bX",
    0x9E: "\x1b^",
    0x9F: "\x1b_",
    0x9C: "\x1b\\",
}
_OLD_FORMS: Final = {code: _C1.get(code, "") for code in range(0x80, 0xA0)}
"""Controls of one character, as the two characters that mean the same; the rest is left out."""

_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f]+)"
    r"|\x1b\[(?P<marks>[<=>?]*)(?P<numbers>[0-9;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|\x1b(?P<string>[\]PX^_])"
    r"|\x1b(?P<set>[ -/]+[0-~])"
    r"|\x1b(?P<escape>[0-Z\\`-~])"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
)
_STRING_END = re.compile(r"\x07|\x1b\\|\x18|\x1a|\x1b(?=[^\\])")
_UNFINISHED = re.compile(r"\x1b(\[[<=>?]*[0-9;:]*[ -/]*|[ -/]*)\Z")


class Confined:
    """A stream of terminal output, of which only what draws comes out."""

    def __init__(self) -> None:
        self._open = ""
        """The beginning of a sequence that may go on."""
        self._in_string = False
        self._alternate = False

    def __call__(self, text: str) -> str:
        """What of the next piece may be shown."""
        text = self._open + text.translate(_OLD_FORMS)
        self._open = ""
        shown: list[str] = []
        at = 0
        while at < len(text):
            if self._in_string:
                at = self._behind_string(text, at)
                continue
            token = _TOKEN.match(text, at)
            if token is None:
                if _UNFINISHED.match(text, at) and len(text) - at <= _LONGEST:
                    self._open = text[at:]
                    break
                at += 1
                continue
            shown.append(self._allowed(token))
            at = token.end()
        return "".join(shown)

    def end(self) -> str:
        """What leaves the terminal as one would like to find it."""
        leave = "\x1b[?1049l" if self._alternate else ""
        # The margins are let go where the cursor stands: that alone would move it.
        return f"\x1b[0m\x1b(B\x0f\x1b[4l\x1b[?6l\x1b[?7h\x1b7\x1b[r\x1b8{leave}\x1b[?25h"

    def _behind_string(self, text: str, at: int) -> int:
        found = _STRING_END.search(text, at)
        if found is None:
            # What ends it may be cut in two.
            self._open = "\x1b" if text.endswith("\x1b") else ""
            return len(text)
        self._in_string = False
        # An escape that ends it in another way begins the next sequence.
        return found.start() if found[0] == "\x1b" else found.end()

    def _allowed(self, token: re.Match[str]) -> str:
        kind, whole = token.lastgroup, token[0]
        if kind == "text":
            return whole
        if kind == "control":
            return whole if whole in _CONTROLS else ""
        if kind == "string":
            self._in_string = True
            return ""
        if kind == "set":
            return whole if token["set"] in _CHARACTER_SETS else ""
        if kind == "escape":
            # A reset would also undo what the player's own terminal is set to.
            return _CLEARED if token["escape"] == "c" else whole if token["escape"] in _ESCAPES else ""
        return self._sequence(token["marks"], token["numbers"], token["between"], token["final"])

    def _sequence(self, marks: str, numbers: str, between: str, final: str) -> str:
        each = re.split("[;:]", numbers)
        whole = f"\x1b[{marks}{numbers}{between}{final}"
        if between or len(whole) > _LONGEST or any(len(n) > 5 or int(n or 0) > _GREATEST for n in each):
            return ""
        if final in "hl":
            return self._modes(marks, each, final)
        drawn = not marks and (final in _FINALS or final == "r")
        return whole if drawn else ""

    def _modes(self, marks: str, modes: list[str], final: str) -> str:
        if marks not in ("", "?"):
            return ""
        kept = [mode for mode in modes if mode in (_PRIVATE_MODES if marks else _MODES)]
        if marks and _ALTERNATE.intersection(kept):
            self._alternate = final == "h"
        return f"\x1b[{marks}{';'.join(kept)}{final}" if kept else ""
