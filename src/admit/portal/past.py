"""What somebody had and may not use any more, and what they could ask for."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from admit.control import names
from admit.control.requests import offers
from admit.control.requests.access_requests import RequestDetails
from admit.control.requests.offers import OfferDetails
from admit.core.links import Kind
from admit.core.texts import printable
from admit.core.validity import DAY, Millis
from admit.store import lapsed, links, things
from admit.store.things import Thing

KEPT: Millis = 30 * DAY
"""How long it is shown what somebody had."""
SHOWN = 20
ASKABLE = frozenset({Kind.HOST_ACCOUNT, Kind.HOST, Kind.DELIVERY_GROUP, Kind.APPLICATION, Kind.CLOUD_ROLE})


@dataclass(frozen=True, slots=True)
class Had:
    """Something that somebody had."""

    thing: Thing
    label: str
    ended_at: Millis
    was_taken: bool
    """Whether it was taken back; else its time was over."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that may be asked for."""

    thing: Thing
    label: str
    longest_ms: Millis
    note: str
    owners: tuple[str, ...]
    held: bool
    """Whether it may be used now: to ask for it is to ask for longer."""


def had(sql: Connection, users: tuple[Thing, ...], now_held: frozenset[int], now: Millis) -> list[Had]:
    """What the users, or the groups they are in, were granted and lost lately, the last lost first.

    Of what is held now, by its keys, nothing is lost.
    """
    holders = {user.key for user in users}
    for user in users:
        holders |= {ref.key for _, ref in links.of(sql, user.key, inward=False, kind=Kind.GROUP)}
    lost: dict[int, tuple[Millis, bool]] = {}
    for target, ended_at, was_taken in lapsed.ended(sql, sorted(holders), now - KEPT, now):
        if target not in now_held and ended_at > lost.get(target, (0, False))[0]:
            lost[target] = (ended_at, was_taken)
    found = {
        key: named for key, named in names.labels(sql, sorted(lost)).items() if named.thing.kind in ASKABLE
    }
    gone = things.removed_among(sql, list(found))
    told = [Had(each.thing, plain(each), *lost[key]) for key, each in found.items() if key not in gone]
    return sorted(_without_hosts(told), key=lambda each: each.ended_at, reverse=True)[:SHOWN]


def _without_hosts(told: Sequence[Had]) -> list[Had]:
    """Accounts without the hosts they are on: those were granted, and ended, together."""
    covered = {each.thing.parent for each in told if each.thing.kind is Kind.HOST_ACCOUNT}
    return [each for each in told if each.thing.key not in covered]


def choices(
    sql: Connection, users: tuple[Thing, ...], now_held: frozenset[int], lost: list[Had]
) -> list[Choice]:
    """What may be asked for: what is offered, and what they have or had for a time."""
    found: dict[int, Choice] = {}
    askable = offers.askable(sql, users)
    labels = names.labels(sql, [what.key for _, what in askable])
    owners = offers.owner_names(sql, askable)
    for offer, what in askable:
        details = offer.read(OfferDetails)
        held = what.key in now_held
        found[what.key] = Choice(
            what, plain(labels[what.key]), details.longest_ms, details.note, owners[what.key], held
        )
    for each in lost:
        found.setdefault(each.thing.key, Choice(each.thing, each.label, offers.LONGEST, "", (), held=False))
    return sorted(found.values(), key=lambda each: each.label.lower())


def plain(named: names.Named) -> str:
    """What people call a thing where it is clear of which kind it is: without a prefix."""
    return named.label if named.thing.kind is Kind.HOST_ACCOUNT else printable(named.thing.name)


def called(request: Thing) -> str:
    """What people called what a request is about, without a prefix."""
    label = request.read(RequestDetails).label
    prefix, colon, name = label.partition(":")
    return name if colon and prefix in names.PREFIXES else label
