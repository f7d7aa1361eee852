"""The strict reader finds what it must find."""

import pytest

from tests.casts import NotACast, strictly

HEADER = b'{"version": 2, "width": 80, "height": 24}\n'


def test_a_cast_is_read():
    header, events = strictly(HEADER + b'[0, "o", "a\\u2028b"]\n[0.5, "r", "100x30"]\n')
    assert header["width"] == 80
    assert events == [(0, "o", "a\u2028b"), (0.5, "r", "100x30")]


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        HEADER[:-1],
        HEADER + b'[0, "o", "cut',
        HEADER + b'[0, "o", "\xff"]\n',
        HEADER + b'[0, "o", "\\ud800"]\n',
        HEADER + b'[NaN, "o", ""]\n',
        HEADER + b'[1, "o", ""]\n[0.9, "o", ""]\n',
        HEADER + b'[-1, "o", ""]\n',
        HEADER + b'[true, "o", ""]\n',
        HEADER + b'[0, "x", ""]\n',
        HEADER + b'[0, "o", 1]\n',
        HEADER + b'[0, "o"]\n',
        HEADER + b'[0, "r", "100"]\n',
        HEADER + b"\n",
        b'{"version": 1, "width": 80, "height": 24}\n',
        b'{"version": 2, "width": 0, "height": 24}\n',
        b'{"version": 2, "width": 80, "height": 24, "env": {"TERM": 1}}\n',
        b'{"version": 2, "width": 80, "height": 24, "title": null}\n',
    ],
)
def test_what_is_none_is_not(octets):
    with pytest.raises(NotACast):
        strictly(octets)
