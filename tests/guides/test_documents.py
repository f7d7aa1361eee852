"""What the documents mention is there: pages, commands, options, settings, metrics, targets."""

import re
from functools import cache
from pathlib import Path

import pytest

from admit.cli.docs import pages
from admit.settings import PREFIX
from admit.settings_reference import reference as settings_reference
from tests.guides.documents import (
    Document,
    broken_links,
    commands_without_a_word,
    documents,
    unknown_commands,
    written,
)
from tests.guides.guide import GUIDES, ROOT, RUN, blocks, unlike

SHOWN_ONLY = frozenset({"json", "", "shell", "text", "toml", "ini", "hcl", "javascript", "go"})
"""Languages of blocks that are not run as they stand."""

OF_CLIENTS = frozenset({"ADMIT_ENDPOINT", "ADMIT_CA"})
"""What the commands read that call a server elsewhere: no settings."""


def _id(document: Document) -> str:
    return document.name


@cache
def _page_of_metrics() -> str:
    """The reference page, computed once: there are hundreds of documents."""
    return pages()["metrics.md"]


@pytest.mark.parametrize("document", documents(), ids=_id)
def test_every_link_of_a_page_leads_somewhere(document: Document) -> None:
    assert list(broken_links(document)) == []


@pytest.mark.parametrize("document", written(), ids=_id)
def test_every_command_a_page_mentions_is_there(document: Document) -> None:
    assert list(unknown_commands(document)) == []


@pytest.mark.parametrize("document", written(), ids=_id)
def test_every_setting_a_page_mentions_is_there(document: Document) -> None:
    settings = {each.name for each in settings_reference()}
    variables = {f"{PREFIX}{name.upper()}" for name in settings} | OF_CLIENTS
    spans = [span.partition(" =")[0] for span in document.code]

    assert set(re.findall(rf"\b{PREFIX}[A-Z_]+[A-Z]\b", document.text)) - variables == set()
    assert {span for span in spans if re.fullmatch(r"(mail|tls|log|database)_\w+", span)} - settings == set()


@pytest.mark.parametrize("document", written(), ids=_id)
def test_every_metric_a_page_mentions_is_there(document: Document) -> None:
    metrics = _page_of_metrics()
    mentioned = {name for text in document.code for name in re.findall(r"\badmit_[a-z_]+[a-z]\b", text)}

    assert {name for name in mentioned if f"`{name.removesuffix('_count')}`" not in metrics} == set()


@pytest.mark.parametrize("document", written(), ids=_id)
def test_every_target_a_page_mentions_can_be_made(document: Document) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    mentioned = {name for text in document.code for name in re.findall(r"^make ([a-z]+)", text, re.MULTILINE)}

    assert mentioned - targets == set()


def test_every_block_of_the_guides_is_run_or_is_of_a_language_that_is_not() -> None:
    languages = {block.language for path in GUIDES.glob("*.md") for block in blocks(path.read_text("utf-8"))}

    assert languages <= RUN | SHOWN_ONLY


def test_the_guides_leave_out_no_command_but_those_for_oneself() -> None:
    texts = [document.text for document in written()]

    assert commands_without_a_word(texts) <= {"completion", "docs", "demo"}


def test_what_is_not_there_is_found() -> None:
    page = Document(
        ROOT / "docs/guides/planted.md",
        "[gone](nowhere.md) [no heading](#nothing)\n\n`admit grand` `admit who x --then now`\n\n"
        "```sh\nadmit call ram ListUsers --Filter x; admit call ram ListPeople\n```\n",
    )

    assert len(list(broken_links(page))) == 2
    assert [each.rpartition(" ")[2] for each in unknown_commands(page)] == ["grand", "--then", "ListPeople"]


def test_what_is_shown_is_found_in_what_is_printed_whatever_the_numbers() -> None:
    printed = "yes  alice may use it.\n     until\ttomorrow 18:00 (in 8 h)\n"

    assert unlike("yes alice may use it.\nuntil tomorrow 09:30 (in …)\n", printed) == []
    assert unlike("until tomorrow 18:00 (in 8 h)\nyes alice may use it.\n", printed) == [
        "yes alice may use it."
    ]


def test_the_readme_shows_a_program() -> None:
    assert [block.language for block in blocks(Path(ROOT / "README.md").read_text("utf-8"))].count(
        "python"
    ) == 1
