"""An Ansible inventory as written, before groups are closed over; both of its forms are read into this."""

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from admit.imports import rules
from admit.imports.records import Unfit

ALL = "all"
UNGROUPED = "ungrouped"

MOST_HOSTS = 10_000
"""The most hosts one pattern may stand for: ``web[1:99999999]`` is a slip, not a fleet."""

_RANGE = re.compile(r"\[([A-Za-z0-9]*):([A-Za-z0-9]+)(?::([0-9]{1,9}))?\]")
_WITH_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|(?:[^:\[\]]|\[[^\[\]]*\])+)(?::([^:\[\]]*))?")


@dataclass(frozen=True, slots=True)
class Var:
    """The value of a variable, None when it is no plain text or number, and the line it stands on."""

    text: str | None
    line: int


@dataclass(slots=True)
class Host:
    """A host: the first line that names it and what is said of it alone."""

    line: int
    vars: dict[str, Var] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """A group: its hosts, its child groups with the lines that name them, and its variables."""

    vars: dict[str, Var] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Inventory:
    """Groups and hosts in the order they are first named."""

    groups: dict[str, Group] = field(default_factory=lambda: {ALL: Group(), UNGROUPED: Group()})
    hosts: dict[str, Host] = field(default_factory=dict)

    def group(self, name: str) -> Group:
        """The group of this name, made when it is new."""
        return self.groups.setdefault(name, Group())

    def place(self, pattern: str, group: str, line: int, variables: dict[str, Var]) -> None:
        """Put the hosts of ``pattern`` (``web[01:10].example.com:2222``) into a group.

        Raises:
            Unfit: the pattern is none.
        """
        names, port = hosts_and_port(pattern)
        for name in names:
            self.group(group).hosts[name] = None
            if name not in self.hosts:
                # Behind a name seen before, Ansible passes over the port.
                self.hosts[name] = Host(line, {"ansible_port": Var(port, line)} if port is not None else {})
            self.hosts[name].vars.update(variables)


def hosts_and_port(pattern: str) -> tuple[list[str], str | None]:
    """The hosts a pattern stands for, and the port behind it as text."""
    if rules.is_ip(pattern):
        return [pattern], None
    parts = _WITH_PORT.fullmatch(pattern)
    if not parts:
        raise Unfit(f'"{pattern}" is no host; ranges are written web[01:10]')
    host, port = parts.groups()
    if host.startswith("[") and rules.is_ip(host[1:-1]):
        return [host[1:-1]], port
    return _expand(host), port


def _expand(pattern: str) -> list[str]:
    """Every name a pattern with ranges stands for; both ends of a range are inside."""
    pieces: list[list[str]] = []
    at = 0
    for found in _RANGE.finditer(pattern):
        pieces += [[pattern[at : found.start()]], _range(*found.groups(default=""))]
        at = found.end()
    pieces.append([pattern[at:]])
    many = 1
    for piece in pieces:
        many *= len(piece)
    if many > MOST_HOSTS:
        raise Unfit(f'"{pattern}" stands for more than {MOST_HOSTS} hosts')
    return [rules.name("".join(parts)) for parts in product(*pieces)]


def _range(first: str, last: str, step: str) -> list[str]:
    written = f"[{first}:{last}{':' if step else ''}{step}]"
    by = int(step or 1)
    if by and last.isdecimal() and (first or "0").isdecimal():
        # A leading zero means numbers of one width: [01:10], not [01:100].
        padded = len(first) > 1 and first.startswith("0")
        low, high = int(first or 0), int(last)
        if len(last) <= 9 and low <= high and (not padded or len(first) == len(last)):
            width = len(first) if padded else 1
            return list(_limited(range(low, high + 1, by), width, written))
    letters = string.ascii_letters
    if by and len(first) == len(last) == 1 and first in letters and last in letters:
        low, high = letters.index(first), letters.index(last)
        if low <= high:
            return list(letters[low : high + 1 : by])
    raise Unfit(f'the range "{written}" cannot be counted; write [1:10], [01:10] or [a:f]')


def _limited(numbers: range, width: int, written: str) -> Iterator[str]:
    if len(numbers) > MOST_HOSTS:
        raise Unfit(f'the range "{written}" stands for more than {MOST_HOSTS} hosts')
    return (f"{number:0{width}}" for number in numbers)
