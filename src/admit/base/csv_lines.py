"""Lines of tables as CSV, which nothing that opens them carries out."""

import csv
import io
from collections.abc import Sequence


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def line(cells: Sequence[str]) -> str:
    """A line of a table."""
    written = io.StringIO()
    csv.writer(written).writerow([cell(each) for each in cells])
    return written.getvalue()
