"""Playing a recording: in its own time, faster, or step by step."""

import json
import os
import select
import sys
import termios
import tty
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from admit.base.clock import Clock
from admit.cli.replaying.confined import Confined
from admit.core.validity import SECOND, Millis

PAUSE, STEP, QUIT = " ", ".", "q"
"""The keys."""


class Event(NamedTuple):
    """Something that happened in a recording."""

    at: Millis
    """Since it began."""
    code: str
    """o: shown; i: typed; r: resized."""
    text: str


class NotARecording(Exception):
    """What should be asciicast v2 is not."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a recording is played."""

    speed: float = 1.0
    idle_limit: Millis | None = None
    """No pause lasts longer, before it is sped up."""


class Keys(Protocol):
    """Where keys are pressed."""

    def pressed(self, wait: Millis | None) -> str:
        """The next key; empty if none is pressed for so long. None waits for one."""
        ...


def header(line: str) -> dict[str, Any]:
    """What a recording says of itself.

    Raises:
        NotARecording: it is none.
    """
    try:
        told = json.loads(line)
    except ValueError:
        raise NotARecording from None
    if not isinstance(told, dict) or told.get("version") != 2:
        raise NotARecording
    return told


def events(lines: Iterable[str]) -> Iterator[Event]:
    """The events of a recording, from the lines after its header.

    Raises:
        NotARecording: a line is no event.
    """
    for line in lines:
        try:
            at, code, text = json.loads(line)
            yield Event(round(float(at) * SECOND), str(code), str(text))
        except (ValueError, TypeError):
            raise NotARecording from None


def play(
    happened: Iterable[Event], pace: Pace, keys: Keys, show: Callable[[str], None], clock: Clock
) -> bool:
    """Show what was shown, when it was; returns False if somebody left before the end.

    Space pauses and goes on, a dot shows the next thing while it pauses, q leaves.
    """
    screen, before, paused = Confined(), 0, False
    try:
        for event in happened:
            if event.code != "o":
                continue
            idle = max(event.at - before, 0)
            if pace.idle_limit is not None:
                idle = min(idle, pace.idle_limit)
            before = event.at
            due = clock.now() + round(idle / pace.speed)
            while paused or clock.now() < due:
                key = keys.pressed(None if paused else due - clock.now())
                if key == QUIT:
                    return False
                if key == STEP and paused:
                    break
                if key == PAUSE:
                    # What is left of a pause is not waited for twice.
                    due, paused = clock.now(), not paused
            show(screen(event.text))
    finally:
        show(screen.end())
    return True


def shown(happened: Iterable[Event]) -> Iterator[str]:
    """All that was shown, at once: for a pipe."""
    screen = Confined()
    return (screen(event.text) for event in happened if event.code == "o")


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Standard input, key by key; with no terminal there, nobody presses any."""

    present: bool

    def pressed(self, wait: Millis | None) -> str:
        """The next key, as :class:`Keys` has it."""
        timeout = None if wait is None else max(wait, 0) / SECOND
        ready, _, _ = select.select([sys.stdin] if self.present else [], [], [], timeout)
        if not ready:
            return ""
        # Past Python's own buffer, of which select does not know. Who has hung up has left.
        return os.read(sys.stdin.fileno(), 1).decode("latin-1") or QUIT


@contextmanager
def keyboard() -> Iterator[Keyboard]:
    """The keyboard, set to give each key as it is pressed and to show none."""
    if not sys.stdin.isatty():
        yield Keyboard(present=False)
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield Keyboard(present=True)
    finally:
        # What the terminal may have been made to answer is thrown away with what was typed too late.
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)
