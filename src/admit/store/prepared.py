"""Statements of the hot path: compiled once, then handed to the driver as they are."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import BindParameter, ClauseElement, Connection, Table, bindparam, insert
from sqlalchemy.engine.interfaces import Dialect

from admit.store.tables import things

T = TypeVar("T")

EVERYTHING = 2**62
"""A limit that does not limit."""
KEPT_THINGS = "things"
"""Under this name a connection keeps what it has read of things."""


def note_written(sql: Connection, table: Table) -> None:
    """A statement writes to a table: policy must not change untold, and what was read of things is over."""
    if table.info.get("policy"):
        sql.info["wrote_policy"] = True
    if table is things:
        sql.info.pop(KEPT_THINGS, None)


class Conflict(Exception):
    """A uniqueness rule of the schema refused a row."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement in one database's words."""

    text: str
    in_order: Callable[[dict[str, Any]], Sequence[Any]] | None
    """Puts its values in their positions; None where they are named."""
    constants: dict[str, Any]
    """The values that stand in the statement itself."""
    names: tuple[str, ...]
    """The names of its values as it was written."""

    def bound(self, values: dict[str, Any]) -> Any:
        """The values as the driver wants them."""
        merged = {**self.constants, **values} if self.constants else values
        return merged if self.in_order is None else self.in_order(merged)


class Prepared:
    """A constant SQLAlchemy statement whose rows are plain tuples.

    It is written, and translated for the database, by SQLAlchemy; only the
    running of it goes past SQLAlchemy, whose own part of that costs several
    times what SQLite needs for the statement. Values travel as they are: no
    statement here has a column whose type would convert them.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._written: Table | None = getattr(statement, "table", None)
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
        before = sql.info.get("wrote_policy", False)
        written = int(self._run(sql, values).rowcount)
        if not written:
            # What found nothing to write changed nothing.
            sql.info["wrote_policy"] = before
        return written

    def run_in_order(self, sql: Connection, values: Sequence[Any]) -> None:
        """Run it with values in the order in which it was written.

        Raises:
            Conflict: it writes a row that a uniqueness rule forbids.
        """
        compiled = self._of(sql)
        named = compiled.in_order is None
        self._execute(sql, compiled, dict(zip(compiled.names, values, strict=True)) if named else values)

    def _run(self, sql: Connection, values: dict[str, Any]) -> Any:
        compiled = self._of(sql)
        return self._execute(sql, compiled, compiled.bound(values))

    def _execute(self, sql: Connection, compiled: _Compiled, values: Any) -> Any:
        driver: Any = sql.connection.driver_connection
        try:
            return driver.execute(compiled.text, values)
        except sql.dialect.loaded_dbapi.IntegrityError as error:
            raise Conflict from error

    def _of(self, sql: Connection) -> _Compiled:
        """It in the words of this database; notes what it writes."""
        if self._written is not None:
            note_written(sql, self._written)
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
        names = tuple(compiled.params)
        found = _Compiled(str(compiled), None if order is None else _picking(order), constants, names)
        self._compiled[dialect.name] = found
        return found


def _picking(order: Sequence[str]) -> Callable[[dict[str, Any]], Sequence[Any]]:
    """Picks values by their names, in this order."""
    if len(order) > 1:
        return itemgetter(*order)
    return lambda values: [values[name] for name in order]


ROWS_AT_ONCE = (128, 64, 32, 16, 8, 4, 2, 1)
"""How many rows one statement writes: as many as are left, of these."""


class PreparedRows:
    """An insertion of any number of rows into a table.

    A driver that is given rows one by one lets go of the interpreter's lock and waits for it again at each of
    them. So rows are written by the hundred, in one statement, while others go on.
    """

    def __init__(self, table: Table, columns: Sequence[str] | None = None) -> None:
        self._table = table
        self._columns = tuple(columns or (column.name for column in table.c))
        self._of: dict[int, Prepared] = {}

    def put(self, sql: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows, each with its values in the order of the columns.

        Raises:
            Conflict: a row that a uniqueness rule forbids; those before it stay, until the part they are in
                is undone.
        """
        start = 0
        for size in ROWS_AT_ONCE:
            while len(rows) - start >= size:
                self._statement(size).run_in_order(sql, [*chain.from_iterable(rows[start : start + size])])
                start += size

    def _statement(self, size: int) -> Prepared:
        known = self._of.get(size)
        if known is None:
            rows: list[dict[str, Any]] = [
                {name: bindparam(f"{name}_{row}") for name in self._columns} for row in range(size)
            ]
            # SQLite would put aside each page before the statement's first change to it, to undo all of its
            # rows where one is refused: half of its work. What such a row leaves is undone with the part.
            adding = insert(self._table).prefix_with("or fail", dialect="sqlite")
            known = self._of[size] = Prepared(adding.values(rows))
        return known


AT_ONCE = 512
"""The most keys of one statement."""
_PLACES = tuple(f"key_{place}" for place in range(AT_ONCE))
"""What its keys are called."""


def padded(values: Sequence[T]) -> list[T]:
    """The values, the last one repeated up to a power of two: lists of any length make few statements."""
    room = 1 << (len(values) - 1).bit_length() if 0 < len(values) <= AT_ONCE else len(values)
    return [*values, *repeat(values[-1], room - len(values))] if values else []


class PreparedForKeys:
    """A statement about any number of keys."""

    def __init__(self, make: Callable[[list[BindParameter[int]]], ClauseElement]) -> None:
        self._make = make
        self._of: dict[int, Prepared] = {}

    def rows(
        self, sql: Connection, keys: Sequence[int] | Sequence[bytes], **values: Any
    ) -> list[tuple[Any, ...]]:
        """Run it, as often as it takes; every row.

        A row comes once although keys are repeated: the statement asks what is ``in`` them.
        """
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(keys), AT_ONCE):
            some = dict(zip(_PLACES, padded(keys[start : start + AT_ONCE]), strict=False))
            prepared = self._of.get(len(some)) or self._of.setdefault(
                len(some), Prepared(self._make([bindparam(name) for name in some]))
            )
            found += prepared.rows(sql, **some, **values)
        return found
