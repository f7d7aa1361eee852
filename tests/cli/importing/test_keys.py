"""Private keys that a file of hosts names."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from admit.cli.importing.keys import LARGEST, KeyFiles


def key(encryption: KeySerializationEncryption | None = None) -> bytes:
    made = Ed25519PrivateKey.generate()
    return made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, encryption or NoEncryption())


@pytest.fixture
def keys(tmp_path: Path) -> KeyFiles:
    return KeyFiles(tmp_path)


def test_a_key_is_taken_as_it_stands(keys: KeyFiles, tmp_path: Path):
    text = key()
    (tmp_path / "id").write_bytes(text)
    found = keys.read("id")

    assert base64.b64decode(found.encoded or "") == text
    assert len(found.fingerprint.split(":")) == 16
    assert found.fault == ""


def test_a_key_does_not_show_itself(keys: KeyFiles, tmp_path: Path):
    (tmp_path / "id").write_bytes(key())
    found = keys.read("id")

    assert found.encoded
    assert found.encoded not in repr(found)


def test_a_file_is_read_once(keys: KeyFiles, tmp_path: Path):
    (tmp_path / "id").write_bytes(key())
    first = keys.read("id")
    (tmp_path / "id").unlink()

    assert keys.read("id") is first


def test_home_is_known_by_its_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "id").write_bytes(key())

    assert KeyFiles(Path("/nowhere")).read("~/id").fault == ""


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "id is no file"),
        (b"ssh-ed25519 AAAA", "id is no private key"),
        (b"x" * (LARGEST + 1), "id is too large for a private key"),
    ],
)
def test_what_is_no_key_says_why(keys: KeyFiles, tmp_path: Path, content: bytes | None, fault: str):
    if content is not None:
        (tmp_path / "id").write_bytes(content)
    found = keys.read("id")

    assert (found.encoded, found.fault) == (None, fault)


def test_a_key_behind_a_pass_phrase_is_not_taken(keys: KeyFiles, tmp_path: Path):
    (tmp_path / "id").write_bytes(key(BestAvailableEncryption(b"secret")))

    assert keys.read("id").fault == "id is protected by a pass phrase"


@pytest.mark.parametrize("path", ["/dev/zero", ".", "~nobody-of-this-name/id", "a\0b"])
def test_what_is_no_plain_file_is_not_opened(keys: KeyFiles, path: str):
    assert keys.read(path).fault
