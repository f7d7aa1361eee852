"""What is read of a command line from the keys that were typed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.core.command_line import CLEAR, LONGEST, CommandLine, Line, Typed


def run(keys: bytes) -> list[Line]:
    """The lines that some keys run."""
    return [each.line for each in CommandLine().typed(keys) if each.line is not None]


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (b"ls -l\r", "ls -l"),
        (b"ls\n", "ls"),
        (b"\r", ""),
        (b"lx\x7fs\r", "ls"),
        (b"\x08\x7fls\r", "ls"),
        ("echo grüße 日本\r".encode(), "echo grüße 日本"),
        ("echo ü\x7fx\r".encode(), "echo x"),
        (b"rm -rf /\x15ls\r", "ls"),
        (b"rm -rf /\x01\x0bls\r", "ls"),
        (b"rm x\x03ls\r", "ls"),
        (b"rm x\x07ls\r", "ls"),
        (b"echo rm x\x01\x04\x04\x04\x04\x04\r", "rm x"),
        (b"xrm\x01\x1b[3~\r", "rm"),
        (b"m x\x1b[H\x1b[Cr\x1b[Dr\r", "mrr x"),
        (b"m x\x1bOH\x1bOC\x1bODr\x05y\r", "rm xy"),
        (b"a\x1b[1~b\x1b[4~c\x1b[Hd\x1b[Fe\x1bOFf\r", "dbacef"),
        (b"ab\x02X\x06\x06Y\x06\r", "aXbY"),
        (b"\x02\x06\x04a\r", "a"),
        (b"rm /etc/passwd \x17\x17ls\r", "ls"),
        (b"rm /etc/passwd\x17ls\r", "rm ls"),
        (b"rm /etc/passwd\x1b\x7fx\r", "rm /etc/x"),
        (b"rm /etc/passwd\x1b\x08x\r", "rm /etc/x"),
        (b"one two\x1bbX\x1bfY\r", "one XtwoY"),
        (b"one two\x1b[1;5DX\x1b[1;5CY\x1b[1;3D\x1b[1;3C\r", "one XtwoY"),
        (b"one two\x01\x1bd\r", " two"),
        (b"a\x0cb\x00c\r", "abc"),
        (b"rm -rf\x1bb\x1bbx\r", "xrm -rf"),
        (b"echo - \x1b\x7fx\r", "x"),
        (b"l\x1b[?1;2cs\x1b[10;2R\x1b[I\x1b[O\r", "ls"),
    ],
)
def test_a_line_is_what_its_keys_leave_of_it(keys: bytes, text: str) -> None:
    assert run(keys) == [Line(text, certain=True)]


@pytest.mark.parametrize(
    "keys",
    [
        b"\x1b[A\r",
        b"rm\t\r",
        b"\x12rm\r",
        b"\x19\r",
        b"\x1b.\r",
        b"\x16\x15\r",
        b"\x1bOA\r",
        b"\x1b[" + b"1" * 100 + b"D\r",
        b"x" * (LONGEST + 1) + b"\r",
    ],
)
def test_a_line_that_holds_what_was_not_typed_is_not_certain(keys: bytes) -> None:
    (line,) = run(keys)
    assert not line.certain
    assert len(line.text) <= LONGEST


def test_the_next_line_is_certain_again_unless_it_comes_from_the_history() -> None:
    assert run(b"\t\rls\r\x0f\r") == [
        Line("", certain=False),
        Line("ls", certain=True),
        Line("", certain=True),
        Line("", certain=False),
    ]


def test_what_is_pasted_is_told_line_by_line_and_then_as_a_whole() -> None:
    assert run(b"\x1b[200~ls\nrm x\n\x1b[201~id\r") == [
        Line("ls", certain=True),
        Line("ls\nrm x", certain=True),
        Line("ls\nrm x\nid", certain=True),
    ]


def test_keys_come_in_parts_that_end_where_a_line_runs() -> None:
    typed = list(CommandLine().typed(b"ls\rid"))
    assert typed == [Typed(b"ls\r", Line("ls", certain=True)), Typed(b"id", None)]


def test_a_line_that_was_cleared_is_forgotten() -> None:
    line = CommandLine()
    list(line.typed(b"rm"))
    line.clear()
    assert [each.line for each in line.typed(b"ls\r")] == [Line("ls", certain=True)]
    assert run(b"rm x" + CLEAR + b"ls\r") == [Line("ls", certain=True)]


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_it_does_not_matter_in_which_pieces_keys_arrive(keys: bytes, cuts: list[int]) -> None:
    whole, pieces = run(keys), []
    line = CommandLine()
    places = [0, *sorted(cuts), len(keys)]
    for start, end in pairwise(places):
        pieces += list(line.typed(keys[start:end]))
    assert b"".join(each.keys for each in pieces) == keys
    assert [each.line for each in pieces if each.line is not None] == whole
