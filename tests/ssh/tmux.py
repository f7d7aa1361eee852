"""A terminal that programs draw on and tests look at: tmux, as people have it."""

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOKS = 2_000
"""How often a window is looked at before it is given up."""
ENDED = "it ended with"
"""What the window says when its program is over, with its status: tmux does not always know it."""


@dataclass(frozen=True)
class Window:
    """A window of a tmux of its own, with one program in it."""

    socket: Path

    def tmux(self, *words: str) -> str:
        line = ["tmux", "-u", "-S", str(self.socket), "-f", "/dev/null", *words]
        return subprocess.run(line, check=True, capture_output=True, text=True, timeout=20).stdout

    def screen(self) -> list[str]:
        """The lines as somebody sees them; as many as the window has."""
        return self.tmux("capture-pane", "-p").split("\n")[:-1]

    def shows(self, what: Callable[[list[str]], object]) -> list[str]:
        """The screen, once it is as it should be."""
        for _ in range(LOOKS):
            if what(screen := self.screen()):
                return screen
        raise AssertionError("it never shows what it should:\n" + "\n".join(screen))

    def type(self, *keys: str) -> None:
        """Press keys, each by its name or a text."""
        self.tmux("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def status(self) -> str:
        """What the program ended with, once it has."""
        lines = self.shows(lambda lines: any(line.startswith(ENDED) for line in lines))
        return next(line for line in lines if line.startswith(ENDED)).removeprefix(ENDED).strip()


@contextmanager
def window(line: Sequence[str], columns: int = 80, rows: int = 24) -> Iterator[Window]:
    """A program in a window of so many letters, until the block ends."""
    # A socket's path has room for a hundred letters.
    folder = tempfile.mkdtemp(dir="/tmp")
    found = Window(Path(folder) / "tmux")
    try:
        size = ("-x", str(columns), "-y", str(rows))
        # The last command's window stays to be looked at, with no line of tmux's own below it.
        options = ("set", "-g", "remain-on-exit", "on", ";", "set", "-g", "status", "off")
        typed = f"{shlex.join(line)}; printf '\\n{ENDED} %s\\n' $?"
        found.tmux("start-server", ";", *options, ";", "new-session", "-d", *size, typed)
        yield found
    finally:
        found.tmux("kill-server")
        shutil.rmtree(folder)
