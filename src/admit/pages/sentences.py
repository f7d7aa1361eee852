"""Sentences that the control plane tells, in the reader's language: why somebody may, why a session ended.

What is told is kept as it was told, in English, in the ledger and with each session. It is known again by its
form, so that also what was written down long ago is read in the language of today. What has no known form
stays as it is.
"""

import re
from collections.abc import Mapping
from functools import cache

from admit.pages.words import catalogue

CLAUSE = frozenset({"why", "span", "when", "channel"})
"""What varies and is a sentence itself."""
LIST = frozenset({"channels"})
"""What varies and is a list of such, separated by commas."""
MOST = 600
"""No sentence is longer; a longer text is somebody's own."""
STOPS: Mapping[str, str] = {"en": ".", "zh": "。"}
"""What a sentence ends with."""
_PLACE = re.compile(r"\\{(\w+)\\}")


def said(language: str, text: str) -> str:
    """A sentence in a language."""
    if language == "en" or len(text) > MOST:
        return text
    exact = told(language).get(text)
    if exact is not None:
        return exact
    for beginning, form, other in _forms(language):
        # Most are told apart by their first letters, which is quicker seen than asked of a form.
        if text.startswith(beginning) and (found := form.fullmatch(text)):
            parts = found.groupdict().items()
            return other.format(**{name: _part(language, name, part) for name, part in parts})
    return text


def sentence(language: str, text: str) -> str:
    """The same, with a beginning and an end where the text is but a clause."""
    spoken = said(language, text)
    stop = "" if spoken.endswith((".", "!", "?", "…", STOPS["zh"])) else STOPS[language]
    return f"{spoken[:1].upper()}{spoken[1:]}{stop}"


def _part(language: str, name: str, text: str) -> str:
    """What varies in a sentence, as it stands in the other one."""
    if name in LIST:
        return ", ".join(said(language, each) for each in text.split(", "))
    return said(language, text) if name in CLAUSE else text


def told(language: str) -> Mapping[str, str]:
    """Every sentence there is in a language, by what it is in English; they stand in ``words/told``."""
    return catalogue(language, "told")


@cache
def _forms(language: str) -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """The sentences in which something varies, with how each begins; those that say most come first."""
    varying = [(text, other) for text, other in told(language).items() if "{" in text]
    varying.sort(key=lambda each: len(re.sub(r"{\w+}", "", each[0])), reverse=True)
    return tuple((text.partition("{")[0], _form(text), other) for text, other in varying)


def _form(text: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(lambda place: f"(?P<{place[1]}>.+?)", re.escape(text)), re.DOTALL)
