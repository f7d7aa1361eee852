"""What a launcher of sessions is asked, whoever it is."""

import socket
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from admit.streaming.homes import Stored
from admit.streaming.sandbox import Screen

NO_PROGRAM = "This application is not in the catalogue of this server."
NOT_INSTALLED = "{program} is not installed on this server."
NOT_STANDING = "The screen of the session does not stand."
RUNS_ALREADY = "This session runs already."
FOLDER_FULL = "The home folder is full: remove files first."
SEE_LOG = "The session could not be started: the server's log says why."


class StartRefused(Exception):
    """A session cannot be started. The text is for the person."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be started: names alone, of which the launcher itself knows what they stand for."""

    session: str
    program: str
    """A key of the catalogue."""
    home: str
    """The home folder: the delivery group's id, a slash, the user's id."""
    screen: Screen = field(default_factory=Screen)
    lasting: bool = True
    """Whether the home folder outlives the session."""


class Fate(StrEnum):
    """Why a session is over, as far as its launcher knows."""

    CLOSED = "the application was closed"
    LAPSED = "it was not renewed"
    GREEDY = "it took up more memory or processes than it may"
    FULL = "its home folder is full"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that was made in a home folder."""

    opened: int
    """It, open for writing."""
    name: str
    """The name it got: another one if there was a file of the one asked for."""
    room: int
    """How many bytes the home folder has left for it."""


class Launcher(Protocol):
    """Who starts sessions."""

    async def start(self, order: Order) -> None:
        """Start a session; returns when its screen stands.

        Raises:
            StartRefused: it cannot be.
        """
        ...

    async def connect(self, session: str) -> socket.socket:
        """A connection to the screen of a session.

        Raises:
            OSError: it is over.
        """
        ...

    async def renew(self, sessions: Collection[str]) -> frozenset[str]:
        """Let sessions live on; returns those that do."""
        ...

    async def stop(self, session: str) -> None:
        """End a session and all that is in it, at once; nothing if it is over."""
        ...

    async def files(self, session: str) -> list[Stored]:
        """The files in a session's home folder.

        Raises:
            FileRefused: it is over.
        """
        ...

    async def open_file(self, session: str, path: str) -> int:
        """A file of a session's home folder, open for reading.

        Raises:
            FileRefused: there is none.
        """
        ...

    async def new_file(self, session: str, name: str) -> NewFile:
        """Make a file in a session's home folder.

        Raises:
            FileRefused: it cannot be made, or the folder is full.
        """
        ...

    async def fate(self, session: str) -> Fate:
        """Why a session is over that does not live on. It is told once."""
        ...
