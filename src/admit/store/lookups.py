"""Single things by what they are asked for by: key, id, name, handle."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, bindparam, or_, select

from admit.core.links import KINDS, Kind, Ref
from admit.core.validity import Millis
from admit.store.prepared import KEPT_THINGS, Prepared, PreparedForKeys
from admit.store.replica import REPLICA, Replica
from admit.store.standing import lasts
from admit.store.tables import things
from admit.store.views import kept, kept_things
from admit.store.where import COLUMNS

T = TypeVar("T")


class Thing(msgspec.Struct, frozen=True, gc=False):
    """One thing, as it stands. A list makes thousands: a dataclass would take five times as long to make."""

    key: int
    kind: Kind
    parent: int
    id: str
    name: str
    details: bytes | str
    created_at: Millis
    changed_at: Millis

    @property
    def ref(self) -> Ref:
        """What links and decisions call it."""
        return Ref(self.kind, self.key)

    def read(self, shape: type[T]) -> T:
        """Its attributes, as ``shape``."""
        return msgspec.json.decode(self.details, type=shape)


_BY_ID = Prepared(
    select(*COLUMNS).where(
        things.c.kind == bindparam("kind"),
        things.c.parent == bindparam("parent"),
        things.c.id == bindparam("id"),
        things.c.removed_at.is_(None),
    )
)
_BY_ID_ANYWHERE = Prepared(
    select(*COLUMNS).where(
        things.c.kind == bindparam("kind"),
        things.c.id == bindparam("id"),
        things.c.removed_at.is_(None),
    )
)
_BY_NAME = Prepared(
    select(*COLUMNS).where(
        things.c.kind == bindparam("kind"),
        things.c.parent == bindparam("parent"),
        things.c.name == bindparam("name"),
        things.c.removed_at.is_(None),
    )
)
_BY_HANDLE = Prepared(
    select(*COLUMNS).where(
        things.c.kind == bindparam("kind"),
        things.c.parent == bindparam("parent"),
        things.c.handle == bindparam("handle"),
        things.c.removed_at.is_(None),
    )
)


def _named(*, past: bool, inside: bool) -> Prepared:
    called = or_(things.c.name == bindparam("name"), things.c.id == bindparam("name"))
    statement = select(*COLUMNS).where(things.c.kind == bindparam("kind"), called)
    if inside:
        statement = statement.where(things.c.parent == bindparam("parent"))
    there = lasts(things.c.created_at, things.c.removed_at, then=past)
    return Prepared(statement.where(there).order_by(things.c.key))


_NAMED = {
    (past, inside): _named(past=past, inside=inside) for past in (False, True) for inside in (False, True)
}
_BY_KEYS = PreparedForKeys(lambda keys: select(*COLUMNS).where(things.c.key.in_(keys)))


def thing_of(row: Any) -> Thing:
    """A thing from its row."""
    key, kind, parent, id_, name, details, created_at, changed_at = row
    return Thing(key, KINDS[kind], parent, id_, name, details, created_at, changed_at)


def _first(sql: Connection, statement: Prepared, **values: Hashable) -> Thing | None:
    """The first thing a statement finds. The same few are asked for again and again, and seldom change."""
    known = kept_things(sql)
    if known is None:
        row = statement.first(sql, **values)
        return None if row is None else thing_of(row)
    asked = (statement, *values.values())
    if asked not in known:
        row = statement.first(sql, **values)
        known[asked] = None if row is None else _keep(known, thing_of(row))
    found: Thing | None = known[asked]
    return found


def _keep(known: dict[Hashable, Any], thing: Thing) -> Thing:
    known[thing.key] = thing
    return thing


def by_id(sql: Connection, kind: Kind, parent: int, thing_id: str) -> Thing | None:
    """The living thing with this wire id in ``parent``."""
    return _first(sql, _BY_ID, kind=kind, parent=parent, id=thing_id)


def by_id_anywhere(sql: Connection, kind: Kind, thing_id: str) -> Thing | None:
    """The living thing with this wire id, for kinds whose ids are unique everywhere."""
    return _first(sql, _BY_ID_ANYWHERE, kind=kind, id=thing_id)


def by_name(sql: Connection, kind: Kind, parent: int, name: str) -> Thing | None:
    """A living thing with this name in ``parent``."""
    return _first(sql, _BY_NAME, kind=kind, parent=parent, name=name)


def by_handle(sql: Connection, kind: Kind, parent: int, handle: str) -> Thing | None:
    """The living thing that holds ``handle`` in ``parent``."""
    return _first(sql, _BY_HANDLE, kind=kind, parent=parent, handle=handle)


def named(
    sql: Connection, kind: Kind, name: str, at: Millis | None = None, *, parent: int | None = None
) -> list[Thing]:
    """Whatever of a kind has this name or this id, anywhere or in a parent: living now, or at a moment."""
    where = {} if parent is None else {"parent": parent}
    statement = _NAMED[at is not None, parent is not None]
    values = {"kind": kind, "name": name, "at": at, **where}
    known = kept_things(sql)
    if known is None:
        return [thing_of(row) for row in statement.rows(sql, **values)]
    asked = (statement, *values.values())
    if asked not in known:
        known[asked] = [_keep(known, thing_of(row)) for row in statement.rows(sql, **values)]
    return [*known[asked]]


def listed(sql: Connection, asked: Hashable, read: Callable[[], list[Thing]]) -> list[Thing]:
    """What ``read`` reads, which is what is asked for: some part of a list that only policy changes."""
    # Who writes may change what lists go by, and no thing: only a view has them kept.
    known = kept(sql, KEPT_THINGS)
    if known is None:
        return read()
    if asked not in known:
        known[asked] = found = read()
        known.update({thing.key: thing for thing in found})
    return [*known[asked]]


def by_key(sql: Connection, key: int) -> Thing:
    """The thing with this key, alive or not.

    Raises:
        LookupError: there never was one.
    """
    known = kept_things(sql)
    found: Thing | None = known.get(key) if known else None
    found = found or by_keys(sql, [key]).get(key)
    if found is None:
        raise LookupError(f"no thing has the key {key}")
    return found


def by_keys(sql: Connection, keys: Sequence[int]) -> dict[int, Thing]:
    """Things by key, alive or not."""
    known = kept_things(sql)
    if not known:
        return _read(sql, keys)
    found = {key: known[key] for key in keys if key in known}
    read = _read(sql, [key for key in keys if key not in found])
    known.update(read.items())
    found.update(read)
    return {key: found[key] for key in sorted(found)}


def _read(sql: Connection, keys: Sequence[int]) -> dict[int, Thing]:
    """Things, by key: from memory, where they stand there as this view shows them, else from the database."""
    replica: Replica | None = sql.info.get(REPLICA)
    standing = None if replica is None else replica.things_at(sql)
    if replica is None or standing is None:
        return {row[0]: thing_of(row) for row in _BY_KEYS.rows(sql, keys)}
    found: dict[int, Thing] = {key: each for key in keys if (each := standing.get(key)) is not None}
    if wanted := [key for key in keys if key not in found]:
        read = {row[0]: thing_of(row) for row in _BY_KEYS.rows(sql, wanted)}
        replica.keep_things(standing, read)
        found.update(read)
    return {key: found[key] for key in sorted(found)}
