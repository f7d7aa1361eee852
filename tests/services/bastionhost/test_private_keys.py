"""Reading private keys."""

import base64
import binascii

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from admit.services.bastionhost.errors import InvalidArgument
from admit.services.bastionhost.private_keys import open_private_key, read_private_key


def test_the_fingerprint_is_the_one_ssh_keygen_shows() -> None:
    """the fingerprint is the one ssh-keygen shows"""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    text = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    # ssh-keygen -l -E md5, of the public half.
    assert open_private_key(text, None).fingerprint == "f1:02:17:de:ef:c1:30:83:11:8b:82:a0:0e:67:7f:d5"


def test_line_breaks_in_base64_do_not_matter() -> None:
    """line breaks in Base64 do not matter"""
    key = ec.derive_private_key(5, ec.SECP384R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert read_private_key(base64.encodebytes(text).decode(), None).text == text


def test_a_public_point_in_its_short_form_is_refused() -> None:
    """a public point in its short form is refused"""
    key = ec.derive_private_key(5, ec.SECP256R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    first, *body, last = text.strip().split(b"\n")
    short = binascii.a2b_base64(b"".join(body)).replace(b"\x00\x00\x00A\x04", b"\x00\x00\x00A\x02")
    with pytest.raises(InvalidArgument):
        open_private_key(b"\n".join([first, base64.encodebytes(short).strip(), last, b""]), None)


def test_a_key_does_not_show_itself() -> None:
    """a key does not show itself"""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    text = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    assert "BEGIN" not in repr(open_private_key(text, None))
