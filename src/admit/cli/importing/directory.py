"""What every directory is that people are imported into."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from admit.cli.client import Refused
from admit.imports.records import PersonRecord

Fields: TypeAlias = dict[str, str]
"""Parameters by the names they have on the wire."""

Made: TypeAlias = str | Refused
"""The ID of a user who was made, or why not."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a directory is to hold of a person."""

    fields: Fields
    once: Fields = field(default_factory=dict)
    """What can be said only when the user is made."""
    notes: tuple[str, ...] = ()
    """What it cannot hold."""


@dataclass(frozen=True, slots=True)
class Known:
    """A user who is there."""

    id: str
    fields: Mapping[str, Any]
    """What the listing says of the user, by the names it has on the wire."""


class Directory(Protocol):
    """Where people become users."""

    @property
    def name(self) -> str:
        """As it is written behind --into."""
        ...

    @property
    def batch(self) -> int:
        """How many users one call makes."""
        ...

    def key(self, name: str) -> str:
        """What tells a user's name from others."""
        ...

    def wanted(self, person: PersonRecord) -> Wanted:
        """What is to be held of a person.

        Raises:
            Unfit: the person cannot be a user here.
        """
        ...

    def users(self) -> Iterator[tuple[str, Known]]:
        """Every user, by name."""
        ...

    def create(self, new: Sequence[tuple[str, Fields]]) -> list[Made]:
        """Make users by name, as many as ``batch`` at most."""
        ...

    def change(self, user: Known, changes: Fields) -> None:
        """Write what is different.

        Raises:
            Refused: the directory refuses.
        """
        ...

    def groups(self) -> Iterator[tuple[str, str]]:
        """Every group: name and ID."""
        ...

    def create_group(self, name: str) -> str:
        """Make a group, and tell its ID.

        Raises:
            Refused: the directory refuses.
        """
        ...

    def members(self, group_id: str) -> Iterator[str]:
        """The IDs of the users in a group."""
        ...

    def join(self, group_id: str, user_ids: Sequence[str]) -> None:
        """Put up to 100 users into a group.

        Raises:
            Refused: the directory refuses.
        """
        ...


def said(**fields: str | None) -> Fields:
    """The fields that are not empty."""
    return {name: value for name, value in fields.items() if value}
