"""Permissions: what a subject may do with a resource of one's own, and on which condition."""

import hashlib

import msgspec
from sqlalchemy import Connection

from admit.control import conditions, grants, things
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import Validity
from admit.store import links as stored_links
from admit.store import things as stored
from admit.store.engine import Tx
from admit.store.terms import PermissionDetails
from admit.store.things import Thing


def permission(tx: Tx, target: Thing, details: PermissionDetails) -> Thing:
    """The permission of these terms on a resource or a type, made if there is none.

    It stands between those who are granted and what they are granted, so that one may be granted several
    things on the same resource, each for a time of its own.

    Raises:
        ConditionRefused: its condition is none.
    """
    if details.condition:
        conditions.check(details.condition)
    handle = hashlib.sha256(msgspec.json.encode(details)).hexdigest()
    found = stored.by_handle(tx.sql, Kind.PERMISSION, target.key, handle)
    if found is not None:
        return found
    made = things.add(tx, New(Kind.PERMISSION, target.key, words(details), details, handle=handle))
    grants.grant(tx, made, target)
    return made


def words(details: PermissionDetails) -> str:
    """What people call a permission: ``read, write if …``."""
    what = "everything" if details.actions is None else ", ".join(details.actions)
    return f"{what} if {details.condition}" if details.condition else what


def give(tx: Tx, subject: Thing, held: Thing, validity: Validity) -> bool:
    """Grant a subject a permission, or let the grant there is hold for another time; False if it does."""
    standing = grants.find(tx, subject, held)
    if standing is None:
        return grants.grant(tx, subject, held, validity)
    return standing.validity != validity and grants.set_validity(tx, subject, held, validity)


def take(tx: Tx, subject: Thing, held: Thing) -> bool:
    """Take a permission back; one that nobody has any more goes with it. False if it was not granted."""
    if not grants.revoke(tx, subject, held):
        return False
    if not stored_links.of(tx.sql, held.key, inward=True, limit=1):
        things.remove(tx, held)
    return True


def on(sql: Connection, target: Thing) -> list[Thing]:
    """Every permission on a resource or a type itself."""
    return stored.find(sql, stored.Where(Kind.PERMISSION, parent=target.key))
