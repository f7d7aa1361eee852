"""What commands print: tables for people, plain lines for pipes, JSON for programs; and that they fail."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

DONE, NO, USAGE, NOT_REACHABLE, REFUSED = 0, 1, 2, 3, 4
"""Exit codes of every command."""

DATA = click.option("--data", type=click.Path(path_type=Path), help="The data directory to work on.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def console() -> Console:
    """Standard output as it is now: a terminal of some width, or a pipe that is written to plainly."""
    # A pipe has no width: lines are broken by who reads them, if by anybody.
    width = None if sys.stdout.isatty() else 10_000
    return Console(file=sys.stdout, width=width, highlight=False, soft_wrap=not sys.stdout.isatty())


def print_json(value: Any) -> None:
    """Print a value as JSON, in lines that people can read too."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: drawn on a terminal, elsewhere a line a row with tabs between."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            click.echo("\t".join(str(cell) for cell in row))
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    console().print(table)


def fail(text: str, code: int) -> NoReturn:
    """Say why on standard error, and exit."""
    for line in text.splitlines():
        click.echo(f"admit: {line}", err=True)
    raise SystemExit(code)
