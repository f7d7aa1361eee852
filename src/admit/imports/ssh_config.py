"""Hosts from an OpenSSH client configuration, resolved as ``ssh`` itself would resolve each name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from admit.imports import rules
from admit.imports.records import SSH_PORT, AccountRecord, HostRecord, Include, Ledger, Reading, Unfit
from admit.imports.ssh_config_lines import Directive, Patterns, directive
from admit.imports.text import decode, lines

DEEPEST_INCLUDE = 16
"""As in OpenSSH (READCONF_MAX_DEPTH)."""

_READ = {"hostname", "port", "user", "identityfile"}
_ANOTHER_WAY = {"proxyjump", "proxycommand"}

T = TypeVar("T")

Place: TypeAlias = tuple[int, str | None]
"""A line, and the file it stands in when that is not the one being read."""


@dataclass(frozen=True, slots=True)
class _Setting:
    place: Place
    written: str
    value: str


@dataclass(frozen=True, slots=True)
class _Block:
    """The settings below one ``Host`` line, for names that match it and the ``Host`` lines around it."""

    scope: tuple[Patterns, ...]
    settings: dict[str, _Setting] = field(default_factory=dict)

    def holds(self, name: str) -> bool:
        return all(patterns.match(name) for patterns in self.scope)


class _Index:
    """The blocks of each name, without asking every block: generated files have thousands of hosts."""

    def __init__(self, blocks: list[_Block]) -> None:
        self._blocks = [block for block in blocks if block.settings]
        self._named: dict[str, list[int]] = {}
        self._wide: list[int] = []
        for place, block in enumerate(self._blocks):
            narrow = next((patterns for patterns in block.scope if not patterns.wildcards), None)
            if narrow is None:
                self._wide.append(place)
            for name in narrow.names if narrow else ():
                self._named.setdefault(name, []).append(place)

    def of(self, name: str) -> list[_Block]:
        """The blocks that hold for a name, in the order of the file."""
        places = sorted(self._named.get(name, []) + self._wide)
        return [self._blocks[place] for place in places if self._blocks[place].holds(name)]


def read(text: str, include: Include | None = None) -> Reading[HostRecord]:
    """Read the hosts that ``Host`` lines name; patterns and what stands before them only give values.

    ``Match`` blocks other than ``Match all`` depend on machine and moment: they are noted and left out.
    """
    ledger = Ledger()
    walk = _Walk(ledger, include)
    walk.file(text, (), ())
    index = _Index(walk.blocks)
    hosts = (_host(name, place, index.of(name), ledger) for name, place in walk.names.items())
    return ledger.reading([host for host in hosts if host])


class _Walk:
    """Reads a file and what it includes, in the order ``ssh`` does."""

    def __init__(self, ledger: Ledger, include: Include | None) -> None:
        self.blocks: list[_Block] = []
        self.names: dict[str, Place] = {}
        self._ledger = ledger
        self._include = include

    def file(self, text: str, outer: tuple[Patterns, ...], files: tuple[str, ...]) -> None:
        """Read one file whose ``Host`` lines count only for names that match ``outer`` too."""
        here = files[-1] if files else None
        block: _Block | None = self._open(outer)
        for number, line in enumerate(lines(text), start=1):
            try:
                found = directive(line)
            except Unfit as unfit:
                self._ledger.fault(number, "", str(unfit), here)
                continue
            if found is None:
                continue
            if found.keyword == "host":
                block = self._open((*outer, Patterns.of(found.arguments)))
                self._name(found.arguments, block, (number, here))
            elif found.keyword == "match":
                block = self._match(found, outer, (number, here))
            elif block is None:
                continue
            elif found.keyword == "include":
                self._includes(found, block, (number, files))
                # What follows the included file belongs to the same Host line, but after the included values.
                block = self._open(block.scope)
            else:
                self._set(found, block, (number, here))

    def _open(self, scope: tuple[Patterns, ...]) -> _Block:
        block = _Block(scope)
        self.blocks.append(block)
        return block

    def _name(self, patterns: tuple[str, ...], block: _Block, place: Place) -> None:
        for name in patterns:
            if Patterns.concrete(name) and block.holds(name):
                self.names.setdefault(name, place)

    def _match(self, found: Directive, outer: tuple[Patterns, ...], place: Place) -> _Block | None:
        if [argument.casefold() for argument in found.arguments] == ["all"]:
            return self._open(outer)
        said = " ".join(found.arguments)
        self._ledger.note(place[0], "Match", f'what stands below "Match {said}" is not read', place[1])
        return None

    def _set(self, found: Directive, block: _Block, place: Place) -> None:
        value = found.arguments[0]
        if found.keyword in _ANOTHER_WAY and value.casefold() != "none":
            message = f'"{" ".join(found.arguments)}" is not read: admit connects to the host itself'
            self._ledger.note(place[0], found.written, message, place[1])
        elif found.keyword in _READ:
            if len(found.arguments) > 1:
                self._ledger.fault(
                    place[0], found.written, "takes one value; quote a value with blanks", place[1]
                )
            else:
                block.settings.setdefault(found.keyword, _Setting(place, found.written, value))

    def _includes(self, found: Directive, block: _Block, place: tuple[int, tuple[str, ...]]) -> None:
        line, files = place
        here = files[-1] if files else None
        for pattern in found.arguments:
            if self._include is None:
                self._ledger.note(line, found.written, f'"{pattern}" is not followed', here)
                continue
            try:
                included = self._include(pattern)
            except OSError as error:
                self._ledger.fault(line, found.written, f'"{pattern}" cannot be read: {error.strerror}', here)
                continue
            if not included:
                self._ledger.note(line, found.written, f'"{pattern}" stands for no file', here)
            for name, content in included:
                if name in files or len(files) >= DEEPEST_INCLUDE:
                    deep = f'"{name}" is more than {DEEPEST_INCLUDE} files deep'
                    why = f'"{name}" includes itself' if name in files else deep
                    self._ledger.fault(line, found.written, why, here)
                else:
                    self.file(decode(content), block.scope, (*files, name))


def _host(name: str, place: Place, blocks: list[_Block], ledger: Ledger) -> HostRecord | None:
    settings: dict[str, _Setting] = {}
    for block in blocks:
        settings = {**block.settings, **settings}

    def value(keyword: str, default: str, rule: Callable[[str], T]) -> T:
        setting = settings.get(keyword, _Setting(place, "Host", default))
        try:
            return rule(setting.value)
        except Unfit as unfit:
            ledger.fault(
                setting.place[0], setting.written, f"{unfit}, so {name} is left out", setting.place[1]
            )
            raise

    try:
        value("host", name, rules.name)
        address = value("hostname", "%h", lambda text: rules.address(_expand(text, {"h": name})))
        port = value("port", str(SSH_PORT), rules.port)
        user = value("user", "", rules.name) if "user" in settings else None
        tokens = {"h": address, "n": name, "r": user or "", "p": str(port), "d": "~"}
        key = value("identityfile", "none", lambda text: _expand(text, tokens))
    except Unfit:
        return None
    path = None if key.casefold() == "none" else key
    accounts = (AccountRecord(user, "SSH", path),) if user else ()
    return HostRecord(place[0], name, address, port, accounts=accounts)


def _expand(text: str, tokens: Mapping[str, str]) -> str:
    """``text`` with its ``%`` tokens filled in."""

    def token(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        if match[1] not in tokens:
            raise Unfit(f'"{match[0]}" in "{text}" means nothing outside of ssh')
        return tokens[match[1]]

    return re.sub(r"%(.?)", token, text)
