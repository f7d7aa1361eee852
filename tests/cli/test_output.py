"""Tables: drawn on a terminal, lines with tabs in a pipe."""

import os
import pty
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
PROGRAM = """
from admit.cli.output import print_table
print_table(("name", "until"), [("alice", "[bold]"), ("a" * 9, 7)])
"""


def printed(**where: object) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "TERM": "xterm", "COLUMNS": "40"}
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, **where)


def test_a_pipe_gets_a_line_a_row_with_tabs_between():
    with printed(stdout=subprocess.PIPE) as process:
        text = process.communicate()[0].decode()

    assert text == "name\tuntil\nalice\t[bold]\naaaaaaaaa\t7\n"


def test_a_terminal_gets_columns_and_what_looks_like_markup_stays_as_it_is():
    ours, theirs = pty.openpty()
    with printed(stdout=theirs) as process:
        process.wait()
        text = os.read(ours, 10_000).decode()
    os.close(ours)
    os.close(theirs)

    rows = [line.split() for line in text.splitlines()]
    assert rows[1:3] == [["alice", "[bold]"], ["aaaaaaaaa", "7"]]
    assert "\x1b[1m" in text
