"""The ``admit`` command. A subcommand's module is imported when it is called, so that each starts fast."""

import click
from click.shell_completion import CompletionItem

from admit.cli.commands import COMMANDS, loaded


class Subcommands(click.Group):
    """The subcommands of :data:`COMMANDS`: one is loaded when it is called, and none to be listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """The subcommand of a name, if there is one."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = loaded(COMMANDS[cmd_name].place)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write a line for each."""
        room = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl([(name, _line(name, room)) for name in COMMANDS])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Those that begin so, and options."""
        found = [CompletionItem(name, help=_line(name)) for name in COMMANDS if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)


def _line(name: str, room: int = 45) -> str:
    """What a subcommand does, cut as click cuts it."""
    return click.Command(name, help=COMMANDS[name].line).get_short_help_str(room)


@click.group(
    cls=Subcommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="admit", prog_name="admit")
def main() -> None:
    """Decide who may use what, until when, and enforce it.

    Exit codes: 0 yes or done, 1 no, 2 usage, 3 not reachable, 4 refused.
    """
