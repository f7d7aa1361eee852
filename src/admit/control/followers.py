"""Followers: what happens because of changes, each at its own place in the log."""

from collections.abc import Callable
from dataclasses import dataclass

from admit.store import changes
from admit.store.changes import Change
from admit.store.engine import Author, Store, Tx
from admit.store.links import current_revision

BATCH = 200
"""About how many changes are dealt with in one transaction."""


@dataclass(frozen=True, slots=True)
class Follower:
    """Deals with each change once. It may write its own tables, never policy."""

    name: str
    apply: Callable[[Tx, Change], None]


def follow(store: Store, follower: Follower) -> bool:
    """Deal with the next batch; returns whether there was one.

    The place in the log moves in the transaction of the effects: a crash
    repeats neither and loses neither. A follower that never ran begins with
    what comes next, not with all that ever was.
    """
    with store.read() as sql:
        if changes.cursor(sql, follower.name) == current_revision(sql):
            return False

    def body(tx: Tx) -> bool:
        place = changes.cursor(tx.sql, follower.name)
        if place is None:
            changes.set_cursor(tx.sql, follower.name, current_revision(tx.sql))
            return False
        batch = changes.after(tx.sql, place, BATCH)
        for change in batch:
            follower.apply(tx, change)
        if batch:
            changes.set_cursor(tx.sql, follower.name, batch[-1].revision)
        return bool(batch)

    return store.write_now(Author("admit", f"follower:{follower.name}", ""), body)
