"""Secrets: sealed at rest, hidden in memory."""

import json
import pickle
import stat
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.base.chance import Chance
from admit.base.sealing import (
    KEY_FILE_HEADER,
    KeyFileRefused,
    SealBroken,
    Sealer,
    Secret,
    create_key_file,
)

FIRST, SECOND = bytes(range(32)), bytes(range(100, 132))
PURPOSE = "access_key:LTAI5tExample"


def key_file(folder, *keys, name="seal.key"):
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(KEY_FILE_HEADER + "".join(f"{key.hex()}\n" for key in keys))
    return path


def sealer(folder, *keys):
    return Sealer.from_file(key_file(folder, *keys), Chance.seeded(1).fill)


@pytest.fixture(scope="module")
def sealed_with_first(tmp_path_factory):
    return sealer(tmp_path_factory.mktemp("keys"), FIRST)


@given(plain=st.binary(max_size=300), purpose=st.text(max_size=40))
def test_what_is_sealed_opens_for_the_same_purpose(sealed_with_first, plain, purpose):
    assert sealed_with_first.open(sealed_with_first.seal(plain, purpose), purpose) == plain


def test_a_purpose_from_a_broken_file_name_seals_too(sealed_with_first):
    purpose = "host_key:\udcff"

    assert sealed_with_first.open(sealed_with_first.seal(b"x", purpose), purpose) == b"x"


def test_nothing_of_the_secret_stands_in_what_is_sealed(sealed_with_first):
    assert b"swordfish" not in sealed_with_first.seal(b"swordfish", PURPOSE)


def test_the_same_secret_sealed_twice_differs(sealed_with_first):
    assert sealed_with_first.seal(b"same", PURPOSE) != sealed_with_first.seal(b"same", PURPOSE)


def test_what_was_sealed_by_the_first_release_still_opens(tmp_path):
    sealed = bytes.fromhex(
        "01 d023fdab 000102030405060708090a0b 49a54d6b0902dbdc45830f80ceff2684e558534cd69c6f9f508da2a2eb"
    )  # version, key id, nonce, ciphertext with tag

    assert sealer(tmp_path, FIRST).open(sealed, PURPOSE) == b"first release"


def test_another_purpose_does_not_open_it(sealed_with_first):
    with pytest.raises(SealBroken, match="altered or sealed for something else"):
        sealed_with_first.open(sealed_with_first.seal(b"swordfish", PURPOSE), "access_key:LTAIother")


def test_no_bit_can_be_turned_unnoticed(sealed_with_first):
    sealed = sealed_with_first.seal(b"swordfish", PURPOSE)

    for place in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[place // 8] ^= 1 << place % 8
        with pytest.raises(SealBroken):
            sealed_with_first.open(bytes(altered), PURPOSE)


def test_no_part_of_it_opens(sealed_with_first):
    sealed = sealed_with_first.seal(b"swordfish", PURPOSE)

    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            sealed_with_first.open(sealed[:length], PURPOSE)


def test_a_key_that_is_not_in_the_file_is_told_from_damage(tmp_path, sealed_with_first):
    sealed = sealed_with_first.seal(b"swordfish", PURPOSE)

    with pytest.raises(SealBroken, match="needs a key that is not in the key file") as raised:
        sealer(tmp_path, SECOND).open(sealed, PURPOSE)
    assert "swordfish" not in str(raised.value)


def test_after_a_key_is_added_the_new_one_seals_and_all_open(tmp_path, sealed_with_first):
    before = sealed_with_first.seal(b"before", PURPOSE)
    rotated = sealer(tmp_path, FIRST, SECOND)

    after = rotated.seal(b"after", PURPOSE)

    assert rotated.open(before, PURPOSE) == b"before"
    assert rotated.open(after, PURPOSE) == b"after"
    with pytest.raises(SealBroken, match="not in the key file"):
        sealed_with_first.open(after, PURPOSE)


def test_a_subkey_belongs_to_its_purpose_and_outlives_a_new_key(tmp_path, sealed_with_first):
    ledger = sealed_with_first.subkey("ledger")

    assert len(ledger) == 32
    assert ledger != sealed_with_first.subkey("cookies")
    assert ledger not in {FIRST, SECOND}
    assert sealer(tmp_path, FIRST, SECOND).subkey("ledger") == ledger
    assert sealer(tmp_path, SECOND).subkey("ledger") != ledger


def test_a_sealer_shows_no_key(sealed_with_first):
    shown = repr(sealed_with_first)

    assert FIRST.hex() not in shown
    assert repr(FIRST) not in shown
    with pytest.raises(TypeError):
        msgspec.json.encode(sealed_with_first)
    with pytest.raises(TypeError):
        pickle.dumps(sealed_with_first)


def test_a_new_key_file_is_for_its_owner_only_and_can_be_used(tmp_path):
    path = tmp_path / "seal.key"

    create_key_file(path, Chance.seeded(7).fill)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    sealed = Sealer.from_file(path, Chance.seeded(8).fill).seal(b"x", PURPOSE)
    assert Sealer.from_file(path, Chance.seeded(9).fill).open(sealed, PURPOSE) == b"x"


def test_a_key_file_is_never_overwritten(tmp_path):
    path = key_file(tmp_path, FIRST)
    before = path.read_bytes()

    with pytest.raises(KeyFileRefused, match="exists already"):
        create_key_file(path, Chance.seeded(7).fill)
    assert path.read_bytes() == before


def test_a_dangling_link_is_not_followed_to_make_a_key_file(tmp_path):
    (tmp_path / "seal.key").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(KeyFileRefused, match="exists already"):
        create_key_file(tmp_path / "seal.key", Chance.seeded(7).fill)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o610, 0o644])
