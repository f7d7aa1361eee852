"""Passkeys (WebAuthn): keys on people's devices, opened by finger, face or PIN, and for this site only."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection

from admit.base.later import webauthn, webauthn_exceptions, webauthn_structs
from admit.base.sealing import SealBroken
from admit.control import things as verbs
from admit.control.bastionhost import bastion_users
from admit.control.signing_in.web_sessions import Proven, caller_behind
from admit.control.world import World
from admit.core.links import Kind
from admit.core.validity import MINUTE, Millis
from admit.store import things, tokens
from admit.store.engine import Tx
from admit.store.things import Thing, Where

PASSKEY = "passkey "
"""What the purpose begins with that a passkey is sealed under; its digest follows."""
CHALLENGE = "passkey challenge"
GOOD_FOR: Millis = 5 * MINUTE
MOST = 20
"""How many passkeys one person may have."""
LONGEST_NAME = 60


class PasskeyRefused(Exception):
    """What a browser sent proves nothing. Its kind is for the activity, not for whoever tries."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class _Kept(msgspec.Struct):
    """What is kept of a passkey."""

    id: bytes
    public_key: bytes
    sign_count: int
    name: str
    added_at: Millis
    synced: bool
    """Whether it is on more devices than the one it was made with."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it."""

    purpose: str
    name: str
    added_at: Millis
    synced: bool


class _Challenge(msgspec.Struct):
    """What a browser must sign; it travels sealed through the browser, and is good once."""

    octets: bytes
    until: Millis
    whose: str
    """The handle it is given to; empty where anybody may sign in."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where passkeys are for: browsers give a passkey to no other site."""

    origin: str
    """``https://admit.example.com``, as a browser says from where it asks."""

    @property
    def rp_id(self) -> str:
        """The host alone, without a port: what the passkey is bound to."""
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page hands to the browser, and what it must send back along with the answer."""

    options: str
    """JSON."""
    state: str


# -- giving somebody a passkey ---------------------------------------------------------------------


def begin_adding(sql: Connection, world: World, proven: Proven, place: Place, name: str) -> Asked:
    """What to ask a browser for that shall hold a new passkey of whoever is proven."""
    handle, octets = _handle(sql, proven), world.chance.fill(32)
    held = [kept.id for holder in _holders(proven) for kept in _all_of(sql, world, holder).values()]
    options = webauthn.generate_registration_options(
        rp_id=place.rp_id,
        rp_name="admit",
        user_id=handle.encode(),
        user_name=name,
        challenge=octets,
        authenticator_selection=webauthn_structs.AuthenticatorSelectionCriteria(
            resident_key=webauthn_structs.ResidentKeyRequirement.REQUIRED,
            user_verification=webauthn_structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            webauthn_structs.PublicKeyCredentialDescriptor(id=each) for each in dict.fromkeys(held)
        ],
    )
    return Asked(webauthn.options_to_json(options), _sealed(world, octets, handle))


def add(tx: Tx, world: World, proven: Proven, place: Place, answer: "Answer") -> None:
    """Let a new passkey prove exactly those who are proven now.

    Raises:
        PasskeyRefused: the browser's answer is not to what it was asked, or they have too many.
    """
    handle = _handle(tx.sql, proven)
    octets = _asked(tx, world, answer.state, handle)
    verified = _verified(
        webauthn.verify_registration_response,
        credential=answer.credential,
        expected_challenge=octets,
        expected_rp_id=place.rp_id,
        expected_origin=place.origin,
        require_user_verification=True,
    )
    name = answer.name.strip()[:LONGEST_NAME] or "Passkey"
    synced = verified.credential_device_type.value == "multi_device"
    kept = _Kept(
        verified.credential_id,
        verified.credential_public_key,
        verified.sign_count,
        name,
        tx.now,
        synced,
    )
    for holder in _holders(proven):
        if len(_all_of(tx.sql, world, holder)) >= MOST:
            raise PasskeyRefused("too many")
        _keep(tx, world, holder, kept)


def of(sql: Connection, world: World, proven: Proven) -> list[Passkey]:
    """The passkeys of whoever is proven, the oldest first; one that proves several of them comes once."""
    found: dict[str, _Kept] = {}
    for holder in _holders(proven):
        found |= _all_of(sql, world, holder)
    listed = sorted(found.items(), key=lambda each: each[1].added_at)
    return [Passkey(purpose, kept.name, kept.added_at, kept.synced) for purpose, kept in listed]


def remove(tx: Tx, proven: Proven, purpose: str) -> bool:
    """Let a passkey prove nobody any more; returns False if it is none of theirs."""
    holders = [each for each in _holders(proven) if purpose in things.secret_purposes(tx.sql, each.key)]
    if not purpose.startswith(PASSKEY):
        return False
    for holder in holders:
        verbs.keep_secret(tx, holder, purpose, None)
    return bool(holders)


# -- signing in with one ---------------------------------------------------------------------------


class Answer(msgspec.Struct):
    """What a page sends of its browser's answer."""

    credential: dict[str, Any]
    state: str
    name: str = ""
    """Of a new passkey: what its owner calls it."""


def begin_proving(world: World, place: Place) -> Asked:
    """What to ask a browser for that holds a passkey; it says itself whose."""
    octets = world.chance.fill(32)
    options = webauthn.generate_authentication_options(
        rp_id=place.rp_id,
        challenge=octets,
        user_verification=webauthn_structs.UserVerificationRequirement.REQUIRED,
    )
    return Asked(webauthn.options_to_json(options), _sealed(world, octets, ""))


