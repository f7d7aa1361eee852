"""Values that do not stand on the command line, where everybody on the machine could read them."""

import sys
from pathlib import Path

import click

STANDARD_INPUT = "@-"


def value_of(text: str) -> str:
    """What is meant: ``@FILE`` is what the file holds, ``@-`` what comes in, ``@@…`` a text that begins so.

    One line feed at the end belongs to the file, not to the value.

    Raises:
        UsageError: the file cannot be read, or nothing comes in.
    """
    if not text.startswith("@"):
        return text
    if text.startswith("@@"):
        return text[1:]
    found = _standard_input() if text == STANDARD_INPUT else _file(Path(text[1:]))
    return found.removesuffix("\n").removesuffix("\r")


def _standard_input() -> str:
    found = sys.stdin.read()
    if not found:
        raise click.UsageError(f"{STANDARD_INPUT} stands for standard input, and nothing is left of it.")
    return found


def _file(path: Path) -> str:
    try:
        return path.expanduser().read_text("utf-8")
    except OSError as error:
        why = error.strerror or "it cannot be read"
    except ValueError:
        why = "it is not text"
    raise click.UsageError(f"@{path} names a file: {why}. Write @@ for a value that begins with @.")
