"""What commands print: tables for people, plain lines for pipes, JSON for programs; and how they fail."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import OperationalError

from admit.base.authority import AuthorityRefused
from admit.base.directory import DirectoryRefused
from admit.base.sealing import KeyFileRefused
from admit.control.programs import CatalogueRefused
from admit.settings import SettingsRefused
from admit.store.schema import SchemaRefused

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


_CODES: tuple[tuple[type[Exception], int], ...] = (
    (SettingsRefused, USAGE),
    (KeyFileRefused, NOT_REACHABLE),
    (CatalogueRefused, USAGE),
    (DirectoryRefused, REFUSED),
    (SchemaRefused, REFUSED),
    (AuthorityRefused, REFUSED),
)


@contextmanager
def faults_told() -> Iterator[None]:
    """Turn what an operator can put right into a sentence and an exit code."""
    try:
        yield
    except tuple(kind for kind, _ in _CODES) as fault:
        fail(str(fault), next(code for kind, code in _CODES if isinstance(fault, kind)))
    except OperationalError as fault:
        # The driver's own words: SQLAlchemy's show the statement too.
        fail(f"The database cannot be used: {str(fault.orig).strip()}", NOT_REACHABLE)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command :func:`faults_told`."""
    return faults_told()(command)
