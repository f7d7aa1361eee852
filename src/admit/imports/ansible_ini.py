"""The INI form of an Ansible inventory."""

import re
import shlex

from admit.imports import rules
from admit.imports.inventory import ALL, UNGROUPED, Inventory, Var
from admit.imports.records import Ledger, Unfit
from admit.imports.text import NOT_UTF8, UNREADABLE, lines

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_BRACKETED = re.compile(r"\[([^\[\]]*)\]\s*(?:#.*)?")
_KINDS = {"hosts", "children", "vars"}


def parse(text: str, ledger: Ledger) -> Inventory:
    """Read every line; a line that cannot be read is a fault and the next one is read."""
    sections = _Sections()
    for number, written in enumerate(lines(text), start=1):
        line = written.strip()
        if line and line[0] not in ";#":
            try:
                sections.take(line, number)
            except Unfit as unfit:
                ledger.fault(number, "", str(unfit))
    for name, number in sections.mentioned.items():
        if name not in sections.defined:
            ledger.fault(number, name, f'there is no group "{name}" in this file')
    return sections.inventory


class _Sections:
    """The inventory so far, and the section the next line belongs to."""

    def __init__(self) -> None:
        self.inventory = Inventory()
        self.mentioned: dict[str, int] = {}
        self.defined = {ALL, UNGROUPED}
        self._group = UNGROUPED
        self._kind = "hosts"

    def take(self, line: str, number: int) -> None:
        """Read one line.

        Raises:
            Unfit: it cannot be read. Below a heading that cannot be read nothing is taken until the next one.
        """
        if UNREADABLE in line:
            raise Unfit(NOT_UTF8)
        if _looks_like_heading(line):
            self._kind = "unknown"
            self._group, self._kind = _section(line)
            self._open(number)
        elif self._kind == "hosts":
            pattern, variables = _host_line(line, number)
            self.inventory.place(pattern, self._group, number, variables)
        elif self._kind == "children":
            child = rules.title(line.partition(" #")[0])
            self.mentioned.setdefault(child, number)
            self.inventory.group(child)
            self.inventory.group(self._group).children.setdefault(child, number)
        elif self._kind == "vars":
            key, value = _assignment(line)
            self.inventory.group(self._group).vars[key] = Var(_unquoted(value), number)

    def _open(self, number: int) -> None:
        self.inventory.group(self._group)
        if self._kind == "vars":
            self.mentioned.setdefault(self._group, number)
        else:
            self.defined.add(self._group)


def _looks_like_heading(line: str) -> bool:
    """Whether the line is meant as a heading: an IPv6 address in brackets is a host."""
    bracketed = _BRACKETED.fullmatch(line)
    return bracketed is not None and not rules.is_ip(bracketed[1])


def _section(line: str) -> tuple[str, str]:
    """The group and kind of a heading: ``[web]``, ``[web:vars]``, ``[web:children]``."""
    heading = _SECTION.fullmatch(line)
    if not heading:
        raise Unfit(f"{line} is no heading; write [group], [group:children] or [group:vars]")
    kind = heading[2] or "hosts"
    if kind not in _KINDS:
        raise Unfit(f'"{kind}" is no kind of section: hosts, children or vars')
    return rules.title(heading[1]), kind


def _host_line(line: str, number: int) -> tuple[str, dict[str, Var]]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise Unfit(f"the line cannot be read: {str(error).lower()}") from error
    variables = {}
    for word in words[1:]:
        key, value = _assignment(word)
        variables[key] = Var(value, number)
    return words[0], variables


def _assignment(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise Unfit(f'"{text[:60]}" is no variable; write name=value')
    return key.strip(), value.strip()


def _unquoted(value: str) -> str:
    """The value of a ``:vars`` line: its quotes off, and behind a closing quote or a number no comment."""
    quoted = re.fullmatch(r"""(["'])(.*?)\1\s*(?:#.*)?""", value)
    return quoted[2] if quoted else re.sub(r"^([0-9]+)\s+#.*", r"\1", value)
