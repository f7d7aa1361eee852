"""One line of an OpenSSH client configuration: its keyword and arguments, and the patterns of a Host line."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from admit.imports.records import Unfit
from admit.imports.text import NOT_UTF8, UNREADABLE

_DIRECTIVE = re.compile(r"([A-Za-z0-9]+)(?:\s*=\s*|\s+|$)(.*)")
_BLANKS = " \t"
_QUOTES = "\"'"


@dataclass(frozen=True, slots=True)
class Directive:
    """A keyword in lower case and as written, with at least one argument."""

    keyword: str
    written: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Patterns:
    """The patterns of one ``Host`` line."""

    names: frozenset[str]
    wildcards: tuple[str, ...]
    refused: tuple[str, ...]

    @classmethod
    def of(cls, arguments: tuple[str, ...]) -> "Patterns":
        """Sort the arguments of a ``Host`` line."""
        wanted = [argument for argument in arguments if not argument.startswith("!")]
        return cls(
            frozenset(filter(cls.concrete, wanted)),
            tuple(_shell(pattern) for pattern in wanted if not cls.concrete(pattern)),
            tuple(_shell(argument[1:]) for argument in arguments if argument.startswith("!")),
        )

    @staticmethod
    def concrete(argument: str) -> bool:
        """Whether this names one host, rather than many or none."""
        return not argument.startswith("!") and "*" not in argument and "?" not in argument

    def match(self, name: str) -> bool:
        """Whether one pattern matches and no ``!`` pattern does; case counts, as in ``ssh``."""
        if any(fnmatchcase(name, pattern) for pattern in self.refused):
            return False
        return name in self.names or any(fnmatchcase(name, pattern) for pattern in self.wildcards)


def _shell(pattern: str) -> str:
    """The same for ``fnmatch``, to which ``[`` is special and to ``ssh`` is not."""
    return pattern.replace("[", "[[]")


def directive(line: str) -> Directive | None:
    """What a line says; None for a blank line or a comment.

    Raises:
        Unfit: no argument, an open quote, bytes that are no text.
    """
    stripped = line.strip()
    if not stripped or stripped.startswith("#"):
        return None
    if UNREADABLE in stripped:
        raise Unfit(NOT_UTF8)
    parts = _DIRECTIVE.fullmatch(stripped)
    if not parts:
        raise Unfit(f'"{stripped[:60]}" does not begin with a keyword')
    arguments = _split(parts[2])
    if not arguments:
        raise Unfit(f"{parts[1]} says nothing")
    return Directive(parts[1].casefold(), parts[1], arguments)


def _split(text: str) -> tuple[str, ...]:
    """The arguments. Quotes join blanks, a backslash keeps a quote, itself or a blank; # ends the line.

    Other backslashes stay, for Windows paths. Source: OpenSSH 9.2, argv_split.
    """
    arguments: list[str] = []
    at = 0
    while at < len(text):
        if text[at] in _BLANKS:
            at += 1
        elif text[at] == "#":
            break
        else:
            word, at = _word(text, at)
            arguments.append(word)
    return tuple(arguments)


def _word(text: str, at: int) -> tuple[str, int]:
    """The argument that begins at ``at``, and where it ends."""
    word: list[str] = []
    quote = ""
    while at < len(text) and (quote or text[at] not in _BLANKS):
        character = text[at]
        following = text[at + 1 : at + 2]
        if character == "\\" and following and following in _QUOTES + "\\" + ("" if quote else " "):
            word.append(following)
            at += 1
        elif character == quote:
            quote = ""
        elif not quote and character in _QUOTES:
            quote = character
        else:
            word.append(character)
        at += 1
    if quote:
        raise Unfit(f"a quote ({quote}) is opened and not closed")
    return "".join(word), at
