"""Things: everything that has an id, with its attributes."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from admit.core.links import Kind
from admit.core.validity import Millis
from admit.store.counts import counted, key_before, note_key_before
from admit.store.lookups import (
    Thing,
    by_handle,
    by_id,
    by_id_anywhere,
    by_key,
    by_keys,
    by_name,
    listed,
    named,
    thing_of,
)
from admit.store.prepared import Conflict, Prepared, PreparedForKeys
from admit.store.tables import blocks, secrets, things
from admit.store.where import COLUMNS, Listing, Where, listing

T = TypeVar("T")

__all__ = [
    "HandleTaken",
    "Thing",
    "Where",
    "by_handle",
    "by_id",
    "by_id_anywhere",
    "by_key",
    "by_keys",
    "by_name",
    "named",
]


class HandleTaken(Exception):
    """A living sibling holds the handle already."""


_CHILDREN = Prepared(
    select(*COLUMNS).where(things.c.parent == bindparam("parent"), things.c.removed_at.is_(None))
)
_BLOCKS = Prepared(
    select(blocks.c.word).where(blocks.c.thing == bindparam("thing"), blocks.c.removed_at.is_(None))
)


_REMOVED = PreparedForKeys(
    lambda keys: select(things.c.key).where(things.c.key.in_(keys), things.c.removed_at.is_not(None))
)


def removed_among(sql: Connection, keys: Sequence[int]) -> set[int]:
    """Which of ``keys`` are things that are no more."""
    return {row[0] for row in _REMOVED.rows(sql, keys)}


def living(sql: Connection, key: int) -> Thing | None:
    """The thing of a key, unless it is no more."""
    return None if removed_among(sql, [key]) else by_keys(sql, [key]).get(key)


def children(sql: Connection, parent: int) -> list[Thing]:
    """Every living thing inside ``parent``."""
    return [thing_of(row) for row in _CHILDREN.rows(sql, parent=parent)]


_CHILD_COUNTS = PreparedForKeys(
    lambda parents: (
        select(things.c.parent, func.count())
        .where(
            things.c.parent.in_(parents), things.c.kind == bindparam("kind"), things.c.removed_at.is_(None)
        )
        .group_by(things.c.parent)
    )
)


def child_counts(sql: Connection, parents: Sequence[int], kind: Kind) -> dict[int, int]:
    """How many living things of a kind are inside each of some; one without any is left out."""
    return {row[0]: row[1] for row in _CHILD_COUNTS.rows(sql, parents, kind=int(kind))}


def find(sql: Connection, where: Where, *, offset: int = 0, limit: int | None = None) -> list[Thing]:
    """The living things a ``Where`` selects, in its order."""
    return _found(sql, listing(where), offset, limit)


def page(sql: Connection, where: Where, offset: int, limit: int | None) -> tuple[list[Thing], int]:
    """A page of what a ``Where`` selects, and how many there are in all."""
    asked = listing(where)
    return _found(sql, asked, offset, limit), counted(sql, *asked.count())


def _found(sql: Connection, asked: Listing, offset: int, limit: int | None) -> list[Thing]:
    if limit is None or asked.asks_of_now:
        return _read(sql, asked, offset, limit)
    return listed(sql, (*asked.key, offset, limit), lambda: _page(sql, asked, offset, limit))


def _page(sql: Connection, asked: Listing, offset: int, limit: int) -> list[Thing]:
    """A page of a list; it begins where the one before it ended, if that was read."""
    if not asked.by_key:
        return _read(sql, asked, offset, limit)
    before = key_before(sql, asked.key, offset) if offset else None
    if before is not None:
        found = _read(sql, asked.after(before), 0, limit)
    else:
        found = _read(sql, asked, offset, limit)
    if len(found) == limit:
        note_key_before(sql, asked.key, offset + limit, found[-1].key)
    return found


def _read(sql: Connection, asked: Listing, offset: int, limit: int | None) -> list[Thing]:
    statement, values = asked.page(offset, limit)
    return [thing_of(row) for row in statement.rows(sql, **values)]


def count(sql: Connection, where: Where) -> int:
    """How many living things a ``Where`` selects."""
    return counted(sql, *listing(where).count())


def block_words(sql: Connection, key: int) -> frozenset[str]:
    """What switches a thing off now."""
    return frozenset(row[0] for row in _BLOCKS.rows(sql, thing=key))


_BLOCKED = PreparedForKeys(
    lambda keys: select(blocks.c.thing).where(
        blocks.c.thing.in_(keys), blocks.c.word == bindparam("word"), blocks.c.removed_at.is_(None)
    )
)


def blocked_among(sql: Connection, keys: Sequence[int], word: str) -> set[int]:
    """Which of some things carry a block now."""
    return {row[0] for row in _BLOCKED.rows(sql, keys, word=word)}


_INSERT = Prepared(
    insert(things)
    .values(
        {
            column.name: bindparam(column.name)
            for column in things.c
            if column.name not in ("key", "removed_at")
        }
    )
    .returning(things.c.key)
)


def insert_thing(
    sql: Connection,
    thing: Mapping[str, object],
) -> int:
    """Write a new thing; returns its key.

    An id of ``None`` becomes the decimal key, the form of ids inside a bastion host.

    Raises:
        HandleTaken: a living sibling holds its handle.
    """
    row = dict(thing)
    numbered = row["id"] is None
    if numbered:
        row["id"] = ""
    try:
        # Several numbered siblings may be made in one transaction: the empty id lives for one statement.
        made = _INSERT.first(sql, **row)
    except Conflict as error:
        raise HandleTaken(row.get("handle")) from error
    if made is None:
        raise LookupError("an inserted row did not come back")
    key = int(made[0])
    if numbered:
        _SET.run(sql, b_key=key, id=str(key))
    return key


_SET = Prepared(update(things).where(things.c.key == bindparam("b_key")).values(id=bindparam("id")))


def update_thing(sql: Connection, key: int, values: Mapping[str, object]) -> None:
    """Give a thing new values.

    Raises:
        HandleTaken: a living sibling holds the new handle.
    """
    try:
        sql.execute(update(things).where(things.c.key == key).values(**values))
    except IntegrityError as error:
        raise HandleTaken(values.get("handle")) from error


def add_block(sql: Connection, key: int, word: str, now: Millis) -> bool:
    """Switch a thing off; returns False if it already was."""
    if word in block_words(sql, key):
        return False
    # Off, on and off again within one millisecond is one block that never was lifted.
    reopened = sql.execute(
        update(blocks)
        .where(blocks.c.thing == key, blocks.c.word == word, blocks.c.added_at == now)
        .values(removed_at=None)
    )
    if not reopened.rowcount:
        sql.execute(insert(blocks).values(thing=key, word=word, added_at=now))
    return True


def end_block(sql: Connection, key: int, word: str, now: Millis) -> bool:
    """Switch a thing on again; returns False, and writes nothing, if it was not off."""
    if word not in block_words(sql, key):
        return False
    sql.execute(
        update(blocks)
        .where(blocks.c.thing == key, blocks.c.word == word, blocks.c.removed_at.is_(None))
        .values(removed_at=now)
    )
    return True


def seal(sql: Connection, key: int, purpose: str, sealed: bytes | None) -> None:
    """Keep a sealed secret for a thing, or with None forget it."""
    sql.execute(delete(secrets).where(secrets.c.thing == key, secrets.c.purpose == purpose))
    if sealed is not None:
        sql.execute(insert(secrets).values(thing=key, purpose=purpose, sealed=sealed))


_SECRET = Prepared(
    select(secrets.c.sealed).where(
        secrets.c.thing == bindparam("thing"), secrets.c.purpose == bindparam("purpose")
    )
)
_SECRETS = Prepared(select(secrets.c.purpose).where(secrets.c.thing == bindparam("thing")))


def sealed(sql: Connection, key: int, purpose: str) -> bytes | None:
    """A thing's sealed secret."""
    row = _SECRET.first(sql, thing=key, purpose=purpose)
    return None if row is None else row[0]


def secret_purposes(sql: Connection, key: int) -> frozenset[str]:
    """Which secrets a thing has."""
    return frozenset(row[0] for row in _SECRETS.rows(sql, thing=key))


_WITH_SECRET = PreparedForKeys(
    lambda keys: select(secrets.c.thing).where(
        secrets.c.thing.in_(keys), secrets.c.purpose == bindparam("purpose")
    )
)


def with_secret(sql: Connection, keys: Sequence[int], purpose: str) -> set[int]:
    """Which of some things have a secret of this purpose."""
    return {row[0] for row in _WITH_SECRET.rows(sql, keys, purpose=purpose)}


def forget_secrets(sql: Connection, key: int) -> None:
    """Destroy all secrets of a thing."""
    sql.execute(delete(secrets).where(secrets.c.thing == key))
