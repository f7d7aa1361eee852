"""Wrong tries to sign in and the places names have signed in from, as all nodes count them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from admit.core.validity import Millis
from admit.store.connections import driver
from admit.store.prepared import Prepared, PreparedForKeys
from admit.store.sign_in_tables import known_places, wrong_tries


class Count(NamedTuple):
    """How often somebody was wrong, when last, and until when no further try is taken."""

    wrong: int = 0
    last: Millis = 0
    until: Millis = 0


_COLUMNS = (wrong_tries.c.counted, wrong_tries.c.wrong, wrong_tries.c.last_at, wrong_tries.c.paused_until)
_LOOK = PreparedForKeys(lambda keys: select(*_COLUMNS).where(wrong_tries.c.counted.in_(keys)))
# SQLite has the same words. To write what is there already is to hold it: others wait for what it becomes.
_HOLD = Prepared(
    insert(wrong_tries)
    .on_conflict_do_update(index_elements=[wrong_tries.c.counted], set_={"wrong": wrong_tries.c.wrong})
    .returning(*_COLUMNS[1:])
)
_PUT = Prepared(
    update(wrong_tries)
    .where(wrong_tries.c.counted == bindparam("b_counted"))
    .values({each.name: bindparam(each.name) for each in _COLUMNS[1:]})
)
_DROP = Prepared(delete(wrong_tries).where(wrong_tries.c.counted == bindparam("counted")))
_KNOWN = Prepared(select(known_places.c.place).where(known_places.c.place == bindparam("place")))
_MEET = Prepared(
    insert(known_places).on_conflict_do_update(
        index_elements=[known_places.c.place], set_={"last_at": insert(known_places).excluded.last_at}
    )
)


def counts(sql: Connection, counted: Sequence[bytes]) -> dict[bytes, Count]:
    """What is counted of some, as far as anything is."""
    return {row[0]: Count(*row[1:]) for row in _LOOK.rows(sql, counted)}


def hold(sql: Connection, counted: Sequence[bytes], now: Millis) -> dict[bytes, Count]:
    """What is counted of some: no other transaction changes it, or is told, before this one ends."""
    # In one order everywhere, or two that wait for each other would both have to be given up.
    return {each: _held(sql, each, now) for each in sorted(counted)}


def _held(sql: Connection, counted: bytes, now: Millis) -> Count:
    row = _HOLD.first(sql, counted=counted, wrong=0, last_at=now, paused_until=0)
    if row is None:
        raise LookupError("a row that was written did not come back")
    return Count(*row)


def put(sql: Connection, became: Mapping[bytes, Count]) -> None:
    """Write down what became of counts that are held."""
    for counted, count in became.items():
        _PUT.run(sql, b_counted=counted, wrong=count.wrong, last_at=count.last, paused_until=count.until)


def forget(sql: Connection, counted: bytes) -> None:
    """Begin anew with one."""
    _DROP.run(sql, counted=counted)


def is_known(sql: Connection, place: bytes) -> bool:
    """Whether a name has signed in from a place."""
    return _KNOWN.first(sql, place=place) is not None


def meet(sql: Connection, place: bytes, now: Millis) -> None:
    """A name has signed in from a place."""
    _MEET.run(sql, place=place, last_at=now)


def lose_lightly(sql: Connection) -> None:
    """Let the transaction's commit not wait for the disk: a crash of a server forgets its last moments."""
    if sql.dialect.name != "sqlite":
        driver(sql)("set local synchronous_commit = off")


def sweep(sql: Connection, tries_before: Millis, places_before: Millis, most: int) -> None:
    """Drop what is too old to matter and, where more is kept than ``most``, what was quiet longest."""
    for table, before in ((wrong_tries, tries_before), (known_places, places_before)):
        sql.execute(delete(table).where(table.c.last_at < max(before, _last_of(sql, table, most))))


def _last_of(sql: Connection, table: Table, most: int) -> Millis:
    """The moment of the newest row that there is no room for; 0 if there is for all."""
    newest = select(table.c.last_at).order_by(table.c.last_at.desc()).offset(most).limit(1).subquery()
    return int(sql.execute(select(func.coalesce(func.max(newest.c.last_at) + 1, 0))).scalar_one())
