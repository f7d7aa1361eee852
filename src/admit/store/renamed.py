"""What has another name since a moment: it is found by the one of then, and not by the one of now."""

from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, bindparam, select

from admit.core.links import Kind
from admit.core.validity import Millis
from admit.store import changes, lookups, then
from admit.store.links import current_revision
from admit.store.lookups import Thing, thing_of
from admit.store.prepared import Prepared
from admit.store.standing import lasts
from admit.store.tables import RENAMES, things
from admit.store.tables import changes as log
from admit.store.views import kept
from admit.store.where import COLUMNS

MOST = 2_000
"""How many new names are looked at, the first after a moment; of what got one after these that one counts."""

_AFTER = bindparam("after", type_=BigInteger)
_SINCE = Prepared(
    select(*COLUMNS).where(
        things.c.key.in_(
            select(log.c.about).where(RENAMES, log.c.revision > _AFTER).order_by(log.c.revision).limit(MOST)
        ),
        lasts(things.c.created_at, things.c.removed_at, then=True),
    )
)


class Renamed(NamedTuple):
    """A thing that has another name since a moment."""

    now: Thing
    then: Thing


def since(sql: Connection, at: Millis) -> dict[int, Renamed]:
    """What there was at a moment and has another name since, by key.

    One page asks about one moment again and again: of each host that a text means, of each name in a path.
    """
    known = kept(sql, "renamed")
    found: dict[int, Renamed] | None = None if known is None else known.get(at)
    if found is None:
        found = _since(sql, at)
        if known is not None:
            known.clear()
            known[at] = found
    return found


def _since(sql: Connection, at: Millis) -> dict[int, Renamed]:
    after = changes.revision_at(sql, at, current_revision(sql))
    found = {thing.key: thing for thing in map(thing_of, _SINCE.rows(sql, after=after, at=at))}
    was = then.as_of(sql, found, at)
    return {key: Renamed(thing, was[key]) for key, thing in found.items() if was[key].name != thing.name}


def named(
    sql: Connection, kind: Kind, name: str, at: Millis | None = None, *, parent: int | None = None
) -> list[Thing]:
    """Whatever of a kind has this name or this ID, anywhere or in a parent: now, or had it at a moment."""
    found = lookups.named(sql, kind, name, at, parent=parent)
    if at is None:
        return found
    others = since(sql, at)
    still = {thing.key: thing for thing in found if thing.id == name or thing.key not in others}
    called = {
        key: each.now
        for key, each in others.items()
        if (each.then.kind, each.then.name) == (kind, name) and parent in (None, each.then.parent)
    }
    return [thing for _, thing in sorted((still | called).items())]
