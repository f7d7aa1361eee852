"""The words of the pages in the reader's language: English as they are written, others by catalogue."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal, TypeAlias

LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "简体中文"}
"""What the pages speak, each by its own name."""
TAGS: Mapping[str, str] = {"en": "en", "zh": "zh-CN"}
"""The languages as HTML names them."""

Kind: TypeAlias = Literal["", "told", "described"]
"""What texts are: those of pages; sentences that the control plane tells; descriptions of the API.

Those of a kind stand in ``words/KIND/LANGUAGE``, those of pages in ``words/LANGUAGE``.
"""


@cache
def catalogue(language: str, kind: Kind = "") -> Mapping[str, str]:
    """Every text of a kind in a language, by what it is in English."""
    found: dict[str, str] = {}
    folder = resources.files("admit.pages") / "words" / kind / language
    if not folder.is_dir():
        return found
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            found |= tomllib.loads(file.read_text("utf-8"))
    return found


def translated(language: str, text: str, **values: object) -> str:
    """A text in a language, with values put in; in English if it is not known there.

    A text without values stays as it is: what the API says may hold braces that somebody typed.
    """
    said = catalogue(language).get(text, text) if language != "en" else text
    return said.format(**values) if values else said


def described(language: str, text: str) -> str:
    """What the API says of an operation or a parameter, in a language; English if it is not known there."""
    return text if language == "en" else catalogue(language, "described").get(text, text)


def language_of(chosen: str | None, accepted: str) -> str:
    """The language to speak: what was chosen, else the first of ``Accept-Language`` we know."""
    if chosen is not None and chosen in LANGUAGES:
        return chosen
    for part in accepted.split(","):
        tag = part.split(";")[0].strip().lower().partition("-")[0]
        if tag in LANGUAGES:
            return tag
    return "en"


def language_of_locale(name: str) -> str:
    """The language of a terminal's locale, such as ``zh_CN.UTF-8``; English where letters are not UTF-8."""
    place, _, letters = name.partition(".")
    is_utf8 = letters.partition("@")[0].lower().replace("-", "") == "utf8"
    return language_of(None, place.replace("_", "-")) if is_utf8 else "en"
