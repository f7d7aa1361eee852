"""CSV as spreadsheets and directories write it: the columns found by name, every row with its line."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from admit.imports.records import Ledger

DELIMITERS = (",", ";", "\t")

Columns = Mapping[str, tuple[str, ...]]
"""The names each column goes by, best first, in lower case without blanks or signs."""

_NOT_IN_A_NAME = re.compile(r"[\W_]+")
_LIST_SEPARATOR = re.compile(r"[;|\n\r]")
_EXCEL_SEPARATOR = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it starts on and its text by column; a column the file lacks is empty."""

    line: int
    cells: Mapping[str, str]
    titles: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def place(self, column: str) -> tuple[int, str]:
        """Where a fault in this column stands, in the file's own words."""
        return self.line, self.titles.get(column, column)

    def listed(self, column: str) -> tuple[str, ...]:
        """The parts of a cell that holds several values; each once, in order."""
        parts = (part.strip() for part in _LIST_SEPARATOR.split(self[column]))
        return tuple(dict.fromkeys(part for part in parts if part))


@dataclass(frozen=True, slots=True)
class Table:
    """The rows that could be read."""

    rows: tuple[Row, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)


def read_table(text: str, columns: Columns, required: str) -> Table:
    """Read ``text``, whose first line names the columns; without a column ``required`` there are no rows."""
    ledger = Ledger()
    rows = _rows(text, _delimiter(text, columns))
    line, cells = next(rows, (1, []))
    if isinstance(cells, str):
        ledger.fault(line, "header", cells)
        return Table(ledger=ledger)
    found = _assign(cells, columns)
    if required not in found:
        seen = ", ".join(f'"{_short(cell)}"' for cell in cells if cell) or "nothing"
        ledger.fault(line, "header", f'the first line must name the columns; no "{required}" among {seen}')
        return Table(ledger=ledger)
    unread = [_short(cell) for index, cell in enumerate(cells) if cell and index not in found.values()]
    if unread:
        ledger.note(line, "header", f"columns not read: {', '.join(unread)}")
    titles = {column: _short(cells[index]) for column, index in found.items()}
    body = []
    for start, row in rows:
        if isinstance(row, str):
            ledger.fault(start, "", row)
        elif any(row[len(cells) :]):
            ledger.fault(
                start,
                "",
                f"has {len(row)} values for {len(cells)} columns; quote a value that holds the separator",
            )
        else:
            body.append(Row(start, {column: row[i] for column, i in found.items() if i < len(row)}, titles))
    return Table(tuple(body), ledger)


def knows_header(text: str, columns: Columns, required: str) -> bool:
    """Whether the first row names at least two of the columns, one of them ``required``."""
    _, cells = next(_rows(text, _delimiter(text, columns)), (1, []))
    found = {} if isinstance(cells, str) else _assign(cells, columns)
    return required in found and len(found) > 1


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """The line each row starts on, and its cells, or why its quoting is broken; empty rows are passed over.

    Python's reader counts physical lines, so a quoted line break does not shift the rows after it; it goes on
    with the next line after a broken one.
    """
    separator = _EXCEL_SEPARATOR.match(text)
    start = separator.end() if separator else 0
    source = io.StringIO(text[start:], newline="")
    reader = csv.reader(source, delimiter=delimiter, strict=True, skipinitialspace=True)
    skipped = 1 if separator else 0
    while True:
        line = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, _explain(error)
            continue
        if any(cell.strip() for cell in cells):
            yield line, [cell.strip() for cell in cells]


def _explain(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end" in text:
        return "a quote is opened here and never closed, so the rest of the file was not read"
    if "expected after" in text:
        return 'a quoted value goes on after its closing quote; write a quote inside a value as ""'
    return f"the row cannot be read: {text}"


def _delimiter(text: str, columns: Columns) -> str:
    """The separator under which the first row holds the most columns we know, then the most columns."""
    separator = _EXCEL_SEPARATOR.match(text)
    if separator and separator[1] in DELIMITERS:
        return separator[1]

    def known(delimiter: str) -> tuple[int, int]:
        _, cells = next(_rows(text, delimiter), (1, []))
        return (0, 0) if isinstance(cells, str) else (len(_assign(cells, columns)), len(cells))

    return max(DELIMITERS, key=known)


def _assign(cells: list[str], columns: Columns) -> dict[str, int]:
    """The place of each column: a column takes the best of its names that no column before it took."""
    places: dict[str, int] = {}
    for index, cell in enumerate(cells):
        places.setdefault(_NOT_IN_A_NAME.sub("", cell.casefold()), index)
    found: dict[str, int] = {}
    for column, names in columns.items():
        best = next((known for known in names if known in places), None)
        if best is not None:
            found[column] = places.pop(best)
    return found


def _short(cell: str) -> str:
    line = " ".join(cell.split())
    return line if len(line) <= 40 else f"{line[:39]}…"
