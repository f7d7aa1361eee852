"""What an operator can put right, told in a sentence and an exit code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import OperationalError

from admit.base.authority import AuthorityRefused
from admit.base.directory import DirectoryRefused
from admit.base.sealing import KeyFileRefused
from admit.cli.output import NOT_REACHABLE, REFUSED, USAGE, fail
from admit.control.programs import CatalogueRefused
from admit.settings import SettingsRefused
from admit.store.schema import SchemaRefused

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
