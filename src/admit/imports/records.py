"""What a file said about people and hosts, and what in it could not be read."""

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeAlias, TypeVar

Os: TypeAlias = Literal["Linux", "Windows"]
Protocol: TypeAlias = Literal["SSH", "RDP"]

SSH_PORT = 22
RDP_PORT = 3389

Include: TypeAlias = Callable[[str], Sequence[tuple[str, bytes]]]
"""Gives the name and content of every file an ``Include`` argument stands for, in the order they are read.

The argument comes as written (``~``, globs and relative paths included). Nothing found is an empty sequence;
an ``OSError`` becomes a fault.
"""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """One person. ``line`` is where the record starts, 0 in a format without lines (SCIM)."""

    line: int
    name: str
    display_name: str | None = None
    email: str | None = None
    phone: str | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account on a host. The key's path is as written; ``~`` is the caller's to resolve."""

    name: str
    protocol: Protocol = "SSH"
    private_key_path: str | None = None


@dataclass(frozen=True, slots=True)
class HostRecord:
    """One host. ``port`` is that of its accounts' protocol; ``line`` is the first that names the host."""

    line: int
    name: str
    address: str
    port: int = SSH_PORT
    os: Os = "Linux"
    accounts: tuple[AccountRecord, ...] = ()
    groups: tuple[str, ...] = ()
    comment: str | None = None

    @property
    def reach(self) -> Literal["Public", "Private"]:
        """Whether the address is an IP address of the internet; a name is taken for one of this network."""
        try:
            return "Public" if ipaddress.ip_address(self.address).is_global else "Private"
        except ValueError:
            return "Private"

    @property
    def own_port(self) -> tuple[Protocol, int] | None:
        """The protocol and its port, if that is not the usual one."""
        protocol: Protocol = "RDP" if any(each.protocol == "RDP" for each in self.accounts) else "SSH"
        usual = RDP_PORT if protocol == "RDP" else SSH_PORT
        return None if self.port == usual else (protocol, self.port)


@dataclass(frozen=True, slots=True)
class LineFault:
    """Something that was not taken, and where it stands.

    ``line`` is 0 where a path in ``column_or_key`` says the place (SCIM). ``file`` names an included file.
    """

    line: int
    column_or_key: str
    message: str
    file: str | None = None

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        place = ", ".join(part for part in (self.file, line, self.column_or_key) if part)
        return f"{place}: {self.message}" if place else self.message


@dataclass(frozen=True, slots=True)
class Reading(Generic[R]):
    """Everything good and everything wrong in one file.

    ``faults`` are wrong: the record they stand in is left out. ``notes`` are understood and left unread on
    purpose (a column nobody asked for, a ``Match`` block, a password); the records beside them are good.
    """

    records: tuple[R, ...] = ()
    faults: tuple[LineFault, ...] = ()
    notes: tuple[LineFault, ...] = ()


class Unfit(ValueError):
    """A value that cannot be taken; the text says why, for a person who will mend the file."""


@dataclass(slots=True)
class Ledger:
    """Faults and notes in the order they are found."""

    faults: list[LineFault] = field(default_factory=list)
    notes: list[LineFault] = field(default_factory=list)

    def fault(self, line: int, key: str, message: str, file: str | None = None) -> None:
        """Something is wrong here."""
        self.faults.append(LineFault(line, key, message, file))

    def note(self, line: int, key: str, message: str, file: str | None = None) -> None:
        """Something is left unread here."""
        self.notes.append(LineFault(line, key, message, file))

    def check(self, place: tuple[int, str], rule: Callable[[str], T], text: str) -> T | None:
        """What ``rule`` makes of ``text``; None, and a fault at ``place``, when it is unfit."""
        try:
            return rule(text)
        except Unfit as unfit:
            self.fault(*place, str(unfit))
            return None

    def reading(self, records: Iterable[R]) -> Reading[R]:
        """The records, with everything written down so far; each fault once, by line."""
        return Reading(tuple(records), _in_order(self.faults), _in_order(self.notes))


def _in_order(entries: list[LineFault]) -> tuple[LineFault, ...]:
    return tuple(sorted(dict.fromkeys(entries), key=lambda entry: (entry.file or "", entry.line)))
