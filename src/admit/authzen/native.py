"""The types that admit has of itself: people and their users and groups, and what they may be granted."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from admit.control import names
from admit.control.names import NameFault
from admit.core.links import Kind, Ref
from admit.store import things
from admit.store.things import Thing

SUBJECTS = {
    "person": Kind.PERSON,
    "user": Kind.USER,
    "user-group": Kind.GROUP,
    "organizational-unit": Kind.UNIT,
}
"""Types of subjects."""


@dataclass(frozen=True, slots=True)
class Usable:
    """A type of resource, and the one thing that is done with it."""

    kind: Kind
    action: str


RESOURCES = {
    "host": Usable(Kind.HOST, "connect"),
    "host-account": Usable(Kind.HOST_ACCOUNT, "connect"),
    "delivery-group": Usable(Kind.DELIVERY_GROUP, "launch"),
    "app": Usable(Kind.APP, "launch"),
    "application": Usable(Kind.APPLICATION, "sign-in"),
    "cloud-role": Usable(Kind.CLOUD_ROLE, "assume"),
}
"""Types of resources."""


def subject(sql: Connection, kind: Kind, text: str) -> Thing:
    """The subject of an id: a person by name, a user by ID, a group or a unit by ID or name.

    Raises:
        NameFault: there is none, or more than one.
    """
    if kind is Kind.PERSON:
        return names.person(sql, text)
    return _one(sql, kind, text)


def resource(sql: Connection, kind: Kind, text: str) -> Thing:
    """The resource of an id: a host account as ``root@db-1``, everything by ID, or by name if that is one's.

    Raises:
        NameFault: there is none, or more than one.
    """
    if kind is Kind.HOST_ACCOUNT and "@" in text:
        return names.resource(sql, text)
    return _one(sql, kind, text)


def _one(sql: Connection, kind: Kind, text: str) -> Thing:
    found = things.named(sql, kind, text)
    by_id = [thing for thing in found if thing.id == text]
    if kind is Kind.USER:
        # Names of users are told apart by their services only.
        found = by_id
    if len(found) > 1 and len(by_id) == 1:
        return by_id[0]
    if not found:
        raise NameFault("NotFound", f"There is no {kind.word} {text}.")
    if len(found) > 1:
        raise NameFault("Ambiguous", f"There are {len(found)} {kind.word}s {text}: ask by ID.")
    return found[0]


def ids(sql: Connection, refs: list[Ref]) -> Mapping[Ref, str]:
    """What each of some things is asked by."""
    labelled = names.labels(sql, [ref.key for ref in refs])
    return {ref: _id(sql, labelled[ref.key]) for ref in refs}


def _id(sql: Connection, named: names.Named) -> str:
    if named.thing.kind is Kind.PERSON:
        return named.thing.name
    if named.thing.kind is not Kind.HOST_ACCOUNT:
        return named.thing.id
    try:
        # Two hosts may bear one name.
        return named.label if names.resource(sql, named.label).key == named.thing.key else named.thing.id
    except NameFault:
        return named.thing.id
