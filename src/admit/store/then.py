"""Things as they were at a moment: by what the change log says of those that have changed since."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, TextClause, bindparam, select

from admit.core.events import ThingAdded, ThingChanged
from admit.core.links import Kind
from admit.core.validity import Millis
from admit.store import changes, lookups
from admit.store.links import current_revision
from admit.store.lookups import Thing
from admit.store.prepared import Prepared
from admit.store.standing import AT
from admit.store.tables import OF_FEW, OF_MANY, things
from admit.store.where import MANY


def by_keys(sql: Connection, keys: Iterable[int], at: Millis | None) -> dict[int, Thing]:
    """Things by key, as they are, or were at a past moment."""
    return as_of(sql, lookups.by_keys(sql, [*keys]), at)


def as_of(sql: Connection, found: Mapping[int, Thing], at: Millis | None) -> dict[int, Thing]:
    """Some things as they were at a past moment: their names, and all that is kept of them but secrets.

    What was made later is left as it is. Most have not changed since, and of those nothing is read.
    """
    later = [] if at is None else [thing for thing in found.values() if thing.changed_at > at]
    if at is None or not later:
        return dict(found)
    until = changes.revision_at(sql, at, current_revision(sql))
    return {**found, **{thing.key: _then(sql, thing, until) for thing in later}}


def _there(*where: ColumnElement[bool] | TextClause) -> Prepared:
    of_kind = (things.c.kind == bindparam("kind"), things.c.created_at <= AT)
    return Prepared(select(things.c.key).where(*of_kind, *where))


_LIVING = {many: _there(OF_MANY if many else OF_FEW) for many in (False, True)}
_GONE = _there(things.c.removed_at.is_not(None), things.c.removed_at > AT)


def keys_at(sql: Connection, kind: Kind, at: Millis) -> list[int]:
    """The keys of everything of a kind that there was at a moment, the oldest first."""
    asked = {"kind": int(kind), "at": at}
    found = (each.rows(sql, **asked) for each in (_LIVING[kind in MANY], _GONE))
    return sorted(row[0] for row in chain.from_iterable(found))


def of_kind(sql: Connection, kind: Kind, at: Millis) -> list[Thing]:
    """Everything of a kind that there was at a moment, as it was then, the oldest first."""
    keys = keys_at(sql, kind, at)
    found = by_keys(sql, keys, at)
    return [found[key] for key in keys]


def _then(sql: Connection, thing: Thing, until: int) -> Thing:
    name, fields, changed_at = thing.name, dict[str, Any](), None
    for told, moment in changes.told_of(sql, thing.key, until):
        if isinstance(told, ThingAdded | ThingChanged):
            name = told.thing.name
            fields |= told.fields
        # That a secret is another is no change of what is kept of a thing.
        if not (isinstance(told, ThingChanged) and told.secrets):
            changed_at = moment
    if changed_at is None:
        return thing
    # A new name is told among the attributes, of which none has this name; one that was taken away is None.
    fields.pop("name", None)
    details = msgspec.json.encode({key: value for key, value in fields.items() if value is not None})
    return msgspec.structs.replace(thing, name=name, details=details, changed_at=changed_at)
