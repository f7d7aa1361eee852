"""Home folders: one for each person in each delivery group, closed to all others, and what lies in them.

What is in a home folder was put there by programs that may be hostile to whoever looks: no name in it is
followed to where it leads, and nothing but plain files is read.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from admit.core.validity import SECOND, Millis

FIRST_UID = 0x7000_0000
"""Where the users of home folders begin, where there are any: nobody else gives out numbers so high."""
UIDS = 0x0010_0000
LISTED = 1_000
"""How many files a listing has at most."""
DEPTH = 6
"""How deep folders are looked into."""
USED_DEPTH = 100
"""How deep folders may be for their size to be known."""
ENDLESS = 1 << 62
"""More than any home folder holds."""
BLOCK = 4096
"""What a name takes up at least."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class FileRefused(Exception):
    """A file cannot be had, or put there. The text is for the person."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in a home folder."""

    path: str
    """From the home folder on, with slashes."""
    size: int
    changed_at: Millis


def folder(root: Path, home: str, *, owned: bool) -> tuple[Path, int | None]:
    """A home folder, made if there is none; and the user it belongs to, where each has one (``owned``).

    The folder itself keeps whose it is: there is no list that could be lost.

    Raises:
        ValueError: ``home`` is not two plain names and a slash.
    """
    group, _, person = home.partition("/")
    if not (_NAME.fullmatch(group) and _NAME.fullmatch(person)):
        raise ValueError(f"no name of a home folder: {home!r}")
    path = root / group / person
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    fresh = not path.exists()
    path.mkdir(mode=0o700, exist_ok=True)
    if not owned:
        return path, None
    if fresh or path.stat().st_uid < FIRST_UID:
        uid = _next_uid(root)
        _give(path, uid)
        return path, uid
    return path, path.stat().st_uid


def _next_uid(root: Path) -> int:
    taken = {person.stat().st_uid for group in root.iterdir() if group.is_dir() for person in group.iterdir()}
    return next(uid for uid in range(FIRST_UID, FIRST_UID + UIDS) if uid not in taken)


def _give(path: Path, uid: int) -> None:
    """Let a home folder belong to a user, with all that is in it."""
    for inside, folders, files in os.walk(path, topdown=False):
        for name in (*folders, *files):
            os.chown(Path(inside, name), uid, uid, follow_symlinks=False)
    os.chown(path, uid, uid)


# -- what lies in them -------------------------------------------------------------------------------


def listed(home: Path) -> list[Stored]:
    """The plain files of a home folder, hidden ones left out, by path."""
    with _opened(home) as root:
        return sorted(_inside(root, "", DEPTH), key=lambda each: each.path)[:LISTED]


def _inside(folder_fd: int, prefix: str, depth: int) -> Iterator[Stored]:
    with os.scandir(folder_fd) as entries:
        names = [each.name for each in entries if not each.name.startswith(".")][:LISTED]
    for name in names:
        with suppress(OSError):
            found = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
            if stat.S_ISREG(found.st_mode):
                yield Stored(prefix + name, found.st_size, int(found.st_mtime * SECOND))
            elif stat.S_ISDIR(found.st_mode) and depth:
                with _opened(name, folder_fd) as inner:
                    yield from _inside(inner, f"{prefix}{name}/", depth - 1)


def used_bytes(home: Path, most: int) -> int:
    """What a home folder takes up on the disk; it is not counted on beyond ``most``.

    Each name counts as a block, so that many empty files are something as well. What is too deep to be
    looked into might hold anything: it counts as more than ``most``.
    """
    with _opened(home) as root:
        return _used(root, most, USED_DEPTH)


def _used(folder_fd: int, most: int, depth: int) -> int:
    used = 0
    with os.scandir(folder_fd) as entries:
        for each in entries:
            # What is removed or replaced meanwhile is counted the next time.
            with suppress(OSError):
                found = os.stat(each.name, dir_fd=folder_fd, follow_symlinks=False)
                # A file of several names is counted under each: that can only be too much.
                used += max(found.st_blocks * 512, BLOCK)
                if stat.S_ISDIR(found.st_mode) and used <= most:
                    used += _used_below(each.name, folder_fd, most - used, depth - 1)
            if used > most:
                break
    return used


def _used_below(name: str, folder_fd: int, most: int, depth: int) -> int:
    if not depth:
        return most + 1
    try:
        with _opened(name, folder_fd) as inner:
            return _used(inner, most, depth)
    except PermissionError:
        _open_up(name, folder_fd)
        with _opened(name, folder_fd) as inner:
            return _used(inner, most, depth)


def _open_up(name: str, folder_fd: int) -> None:
    """Let a folder be looked into that its owner, who is who looks, has shut."""
    path = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder_fd)
    try:
        Path(f"/proc/self/fd/{path}").chmod(0o700)
    finally:
        os.close(path)


def open_for_reading(home: Path, path: str) -> int:
    """A plain file of a home folder, open; no link on the way is followed.

    Raises:
        FileRefused: there is none.
    """
    *folders, name = _parts(path)
    try:
        with _into(home, folders) as inside:
            opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=inside)
    except OSError:
        raise FileRefused("There is no such file.") from None
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise FileRefused("That is no plain file.")
    return opened


def open_for_writing(home: Path, name: str, uid: int | None) -> tuple[int, str]:
    """A new file in a home folder, open; and its name, another one if there is a file of this one.

    Raises:
        FileRefused: it cannot be made.
    """
    (plain,) = _parts(name) if "/" not in name else ("",)
    if not plain:
        raise FileRefused("That is no name of a file.")
    stem, dot, ending = plain.rpartition(".") if plain.rpartition(".")[0] else (plain, "", "")
    with _opened(home) as root:
        for number in range(1, 1000):
            tried = plain if number == 1 else f"{stem} ({number}){dot}{ending}"
            try:
                opened = os.open(
                    tried,
                    os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC,
                    0o600,
                    dir_fd=root,
                )
            except FileExistsError:
                continue
            except OSError as error:
                raise FileRefused(f"The file cannot be made: {error.strerror}.") from None
            if uid is not None:
                os.fchown(opened, uid, uid)
            return opened, tried
    raise FileRefused("There are too many files of this name.")


def _parts(path: str) -> list[str]:
    parts = path.split("/")
    if any(each in ("", ".", "..") or "\0" in each or len(each.encode()) > 255 for each in parts):
        raise FileRefused("That is no name of a file.")
    return parts


@contextmanager
def _into(home: Path, folders: list[str]) -> Iterator[int]:
    with _opened(home) as root:
        inside = os.dup(root)
        try:
            for each in folders:
                deeper = os.open(each, _FOLDER, dir_fd=inside)
                os.close(inside)
                inside = deeper
            yield inside
        finally:
            os.close(inside)


@contextmanager
def _opened(path: Path | str, at: int | None = None) -> Iterator[int]:
    opened = os.open(path, _FOLDER, dir_fd=at)
    try:
        yield opened
    finally:
        os.close(opened)
