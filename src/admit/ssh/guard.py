"""The guard-rail on a shell: each command line is judged before the shell gets to run it.

It keeps from mistakes, and no more: see ``core.commands``. A line that needs an approval is
not run either; the person is told so.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from admit.core.command_line import CLEAR, LONGEST, CommandLine, Line
from admit.core.commands import Verdict
from admit.ssh.refusals import SAID_BY

Judge: TypeAlias = Callable[[Line], Verdict]
Send: TypeAlias = Callable[[bytes], None]
Say: TypeAlias = Callable[[str], None]

REFUSALS = {
    Verdict.DENY: f"{SAID_BY}a control policy does not allow this command",
    Verdict.APPROVAL: f"{SAID_BY}a control policy asks for an approval of this command",
}


class Guard(Protocol):
    """What looks at the lines that a person types."""

    def typed(self, data: bytes) -> None:
        """Send on what may pass."""
        ...

    def ended(self) -> None:
        """Nothing more comes."""
        ...


class EditedLines:
    """Lines of a terminal: the shell has the keys as they come, and loses the line if it may not run."""

    def __init__(self, judge: Judge, send: Send, say: Say) -> None:
        self._judge, self._send, self._say = judge, send, say
        self._line = CommandLine()

    def typed(self, data: bytes) -> None:
        """Send on what may pass."""
        for each in self._line.typed(data):
            verdict = Verdict.ALLOW if each.line is None else self._judge(each.line)
            if verdict is Verdict.ALLOW:
                self._send(each.keys)
            else:
                self._line.clear()
                self._send(CLEAR)
                self._say(f"\r\n{REFUSALS[verdict]}")

    def ended(self) -> None:
        """Nothing more comes."""


class WholeLines:
    """Lines without a terminal: nobody edits them, and the shell gets whole ones only."""

    def __init__(self, judge: Judge, send: Send, say: Say) -> None:
        self._judge, self._send, self._say = judge, send, say
        self._part = b""

    def typed(self, data: bytes) -> None:
        """Send on what may pass."""
        *lines, self._part = (self._part + data).split(b"\n")
        for line in lines:
            self._pass(line + b"\n")
        if len(self._part) > LONGEST:
            # It would be too long to be judged, and is not to be kept for ever.
            part, self._part = self._part, b""
            self._pass(part)

    def ended(self) -> None:
        """Nothing more comes: what came last is a line without its end."""
        if self._part:
            self._pass(self._part)
            self._part = b""

    def _pass(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        verdict = self._judge(Line(text.rstrip("\n"), certain=True))
        if verdict is Verdict.ALLOW:
            self._send(line)
        else:
            self._say(REFUSALS[verdict])


def guard_for(judge: Judge, send: Send, say: Say, *, edited: bool) -> Guard:
    """The guard of a shell; ``edited`` says that the person has a terminal."""
    return (EditedLines if edited else WholeLines)(judge, send, say)
