"""Lines of tables that nothing which opens them carries out."""

import pytest

from admit.base.csv_lines import cell, line


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum(a)", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_carry_out_begins_with_a_quote(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_a_line_keeps_what_separates_inside_its_cells() -> None:
    assert line(["a,b", 'say "x"', "=1", ""]) == '"a,b","say ""x""",\'=1,\r\n'
