"""A system of many millions of grants, filled past the ledger: rows go into the tables, in their order."""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from random import Random
from typing import overload

import msgspec
from sqlalchemy import func, select

from admit.control.bastionhost.bastion import HostAccountDetails, HostDetails, UserDetails
from admit.control.people import PersonDetails
from admit.core.events import Named
from admit.core.links import Kind, Stage
from admit.core.validity import DAY, PERMANENT, Validity
from admit.main import Admit
from admit.services.bastionhost.user_groups import UserGroupDetails
from admit.store.links import current_revision
from admit.store.tables import things
from bench.filling import ACCOUNTS, GROUPS_OF_A_USER, Filled, Size

BULK = 2_000_000
"""Systems of so many grants are filled so: their ledger would take longer to write than all else takes."""
OF_A_USER, OF_A_GROUP = 5, 100
"""Accounts that each is granted: that makes half of the grants each."""
KEPT = 100_000
"""How many grants are known by who asks."""

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Numbered(Sequence[Named]):
    """Things whose keys follow each other: made when they are looked at, since there are millions."""

    kind: Kind
    first: int
    many: int
    words: tuple[str, ...]
    """What they are called, in turn; a ``%`` stands for the number."""

    def __len__(self) -> int:
        return self.many

    @overload
    def __getitem__(self, place: int) -> Named: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Named]: ...
    def __getitem__(self, place: int | slice) -> Named | Sequence[Named]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(self.many))]
        if not -self.many <= place < self.many:
            raise IndexError(place)
        number = place % self.many
        word = self.words[number % len(self.words)].replace("%", str(number))
        return Named(self.kind, self.first + number, str(self.first + number), word)


def fill_in_bulk(admit: Admit, size: Size) -> Filled:
    """Fill a new system."""
    with admit.store.read() as sql:
        first = sql.execute(select(func.max(things.c.key))).scalar_one() + 1
        bastion = sql.execute(
            select(things.c.key, things.c.id, things.c.name).where(things.c.kind == Kind.BASTION)
        ).one()
        revision = current_revision(sql)
    filled = _named(Named(Kind.BASTION, *bastion), first, size)
    made, chance = (admit.world.clock.now(), revision), Random(size.grants)  # noqa: S311 - the same system each time
    with closing(sqlite3.connect(admit.settings.database_file, isolation_level=None)) as sql:
        for pragma in ("synchronous = off", "cache_size = -400000", "temp_store = file"):
            sql.execute(f"pragma {pragma}")
        indexes = _without_indexes(sql)
        sql.execute("begin immediate")
        _insert(sql, "things", 9, _things(filled, made[0]))
        _insert(sql, "links", 7, ((*row, *made) for row in _links(filled, chance, made[0])))
        sql.execute("commit")
        for index in indexes:
            sql.execute(index)
        sql.execute("pragma wal_checkpoint(truncate)")
    return filled


def _named(bastion: Named, first: int, size: Size) -> Filled:
    """Everything there is, one kind behind the other."""
    filled = Filled(bastion)

    def numbered(kind: Kind, many: int, *words: str) -> Numbered:
        nonlocal first
        found = Numbered(kind, first, many, words)
        first += many
        return found

    filled.people = numbered(Kind.PERSON, size.people, "person-%")
    filled.users = numbered(Kind.USER, size.people, "person-%")
    filled.groups = numbered(Kind.GROUP, size.groups, "group-%")
    (filled.everybody,) = numbered(Kind.GROUP, 1, "everybody")
    filled.hosts = numbered(Kind.HOST, size.hosts, "host-%")
    filled.accounts = numbered(Kind.HOST_ACCOUNT, size.hosts * len(ACCOUNTS), *ACCOUNTS)
    return filled


def _without_indexes(sql: sqlite3.Connection) -> list[str]:
    """Drop the indexes of what is filled; returns what makes them again."""
    found = sql.execute(
        "select name, sql from sqlite_schema where type = 'index' and sql is not null "
        "and tbl_name in ('things', 'links')"
    ).fetchall()
    for name, _ in found:
        sql.execute(f"drop index {name}")
    return [text for _, text in found]


