"""A passkey proves those alone to whom it was given, whatever the browser that holds one says of itself."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from admit.control.signing_in import passkeys
from admit.control.signing_in.passkeys import Answer, Asked, PasskeyRefused, Place
from admit.control.signing_in.web_sessions import Proven
from admit.core.links import Kind
from admit.store import things
from admit.store.engine import Author, Tx
from admit.store.things import Thing, Where
from tests.services.bastionhost.people import Bastion
from tests.system import System

T = TypeVar("T")

PLACE = Place("https://admit.example.com")
PRESENT_AND_VERIFIED, WITH_KEY = b"\x05", b"\x45"
"""The flags of WebAuthn §6.1: somebody was there and showed who they are; a new key comes along."""


def text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@dataclass
class Device:
    """What holds a passkey: it may lie about all but what it signs."""

    id: bytes
    handle: str = ""
    key: Any = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def made(self, asked: Asked) -> Answer:
        """Its answer to whoever asks for a new passkey."""
        self.handle = json.loads(asked.options)["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        point = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        named = bytes(16) + len(self.id).to_bytes(2, "big") + self.id
        about = self._about(WITH_KEY) + named + cbor2.dumps({1: 2, 3: -7, -1: 1, **point})
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": about})
        said = self._said("create", asked)
        return self._answer(asked, clientDataJSON=text(said), attestationObject=text(attested))

    def proof(self, asked: Asked, handle: str) -> Answer:
        """Its answer to whoever asks who is there; ``handle`` is whom it says to be."""
        said, about = self._said("get", asked), self._about(PRESENT_AND_VERIFIED)
        signed = self.key.sign(about + hashlib.sha256(said).digest(), ECDSA(SHA256()))
        parts = {"clientDataJSON": said, "authenticatorData": about, "signature": signed}
        given = {name: text(part) for name, part in parts.items()}
        return self._answer(asked, userHandle=handle, **given)

    def _about(self, flags: bytes) -> bytes:
        return hashlib.sha256(PLACE.rp_id.encode()).digest() + flags + bytes(4)

    def _said(self, what: str, asked: Asked) -> bytes:
        challenge = json.loads(asked.options)["challenge"]
        said = {"type": f"webauthn.{what}", "challenge": challenge, "origin": PLACE.origin}
        return json.dumps(said).encode()

    def _answer(self, asked: Asked, **response: str) -> Answer:
        name = text(self.id)
        credential = {"id": name, "rawId": name, "type": "public-key", "response": response}
        return Answer(credential, asked.state)


@dataclass
class People:
    """alice and mallory, each a user of one bastion host."""

    system: System

    def __post_init__(self) -> None:
        bastion = Bastion(self.system)
        for name in ("alice", "mallory"):
            bastion.user(name)

    def user(self, name: str) -> Thing:
        with self.system.admit.store.read() as sql:
            (found,) = things.find(sql, Where(Kind.USER, names=(name,)))
        return found

    def given(self, device: Device, *names: str) -> Device:
        """A device that got a passkey of these people together."""
        proven, world = Proven(tuple(map(self.user, names))), self.system.admit.world
        with self.system.admit.store.read() as sql:
            asked = passkeys.begin_adding(sql, world, proven, PLACE, names[0])
        answer = device.made(asked)
        self.write(lambda tx: passkeys.add(tx, world, proven, PLACE, answer))
        return device

    def proven(self, device: Device, handle: str) -> set[str]:
        """Who is signed in by a device that says to be these."""
        world = self.system.admit.world
        answer = device.proof(passkeys.begin_proving(world, PLACE), handle)
        proven, _ = self.write(lambda tx: passkeys.prove(tx, world, PLACE, answer))
        return {each.name for each in proven.users}

    def write(self, body: Callable[[Tx], T]) -> T:
        return self.system.admit.store.write_now(Author("acs:ram::1:root", "test", "request"), body)


@pytest.fixture
def people(system: System) -> People:
    return People(system)


def both(*devices: Device) -> str:
    """What a browser says that wants to be the people of several devices, in this order."""
    return text(b"/".join(base64.urlsafe_b64decode(each.handle + "==") for each in devices))


def test_a_passkey_proves_whoever_it_was_given_to(people: People) -> None:
    device = people.given(Device(b"a" * 32), "alice")
    assert people.proven(device, device.handle) == {"alice"}


def test_who_gives_their_own_key_the_id_of_another_persons_passkey_is_not_that_person(
    people: People,
) -> None:
    hers = people.given(Device(b"a" * 32), "alice")
    mine = people.given(Device(b"a" * 32), "mallory")
    assert people.proven(mine, both(mine, hers)) == {"mallory"}
    for handle in (hers.handle, both(hers, mine)):
        with pytest.raises(PasskeyRefused):
            people.proven(mine, handle)
    assert people.proven(hers, hers.handle) == {"alice"}
