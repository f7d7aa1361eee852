"""How the example tells what it does."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from admit.demo.stage import Failed, Stage


@dataclass(frozen=True, slots=True)
class Teller:
    """Prints the story, runs its commands, and notices when something is not as told."""

    stage: Stage
    console: Console

    def chapter(self, title: str) -> None:
        """Begin a part."""
        self.console.print()
        self.console.print(Text(title, style="bold"))
        self.console.print(Text("─" * len(title), style="dim"))

    def say(self, text: str) -> None:
        """Say what happens next."""
        self.console.print(Text(text))

    def code(self, text: str) -> None:
        """Show the SDK call that is made."""
        self.console.print(Syntax(text, "python", background_color="default", word_wrap=True))

    def run(self, *words: str, code: int = 0, shows: Iterable[str] = (), hides: Iterable[str] = ()) -> None:
        """Run an ``admit`` command, show it, and hold it to its exit code and what it must say.

        Raises:
            Failed: it ended or spoke otherwise.
        """
        ended, shown = self.stage.admit(*words)
        told = Text.from_ansi(shown)
        output = told.plain
        typed = " ".join(f'"{word}"' if " " in word else word for word in words)
        self.console.print(Text(f"$ admit {typed}", style="bold cyan"))
        self.console.print(told)
        self.expect(f"admit {typed} ends with {code}", true=ended == code)
        for text in shows:
            self.expect(f"admit {typed} shows {text!r}", true=text in output)
        for text in hides:
            self.expect(f"admit {typed} does not show {text!r}", true=text not in output)

    def done(self, text: str) -> None:
        """Say that something came out as told."""
        self.console.print(Text("✓ ", style="green").append(text, "default"))

    @staticmethod
    def expect(what: str, *, true: bool) -> None:
        """Hold the example to what it said.

        Raises:
            Failed: it is not so.
        """
        if not true:
            raise Failed(f"expected that {what}")
