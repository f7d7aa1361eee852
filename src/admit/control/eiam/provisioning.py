"""Outside directories that feed people and groups in: who they are, and the verbs they do."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection as Sql

from admit.base.chance import BASE32, ID_LETTERS
from admit.control import grants, people
from admit.control import things as verbs
from admit.control.eiam.idaas import GroupDetails, UserDetails
from admit.control.things import New
from admit.control.world import World
from admit.core.links import Kind
from admit.core.validity import FOREVER, Millis
from admit.store import links as stored_links
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import HandleTaken, Thing

PREFIX = "scim_"
"""What every token begins with, so that a scanner for leaked secrets knows one."""
ID_LENGTH, SECRET_LENGTH = 16, 52
"""52 of 36 letters are 268 bits: nobody guesses one, so that its digest needs no slow hash."""
OFF = {Kind.IDAAS: "disabled"}
"""The word that switches a user off, by the kind of their directory; elsewhere ``locked``."""
LONGEST_MAIL = 128


class ConnectionDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a connection."""

    digest: str
    """SHA-256 of its secret, in hexadecimal."""
    directories: tuple[int, ...] = ()
    """The keys of the directories whose users it makes besides the accounts of its instance."""
    ends_at: Millis = FOREVER


@dataclass(frozen=True, slots=True)
class Connection:
    """An outside directory that has shown its token."""

    thing: Thing
    idaas: Thing
    """The instance whose accounts and groups it feeds."""
    directories: tuple[Thing, ...]
    """Where each of its people has a user besides."""


@dataclass(frozen=True, slots=True)
class Account:
    """What an outside directory says of somebody."""

    name: str
    words: Mapping[str, Any]
    """In its own words, besides the name and whether they are active."""
    display_name: str | None = None
    email: str | None = None
    external_id: str | None = None


class UnknownMember(Exception):
    """A group names a member who is not there: the ID."""


# -- connections -----------------------------------------------------------------------------------


def connect(tx: Tx, world: World, idaas: Thing, name: str, details: ConnectionDetails) -> tuple[Thing, str]:
    """Make a connection; with it the token, which is told this once. ``details`` has no digest yet.

    Raises:
        HandleTaken: the instance has a connection of that name.
    """
    connection_id = world.chance.text(ID_LENGTH, ID_LETTERS)
    secret = world.chance.text(SECRET_LENGTH, ID_LETTERS)
    kept = msgspec.structs.replace(details, digest=_digest(secret))
    made = verbs.add(tx, New(Kind.SCIM_CONNECTION, idaas.key, name, kept, connection_id, handle=name))
    return made, f"{PREFIX}{connection_id}_{secret}"


def connection(sql: Sql, text: str, now: Millis) -> Connection | None:
    """The connection whose token this is; None if it is none, or none any more."""
    connection_id, _, secret = text.removeprefix(PREFIX).partition("_")
    if not text.startswith(PREFIX) or not secret:
        return None
    found = things.by_id_anywhere(sql, Kind.SCIM_CONNECTION, connection_id)
    kept = None if found is None else found.read(ConnectionDetails)
    if found is None or kept is None or not hmac.compare_digest(kept.digest, _digest(secret)):
        return None
    if kept.ends_at <= now:
        return None
    directories = [things.by_key(sql, key) for key in kept.directories]
    living = (each for each in directories if things.by_id(sql, each.kind, each.parent, each.id) is not None)
    return Connection(found, things.by_key(sql, found.parent), tuple(living))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# -- people ----------------------------------------------------------------------------------------


def add_user(tx: Tx, world: World, connection: Connection, said: Account, *, active: bool) -> Thing:
    """Make somebody's account, and their users elsewhere. Who is there already by that name is taken over.

    Raises:
        HandleTaken: the instance has an account of that name.
    """
    made = world.user_makers[Kind.IDAAS](tx, world, connection.idaas, said.name)
    made = verbs.change(tx, made, details=_details(made, said))
    for directory in connection.directories:
        try:
            with tx.part():
                world.user_makers[directory.kind](tx, world, directory, said.name)
        except HandleTaken:
            continue
    if not active:
        switch(tx, connection, made, on=False)
    return made


