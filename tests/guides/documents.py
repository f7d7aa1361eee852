"""The documents, and what they mention: links, commands, settings, metrics."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from admit.cli import COMMANDS, main
from admit.cli.call import SHORT, operations_of
from tests.guides.guide import ROOT, blocks

COMPUTED = ROOT / "docs/reference"
"""Computed from the code, and compared with it by a test of its own."""

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# Where a command stands: first, behind a sign that ends another, behind a variable, or named by its path.
_COMMAND = re.compile(r"(?:^\s*|[;|&(]\s*|^\S+=\S*\s+|/bin/)admit (?=(.+))", re.MULTILINE)
_END_OF_COMMAND = frozenset({"|", "||", "&&", ";", "#", ">", "…"})


@dataclass(frozen=True, slots=True)
class Document:
    """A page of ours, as it stands in the repository."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Its path below the repository's root."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def prose(self) -> str:
        """All but its blocks."""
        return _FENCED.sub("", self.text)

    @property
    def code(self) -> Iterator[str]:
        """What a reader may type: spans of code, and blocks that show no output."""
        yield from (" ".join(span.split()) for span in _SPAN.findall(self.prose))
        yield from (block.text for block in blocks(self.text) if block.language not in ("text", "python"))


def documents() -> list[Document]:
    """Every page there is."""
    paths = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changes/*.md")]
    return [Document(path, path.read_text("utf-8")) for path in sorted(paths)]


def written() -> list[Document]:
    """Every page that somebody wrote."""
    return [each for each in documents() if COMPUTED not in each.path.parents]


# -- links -----------------------------------------------------------------------------------------


def broken_links(document: Document) -> Iterator[str]:
    """The links of a page that lead nowhere in the repository."""
    for link in _LINK.findall(document.prose):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (document.path.parent / name).resolve() if name else document.path
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            yield f"{document.name}: {link}"


def _anchors(page: Path) -> set[str]:
    """The headings of a page, as they are linked to."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# -- commands --------------------------------------------------------------------------------------


def unknown_commands(document: Document) -> Iterator[str]:
    """What a page calls that `admit` does not have: commands, options, operations."""
    for text in document.code:
        for line in _COMMAND.findall(text.replace("\\\n", " ")):
            words = _words(line)
            if words:
                yield from (f"{document.name}: admit {line}: {word}" for word in _unknown(words))


def _words(line: str) -> list[str]:
    """The words of the command a line begins with."""
    lexer = shlex.shlex(line, posix=False, punctuation_chars="|&;()>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    found = []
    for word in lexer:
        if word in _END_OF_COMMAND or word.startswith(")"):
            break
        found.append(word.strip("\"'"))
    return found


def _unknown(words: list[str]) -> Iterator[str]:
    command: click.Command = main
    rest = iter(words)
    for word in rest:
        if isinstance(command, click.Group) and not word.startswith("-"):
            found = command.get_command(click.Context(command), word)
            if found is None:
                yield word
                return
            command = found
        elif word.startswith("-") and word.partition("=")[0] not in _options(command):
            if command.name == "call" and word[2:3].isupper():
                continue
            yield word
    if words[0] == "call" and words[1:3] and not words[1].isupper():
        yield from _unknown_operation(*words[1:3])


def _unknown_operation(service: str, action: str) -> Iterator[str]:
    if action not in operations_of(SHORT.get(service, service)):
        yield f"{service} {action}"


def _options(command: click.Command) -> set[str]:
    context = click.Context(command, help_option_names=["-h", "--help"])
    return {option for parameter in command.get_params(context) for option in parameter.opts}


def commands_without_a_word(texts: list[str]) -> set[str]:
    """The commands that none of the texts mentions."""
    return {name for name in COMMANDS if not any(f"admit {name}" in text for text in texts)}
