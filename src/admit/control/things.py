"""The verbs for anything that has an id: add, change, remove, switch off and on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from admit.core.events import (
    LinkRemoved,
    Named,
    ThingAdded,
    ThingBlocked,
    ThingChanged,
    ThingRemoved,
    ThingUnblocked,
)
from admit.core.links import Kind, Ref
from admit.store import links as stored_links
from admit.store import things as stored
from admit.store.engine import Tx
from admit.store.ledger import seal_of
from admit.store.things import Thing


@dataclass(frozen=True, slots=True)
class New:
    """A thing to be made."""

    kind: Kind
    parent: int
    name: str
    details: msgspec.Struct
    id: str | None = None
    """Its wire id; without one it is its decimal key."""
    handle: str | None = None
    """What no living sibling may hold as well."""


def named(thing: Thing) -> Named:
    """A thing as the change log names it."""
    return Named(thing.kind, thing.key, thing.id, thing.name)


def add(tx: Tx, new: New) -> Thing:
    """Make a thing.

    Raises:
        HandleTaken: a living sibling holds its handle.
    """
    details = msgspec.json.encode(new.details).decode()
    key = stored.insert_thing(
        tx.sql,
        {
            "kind": int(new.kind),
            "parent": new.parent,
            "id": new.id,
            "name": new.name,
            "handle": new.handle,
            "details": details,
            "created_at": tx.now,
            "changed_at": tx.now,
        },
    )
    thing = Thing(
        key, new.kind, new.parent, str(key) if new.id is None else new.id, new.name, details, tx.now, tx.now
    )
    tx.record(ThingAdded(named(thing), new.parent, _fields(new.details), new.handle))
    return thing


def change(
    tx: Tx,
    thing: Thing,
    *,
    name: str | None = None,
    handle: str | None = None,
    details: msgspec.Struct | None = None,
) -> Thing:
    """Give a thing another name, handle or other attributes. What is already so is left alone.

    Raises:
        HandleTaken: a living sibling holds the new handle.
    """
    values: dict[str, object] = {}
    fields: dict[str, object] = {}
    if name is not None and name != thing.name:
        values["name"] = fields["name"] = name
    if handle is not None:
        values["handle"] = handle
    text: bytes | str = thing.details
    if details is not None:
        before, after = thing.read(type(details)), details
        if before != after:
            text = msgspec.json.encode(after).decode()
            values["details"] = text
            old, new = _fields(before), _fields(after)
            fields |= {key: new.get(key) for key in {*old, *new} if old.get(key) != new.get(key)}
    if not fields:
        return thing
    stored.update_thing(tx.sql, thing.key, {**values, "changed_at": tx.now})
    changed = Thing(
        thing.key,
        thing.kind,
        thing.parent,
        thing.id,
        name or thing.name,
        text,
        thing.created_at,
        tx.now,
    )
    tx.record(ThingChanged(named(changed), fields, handle=handle))
    return changed


def remove(tx: Tx, thing: Thing) -> None:
    """End a thing, what is inside it, their links and their secrets."""
    for child in stored.children(tx.sql, thing.key):
        remove(tx, child)
    for inward in (False, True):
        for _, other in stored_links.of(tx.sql, thing.key, inward=inward):
            source, target = (other, thing.ref) if inward else (thing.ref, other)
            close(tx, source, target)
    stored.forget_secrets(tx.sql, thing.key)
    stored.update_thing(tx.sql, thing.key, {"removed_at": tx.now, "changed_at": tx.now})
    tx.record(ThingRemoved(named(thing)))


def close(tx: Tx, source: Ref, target: Ref) -> None:
    """End the link between two things that are joined."""
    stored_links.close(tx.sql, source, target, tx.now, tx.revision)
    ends = stored.by_keys(tx.sql, (source.key, target.key))
    tx.record(LinkRemoved(named(ends[source.key]), named(ends[target.key])))


def block(tx: Tx, thing: Thing, word: str) -> bool:
    """Switch a thing off; returns False, and changes nothing, if it was off already."""
    if not stored.add_block(tx.sql, thing.key, word, tx.now):
        return False
    stored.update_thing(tx.sql, thing.key, {"changed_at": tx.now})
    tx.record(ThingBlocked(named(thing), word))
    return True


def unblock(tx: Tx, thing: Thing, word: str) -> bool:
    """Switch a thing on again; returns False, and changes nothing, if it was on."""
    if not stored.end_block(tx.sql, thing.key, word, tx.now):
        return False
    stored.update_thing(tx.sql, thing.key, {"changed_at": tx.now})
    tx.record(ThingUnblocked(named(thing), word))
    return True


def set_fields(tx: Tx, thing: Thing, fields: Mapping[str, object]) -> None:
    """Give some attributes of a thing new values, whichever service keeps it and whatever else it keeps."""
    kept = thing.read(dict[str, Any])
    new = {name: value for name, value in fields.items() if kept.get(name) != value}
    if new:
        details = msgspec.json.encode(kept | new).decode()
        stored.update_thing(tx.sql, thing.key, {"details": details, "changed_at": tx.now})
        tx.record(ThingChanged(named(thing), new, handle=None))


def keep_secret(tx: Tx, thing: Thing, purpose: str, sealed: bytes | None) -> None:
    """Keep (or with None forget) a sealed secret of a thing; the log says which, never what."""
    stored.seal(tx.sql, thing.key, purpose, sealed)
    known_by = "" if sealed is None else seal_of(sealed)
    tx.record(ThingChanged(named(thing), secrets=(purpose,), handle=None, seals=(known_by,)))


def _fields(details: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(details).items() if value is not None}
