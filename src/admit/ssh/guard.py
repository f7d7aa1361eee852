"""The guard-rail on a shell: each command line is judged before the shell gets to run it.

It keeps from mistakes, and no more: see ``core.commands``. With a terminal a line that needs an
approval waits for it; without one it is not run, and the person is told so.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Protocol, TypeAlias

from admit.core.command_line import CLEAR, LONGEST, CommandLine, Line
from admit.core.commands import Verdict
from admit.porter.asks import SAID_BY

Judge: TypeAlias = Callable[[Line], Verdict]
Send: TypeAlias = Callable[[bytes], None]
Say: TypeAlias = Callable[[str], None]
Ask: TypeAlias = Callable[[str], Coroutine[None, None, bool]]
"""Asks somebody whether a command may run; cancelled when nobody waits for it any more."""

INTERRUPT = b"\x03"
"""Ctrl-C."""
WAITS = f"{SAID_BY}waiting for an approval of this command; Ctrl-C gives up"

REFUSALS = {
    Verdict.DENY: f"{SAID_BY}a control policy does not allow this command",
    Verdict.APPROVAL: f"{SAID_BY}a control policy asks for an approval of this command",
}


class Guard(Protocol):
    """What looks at the lines that a person types."""

    def typed(self, data: bytes) -> None:
        """Send on what may pass."""
        ...

    def ended(self, tell: Callable[[], None]) -> None:
        """Nothing more comes: ``tell`` the shell, after all that may pass."""
        ...

    def close(self) -> None:
        """The session is over."""
        ...


class EditedLines:
    """Lines of a terminal: the shell has the keys as they come, and loses the line if it may not run."""

    def __init__(self, judge: Judge, send: Send, say: Say, ask: Ask | None) -> None:
        self._judge, self._send, self._say, self._ask = judge, send, say, ask
        self._line = CommandLine()
        self._waiting = b""
        """What was typed while somebody is asked."""
        self._asking: asyncio.Task[None] | None = None
        self._tell: Callable[[], None] | None = None
        """Tells the shell that nothing more comes."""

    def typed(self, data: bytes) -> None:
        """Send on what may pass. While somebody is asked all waits, but for Ctrl-C, which gives up."""
        if self._asking is None:
            self._waiting += data
            self._go_on()
        elif INTERRUPT in data:
            self._waiting = b""
            self._asking.cancel()
        else:
            # Nobody types so much ahead: what is more is not kept.
            self._waiting = (self._waiting + data)[:LONGEST]

    def ended(self, tell: Callable[[], None]) -> None:
        """Nothing more comes: ``tell`` the shell, after all that may pass."""
        self._tell = tell
        self._go_on()

    def close(self) -> None:
        """The session is over: nobody is to be asked any more."""
        self._judge, self._waiting, self._tell = _deny, b"", None
        if self._asking is not None:
            self._asking.cancel()

    def _go_on(self) -> None:
        while self._waiting and self._asking is None:
            part = next(self._line.typed(self._waiting))
            self._waiting = self._waiting[len(part.keys) :]
            verdict = Verdict.ALLOW if part.line is None else self._judge(part.line)
            if verdict is Verdict.ALLOW:
                self._send(part.keys)
            elif part.line is not None and verdict is Verdict.APPROVAL and self._ask is not None:
                self._say(f"\r\n{WAITS}")
                self._asking = asyncio.create_task(self._decided(self._ask, part.keys, part.line.text))
            else:
                self._refuse(verdict)
        if self._tell is not None and self._asking is None:
            self._tell()

    async def _decided(self, ask: Ask, keys: bytes, command: str) -> None:
        accepted = False
        try:
            accepted = await ask(command)
        finally:
            self._asking = None
            if accepted:
                self._send(keys)
            elif self._judge is not _deny:
                self._refuse(Verdict.DENY)
            self._go_on()

    def _refuse(self, verdict: Verdict) -> None:
        self._line.clear()
        self._send(CLEAR)
        self._say(f"\r\n{REFUSALS[verdict]}")


def _deny(_line: Line) -> Verdict:
    return Verdict.DENY


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

    def ended(self, tell: Callable[[], None]) -> None:
        """Nothing more comes: what came last is a line without its end."""
        if self._part:
            self._pass(self._part)
            self._part = b""
        tell()

    def close(self) -> None:
        """The session is over."""

    def _pass(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        verdict = self._judge(Line(text.rstrip("\n"), certain=True))
        if verdict is Verdict.ALLOW:
            self._send(line)
        else:
            self._say(REFUSALS[verdict])


def guard_for(judge: Judge, send: Send, say: Say, ask: Ask | None, *, edited: bool) -> Guard:
    """The guard of a shell; ``edited`` says that the person has a terminal, and can be asked to wait."""
    return EditedLines(judge, send, say, ask) if edited else WholeLines(judge, send, say)
