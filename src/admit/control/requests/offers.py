"""Offers: what people may ask for, for how long at most, and who besides administrators may say yes."""

from collections.abc import Iterable, Iterator
from functools import cache

import msgspec
from sqlalchemy import Connection

from admit.control import things as verbs
from admit.control.recipients import directories_of, directory_of
from admit.control.things import New
from admit.core.links import Kind, Stage
from admit.core.validity import DAY, MINUTE, Millis
from admit.store import finding, neighbours, then, things
from admit.store.engine import Tx
from admit.store.things import Thing, Where
from admit.store.views import kept

SHORTEST: Millis = MINUTE
"""How long access must be asked for at least."""
LONGEST: Millis = 30 * DAY
"""How long it may be asked for at most, where an offer does not say less."""
_HANDLE = "offer"
"""What makes sure that a resource is offered once."""


class OfferDetails(msgspec.Struct):
    """What is kept of an offer; its parent is the resource."""

    owners: tuple[str, ...] = ()
    """IDs of the users who may decide, all of the resource's own directory: no name alone makes an owner."""
    longest_ms: Millis = LONGEST
    note: str = ""
    """What whoever asks should know or say."""


def of(sql: Connection, resource: Thing) -> Thing | None:
    """The offer of a resource; None if nobody may ask for it of their own accord."""
    return things.by_handle(sql, Kind.OFFER, resource.key, _HANDLE)


def offer(tx: Tx, resource: Thing, details: OfferDetails) -> tuple[Thing, bool]:
    """Offer a resource, or change how it is offered; tells whether anything changed."""
    there = of(tx.sql, resource)
    if there is None:
        made = verbs.add(tx, New(Kind.OFFER, resource.key, resource.name, details, handle=_HANDLE))
        return made, True
    changed = verbs.change(tx, there, details=details)
    return changed, changed is not there


def offered(sql: Connection, at: Millis | None = None) -> list[tuple[Thing, Thing]]:
    """Every offer with its resource, the oldest first; now, or as it was at a past moment."""
    found = things.find(sql, Where(Kind.OFFER)) if at is None else then.of_kind(sql, Kind.OFFER, at)
    resources = then.by_keys(sql, [each.parent for each in found], at)
    return [(each, resources[each.parent]) for each in found]


def askable(sql: Connection, users: Iterable[Thing]) -> list[tuple[Thing, Thing]]:
    """The offers of the directories that proven users are in: those of other places are not shown to them."""
    places = {user.parent for user in users}
    found = offered(sql)
    directories = directories_of(sql, (what for _, what in found))
    return [(offer_, what) for offer_, what in found if directories[what.key] in places]


def owned(sql: Connection, users: Iterable[Thing]) -> set[int]:
    """The keys of the resources that proven users own."""
    ids = {user.id for user in users}
    return {what for what, owners in _owners(sql) if not ids.isdisjoint(owners)}


def _owners(sql: Connection) -> list[tuple[int, tuple[str, ...]]]:
    """Every resource that is offered, by its key, with the IDs of its owners.

    One page of theirs asks about requests, and about each open review.
    """
    known = kept(sql, "owners")
    found: list[tuple[int, tuple[str, ...]]] | None = None if known is None else known.get("all")
    if found is None:
        offers = things.find(sql, Where(Kind.OFFER))
        found = [(each.parent, each.read(OfferDetails).owners) for each in offers]
        if known is not None:
            known["all"] = found
    return found


def owners(sql: Connection, resource: Thing) -> list[Thing]:
    """The users who own a resource, as far as they still are."""
    found = of(sql, resource)
    ids = () if found is None else found.read(OfferDetails).owners
    users = (things.by_id(sql, Kind.USER, directory_of(sql, resource), each) for each in ids)
    return [user for user in users if user is not None]


def person_of(sql: Connection, user: int, at: Millis | None = None) -> Thing:
    """The person that a user is of, or was then, by the user's key."""
    (person,) = neighbours.neighbours(sql, user, inward=True, stage=Stage.JOIN, at=at, limit=1)
    return then.by_keys(sql, [person.ref.key], at)[person.ref.key]


def owner_names(
    sql: Connection, found: Iterable[tuple[Thing, Thing]], at: Millis | None = None
) -> dict[int, tuple[str, ...]]:
    """What the people are called who own what is offered, or were then, by the key of the resource."""

    # Few own much: who somebody is is asked once.
    @cache
    def name_of(directory: int, user_id: str) -> str | None:
        users = finding.with_id(sql, user_id, (Kind.USER,), at)
        user = next((each for each in users if each.parent == directory), None)
        if user is None:
            return None
        return person_of(sql, user.key, at).name

    offered_ = list(found)
    directories = directories_of(sql, (resource for _, resource in offered_))

    def names_of(offer_: Thing, resource: Thing) -> Iterator[str]:
        for each in offer_.read(OfferDetails).owners:
            if name := name_of(directories[resource.key], each):
                yield name

    return {resource.key: tuple(sorted(set(names_of(offer_, resource)))) for offer_, resource in offered_}


def has_owners(offer_: Thing) -> bool:
    """Whether anybody besides administrators may decide on what is offered."""
    return bool(offer_.read(OfferDetails).owners)
