"""What a guide holds: its blocks in order, and what each is said to print."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs/guides"

RUN = frozenset({"sh", "python"})
"""Languages of blocks that are run as they stand; ``shell`` is for what needs a network or another user."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What differs from one run to the next though it is shown as it was once: how many, and how long.
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block."""

    language: str
    text: str
    line: int
    """The line of the file it begins at."""


@dataclass(frozen=True, slots=True)
class Step:
    """A block to run, and the block below it, of the language ``text``, that shows what it prints."""

    block: Block
    shown: str | None


def blocks(text: str) -> Iterator[Block]:
    """Every fenced block of a document."""
    for fence in _FENCE.finditer(text):
        yield Block(fence[1], fence[2], text.count("\n", 0, fence.start()) + 1)


def steps(text: str) -> list[Step]:
    """What is to be run, in order."""
    found = list(blocks(text))
    following = [*found[1:], None]
    return [
        Step(block, after.text if after and after.language == "text" else None)
        for block, after in zip(found, following, strict=True)
        if block.language in RUN
    ]


def unlike(shown: str, printed: str) -> list[str]:
    """The lines that are shown and not printed, in this order.

    Blanks and numbers may differ, ``…`` stands for anything, and more may be printed than is shown.
    """
    lines = iter(printed.splitlines())
    return [line for line in shown.splitlines() if line.strip() and not _is_among(line, lines)]


def _is_among(line: str, lines: Iterator[str]) -> bool:
    """Whether the line comes; takes lines up to it."""
    wanted = re.compile(_pattern(line))
    return any(wanted.fullmatch(each.strip()) for each in lines)


def _pattern(line: str) -> str:
    words = [re.escape(word).replace("…", ".*") for word in line.split()]
    return r"\s+".join(_NUMBER.sub(r"\\d+", word) for word in words)