def test_a_key_file_open_to_others_is_refused(tmp_path, mode):
    path = key_file(tmp_path, FIRST)
    path.chmod(mode)

    with pytest.raises(KeyFileRefused, match="open to others than its owner: chmod 600 it"):
        Sealer.from_file(path, Chance.seeded(1).fill)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "holds no key"),
        ("# only a comment\n\n", "holds no key"),
        (FIRST.hex()[:-2], "Line 1 .* is not a key of 64 hexadecimal digits"),
        (f"# good\n{FIRST.hex()}\n{FIRST.hex()}00\n", "Line 3 .* is not a key"),
        ("z" * 64, "Line 1 .* is not a key"),
        ("ключ", "Line 1 .* is not a key"),
        (f"{FIRST.hex()}\n{FIRST.hex()}\n", "holds a key twice"),
    ],
)
def test_what_is_not_a_key_file_is_refused_without_showing_it(tmp_path, text, complaint):
    path = key_file(tmp_path)
    path.write_text(text, encoding="utf-8")

    with pytest.raises(KeyFileRefused, match=complaint) as raised:
        Sealer.from_file(path, Chance.seeded(1).fill)
    assert FIRST.hex()[:16] not in str(raised.value)


@pytest.mark.parametrize("name", ["absent.key", "."])
def test_a_key_file_that_cannot_be_read_is_refused(tmp_path, name):
    with pytest.raises(KeyFileRefused, match="cannot be read"):
        Sealer.from_file(tmp_path / name, Chance.seeded(1).fill)


@dataclass
class Door:
    password: Secret


class Account(msgspec.Struct):
    password: Secret


SHOWN = [
    str,
    repr,
    "{}".format,
    "{:>20}".format,
    "{!r}".format,
    lambda secret: f"{secret}",
    lambda secret: "%s" % secret,  # noqa: UP031 - the old way must be safe too
    lambda secret: repr(Door(secret)),
    lambda secret: repr(Account(secret)),
    lambda secret: json.dumps({"password": secret}, default=str),
    lambda secret: str(ValueError(secret)),
]


@pytest.mark.parametrize("show", SHOWN)
def test_no_text_form_of_a_secret_shows_it(show):
    shown = show(Secret("swordfish"))

    assert "****" in shown
    assert "swordfish" not in shown


ENCODED = [
    json.dumps,
    msgspec.json.encode,
    msgspec.msgpack.encode,
    msgspec.to_builtins,
    pickle.dumps,
    vars,
    lambda secret: msgspec.json.encode(Account(secret)),
    lambda secret: msgspec.json.encode(Door(secret)),
    lambda secret: pickle.dumps(Door(secret)),
]


@pytest.mark.parametrize("encode", ENCODED)
def test_a_secret_cannot_be_encoded(encode):
    with pytest.raises(TypeError) as raised:
        encode(Secret("swordfish"))
    assert "swordfish" not in str(raised.value)


@pytest.mark.parametrize("text", ["swordfish", "", "pässwörd", "\udcff"])
def test_a_secret_equals_one_of_the_same_text_and_nothing_else(text):
    assert Secret(text).reveal() == text
    assert Secret(text) == Secret(text)
    assert Secret(text) != Secret(text + "x")
    assert Secret(text) != text
