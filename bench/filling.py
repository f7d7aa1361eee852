"""A system filled with people, hosts and grants, as large as asked; its ledger is whole."""

import gc
from collections.abc import Iterable, Iterator, MutableSequence, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from random import Random
from time import perf_counter
from typing import Any

import msgspec
from sqlalchemy import func, select

from admit.control.bastionhost.bastion import HostAccountDetails, HostDetails, UserDetails
from admit.control.people import PersonDetails
from admit.core.events import LinkAdded, Named, ThingAdded
from admit.core.links import Kind, Ref, stage_of
from admit.core.validity import DAY, PERMANENT, Validity
from admit.main import Admit
from admit.services.bastionhost.user_groups import UserGroupDetails
from admit.store.engine import Author, Tx
from admit.store.prepared import PreparedRows
from admit.store.tables import links, things

ACCOUNTS = ("root", "deploy", "app")
"""On every host."""
GROUPS_OF_A_USER = 5
AT_ONCE = 10_000
"""Rows of one transaction."""
AUTHOR = Author("admit", "bench", "")


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything, by the number of grants: half of them to groups, half to users."""

    grants: int

    @property
    def people(self) -> int:
        """Each has one user, in five groups."""
        return self.grants // 10

    @property
    def groups(self) -> int:
        """Besides the one that everybody is in."""
        return max(GROUPS_OF_A_USER, self.grants // 200)

    @property
    def hosts(self) -> int:
        """Each with three accounts."""
        return self.grants // 20


@dataclass(slots=True)
class Filled:
    """What a system was filled with, as questions need it."""

    bastion: Named
    people: Sequence[Named] = ()
    users: Sequence[Named] = ()
    groups: Sequence[Named] = ()
    everybody: Named | None = None
    """The group that everybody is in: it may use one account, and everybody by it."""
    hosts: Sequence[Named] = ()
    accounts: Sequence[Named] = ()
    """Of ``hosts[0]`` first, then of ``hosts[1]``, and so on."""
    members: dict[int, MutableSequence[int]] = field(default_factory=dict)
    """Users of each group, by their place in ``users``."""
    granted: list[tuple[Named, Named]] = field(default_factory=list)
    granted_s: float = 0
    """How long it took to write the grants, each with its entry in the ledger."""

    def host_of(self, account: int) -> Named:
        """The host of an account, by the account's place in the list."""
        return self.hosts[account // len(ACCOUNTS)]

    def questions(self, many: int) -> list[tuple[Ref, Ref]]:
        """Persons and accounts, of which about half may."""
        chance = Random(many)  # noqa: S311 - the same questions each time
        place = {user.key: number for number, user in enumerate(self.users)}
        number_of = {group.key: number for number, group in enumerate(self.groups)}
        asked: list[tuple[Ref, Ref]] = []
        for _ in range(many // 2):
            source, account = chance.choice(self.granted)
            holders = [place[source.key]] if source.key in place else self.members[number_of[source.key]]
            if holders:
                asked.append((_ref(self.people[chance.choice(holders)]), _ref(account)))
            asked.append((_ref(chance.choice(self.people)), _ref(chance.choice(self.accounts))))
        return asked


def _ref(what: Named) -> Ref:
    return Ref(what.kind, what.key)


def fill(admit: Admit, size: Size) -> Filled:
    """Fill a new system: things first, then who belongs where, then the grants."""
    filler = _Filler(admit)
    filled = Filled(filler.first(Kind.BASTION))
    bastion, chance = filled.bastion.key, Random(size.grants)  # noqa: S311 - the same system each time
    filled.people = filler.things(Kind.PERSON, 0, _numbered("person", size.people), PersonDetails())
    filled.users = filler.things(Kind.USER, bastion, _numbered("person", size.people), UserDetails())
    filled.groups = filler.things(Kind.GROUP, bastion, _numbered("group", size.groups), UserGroupDetails())
    (filled.everybody,) = filler.things(Kind.GROUP, bastion, ["everybody"], UserGroupDetails())
    host = HostDetails("Local", "Linux", "Private", "Normal", private_address="10.0.0.1")
    filled.hosts = filler.things(Kind.HOST, bastion, _numbered("host", size.hosts), host)
    filled.accounts = [
        account
        for each in filled.hosts
        for account in filler.later(Kind.HOST_ACCOUNT, each.key, ACCOUNTS, HostAccountDetails("SSH"))
    ]
    filler.write()

    filler.links((person, user, PERMANENT) for person, user in zip(filled.people, filled.users, strict=True))
    filler.links((user, filled.everybody, PERMANENT) for user in filled.users)
    filler.links(_memberships(filled, chance))
    filler.links([(filled.everybody, filled.accounts[0], PERMANENT)])
    # In the order of their keys, as the floor has them: who imports many does well to sort them first.
    grants = sorted(_grants(filled, size, chance, admit.world.clock.now()), key=_ends)
    # What is only ours shall not be looked through for garbage while somebody else is measured.
    gc.freeze()
    began = perf_counter()
    filler.links(grants)
    filled.granted_s = perf_counter() - began
    return filled


def _numbered(word: str, many: int) -> list[str]:
    return [f"{word}-{number}" for number in range(many)]


Joined = tuple[Named, Named, Validity]


def _memberships(filled: Filled, chance: Random) -> Iterator[Joined]:
    filled.members = {number: [] for number in range(len(filled.groups))}
    for place, user in enumerate(filled.users):
        for number in chance.sample(range(len(filled.groups)), GROUPS_OF_A_USER):
            filled.members[number].append(place)
            yield user, filled.groups[number], PERMANENT


def _grants(filled: Filled, size: Size, chance: Random, now: int) -> Iterator[Joined]:
    """A fifth of them for a time, and of these a tenth are over."""
    seen: set[tuple[int, int]] = set()
    open_, over = Validity(now - DAY, now + 30 * DAY), Validity(now - 30 * DAY, now - DAY)
    while len(seen) < size.grants:
        source = chance.choice(filled.groups if len(seen) % 2 else filled.users)
        account = chance.choice(filled.accounts)
        if (source.key, account.key) in seen:
            continue
        seen.add((source.key, account.key))
        filled.granted.append((source, account))
        bound = over if len(seen) % 50 == 0 else open_
        yield source, account, bound if len(seen) % 5 == 0 else PERMANENT


class _Filler:
    """Writes rows by the thousand, each with its event, as the verbs write them one by one."""

    def __init__(self, admit: Admit) -> None:
        self._store = admit.store
        with self._store.read() as sql:
            self._next: int = sql.execute(select(func.max(things.c.key))).scalar_one() + 1
        self._rows: list[tuple[Any, ...]] = []
        self._events: list[ThingAdded] = []

    def first(self, kind: Kind) -> Named:
        """The one thing of a kind that a new system has."""
        with self._store.read() as sql:
            row = sql.execute(select(things.c.key, things.c.id, things.c.name).where(things.c.kind == kind))
            return Named(kind, *row.one())

    def things(self, kind: Kind, parent: int, names: Iterable[str], details: msgspec.Struct) -> list[Named]:
        """Make things that differ in name only."""
        made = self.later(kind, parent, names, details)
        self.write()
        return made

    def later(self, kind: Kind, parent: int, names: Iterable[str], details: msgspec.Struct) -> list[Named]:
        """The same, written with the next ``write``."""
        text, made = msgspec.json.encode(details).decode(), []
        fields = {name: value for name, value in msgspec.to_builtins(details).items() if value is not None}
        for name in names:
            named = Named(kind, self._next, str(self._next), name)
            self._next += 1
            made.append(named)
            self._events.append(ThingAdded(named, parent, fields))
            handle = None if kind is Kind.HOST else name
            self._rows.append((named.key, int(kind), parent, named.id, name, handle, text))
        return made

    def write(self) -> None:
        """Write what waits."""
        rows, events = iter(self._rows), iter(self._events)
        while batch := list(islice(rows, AT_ONCE)):
            told = islice(events, len(batch))
            self._store.write_now(AUTHOR, partial(_make, batch=batch, events=told))
        self._rows, self._events = [], []

    def links(self, joined: Iterable[Joined]) -> None:
        """Join things."""
        waiting = iter(joined)
        while batch := list(islice(waiting, AT_ONCE)):
            self._store.write_now(AUTHOR, partial(_join, batch=batch))


def _ends(joined: Joined) -> tuple[int, int, int]:
    source, target, _ = joined
    return source.key, stage_of(source.kind, target.kind), target.key


def _make(tx: Tx, batch: list[tuple[Any, ...]], events: Iterable[ThingAdded]) -> None:
    _THINGS.put(tx.sql, [(*row, tx.now, tx.now) for row in batch])
    tx.events.extend(events)


def _join(tx: Tx, batch: list[Joined]) -> None:
    rows = (
        (source.key, int(stage_of(source.kind, target.kind)), target.key, validity.start, validity.end)
        for source, target, validity in batch
    )
    _LINKS.put(tx.sql, [(*row, tx.now, tx.revision) for row in rows])
    tx.events.extend(LinkAdded(*each[:2], each[2].start, each[2].end) for each in batch)


_THINGS = PreparedRows(
    things, ("key", "kind", "parent", "id", "name", "handle", "details", "created_at", "changed_at")
)
_LINKS = PreparedRows(links, ("source", "stage", "target", "starts_at", "ends_at", "added_at", "added_in"))
