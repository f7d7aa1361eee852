"""What is typed, read as keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.ssh.keys import Key, KeyReader


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (b"\x1b[A", [Key.UP]),
        (b"\x1bOB", [Key.DOWN]),
        (b"\x1b[5~\x1b[6~", [Key.PAGE_UP, Key.PAGE_DOWN]),
        (b"\x1b[H\x1bOF\x1b[1~\x1b[4~", [Key.HOME, Key.END, Key.HOME, Key.END]),
        (b"\r", [Key.ENTER]),
        (b"\x7f\x08", [Key.BACKSPACE, Key.BACKSPACE]),
        (b"\x03", [Key.LEAVE]),
        ("ab数".encode(), ["a", "b", "数"]),
        (b"\x1b[200~x\x1b[201~", ["x"]),
        (b"\x1b[1;5C", []),
        (b"\x00\x01", []),
    ],
)
def test_keys_are_read_as_terminals_send_them(typed, keys):
    assert KeyReader().read(typed) == keys


@given(st.data())
def test_where_the_network_cuts_makes_no_difference(data):
    typed = b"d\x1b[Ab\xe6\x95\xb0\x1b[6~\x1bOH\x15\r"
    cuts = sorted(data.draw(st.sets(st.integers(0, len(typed)))))
    reader, keys = KeyReader(), []
    for start, end in zip([0, *cuts], [*cuts, len(typed)], strict=True):
        keys += reader.read(typed[start:end])
    assert keys == ["d", Key.UP, "b", "数", Key.PAGE_DOWN, Key.HOME, Key.CLEAR, Key.ENTER]


def test_a_sequence_that_never_ends_is_let_go():
    reader = KeyReader()
    reader.read(b"\x1b[" + b"1;" * 50)
    assert reader.read(b"q")[-1] == "q"


@given(st.binary())
def test_nothing_that_is_typed_breaks_the_reader(typed):
    for key in KeyReader().read(typed):
        assert isinstance(key, Key) or key.isprintable()