def change_user(tx: Tx, connection: Connection, user: Thing, said: Account) -> Thing:
    """Say something else of somebody. By a new name they are another person, with all their users.

    Raises:
        HandleTaken: the instance has an account of that name.
    """
    others = [each for each in _users(tx, connection, user) if each.key != user.key]
    handle = said.name.casefold() if said.name != user.name else None
    changed = people.change_user(tx, user, name=said.name, handle=handle, details=_details(user, said))
    for other in others:
        people.set_person(tx, other, people.person_of(tx, changed))
    return changed


def switch(tx: Tx, connection: Connection, user: Thing, *, on: bool) -> None:
    """Switch somebody off or on, in every directory of the connection: off, all that they have open ends."""
    places = {each.key: each.kind for each in (connection.idaas, *connection.directories)}
    for each in _users(tx, connection, user):
        word = OFF.get(places[each.parent], "locked")
        if on:
            verbs.unblock(tx, each, word)
        else:
            verbs.block(tx, each, word)


def remove_user(tx: Tx, connection: Connection, user: Thing) -> None:
    """End somebody's account and their users in the connection's directories."""
    for each in _users(tx, connection, user):
        people.remove_user(tx, each)


def is_active(sql: Sql, user: Thing) -> bool:
    """Whether an account is not switched off."""
    return OFF[Kind.IDAAS] not in things.block_words(sql, user.key)


def _users(tx: Tx, connection: Connection, user: Thing) -> list[Thing]:
    """An account, and its person's users in the directories of a connection."""
    places = {connection.idaas.key, *(each.key for each in connection.directories)}
    person = people.person_of(tx, user)
    found = stored_links.of(tx.sql, person.key, inward=False, kind=Kind.USER)
    known = things.by_keys(tx.sql, [ref.key for _, ref in found])
    mine = (each for each in known.values() if each.parent in places)
    # Another account of the same instance is somebody else's resource.
    return [each for each in mine if each.parent != connection.idaas.key or each.key == user.key]


def _details(user: Thing, said: Account) -> UserDetails:
    before = user.read(UserDetails)
    email = said.email if said.email and len(said.email) <= LONGEST_MAIL else None
    return msgspec.structs.replace(
        before,
        external_id=said.external_id or user.id,
        display_name=said.display_name,
        email=email,
        # The directory is who knows.
        email_verified=email is not None,
        directory=dict(said.words),
    )


# -- groups ----------------------------------------------------------------------------------------


def add_group(tx: Tx, world: World, connection: Connection, name: str, external_id: str | None) -> Thing:
    """Make a group.

    Raises:
        HandleTaken: another group has the external ID.
    """
    group_id = f"group_{world.chance.text(26, BASE32)}"
    details = GroupDetails(external_id or group_id)
    new = New(Kind.GROUP, connection.idaas.key, name, details, group_id, handle=details.external_id)
    return verbs.add(tx, new)


def change_group(tx: Tx, group: Thing, name: str, external_id: str | None) -> Thing:
    """Give a group another name or external ID.

    Raises:
        HandleTaken: another group has the external ID.
    """
    before = group.read(GroupDetails)
    details = msgspec.structs.replace(before, external_id=external_id or group.id)
    handle = details.external_id if details != before else None
    return verbs.change(tx, group, name=name, handle=handle, details=details)


def set_members(tx: Tx, connection: Connection, group: Thing, member_ids: Sequence[str]) -> None:
    """Let a group have these members and no others.

    Raises:
        UnknownMember: one is no account of the instance.
    """
    wanted: dict[int, Thing] = {}
    for member_id in member_ids:
        user = things.by_id(tx.sql, Kind.USER, connection.idaas.key, member_id)
        if user is None:
            raise UnknownMember(member_id)
        wanted[user.key] = user
    held = members(tx.sql, group)
    for user in held:
        if user.key not in wanted:
            grants.revoke(tx, user, group)
    for user in wanted.values():
        grants.grant(tx, user, group)


def members(sql: Sql, group: Thing) -> list[Thing]:
    """The accounts in a group, by their IDs."""
    found = stored_links.of(sql, group.key, inward=True, kind=Kind.USER)
    known = things.by_keys(sql, [ref.key for _, ref in found])
    return sorted(known.values(), key=lambda each: each.id)


def remove_group(tx: Tx, group: Thing) -> None:
    """End a group, with what was granted to it."""
    verbs.remove(tx, group)
