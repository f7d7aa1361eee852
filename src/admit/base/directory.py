"""A directory that is filled as a whole or not at all, and used by one process at a time."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DRAFT = ".admit-draft"
"""Where the contents stand until they are whole."""

MAY_STAND = frozenset({DRAFT, "admit.toml", "lost+found"})
"""What does not make a directory a used one: settings may come first, and file systems keep their own."""


class DirectoryRefused(Exception):
    """The directory cannot be used so. The text says why and what to do."""


@contextmanager
def filled(directory: Path, last: str) -> Iterator[Path]:
    """A new folder, whose contents become the directory's when the block ends well.

    They are moved up one by one, ``last`` being the name without which nobody
    takes the directory for whole. If the block fails nothing is left of it.

    Raises:
        DirectoryRefused: the directory holds something already, or cannot be made.
    """
    fresh = not directory.exists()
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with held(directory):
            if {each.name for each in directory.iterdir()} - MAY_STAND:
                raise DirectoryRefused(f"{directory} is not empty: name a directory that is, or a new one.")
            draft = directory / DRAFT
            # Left over if the last attempt broke off.
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o700)
            try:
                yield draft
                _move_up(draft, last)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise DirectoryRefused(f"{directory} cannot be filled: {error.strerror or error}.") from error
    finally:
        if fresh and directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Hold a directory against other processes that would hold it; the system lets go if this one dies.

    Raises:
        DirectoryRefused: another process holds it.
        OSError: it cannot be opened.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DirectoryRefused(
                f"{directory} is in use by another `admit serve`: stop that first."
            ) from None
        yield
    finally:
        os.close(descriptor)


def _move_up(draft: Path, last: str) -> None:
    names = sorted((each.name for each in draft.iterdir()), key=lambda name: name == last)
    for folder in (draft, *(each for each in draft.rglob("*") if each.is_dir())):
        _sync(folder)
    for name in names:
        (draft / name).rename(draft.parent / name)
    _sync(draft.parent)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
