"""Signed statements: whatever is altered is found, offline, with nothing but the file and the key."""

import io

import pytest

from admit.base.chance import Chance
from admit.base.sealing import Sealer, create_key_file
from admit.base.statements import StatementBroken, StatementKey, check, fingerprint, write


@pytest.fixture
def key(tmp_path) -> StatementKey:
    chance = Chance.seeded(1)
    create_key_file(tmp_path / "seal.key", chance.fill)
    return StatementKey.of(Sealer.from_file(tmp_path / "seal.key", chance.fill))


@pytest.fixture
def statement(key: StatementKey) -> bytes:
    file = io.BytesIO()
    assert write(file, key, {"format": "test 1"}, [{"n": 1}, {"n": 2}, {"n": 3}]) == 3
    return file.getvalue()


def test_a_statement_is_checked_with_the_key_or_its_fingerprint(key: StatementKey, statement: bytes) -> None:
    for trusted in (key.public, key.fingerprint, fingerprint(key.public)):
        lines: list[bytes] = []
        checked = check(io.BytesIO(statement), trusted, lines.append)
        assert (checked.lines, checked.head["format"]) == (3, "test 1")
        assert lines == [b'{"n":1}\n', b'{"n":2}\n', b'{"n":3}\n']


def test_every_altered_byte_is_found(key: StatementKey, statement: bytes) -> None:
    for place in range(len(statement)):
        altered = bytearray(statement)
        altered[place] ^= 1
        with pytest.raises(StatementBroken):
            check(io.BytesIO(bytes(altered)), key.fingerprint)


def test_lines_cannot_be_left_out_repeated_or_put_in_another_order(
    key: StatementKey, statement: bytes
) -> None:
    lines = statement.splitlines(keepends=True)
    for forged in (
        lines[:1] + lines[2:],
        lines[:2] + lines[1:],
        [lines[0], lines[2], lines[1], *lines[3:]],
        lines[:-1],
        lines[:1],
        [],
    ):
        with pytest.raises(StatementBroken):
            check(io.BytesIO(b"".join(forged)), key.fingerprint)


def test_a_statement_of_somebody_else_is_not_trusted(key: StatementKey, statement: bytes, tmp_path) -> None:
    chance = Chance.seeded(2)
    create_key_file(tmp_path / "other.key", chance.fill)
    other = StatementKey.of(Sealer.from_file(tmp_path / "other.key", chance.fill))
    with pytest.raises(StatementBroken, match="another key"):
        check(io.BytesIO(statement), other.fingerprint)
