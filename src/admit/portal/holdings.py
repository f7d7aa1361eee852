"""What somebody who has signed in may use now: each thing once, by the path that stays open longest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import msgspec
from sqlalchemy import Connection

from admit.control import names
from admit.control.access import everything_as
from admit.control.streaming.streamed_apps import Streamed, streamed_among
from admit.core.access import Reach
from admit.core.links import Kind, Link, Ref, Stage, stage_of
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
    way: tuple[Link, ...]
    """What leads there, from the person on."""
    labels: Mapping[int, names.Named]
    """What all on the way is called, but for a host account, where it ends: of hundreds of things few are
    shown, and only their ways are told."""
    parent: Thing
    """What it is in: of an application to stream the delivery group."""
    session: Thing | None = None
    """Of an application to stream: the persistent session it is opened in, where users are granted those."""

    @property
    def key(self) -> str:
        """What tells it from all the others: an application may be had in several sessions."""
        return str(self.thing.key) if self.session is None else f"{self.thing.key}-{self.session.key}"

    @property
    def steps(self) -> tuple[int, ...]:
        """The keys of what leads there after the person, who is whoever looks."""
        return tuple([link.target.key for link in self.way])

    @property
    def path(self) -> tuple[str, ...]:
        """What leads there, from the user to the thing, by what people call it."""
        return tuple(self.labels[key].label if key in self.labels else self.label for key in self.steps)

    @property
    def through(self) -> str:
        """The group or unit that it is held through; empty if it was granted to the user."""
        ends = ((link.source, link.target) for link in self.way)
        holder = next(source for source, target in ends if stage_of(source.kind, target.kind) is Stage.GRANT)
        return "" if holder.kind is Kind.USER else self.labels[holder.key].thing.name

    @property
    def details(self) -> "Shown":
        """What is shown of it besides."""
        return self.thing.read(Shown)

    @property
    def asked_as(self) -> Thing:
        """What is asked for by who wants it longer: of a streamed application its delivery group."""
        return self.parent if self.thing.kind is Kind.APP else self.thing

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
    seen: frozenset[int] = field(default_factory=frozenset)
    """The keys of what is held itself."""

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
            text = " ".join((each.label, each.parent.name, each.details.description or "")).lower()
            return all(word in text for word in wanted)

        hosts, streamed, web, roles = (
            tuple(filter(fits, each)) for each in (self.hosts, self.streamed, self.web, self.roles)
        )
        return replace(self, hosts=hosts, streamed=streamed, web=web, roles=roles)


USABLE = frozenset({Kind.HOST_ACCOUNT, Kind.HOST, Kind.APP, Kind.APPLICATION, Kind.CLOUD_ROLE})
"""What is opened itself; a delivery group or a rule only leads to such."""


Best: TypeAlias = dict[Ref, Reach]
"""What is reached, each by the path that stays open longest."""


def _reached(sql: Connection, users: tuple[Thing, ...], now: Millis) -> tuple[Best, list[tuple[Thing, Best]]]:
    """What proven users reach now: all together, and each of them."""
    each = [(user, {reach.ref: reach for reach in everything_as(sql, user.ref, now)}) for user in users]
    best: Best = {}
    for _, reaches in each:
        for reach in reaches.values():
            known = best.get(reach.ref)
            if known is None or known.until < reach.until:
                best[reach.ref] = reach
    return best, each


def _on_ways(best: Best) -> set[int]:
    # A way goes on from where it came to: only what it begins with is no target of it.
    found = {link.target.key for reach in best.values() for link in reach.path}
    return found | {reach.path[0].source.key for reach in best.values()}


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
    usable = [reach for ref, reach in best.items() if ref.kind in USABLE]
    opened = [reach for reach in usable if reach.ref.kind is not Kind.APP]
    accounts = {ref.key for ref in best if ref.kind is Kind.HOST_ACCOUNT}
    labels = names.labels(sql, sorted(on_ways - accounts))
    found = _told(sql, opened, labels)
    return Holdings(
        hosts=tuple(each for each in found if each.thing.kind in (Kind.HOST, Kind.HOST_ACCOUNT)),
        streamed=_streamed(streamed_among(sql, reached), best, labels),
        web=_of(found, Kind.APPLICATION),
        roles=_of(found, Kind.CLOUD_ROLE),
        keys=frozenset(on_ways | _mine(users)),
        next_end=min((reach.until for reach in best.values()), default=None),
        seen=frozenset(reach.ref.key for reach in usable),
    )


def _told(sql: Connection, reaches: list[Reach], labels: dict[int, names.Named]) -> list[Holding]:
    found = things.by_keys(sql, [reach.ref.key for reach in reaches])
    parents = things.by_keys(sql, [*{each.parent for each in found.values()}])
    told = []
    for reach in _without_covered(reaches, found):
        thing = found[reach.ref.key]
        parent = parents[thing.parent]
        label = f"{thing.name}@{parent.name}" if thing.kind is Kind.HOST_ACCOUNT else thing.name
        told.append(Holding(thing, printable(label), reach.until, reach.path, labels, parent))
    return sorted(told, key=lambda each: (each.parent.name.lower(), each.label.lower()))


def _streamed(
    apps: list[Streamed], best: dict[Ref, Reach], labels: dict[int, names.Named]
) -> tuple[Holding, ...]:
    """The applications that the door opens, each by the way to what the door asks for."""
    found = []
    for each in apps:
        way = best[each.resource.ref].path
        found.append(
            Holding(
                each.app,
                printable(each.app.name),
                each.until,
                way,
                labels,
                each.group,
                each.session,
            )
        )
    return tuple(found)


def _of(found: list[Holding], kind: Kind) -> tuple[Holding, ...]:
    return tuple(each for each in found if each.thing.kind is kind)


def _without_covered(reaches: list[Reach], found: Mapping[int, Thing]) -> list[Reach]:
    """All but the hosts of which an account is held: they come with their accounts, and open no more."""
    accounts = (reach.ref.key for reach in reaches if reach.ref.kind is Kind.HOST_ACCOUNT)
    covered = {found[key].parent for key in accounts}
    return [each for each in reaches if each.ref.kind is not Kind.HOST or each.ref.key not in covered]
