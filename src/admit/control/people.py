"""People: one human, however many services have a user for them."""

import msgspec

from admit.control import grants, things
from admit.control.things import New
from admit.core.links import Kind, Ref
from admit.core.validity import PERMANENT, Validity
from admit.store import links as stored_links
from admit.store import things as stored
from admit.store.engine import Tx
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


def remove_user(tx: Tx, user: Thing) -> None:
    """End a service's user, and the person with the last of their users.

    Somebody who signs in with secrets of their own, as the administrator does, stays.
    """
    people = [ref for _, ref in stored_links.of(tx.sql, user.key, inward=True, kind=Kind.PERSON)]
    things.remove(tx, user)
    for person in people:
        alone = not stored_links.of(tx.sql, person.key, inward=False, limit=1)
        if alone and not stored.secret_purposes(tx.sql, person.key):
            things.remove(tx, stored.by_key(tx.sql, person.key))


def person_of(tx: Tx, user: Thing) -> Ref:
    """The person a service's user belongs to."""
    return next(ref for _, ref in stored_links.of(tx.sql, user.key, inward=True, kind=Kind.PERSON))
