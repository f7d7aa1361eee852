"""Policy documents as pages show them: laid out, compared line by line, with the line where a fault is."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from admit.core.ram_documents import MAX_DOCUMENT_CHARACTERS

STARTER = """{"Version": "1", "Statement": [
{"Effect": "Allow", "Action": ["admit:List*", "admit:Get*"], "Resource": "*"}]}"""
"""What a new policy begins with: to look, and nothing else."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document."""

    number: int | None
    """None for one that is there no more."""
    text: str
    kind: str = ""
    """added, removed or faulty; empty for any other."""


def laid_out(document: str) -> str:
    """A document as one reads it; what is no JSON, or nested too deeply for any, stays as it is."""
    try:
        return json.dumps(json.loads(document), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return document


def to_send(typed: str) -> str:
    """A document as it was typed, or without its layout where it would be too long with it."""
    text = typed.replace("\r\n", "\n")
    if len(text) <= MAX_DOCUMENT_CHARACTERS:
        return text
    return "".join(_TOKEN.findall(text))


def trusting(account: str) -> str:
    """What a new role begins with: its account may let its own callers assume it."""
    one = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"RAM": [f"acs:ram::{account}:root"]},
    }
    return json.dumps({"Version": "1", "Statement": [one]}, indent=2)


def lines(document: str) -> list[Line]:
    """A document line by line."""
    return [Line(number, text) for number, text in enumerate(laid_out(document).split("\n"), 1)]


def compared(before: str, after: str) -> list[Line]:
    """How one document becomes another, line by line; what is too long for one becomes none."""
    if len(after) > MAX_DOCUMENT_CHARACTERS:
        return lines(after)
    old, new = (laid_out(each).split("\n") for each in (before, after))
    found: list[Line] = []
    for what, begin, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what != "equal":
            found += [Line(None, text, "removed") for text in old[begin:end]]
        kind = "" if what == "equal" else "added"
        found += [Line(number + 1, new[number], kind) for number in range(first, last)]
    return found


@dataclass(frozen=True, slots=True)
class Document:
    """A document on a page, or how one becomes another."""

    title: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Effects:
    """What is to be seen before a change of what callers may do."""

    documents: list[Document] = field(default_factory=list)
    counts_for: list[tuple[str, str]] = field(default_factory=list)
    """The kind and the name of each caller."""
    policies: list[str] = field(default_factory=list)
    """By name, where there are several."""
    rotated: str = ""
    """The version that goes to make room."""


# -- where a fault is --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a document, and in which line of what was typed."""

    line: int
    text: str


_UNREAD = re.compile(r"document: is (?:not JSON: .*line (\d+) column|nested|longer)", re.DOTALL)
"""Of these no place can be told but the one where the reader of JSON gave up."""


def fault_in(typed: str, said: str) -> Fault:
    """Where in a document the fault is that RAM told of: ``Statement[1].Effect: must be Allow or Deny``."""
    said = said.partition("is malformed. ")[2] or said
    if unread := _UNREAD.match(said):
        return Fault(int(unread[1] or 1), said)
    tokens = _TOKEN.finditer(typed)
    places = list(_places(next(tokens), tokens, ""))
    # What is missing is told of by its own name: the fault is where it should stand.
    around = [each for each in places if said.startswith((f"{each.path}:", f"{each.path}."))]
    where = max(around, key=lambda each: len(each.path), default=_Place("", 0))
    inside = [each for each in places if each.path.startswith(where.path)]
    named = [each for each in inside if f" {each.said} " in said.removeprefix(where.path)]
    meant = (named[-1] if "twice" in said else named[0]) if named else where
    return Fault(typed.count("\n", 0, meant.at) + 1, said)


@dataclass(frozen=True, slots=True)
class _Place:
    """A member or a value of a document."""

    path: str
    """As RAM calls it: ``Statement[0].Action``."""
    at: int
    said: str = "''"
    """What it is or is called, as RAM quotes it."""


# What nobody closed is a text to the end: it is gone through once, and is sent as it is.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[][{}:,]|[^][{}:,\s"]+', re.DOTALL)


def _places(token: re.Match[str], rest: Iterator[re.Match[str]], path: str) -> Iterator[_Place]:
    """The places in a value of a document that is JSON; it begins with a token, and the rest follows."""
    if token[0] == "{":
        yield from _members(rest, path)
    elif token[0] == "[":
        yield from _elements(rest, path)
    else:
        yield _Place(path, token.start(), repr(json.loads(token[0])))


def _members(rest: Iterator[re.Match[str]], path: str) -> Iterator[_Place]:
    while (name := next(rest))[0] != "}":
        if name[0] != ",":
            key, _colon = json.loads(name[0]), next(rest)
            inner = f"{path}.{key}" if path else key
            yield _Place(inner, name.start(), repr(key))
            yield from _places(next(rest), rest, inner)


def _elements(rest: Iterator[re.Match[str]], path: str) -> Iterator[_Place]:
    number = 0
    while (token := next(rest))[0] != "]":
        if token[0] != ",":
            yield _Place(f"{path}[{number}]", token.start())
            yield from _places(token, rest, f"{path}[{number}]")
            number += 1
