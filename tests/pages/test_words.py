"""Every text of the pages is known in every language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from admit.pages.words import LANGUAGES, catalogue, language_of, language_of_locale, translated

SOURCE = Path(__file__).resolve().parents[2] / "src" / "admit"
TEXT = re.compile(r"""\bt\(\s*(?P<quote>["'])(?P<text>(?:\\.|(?!(?P=quote)).)+)(?P=quote)""")
"""A text in a template, as it is handed to ``t``."""


def texts_of_templates() -> Iterator[str]:
    for template in SOURCE.glob("*/templates/**/*.html"):
        for found in TEXT.finditer(template.read_text("utf-8")):
            # As a template reads it: what is escaped is written out.
            yield str(ast.literal_eval(found["quote"] + found["text"] + found["quote"]))


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_text_of_every_template_is_translated(language: str) -> None:
    missing = sorted(set(texts_of_templates()) - set(catalogue(language)))

    assert not missing, "not in src/admit/pages/words/" + language


def refusals() -> Iterator[str]:
    """Every text with which a page is refused, as far as it stands there itself."""
    for module in SOURCE.rglob("*.py"):
        tree = ast.parse(module.read_text("utf-8"))
        constants = {
            target.id: each.value.value
            for each in tree.body
            if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant)
            for target in each.targets
            if isinstance(target, ast.Name)
        }
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "PageRefused":
                said = call.args[1]
                text = said.value if isinstance(said, ast.Constant) else constants.get(ast.unparse(said))
                if isinstance(text, str):
                    yield text


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_why_a_page_is_refused_is_said_in_every_language(language: str) -> None:
    found = set(refusals())

    assert len(found) > 5
    assert sorted(found - set(catalogue(language))) == []


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_a_translation_has_the_values_of_its_text(language: str) -> None:
    values = re.compile(r"{(\w+)}")
    other = {
        text
        for text, said in catalogue(language).items()
        if set(values.findall(text)) != set(values.findall(said))
    }

    assert not other


def test_what_is_not_known_stays_english() -> None:
    assert translated("zh", "No such {thing}", thing="text") == "No such text"


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "fr, de;q=0.7", "en"),
        ("zh", "en", "zh"),
        ("xx", "zh-TW", "zh"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_first_that_is_known(
    chosen: str | None, accepted: str, language: str
) -> None:
    assert language_of(chosen, accepted) == language


def test_braces_that_somebody_typed_stay_as_they_are() -> None:
    assert translated("zh", "There is no host {0} {x}.") == "There is no host {0} {x}."


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh_CN.UTF-8", "zh"),
        ("zh_CN.utf8@pinyin", "zh"),
        ("zh_CN.GB18030", "en"),
        ("zh_CN", "en"),
        ("en_GB.UTF-8", "en"),
        ("C.UTF-8", "en"),
        ("de_DE.UTF-8", "en"),
        ("", "en"),
    ],
)
def test_a_terminal_is_told_in_the_language_of_its_locale_if_it_can_show_it(
    locale: str, language: str
) -> None:
    assert language_of_locale(locale) == language
