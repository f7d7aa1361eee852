"""Signatures of sign-ins, by whom and for what they were made."""

from dataclasses import dataclass

import asyncssh
import pytest
from msgspec.structs import replace

from admit.base.ssh_exchange import Exchange, Request, SignatureRefused, Signed, proven, to_be_signed
from tests.porter.lobby import exchange, field_of, request, signed

COOKIE, GATE = b"c" * 16, b"the gate's host key"


@dataclass
class Kept:
    """A key and its signature on a connection to the gate."""

    key: asyncssh.SSHKey
    signed: Signed


@pytest.fixture(scope="module")
def kept() -> Kept:
    key = asyncssh.generate_private_key("ssh-ed25519")
    return Kept(key, signed(key, "alice+root+db-1", exchange(COOKIE, GATE)))


def _refusal(signed: Signed, cookie: bytes = COOKIE, host_key: bytes = GATE) -> str:
    with pytest.raises(SignatureRefused) as refused:
        proven(signed, cookie, host_key)
    return str(refused.value)


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384"])
def test_a_signature_proves_who_made_it_and_under_which_name(kind):
    key = asyncssh.generate_private_key(kind)
    assert proven(signed(key, "alice", exchange(COOKIE, GATE)), COOKIE, GATE) == Request(
        "alice", kind, key.public_data
    )


def test_a_signature_from_another_connection_proves_nothing(kept):
    assert _refusal(kept.signed, cookie=b"d" * 16) == "it was made on another connection"


def test_a_signature_that_was_made_for_another_server_proves_nothing(kept):
    assert _refusal(kept.signed, host_key=b"another") == "it was made for another server"


def test_a_signature_does_not_fit_another_key_exchange_with_the_same_cookie(kept):
    assert _refusal(replace(kept.signed, exchange=exchange(COOKIE, GATE))) == "the signature is wrong"


def test_a_signature_does_not_fit_another_name(kept):
    assert _refusal(replace(kept.signed, request=request("root", kept.key))) == "the signature is wrong"


def test_a_signature_for_another_service_proves_nothing(kept):
    asked = request("alice", kept.key, service=b"ssh-userauth")
    made = kept.signed.exchange
    signature = kept.key.sign(to_be_signed(made.hash, asked), b"ssh-ed25519")
    assert _refusal(Signed(made, asked, signature)) == "not a request to be let in by a key"


def test_rsa_with_sha_1_proves_nothing_and_with_sha_2_it_does():
    key, made = asyncssh.generate_private_key("ssh-rsa", key_size=2048), exchange(COOKIE, GATE)
    asked = request("alice", key)
    old, new = (key.sign(to_be_signed(made.hash, asked), each) for each in (b"ssh-rsa", b"rsa-sha2-256"))

    assert _refusal(Signed(made, asked, old)) == "nobody signs in with such a signature"
    assert proven(Signed(made, asked, new), COOKIE, GATE).name == "alice"


def test_whatever_is_cut_off_or_changed_proves_nothing(kept):
    whole = kept.signed
    tried = [replace(whole, request=whole.request[:size]) for size in range(len(whole.request))]
    tried += [replace(whole, signature=whole.signature[:size]) for size in range(len(whole.signature))]
    content = whole.exchange.content
    tried += [
        replace(whole, exchange=Exchange(content[:size], "sha256")) for size in range(0, len(content), 7)
    ]
    for at in range(len(whole.request)):
        changed = bytearray(whole.request)
        changed[at] ^= 1
        tried.append(replace(whole, request=bytes(changed)))

    assert all(map(_refusal, tried))


def test_a_hash_that_no_key_exchange_uses_is_none(kept):
    made = Exchange(kept.signed.exchange.content, "md5")
    assert _refusal(replace(kept.signed, exchange=made)) == "no key exchange hashes with 'md5'"


def test_bytes_behind_the_request_are_not_ignored(kept):
    assert _refusal(replace(kept.signed, request=kept.signed.request + b"x"))


def test_a_length_that_claims_more_than_there_is_is_refused():
    with pytest.raises(SignatureRefused):
        Exchange(b"\xff\xff\xff\xff" + field_of(b"x"), "sha256").server()
