"""Patterns of ``*`` and ``?``, compiled so that no text can make them slow."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Wildcards:
    """Patterns of ``*`` (any run, also none) and ``?`` (one character), any of which may match.

    Without patterns nothing matches.
    """

    patterns: tuple[str, ...]
    regex: re.Pattern[str] = field(repr=False)

    def match(self, text: str) -> bool:
        """Whether one pattern matches the whole text, in time of at most both lengths multiplied."""
        return self.regex.match(text) is not None


def translate(pattern: str, one: str = ".") -> str:
    """A pattern as a regular expression; ``one`` is what a wildcard may stand for.

    The earliest place for each piece between two ``*`` is as good as any later one. Atomic
    groups say so: without them a miss would try all places of all pieces, in combination.
    """
    first, *pieces = (
        "".join(one if character == "?" else re.escape(character) for character in piece)
        for piece in re.split(r"\*+", pattern)
    )
    if not pieces:
        return first
    *middle, last = pieces
    return first + "".join(f"(?>{one}*?{piece})" for piece in middle) + f"{one}*{last}"


def compiled(
    patterns: Iterable[str],
    *,
    translation: Callable[[str], str] = translate,
    ignore_case: bool = False,
) -> Wildcards:
    """Patterns ready to be matched often. Ignoring case is for ASCII letters only."""
    patterns = tuple(patterns)
    flags = re.DOTALL | (re.IGNORECASE | re.ASCII if ignore_case else re.NOFLAG)
    # An empty alternation would match the empty text; (?!) matches none.
    alternatives = "|".join(map(translation, patterns)) if patterns else "(?!)"
    return Wildcards(patterns, re.compile(rf"(?:{alternatives})\Z", flags))


NOTHING = compiled(())
"""Matches no text."""
