"""Sockets of one machine: made for some users alone, and who is at the other end."""

import grp
import os
import pwd
import socket
import stat
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

OWN_MODE, GROUP_MODE = 0o600, 0o660


class SocketRefused(Exception):
    """A socket cannot be as it is wanted. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end, as the kernel says."""

    process: int
    user: int
    group: int


def listen_at(path: Path, group: str = "") -> socket.socket:
    """A socket at a path, for whoever serves; with ``group`` for that group, too.

    Raises:
        SocketRefused: something is there, the directory is not, or there is no such group.
    """
    _clear(path)
    made = socket.socket(socket.AF_UNIX)
    try:
        made.bind(str(path))
        # Nobody can connect before it listens: until then the mode may be any.
        if group:
            os.chown(path, -1, group_number(group))
        path.chmod(GROUP_MODE if group else OWN_MODE)
        made.listen()
    except OSError as error:
        made.close()
        raise SocketRefused(f"{path} cannot be made: {error.strerror or error}.") from None
    except BaseException:
        made.close()
        raise
    return made


def remove(path: Path) -> None:
    """Take a socket away that nobody listens at any more."""
    with suppress(OSError):
        path.unlink()


def _clear(path: Path) -> None:
    """Take away what a process that is gone left there."""
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SocketRefused(f"{path} cannot be made: {error.strerror}.") from None
    if not is_socket:
        raise SocketRefused(f"{path} is something else: name another path.")
    if is_listened_at(path):
        raise SocketRefused(f"Another process listens at {path}.")
    remove(path)


def is_listened_at(path: Path) -> bool:
    """Whether somebody listens at a path, and lets us connect."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def group_number(name: str) -> int:
    """The number of a system group, given by name or number.

    Raises:
        SocketRefused: there is none of that name.
    """
    try:
        return int(name) if name.isdecimal() else grp.getgrnam(name).gr_gid
    except KeyError:
        raise SocketRefused(f"There is no group {name}.") from None


def users(names: Iterable[str]) -> frozenset[int]:
    """The numbers of system users, given by name or number.

    Raises:
        SocketRefused: there is no such user.
    """
    found = set()
    for name in names:
        try:
            found.add(int(name) if name.isdecimal() else pwd.getpwnam(name).pw_uid)
        except KeyError:
            raise SocketRefused(f"There is no system user {name}.") from None
    return frozenset(found)


def peer_of(connected: socket.socket) -> Peer:
    """Who connected: the kernel remembers it from that moment."""
    form = struct.Struct("3i")
    return Peer(*form.unpack(connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, form.size)))


def become(name: str) -> None:
    """Be another system user from now on, with that user's groups, for good.

    Raises:
        SocketRefused: there is none of that name, or only the superuser may.
    """
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise SocketRefused(f"There is no system user {name}.") from None
    try:
        os.initgroups(name, found.pw_gid)
        os.setgid(found.pw_gid)
        os.setuid(found.pw_uid)
    except PermissionError:
        raise SocketRefused(f"Only the superuser can become {name}: start it as {name} instead.") from None
