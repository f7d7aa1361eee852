"""What somebody who has signed in may use now: each thing once, by the path that stays open longest."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import msgspec
from sqlalchemy import Connection

from admit.control import names
from admit.control.access import known_as
from admit.control.streaming.streamed_apps import Streamed, streamed_among
from admit.core.access import trails_from
from admit.core.facts import Trail
from admit.core.links import Kind, Ref, Stage, stage_of
from admit.core.texts import printable
from admit.core.validity import Millis
from admit.store import things
from admit.store.things import Thing


class Holding(msgspec.Struct, frozen=True):
    """One thing that may be used now. Somebody has hundreds: a dataclass would take five times as long."""

    thing: Thing
    label: str
    """As people call it; of a host account ``root@db-1``."""
    until: Millis
    way: tuple[int, ...]
    """The keys of what leads there, from the person on."""
    labels: Mapping[int, names.Named]
    """What all on the way is called, but for a host account, where it ends: of hundreds of things few are
    shown, and only their ways are told."""
    inside: str
    """What that is called which it is in: of a host account the host."""
    group: Thing | None = None
    """Of an application to stream: the delivery group it is in."""
    session: Thing | None = None
    """Of an application to stream: the persistent session it is opened in, where users are granted those."""

    @property
    def key(self) -> str:
        """What tells it from all the others: an application may be had in several sessions."""
        return str(self.thing.key) if self.session is None else f"{self.thing.key}-{self.session.key}"

    @property
    def path(self) -> tuple[str, ...]:
        """What leads there, from the user to the thing, by what people call it."""
        steps = self.way[1:]
        return tuple(self.labels[key].label if key in self.labels else self.label for key in steps)

    @property
    def through(self) -> str:
        """The group or unit that it is held through; empty if it was granted to the user."""
        on_way = [self.labels[key].thing if key in self.labels else self.thing for key in self.way]
        ends = pairwise(on_way)
        holder = next(source for source, target in ends if stage_of(source.kind, target.kind) is Stage.GRANT)
        return "" if holder.kind is Kind.USER else holder.name

    @property
    def details(self) -> "Shown":
        """What is shown of it besides."""
        return self.thing.read(Shown)

    @property
    def asked_as(self) -> Thing:
        """What is asked for by who wants it longer: of a streamed application its delivery group."""
        return self.thing if self.group is None else self.group

    @property
    def url(self) -> str | None:
        """Where a web application begins, if it says so, and it is an address that may stand in a page."""
        url = self.details.init_login_url or ""
        return url if url.startswith(("https://", "http://")) else None

    @property
    def target(self) -> str:
        """What the terminal's address ends with."""
        return self.label if self.thing.kind is Kind.HOST_ACCOUNT else f"@{self.thing.name}"


class Shown(msgspec.Struct):
    """What is shown of a thing, whichever service keeps it."""

    protocol_name: str = "SSH"
    host_os: str | None = None
    version_name: str | None = None
    description: str | None = None
    sso_type: str | None = None
    init_login_url: str | None = None
    address: str = ""
    program: str | None = None


@dataclass(frozen=True, slots=True)
class Holdings:
    """All of it, by what sort of thing it is."""

    hosts: Sequence[Holding] = ()
    streamed: Sequence[Holding] = ()
    web: Sequence[Holding] = ()
    roles: Sequence[Holding] = ()
    keys: frozenset[int] = frozenset()
    """The keys of all that is on a way to it: a change of one of them may change what is held."""
    next_end: Millis | None = None
    """When the first of it ends."""

    @property
    def count(self) -> int:
        """How many things there are."""
        return len(self.hosts) + len(self.streamed) + len(self.web) + len(self.roles)

    def all(self) -> Iterable[Holding]:
        """Every one of them."""
        return (*self.hosts, *self.streamed, *self.web, *self.roles)

    def ending(self, before: Millis) -> list[Holding]:
        """Those that end before a moment, the first first."""
        return sorted((each for each in self.all() if each.until < before), key=lambda each: each.until)

    def matching(self, words: str) -> "Holdings":
        """Those whose names have all of some words."""
        wanted = words.lower().split()

        def fits(each: Holding) -> bool:
            text = " ".join((each.label, each.inside, each.details.description or "")).lower()
            return all(word in text for word in wanted)

        hosts, streamed, web, roles = (
            tuple(filter(fits, each)) for each in (self.hosts, self.streamed, self.web, self.roles)
        )
        return replace(self, hosts=hosts, streamed=streamed, web=web, roles=roles)


