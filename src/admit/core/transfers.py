"""What is done with files in a session: one by one where they are seen, by the command where they are not."""

import shlex
from dataclasses import dataclass
from typing import Literal, TypeAlias

from admit.core.restrictions import FILES, Channel

Verb: TypeAlias = Literal["put", "get", "remove", "rename", "mkdir", "rmdir", "link"]
Came: TypeAlias = Literal["ok", "refused", "failed"]
LONGEST_PATH = 1000
"""How much of a path is told."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One thing that was done with a file, or was to be."""

    verb: Verb
    path: str
    outcome: Came = "ok"
    reason: str = ""
    to: str = ""
    """Of a rename and a link: the other name."""
    size: int = 0
    """Of a put and a get: how many bytes went over the wire."""

    @property
    def action(self) -> str:
        """As people read it: ``put /etc/hosts``."""
        return f"{self.verb} {self.path}" + (f" {self.to}" if self.to else "")


def needed_for(command: str) -> tuple[Channel, ...]:
    """What of files a remote command is known to be for: the far ends of ``scp``, ``rsync`` and ``sftp``.

    It keeps from mistakes: a command that copies in a way of its own is not known here.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return ()
    if not words:
        return ()
    program, flags = words[0].rpartition("/")[2], [each for each in words[1:] if each.startswith("-")]
    if program == "scp":
        letters = "".join(each[1:] for each in flags if not each.startswith("--"))
        return tuple(
            channel
            for letter, channel in (("t", Channel.UPLOAD), ("f", Channel.DOWNLOAD))
            if letter in letters
        )
    if program == "rsync" and "--server" in flags:
        return (Channel.DOWNLOAD,) if "--sender" in flags else (Channel.UPLOAD,)
    if program == "sftp-server":
        return (Channel.SFTP, *FILES)
    return ()
