"""What has another name since a moment: it is found by the one of then, and not by the one of now."""

from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, bindparam, func, select

from admit.core.events import ThingAdded, ThingChanged
from admit.core.links import Kind
from admit.core.validity import Millis
from admit.store import changes, lookups
from admit.store.links import current_revision
from admit.store.lookups import Thing, thing_of
from admit.store.prepared import Prepared
from admit.store.standing import lasts
from admit.store.tables import RENAMES, things
from admit.store.tables import changes as log
from admit.store.views import kept
from admit.store.where import COLUMNS
from admit.store.within import NameTold

_AFTER = bindparam("after", type_=BigInteger)
_TOLD = log.alias("told")
_NAMING: list[ColumnElement[str]] = [
    bindparam(f"naming_{number}", kind.__name__) for number, kind in enumerate((ThingAdded, ThingChanged))
]
_NAME_THEN = (
    select(NameTold(_TOLD.c.fact))
    .where(_TOLD.c.about == things.c.key, _TOLD.c.event.in_(_NAMING), _TOLD.c.revision <= _AFTER)
    .order_by(_TOLD.c.revision.desc(), _TOLD.c.ordinal.desc())
    .limit(1)
    .correlate(things)
    .scalar_subquery()
)
_SINCE = Prepared(
    select(*COLUMNS, func.coalesce(_NAME_THEN, things.c.name)).where(
        things.c.key.in_(select(log.c.about).where(RENAMES, log.c.revision > _AFTER)),
        lasts(things.c.created_at, things.c.removed_at, then=True),
    )
)


class Renamed(NamedTuple):
    """A thing that has another name since a moment."""

    now: Thing
    name: str
    """What it was called then."""


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
    found = (Renamed(thing_of(row[:-1]), row[-1]) for row in _SINCE.rows(sql, after=after, at=at))
    return {each.now.key: each for each in found if each.name != each.now.name}


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
        if (each.now.kind, each.name) == (kind, name) and parent in (None, each.now.parent)
    }
    return [thing for _, thing in sorted((still | called).items())]
