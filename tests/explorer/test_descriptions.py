"""What the API says of itself is said in every language of pages: nothing is left out, nothing left over."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import get_args

import pytest

from admit.explorer.fields import Field, Sort, fields_of
from admit.main import SERVICES
from admit.pages.words import LANGUAGES, catalogue, described
from admit.rpc import describe
from admit.rpc.operation import Operation

OTHERS = [each for each in LANGUAGES if each != "en"]
SHARED = "shared"
"""The file of what several services say."""


def meanings(fields: tuple[Field, ...]) -> Iterator[str]:
    for field in fields:
        if field.meaning:
            yield field.meaning
        yield from meanings(field.parts)


def texts(operation: Operation) -> set[str]:
    """All that the explorer tells of an operation."""
    return {*describe.paragraphs(operation), *meanings(fields_of(operation))}


def wanted() -> Mapping[str, set[str]]:
    """Every text by the file it is to stand in: that of its service, or of all."""
    saying: dict[str, set[str]] = defaultdict(set)
    for service in SERVICES:
        for operation in service.operations.values():
            for text in texts(operation):
                saying[text].add(operation.shape.__module__.split(".")[2])
    files: dict[str, set[str]] = defaultdict(set)
    for text, services in saying.items():
        files[SHARED if len(services) > 1 else next(iter(services))].add(text)
    return files


def there(language: str) -> Mapping[str, set[str]]:
    folder = resources.files("admit.pages") / "words" / "described" / language
    return {
        each.name.removesuffix(".toml"): set(tomllib.loads(each.read_text("utf-8")))
        for each in folder.iterdir()
    }


@pytest.mark.parametrize("language", OTHERS)
def test_every_description_is_translated_in_the_file_of_its_service_and_nothing_else_is(
    language: str,
) -> None:
    files, translated = wanted(), there(language)

    assert len(files) > 5
    assert set(translated) == set(files)
    assert {name: sorted(files[name] - translated[name]) for name in files} == {name: [] for name in files}
    assert {name: sorted(translated[name] - files[name]) for name in files} == {name: [] for name in files}


NAMES = {"admit", "IDaaS EIAM", "RAM", "STS"}
"""Services that are called so in every language."""


@pytest.mark.parametrize("language", OTHERS)
def test_services_and_sorts_of_parameters_are_called_something_in_every_language(language: str) -> None:
    called = {service.title for service in SERVICES} - NAMES | set(get_args(Sort)) - {"choice", "flag"}

    assert sorted(called - set(catalogue(language))) == []


def test_a_chinese_description_is_chinese_and_keeps_what_is_written_as_code() -> None:
    code = re.compile(r"`+[^`]+`+")
    names = re.compile(r"\b(?:[A-Z][a-z]+){2,}\b|\b[A-Z]+(?:_[A-Z]+)+\b|\b[a-z]+_[a-z_]+\b")
    wrong = {
        text: other
        for text, other in catalogue("zh", "described").items()
        if not re.search("[\u4e00-\u9fff]", other)
        or code.findall(text) != code.findall(other)
        or not set(names.findall(text)) <= set(names.findall(other))
    }

    assert wrong == {}


def test_what_is_not_known_in_a_language_is_told_in_english() -> None:
    assert described("zh", "Nobody has said this.") == "Nobody has said this."
    assert described("en", "Creates a user.") == "Creates a user."
    assert described("zh", "Creates a user.") == "创建用户。"