_COLUMNS = {
    "things": "key, kind, parent, id, name, handle, details, created_at, changed_at",
    "links": "source, stage, target, starts_at, ends_at, added_at, added_in",
}


def _insert(sql: sqlite3.Connection, table: str, columns: int, rows: Iterable[Row]) -> None:
    places = ", ".join("?" * columns)
    sql.executemany(f"insert into {table} ({_COLUMNS[table]}) values ({places})", rows)  # noqa: S608 - names of ours


def _things(filled: Filled, now: int) -> Iterator[Row]:
    bastion = filled.bastion.key
    host = HostDetails("Local", "Linux", "Private", "Normal", private_address="10.0.0.1")
    of_a_kind: tuple[tuple[Iterable[Named], int, msgspec.Struct], ...] = (
        (filled.people, 0, PersonDetails()),
        (filled.users, bastion, UserDetails()),
        (filled.groups, bastion, UserGroupDetails()),
        ([filled.everybody] if filled.everybody else [], bastion, UserGroupDetails()),
        (filled.hosts, bastion, host),
    )
    for found, parent, details in of_a_kind:
        text = msgspec.json.encode(details).decode()
        for each in found:
            handle = None if each.kind is Kind.HOST else each.name
            yield each.key, int(each.kind), parent, each.id, each.name, handle, text, now, now
    text = msgspec.json.encode(HostAccountDetails("SSH")).decode()
    for number, each in enumerate(filled.accounts):
        host_key = filled.host_of(number).key
        yield each.key, int(each.kind), host_key, each.id, each.name, each.name, text, now, now


def _links(filled: Filled, chance: Random, now: int) -> Iterator[Row]:
    """Links in the order of their keys: who somebody is, which groups they are in, what each is granted."""
    people, users, groups = (_keys(each) for each in (filled.people, filled.users, filled.groups))
    everybody = 0 if filled.everybody is None else filled.everybody.key
    grants = _Grants(filled, chance, now)
    filled.members = {number: array("I") for number in range(len(groups))}
    join, always = int(Stage.JOIN), (PERMANENT.start, PERMANENT.end)
    for person, user in zip(people, users, strict=True):
        yield person, join, user, *always
    for place, user in enumerate(users):
        for number in sorted(chance.sample(range(len(groups)), GROUPS_OF_A_USER)):
            filled.members[number].append(place)
            yield user, join, groups[number], *always
        yield user, join, everybody, *always
        yield from grants.of(filled.users, place, OF_A_USER)
    for number in range(len(groups)):
        yield from grants.of(filled.groups, number, OF_A_GROUP)
    yield everybody, int(Stage.GRANT), filled.accounts[0].key, *always


def _keys(found: Sequence[Named]) -> range:
    return range(found[0].key, found[0].key + len(found))


class _Grants:
    """A fifth of them for a time, and of these a tenth are over, as in a system with a ledger."""

    def __init__(self, filled: Filled, chance: Random, now: int) -> None:
        self._filled, self._chance = filled, chance
        self._accounts = _keys(filled.accounts)
        self._bounds = {0: Validity(now - 30 * DAY, now - DAY), 5: Validity(now - DAY, now + 30 * DAY)}
        self._many = 0
        self._apart = max(1, len(filled.users) * OF_A_USER * 2 // KEPT)

    def of(self, sources: Sequence[Named], place: int, many: int) -> Iterator[Row]:
        """What one of some is granted."""
        source = sources[0].key + place
        for account in sorted(self._chance.sample(range(len(self._accounts)), many)):
            number = self._many = self._many + 1
            bound = self._bounds[0 if number % 50 == 0 else 5] if number % 5 == 0 else PERMANENT
            if number % self._apart == 0:
                self._filled.granted.append((sources[place], self._filled.accounts[account]))
            yield source, int(Stage.GRANT), self._accounts[account], bound.start, bound.end