OPENED = frozenset({Kind.HOST_ACCOUNT, Kind.HOST, Kind.APPLICATION, Kind.CLOUD_ROLE})
"""What is opened itself: a rule only leads to such. What is streamed is told by its delivery group."""


Best: TypeAlias = dict[Ref, Trail]
"""What is reached, each by the trail that stays open longest."""


def _reached(sql: Connection, users: tuple[Thing, ...], now: Millis) -> tuple[Best, list[tuple[Thing, Best]]]:
    """What proven users reach now: all together, and each of them."""
    each = [(user, _of_user(sql, user, now)) for user in users]
    best: Best = {}
    for _, reached in each:
        for ref, trail in reached.items():
            known = best.get(ref)
            if known is None or trail[0] < known[0]:
                best[ref] = trail
    return best, each


def _of_user(sql: Connection, user: Thing, now: Millis) -> Best:
    person, source = known_as(sql, user.ref)
    return {source.ref(trail[2][-1]): trail for trail in trails_from(person, source, now)}


def _on_ways(best: Best) -> set[int]:
    return set().union(*(keys for _, _, keys, _ in best.values()))


def _until(trail: Trail) -> Millis:
    return -trail[0]


def _mine(users: tuple[Thing, ...]) -> set[int]:
    return {key for user in users for key in (user.key, user.parent)}


def held_keys(sql: Connection, users: tuple[Thing, ...], now: Millis) -> frozenset[int]:
    """The keys of what :func:`held` tells, without reading what all of it is called."""
    best, _ = _reached(sql, users, now)
    return frozenset(_on_ways(best) | _mine(users))


def held(sql: Connection, users: tuple[Thing, ...], now: Millis) -> Holdings:
    """What proven users may use now, by name."""
    best, reached = _reached(sql, users, now)
    on_ways = _on_ways(best)
    usable = {ref.key: trail for ref, trail in best.items() if ref.kind in OPENED}
    accounts = {ref.key for ref in best if ref.kind is Kind.HOST_ACCOUNT}
    labels = names.labels(sql, sorted(on_ways - accounts))
    found = _told(sql, usable, labels)
    untils = [(user, {ref: _until(trail) for ref, trail in of_user.items()}) for user, of_user in reached]
    return Holdings(
        hosts=tuple([each for each in found if each.thing.kind in (Kind.HOST, Kind.HOST_ACCOUNT)]),
        streamed=_streamed(streamed_among(sql, untils), best, labels),
        web=_of(found, Kind.APPLICATION),
        roles=_of(found, Kind.CLOUD_ROLE),
        keys=frozenset(on_ways | _mine(users)),
        next_end=min(map(_until, best.values()), default=None),
    )


def _told(sql: Connection, usable: Mapping[int, Trail], labels: dict[int, names.Named]) -> list[Holding]:
    found = things.by_keys(sql, [*usable])
    inside = things.by_keys(sql, sorted({each.parent for each in found.values()}))
    told = []
    for thing in _without_covered(found.values()):
        trail, place = usable[thing.key], inside[thing.parent].name
        label = f"{thing.name}@{place}" if thing.kind is Kind.HOST_ACCOUNT else thing.name
        told.append(Holding(thing, printable(label), _until(trail), trail[2], labels, place))
    return sorted(told, key=lambda each: (each.inside.lower(), each.label.lower()))


def _streamed(apps: list[Streamed], best: Best, labels: dict[int, names.Named]) -> tuple[Holding, ...]:
    """The applications that the door opens, each by the way to what the door asks for."""
    return tuple(
        Holding(
            each.app,
            printable(each.app.name),
            each.until,
            best[each.resource.ref][2],
            labels,
            each.group.name,
            each.group,
            each.session,
        )
        for each in apps
    )


def _of(found: list[Holding], kind: Kind) -> tuple[Holding, ...]:
    return tuple([each for each in found if each.thing.kind is kind])


def _without_covered(found: Collection[Thing]) -> Iterator[Thing]:
    """All but the hosts of which an account is held: they come with their accounts, and open no more."""
    covered = {each.parent for each in found if each.kind is Kind.HOST_ACCOUNT}
    return (each for each in found if each.kind is not Kind.HOST or each.key not in covered)
