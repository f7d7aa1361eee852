"""Sealed journals: what is read back, and what is found out."""

import contextlib
import os
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from admit.base import journal
from admit.base.chance import Chance
from admit.base.journal import MAGIC, JournalBroken, JournalWriter, Position

KEY = bytes(range(32))
FILL = Chance.seeded(7).fill


def written(path, *contents, name="one", end=True):
    writer = JournalWriter(path, KEY, name, FILL)
    edges = [writer.position.offset]
    for content in contents:
        writer.append(content)
        edges.append(writer.position.offset)
    if end:
        writer.end()
        edges.append(writer.position.offset)
    writer.close()
    return writer.position, edges


def contents(path, name="one", begin=None):
    return [(block.content, block.last) for block in journal.read(path, KEY, name, begin)]


def test_what_was_written_is_read_back(tmp_path):
    position, _ = written(tmp_path / "j", b"first", b"", b"third" * 10_000)
    assert contents(tmp_path / "j") == [
        (b"first", False),
        (b"", False),
        (b"third" * 10_000, False),
        (b"", True),
    ]
    assert [*journal.read(tmp_path / "j", KEY, "one")][-1].after == position


def test_one_may_read_on_from_any_block(tmp_path):
    written(tmp_path / "j", b"first", b"second")
    first = next(journal.read(tmp_path / "j", KEY, "one"))
    assert contents(tmp_path / "j", begin=first.after) == [(b"second", False), (b"", True)]


def test_a_position_that_was_not_given_out_opens_nothing(tmp_path):
    written(tmp_path / "j", b"first", b"second")
    first = next(journal.read(tmp_path / "j", KEY, "one")).after
    made_up = Position(first.number, first.offset, bytes(32))
    with pytest.raises(JournalBroken):
        contents(tmp_path / "j", begin=made_up)


def test_what_stands_on_the_disk_shows_nothing(tmp_path):
    written(tmp_path / "j", b"the password is swordfish " * 100)
    assert b"swordfish" not in (tmp_path / "j").read_bytes()
    assert (tmp_path / "j").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("end", [True, False])
def test_a_journal_cut_anywhere_is_read_up_to_its_last_whole_block_and_is_not_whole(tmp_path, end):
    _, edges = written(tmp_path / "j", b"first", b"second", b"third", end=end)
    octets = (tmp_path / "j").read_bytes()
    for length in range(len(MAGIC), len(octets)):
        (tmp_path / "cut").write_bytes(octets[:length])
        found = [*journal.read(tmp_path / "cut", KEY, "one")]
        whole_blocks = [edge for edge in edges if edge <= length]
        assert [block.after.offset for block in found] == whole_blocks[1:]
        assert not any(block.last for block in found)


@given(place=st.integers(0), flipped=st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_byte_can_be_altered_unseen(tmp_path, place, flipped):
    if not (tmp_path / "j").exists():
        written(tmp_path / "j", b"first", b"second")
    octets = bytearray((tmp_path / "j").read_bytes())
    octets[place % len(octets)] ^= flipped
    (tmp_path / "altered").write_bytes(octets)
    with contextlib.suppress(JournalBroken):
        # A length that was made greater looks as if the end were missing: that is seen as well.
        assert not any(block.last for block in journal.read(tmp_path / "altered", KEY, "one"))


def test_blocks_cannot_be_swapped_repeated_or_dropped(tmp_path):
    _, edges = written(tmp_path / "j", b"aaaaa", b"bbbbb", b"ccccc")
    octets = (tmp_path / "j").read_bytes()
    head, *blocks = [octets[:16], *(octets[a:b] for a, b in pairwise(edges))]
    for order in ([1, 0, 2, 3], [0, 2, 3], [0, 0, 1, 2, 3], [1, 2, 3], [0, 1, 3], [3], [0, 1, 2, 3, 3]):
        (tmp_path / "again").write_bytes(head + b"".join(blocks[number] for number in order))
        with pytest.raises(JournalBroken):
            contents(tmp_path / "again")


def test_a_journal_opens_under_its_own_name_and_key_only(tmp_path):
    written(tmp_path / "j", b"first")
    with pytest.raises(JournalBroken):
        contents(tmp_path / "j", name="another")
    with pytest.raises(JournalBroken):
        list(journal.read(tmp_path / "j", bytes(32), "one"))


def test_what_is_no_journal_is_refused(tmp_path):
    (tmp_path / "j").write_bytes(b"something else altogether")
    with pytest.raises(JournalBroken):
        contents(tmp_path / "j")
    (tmp_path / "j").write_bytes(MAGIC + b"\x01\xff\xff\xff\xff")
    with pytest.raises(JournalBroken):
        contents(tmp_path / "j")


def test_a_journal_is_never_written_over(tmp_path):
    written(tmp_path / "j", b"first")
    with pytest.raises(FileExistsError):
        JournalWriter(tmp_path / "j", KEY, "one", FILL)
    assert contents(tmp_path / "j")[0] == (b"first", False)


def test_a_journal_is_seen_to_be_open_until_its_writer_lets_go(tmp_path):
    writer = JournalWriter(tmp_path / "j", KEY, "one", FILL)
    assert journal.is_open(tmp_path / "j")
    writer.close()
    assert not journal.is_open(tmp_path / "j")


def test_a_full_disk_leaves_whole_blocks(tmp_path, monkeypatch):
    writer = JournalWriter(tmp_path / "j", KEY, "one", FILL)
    writer.append(b"first")
    write = os.write

    def fills_up(file, octets):
        return write(file, bytes(octets[:10])) if len(octets) > 20 else 0

    monkeypatch.setattr(os, "write", fills_up)
    with pytest.raises(OSError, match="No space left"):
        writer.append(os.urandom(50))
    monkeypatch.undo()
    writer.close()
    assert (tmp_path / "j").stat().st_size == writer.position.offset
    assert contents(tmp_path / "j") == [(b"first", False)]
