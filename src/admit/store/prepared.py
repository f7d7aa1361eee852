"""Statements of the hot path: compiled once, then handed to the driver as they are."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import repeat
from typing import Any, TypeVar

from sqlalchemy import BindParameter, ClauseElement, Connection, bindparam
from sqlalchemy.engine.interfaces import Dialect

T = TypeVar("T")

EVERYTHING = 2**62
"""A limit that does not limit."""


class Conflict(Exception):
    """A uniqueness rule of the schema refused a row."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement in one database's words."""

    text: str
    order: tuple[str, ...] | None
    """The names of its values by position; None where they are named."""
    constants: dict[str, Any]
    """The values that stand in the statement itself."""

    def bound(self, values: dict[str, Any]) -> Any:
        """The values as the driver wants them."""
        merged = {**self.constants, **values} if self.constants else values
        return merged if self.order is None else [merged[name] for name in self.order]


class Prepared:
    """A constant SQLAlchemy statement whose rows are plain tuples.

    It is written, and translated for the database, by SQLAlchemy; only the
    running of it goes past SQLAlchemy, whose own part of that costs several
    times what SQLite needs for the statement. Values travel as they are: no
    statement here has a column whose type would convert them.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        table = getattr(statement, "table", None)
        self._writes_policy = bool(table is not None and table.info.get("policy"))
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, sql: Connection, **values: Any) -> list[tuple[Any, ...]]:
        """Run it; every row.

        Raises:
            Conflict: it writes a row that a uniqueness rule forbids.
        """
        return self._run(sql, values).fetchall()  # type: ignore[no-any-return]

    def batches(self, sql: Connection, size: int, **values: Any) -> Iterator[list[tuple[Any, ...]]]:
        """Run it; its rows, so many at a time: what is not read yet waits in the database."""
        compiled, driver = self._of(sql), sql.connection.driver_connection
        # A server sends all there are, unless it is told to keep them for a cursor of a name.
        named = {} if sql.dialect.name == "sqlite" else {"name": "batches"}
        with closing(driver.cursor(**named)) as cursor:  # type: ignore[union-attr]
            cursor.execute(compiled.text, compiled.bound(values))
            while rows := cursor.fetchmany(size):
                yield rows

    def first(self, sql: Connection, **values: Any) -> tuple[Any, ...] | None:
        """Run it; its first row, if it has one."""
        return self._run(sql, values).fetchone()  # type: ignore[no-any-return]

    def run(self, sql: Connection, **values: Any) -> int:
        """Run it; how many rows it wrote.

        Raises:
            Conflict: it writes a row that a uniqueness rule forbids.
        """
        return int(self._run(sql, values).rowcount)

    def many(self, sql: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Run it for each of some values.

        Raises:
            Conflict: it writes a row that a uniqueness rule forbids; some may be written by then.
        """
        compiled = self._of(sql)
        cursor: Any = sql.connection.driver_connection.cursor()  # type: ignore[union-attr]
        try:
            cursor.executemany(compiled.text, [compiled.bound(each) for each in rows])
        except sql.dialect.loaded_dbapi.IntegrityError as error:
            raise Conflict from error
        finally:
            cursor.close()

    def _run(self, sql: Connection, values: dict[str, Any]) -> Any:
        compiled = self._of(sql)
        driver: Any = sql.connection.driver_connection
        try:
            return driver.execute(compiled.text, compiled.bound(values))
        except sql.dialect.loaded_dbapi.IntegrityError as error:
            raise Conflict from error

    def _of(self, sql: Connection) -> _Compiled:
        """It in the words of this database; notes if it writes policy."""
        if self._writes_policy:
            sql.info["wrote_policy"] = True
        return self._compiled.get(sql.dialect.name) or self._compile(sql.dialect)

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect)
        order = compiled.positiontup  # type: ignore[attr-defined]
        # Values that stand in the statement are converted now; those given later travel as they are.
        convert = compiled._bind_processors  # type: ignore[attr-defined]  # noqa: SLF001 - no public way
        constants = {
            name: convert[name](value) if name in convert else value
            for name, value in compiled.params.items()
            if value is not None
        }
        found = _Compiled(str(compiled), None if order is None else tuple(order), constants)
        self._compiled[dialect.name] = found
        return found


AT_ONCE = 512
"""The most keys of one statement."""


def padded(values: Sequence[T]) -> list[T]:
    """The values, the last one repeated up to a power of two: lists of any length make few statements."""
    room = 1 << (len(values) - 1).bit_length() if 0 < len(values) <= AT_ONCE else len(values)
    return [*values, *repeat(values[-1], room - len(values))] if values else []


class PreparedForKeys:
    """A statement about any number of keys."""

    def __init__(self, make: Callable[[list[BindParameter[int]]], ClauseElement]) -> None:
        self._make = make
        self._of: dict[int, Prepared] = {}

    def rows(self, sql: Connection, keys: Sequence[int], **values: Any) -> Iterator[tuple[Any, ...]]:
        """Run it, as often as it takes; every row.

        A row comes once although keys are repeated: the statement asks what is ``in`` them.
        """
        for start in range(0, len(keys), AT_ONCE):
            some = {f"key_{place}": key for place, key in enumerate(padded(keys[start : start + AT_ONCE]))}
            prepared = self._of.get(len(some)) or self._of.setdefault(
                len(some), Prepared(self._make([bindparam(name) for name in some]))
            )
            yield from prepared.rows(sql, **some, **values)
