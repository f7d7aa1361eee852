"""Shell completion."""

import click
from click.shell_completion import get_completion_class

from admit.cli import main


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands in SHELL.

    For bash: eval "$(admit completion bash)" in ~/.bashrc; the same for zsh in ~/.zshrc; for fish: admit
    completion fish > ~/.config/fish/completions/admit.fish
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    click.echo(found(main, {}, "admit", "_ADMIT_COMPLETE").source())
