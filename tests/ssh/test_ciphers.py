"""Ciphers that are made once: what they send is what asyncssh's own would."""

import os

import pytest
from asyncssh.encryption import get_encryption
from hypothesis import given
from hypothesis import strategies as st

from admit.ssh.ciphers import TAG, Quick, quick

KEYS = {b"aes128-gcm@openssh.com": 16, b"aes256-gcm@openssh.com": 32, b"chacha20-poly1305@openssh.com": 64}
every_cipher = pytest.mark.parametrize("name", KEYS)
PACKETS = st.lists(st.binary(min_size=16, max_size=80), min_size=1, max_size=4)


def pair(name):
    """asyncssh's and ours, with the same key."""
    key, nonce = os.urandom(KEYS[name]), os.urandom(12)
    ours = quick(get_encryption(name, key, nonce))
    assert isinstance(ours, Quick)
    return get_encryption(name, key, nonce), ours


@every_cipher
@given(PACKETS)
def test_packets_are_sealed_byte_by_byte_as_asyncssh_does(name, packets):
    theirs, ours = pair(name)
    for sequence, packet in enumerate(packets):
        sealed, tag = theirs.encrypt_packet(sequence, len(packet).to_bytes(4, "big"), packet)
        assert ours.seal(sequence, packet) == sealed + tag


@every_cipher
@given(PACKETS)
def test_what_asyncssh_sealed_is_opened(name, packets):
    theirs, ours = pair(name)
    for sequence, packet in enumerate(packets):
        wire = memoryview(b"".join(theirs.encrypt_packet(sequence, len(packet).to_bytes(4, "big"), packet)))
        assert ours.size(sequence, wire[:4]) == len(packet)
        assert ours.open(sequence, wire) == packet


@every_cipher
@pytest.mark.parametrize("at", [0, 5, -TAG - 1, -1])
def test_a_changed_byte_opens_nothing(name, at):
    theirs, ours = pair(name)
    wire = bytearray(b"".join(theirs.encrypt_packet(0, (32).to_bytes(4, "big"), bytes(32))))
    wire[at] ^= 1
    assert ours.open(0, bytes(wire)) is None


@every_cipher
def test_a_packet_that_was_opened_already_is_not_opened_twice(name):
    theirs, ours = pair(name)
    first, second = (
        b"".join(theirs.encrypt_packet(each, (32).to_bytes(4, "big"), bytes([each]) * 32)) for each in (0, 1)
    )
    ours.opened = ours.open(0, first)
    assert ours.decrypt_packet(0, first[:16], first[16:-TAG], 4, first[-TAG:]) == bytes(32)
    assert ours.decrypt_packet(1, second[:16], second[16:-TAG], 4, second[-TAG:]) == b"\x01" * 32


def test_another_cipher_stays_asyncssh_s():
    made = get_encryption(b"aes128-ctr", bytes(16), bytes(16), b"hmac-sha2-256", bytes(32))
    assert quick(made) is made
    assert quick(None) is None
