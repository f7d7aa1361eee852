"""People: one human, however many services have a user for them."""

import msgspec

from admit.control import grants, things
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import PERMANENT, Validity
from admit.store import links as stored_links
from admit.store import things as stored
from admit.store.engine import Tx
from admit.store.links import Held
from admit.store.things import Thing


class PersonDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a person besides the name."""

    display_name: str | None = None
    email: str | None = None
    phone: str | None = None


def person_named(tx: Tx, name: str) -> Thing:
    """The person of this name, made if there is none yet."""
    found = stored.by_handle(tx.sql, Kind.PERSON, 0, name)
    # Not the name for an ID: who left keeps theirs, and somebody else may bear the name later.
    return found or things.add(tx, New(Kind.PERSON, 0, name, PersonDetails(), handle=name))


def add_user(tx: Tx, new: New, validity: Validity = PERMANENT) -> Thing:
    """Make a service's user, who by default is the person of the same name.

    ``validity`` is the time in which the user may be used at all.

    Raises:
        HandleTaken: the service has a user of that name.
    """
    user = things.add(tx, new)
    grants.grant(tx, person_named(tx, user.name), user, validity)
    return user


def change_user(
    tx: Tx,
    user: Thing,
    *,
    name: str | None = None,
    handle: str | None = None,
    details: msgspec.Struct | None = None,
) -> Thing:
    """Change a service's user, who by a new name is the person of that name.

    Left with the person of the old name, the next user of that name would be the same person, and
    have all that this one has. A user of a person of another name stays: somebody put them there.

    Raises:
        HandleTaken: the service has a user of the new name.
    """
    changed = things.change(tx, user, name=name, handle=handle, details=details)
    if changed.name != user.name and person_of(tx, user).name == user.name:
        set_person(tx, changed, person_named(tx, changed.name))
    return changed


def set_person(tx: Tx, user: Thing, person: Thing) -> bool:
    """Let a user be another person's, for the time they may be used; returns False if they are already.

    The person of before ends if this was the last of their users.
    """
    held, before = _person_of(tx, user)
    if before.key == person.key:
        return False
    things.close(tx, before.ref, user.ref)
    grants.grant(tx, person, user, held.validity)
    _remove_without_users(tx, before)
    return True


def remove_user(tx: Tx, user: Thing) -> None:
    """End a service's user, and the person with the last of their users."""
    person = person_of(tx, user)
    things.remove(tx, user)
    _remove_without_users(tx, person)


def person_of(tx: Tx, user: Thing) -> Thing:
    """The person a service's user belongs to."""
    return _person_of(tx, user)[1]


def _person_of(tx: Tx, user: Thing) -> tuple[Held, Thing]:
    ((held, ref),) = stored_links.of(tx.sql, user.key, inward=True, kind=Kind.PERSON)
    return held, stored.by_key(tx.sql, ref.key)


def _remove_without_users(tx: Tx, person: Thing) -> None:
    """End a person who has no user any more.

    Somebody who signs in with secrets of their own, as the administrator does, stays.
    """
    if stored_links.of(tx.sql, person.key, inward=False, kind=Kind.USER, limit=1):
        return
    if not stored.secret_purposes(tx.sql, person.key):
        things.remove(tx, person)