def prove(tx: Tx, world: World, place: Place, answer: Answer) -> tuple[Proven, str]:
    """Whom a passkey proves, and what they are called: exactly those who hold it and may still sign in.

    Raises:
        PasskeyRefused: nobody.
    """
    octets = _asked(tx, world, answer.state, "")
    holders = _behind(tx.sql, _given_handle(answer.credential))
    purpose = _purpose(_given_id(answer.credential))
    holding = {each: kept for each in holders if (kept := _all_of(tx.sql, world, each).get(purpose))}
    if not holding:
        raise PasskeyRefused("unknown")
    kept = next(iter(holding.values()))
    # Devices choose the IDs of their passkeys, so that two may have one: whom the key was given to it proves.
    holding = {each: one for each, one in holding.items() if one.public_key == kept.public_key}
    verified = _verified(
        webauthn.verify_authentication_response,
        credential=answer.credential,
        expected_challenge=octets,
        expected_rp_id=place.rp_id,
        expected_origin=place.origin,
        credential_public_key=kept.public_key,
        credential_current_sign_count=kept.sign_count,
        require_user_verification=True,
    )
    if verified.new_sign_count > kept.sign_count:
        # One that counts tells by it that nobody has copied it; those that are synced do not count.
        for each, one in holding.items():
            _keep(tx, world, each, msgspec.structs.replace(one, sign_count=verified.new_sign_count))
    proven = _usable(tx, world, list(holding))
    if not proven:
        raise PasskeyRefused("locked")
    return proven, next(iter(_holders(proven))).name


def _usable(tx: Tx, world: World, holders: list[Thing]) -> Proven:
    users = [each for each in holders if each.kind is Kind.USER]
    callers = [each for each in holders if each.kind is not Kind.USER]
    caller = next((each for each in callers if caller_behind(tx.sql, world, each.key)), None)
    return Proven(tuple(bastion_users.usable(tx.sql, users, tx.now)), caller)


# -- the pieces ------------------------------------------------------------------------------------


def _holders(proven: Proven) -> Sequence[Thing]:
    return [*proven.users, *([] if proven.caller is None else [proven.caller])]


def _handle(sql: Connection, proven: Proven) -> str:
    """What the browser knows them by: the keys of those who are proven, by person and by caller."""
    persons = {each.key for user in proven.users for each in _persons(sql, user)}
    caller = [] if proven.caller is None else [proven.caller.key]
    if len(persons) + len(caller) > 3:
        raise PasskeyRefused("too many")
    return "/".join(str(key) for key in (*sorted(persons), *caller))


def _persons(sql: Connection, user: Thing) -> list[Thing]:
    return things.find(sql, Where(Kind.PERSON, linked_to=user.key))


def _behind(sql: Connection, handle: str) -> list[Thing]:
    """All who may be meant by a handle: it only says where to look."""
    keys = [int(each) for each in handle.split("/")[:3] if each.isascii() and each.isdecimal()]
    roots = [root for key in keys if key < 1 << 63 and (root := things.living(sql, key)) is not None]
    found = [root for root in roots if root.kind in (Kind.PERSON, Kind.RAM_USER)]
    for root in list(found):
        if root.kind is Kind.PERSON:
            found += things.find(sql, Where(Kind.USER, linked_from=root.key))
    return found


def _given_handle(credential: dict[str, Any]) -> str:
    response = credential.get("response")
    return _decoded(response.get("userHandle") if isinstance(response, dict) else None).decode(
        "ascii", "replace"
    )


def _given_id(credential: dict[str, Any]) -> bytes:
    return _decoded(credential.get("rawId"))


def _decoded(text: Any) -> bytes:
    if not isinstance(text, str) or len(text) > 4096:
        raise PasskeyRefused("unreadable")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise PasskeyRefused("unreadable") from None


def _purpose(credential_id: bytes) -> str:
    return PASSKEY + hashlib.sha256(credential_id).hexdigest()[:32]


def _all_of(sql: Connection, world: World, holder: Thing) -> dict[str, _Kept]:
    found = {}
    for purpose in things.secret_purposes(sql, holder.key):
        sealed = things.sealed(sql, holder.key, purpose) if purpose.startswith(PASSKEY) else None
        if sealed is not None:
            opened = world.sealer.open(sealed, f"{purpose}:{holder.id}")
            found[purpose] = msgspec.json.decode(opened, type=_Kept)
    return found


def _keep(tx: Tx, world: World, holder: Thing, kept: _Kept) -> None:
    purpose = _purpose(kept.id)
    sealed = world.sealer.seal(msgspec.json.encode(kept), f"{purpose}:{holder.id}")
    verbs.keep_secret(tx, holder, purpose, sealed)


def _sealed(world: World, octets: bytes, whose: str) -> str:
    said = _Challenge(octets, world.clock.now() + GOOD_FOR, whose)
    return base64.urlsafe_b64encode(world.sealer.seal(msgspec.json.encode(said), CHALLENGE)).decode()


def _asked(tx: Tx, world: World, state: str, whose: str) -> bytes:
    """What was to be signed, once."""
    try:
        opened = world.sealer.open(base64.urlsafe_b64decode(state), CHALLENGE)
    except (ValueError, SealBroken):
        raise PasskeyRefused("state") from None
    said = msgspec.json.decode(opened, type=_Challenge)
    (fresh,) = tokens.use_nonces(tx.sql, [f"{CHALLENGE} {said.octets.hex()}"], tx.now)
    if not fresh or said.until <= tx.now or said.whose != whose:
        raise PasskeyRefused("state")
    return said.octets


def _verified(verify: Any, **expected: Any) -> Any:
    try:
        return verify(**expected)
    except (webauthn_exceptions.WebAuthnException, ValueError, KeyError, TypeError):
        raise PasskeyRefused("wrong") from None
