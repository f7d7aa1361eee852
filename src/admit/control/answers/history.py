"""Two moments compared: who gained and who lost, by which changes, or because a time came."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from admit.control import names
from admit.control.answers.comparison import Difference, Moment, Pair, difference, entity_of, listed, walks
from admit.control.names import Named
from admit.core.events import (
    Event,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    ThingAdded,
    ThingBlocked,
    ThingRemoved,
    ThingUnblocked,
    touched,
)
from admit.core.events import Named as Mentioned
from admit.core.links import Kind, Link
from admit.core.validity import Millis
from admit.store import changes
from admit.store.changes import Change
from admit.store.links import Turn, current_revision, turns

MOST_WALKS = 5_000
"""How many lists are compared."""
MOST_PAIRS = 200_000
"""How many entries these lists have, all together."""
MOST_CHANGES = 20_000
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Compared:
    """What is different at a later moment, and why."""

    difference: Difference
    causes: Mapping[Pair, Sequence[Change | Turn]]
    """The changes on each path, and the links whose time came."""
    labels: Mapping[int, Named]
    changes: int
    """How many entries the ledger has in between."""
    untold: tuple[str, ...]


def compared(sql: Connection, since: Millis, until: Millis, now: Millis) -> Compared:
    """Compare who may use what at two moments. A moment to come is judged by the facts of now."""
    untold: list[str] = []
    made = list(_between(sql, since, until))
    if len(made) > MOST_CHANGES:
        untold.append(f"There are more than {MOST_CHANGES} changes: the first of them were looked at.")
        del made[MOST_CHANGES:]
    came = turns(sql, since, until, MOST_WALKS)
    before, after = _moment(since, now), _moment(until, now)
    happened: list[Event] = [change.event for change in made]
    happened += [_as_event(sql, turn) for turn in came]
    asked = list(dict.fromkeys(walk for event in happened for walk in walks(sql, event, after.past)))
    lists = [listed(sql, asked[:MOST_WALKS], moment, MOST_PAIRS) for moment in (before, after)]
    if len(asked) > min(map(len, lists)):
        untold.append("More may be different than is told: there is too much to compare at once.")
    found = difference(*lists)
    keys = {ref.key for reach in found.paths for link in reach.path for ref in (link.source, link.target)}
    labels = names.labels(sql, sorted(keys))
    return Compared(found, dict(_causes(sql, found, made, came)), labels, len(made), tuple(untold))


def _moment(at: Millis, now: Millis) -> Moment:
    return Moment(at, at if at < now else None)


def _between(sql: Connection, since: Millis, until: Millis) -> Iterator[Change]:
    """The entries of the ledger after one moment, up to another; one more than are looked at."""
    newest = current_revision(sql)
    place, last = changes.revision_at(sql, since, newest), changes.revision_at(sql, until, newest)
    count = 0
    while place < last and count <= MOST_CHANGES:
        batch = [each for each in changes.after(sql, place, BATCH) if each.revision <= last]
        yield from batch
        count += len(batch)
        place = batch[-1].revision if batch else last


def _as_event(sql: Connection, turn: Turn) -> Event:
    """A link whose time came, as if somebody had changed it: the same lists may differ."""
    ends = names.labels(sql, [turn.source.key, turn.target.key])
    source, target = (
        Mentioned(ref.kind, ref.key, ends[ref.key].thing.id, ends[ref.key].thing.name)
        for ref in (turn.source, turn.target)
    )
    return LinkAdded(source, target, 0, 1)


def _causes(
    sql: Connection, found: Difference, made: Sequence[Change], came: Sequence[Turn]
) -> Iterator[tuple[Pair, list[Change | Turn]]]:
    by_link: dict[tuple[int, int], list[Change | Turn]] = {}
    by_thing: dict[int, list[Change | Turn]] = {}
    for change in made:
        match change.event:
            case LinkAdded(source, target) | LinkRemoved(source, target) | LinkChanged(source, target):
                by_link.setdefault((source.key, target.key), []).append(change)
            case ThingBlocked() | ThingUnblocked():
                for thing in touched(change.event):
                    by_thing.setdefault(thing.key, []).append(change)
            case ThingAdded(thing) | ThingRemoved(thing) if thing.kind is Kind.PROPERTIES:
                by_thing.setdefault(entity_of(sql, thing).key, []).append(change)
    for turn in came:
        by_link.setdefault((turn.source.key, turn.target.key), []).append(turn)
    for reaches in (found.gained, found.lost):
        for pair, reach in reaches.items():
            yield pair, list(_on(reach.path, by_link, by_thing))
    for pair, (was, reach) in found.moved.items():
        # What held longest before may have been cut, and what holds longest now was there all along.
        yield pair, list(_on((*reach.path, *was.path), by_link, by_thing))


def _on(
    path: Sequence[Link],
    by_link: Mapping[tuple[int, int], list[Change | Turn]],
    by_thing: Mapping[int, list[Change | Turn]],
) -> Iterator[Change | Turn]:
    ends = dict.fromkeys((link.source.key, link.target.key) for link in path)
    for pair in ends:
        yield from by_link.get(pair, ())
    for key in dict.fromkeys(key for pair in ends for key in pair):
        yield from by_thing.get(key, ())
