"""What a change would do to who may use what, and to live sessions: it is done, looked at, and undone."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import takewhile

from sqlalchemy import Connection

from admit.control import access, names
from admit.control.answers.comparison import (
    OF_ACCESS,
    Difference,
    Lists,
    Moment,
    Walk,
    difference,
    listed,
    walks,
)
from admit.control.bastionhost.restrictions import restrictions
from admit.control.names import Named
from admit.control.world import World
from admit.core.events import (
    Event,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    SessionEndOrdered,
    ThingAdded,
    touched,
)
from admit.core.links import CALLERS, Kind
from admit.core.validity import Millis
from admit.store import sessions as stored_sessions
from admit.store import things as stored
from admit.store.engine import Tx
from admit.store.neighbours import many_behind, many_in
from admit.store.sessions import Session, Which

MOST_WALKS = 400
"""How many lists a preview compares: those who wait to write wait for it."""
MOST_PAIRS = 20_000
"""How many entries these lists have, all together."""
MOST_SESSIONS = 1_000
TOO_MUCH = "The change is about more people and resources than a preview compares."
MOST_NAMED = 5
"""How many of the lists that are not compared are told by name."""
MOST_BEHIND = 1_000_000
"""How far it is counted who is joined to what a resource is granted to."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be different."""

    difference: Difference
    ended: Sequence[tuple[Session, str]]
    """Live sessions that end, each with the reason."""
    labels: Mapping[int, Named]
    untold: tuple[str, ...]
    """What was not looked at, in sentences; empty if this is complete."""


class _Undo(Exception):
    """Ends a preview: what was tried is undone."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What stands at one moment."""

    lists: Lists
    sessions: Mapping[str, str | None]
    """Why each live session may not go on; None for those that may."""
    behind: Mapping[Walk, int]
    """Of the first lists that were too long: how many are joined to what such a resource is granted to."""


@dataclass(slots=True)
class _Tried:
    """What is known of a change when it is undone."""

    live: Sequence[Session]
    walks: list[Walk] = field(default_factory=list)
    """The lists that may differ, more perhaps than are compared."""
    wide: dict[Walk, int] = field(default_factory=dict)
    """Those of them that a link of more than are compared is about, with the key of whom it is of."""
    after: _Seen = field(default_factory=lambda: _Seen({}, {}, {}))
    ordered: set[str] = field(default_factory=set)
    """The sessions whose end it orders."""
    labels: Mapping[int, Named] = field(default_factory=dict)
    """Of what it makes."""
    untold: list[str] = field(default_factory=list)


def preview(tx: Tx, world: World, change: Callable[[], None]) -> Preview:
    """Make a change, see what it does, and undo it: nothing of it is left, nor recorded."""
    live = stored_sessions.find(tx.sql, Which(live=True), MOST_SESSIONS + 1)
    tried = _Tried(live[:MOST_SESSIONS])
    if len(live) > MOST_SESSIONS:
        tried.untold.append(f"There are more than {MOST_SESSIONS} live sessions: the newest were looked at.")
    try:
        with tx.part():
            recorded = len(tx.events)
            change()
            _look(tx, world, tx.events[recorded:], tried)
            raise _Undo
    except _Undo:
        pass
    return _preview(tx.sql, _see(tx.sql, world, tried, tx.now), tried)


def _look(tx: Tx, world: World, events: Sequence[Event], tried: _Tried) -> None:
    """See what a change has done while it stands."""
    tried.untold += _beyond(events)
    changed = [(event, list(walks(tx.sql, event))) for event in events]
    tried.walks = list(dict.fromkeys(walk for _, found in changed for walk in found))
    tried.wide = dict(_wide(tx.sql, changed))
    tried.live = _touched(tried.live, events, tried.walks)
    tried.after = _see(tx.sql, world, tried, tx.now)
    tried.ordered = {event.session for event in events if isinstance(event, SessionEndOrdered)}
    tried.labels = names.labels(
        tx.sql, [event.thing.key for event in events if isinstance(event, ThingAdded)]
    )


def _wide(sql: Connection, changed: Iterable[tuple[Event, Sequence[Walk]]]) -> Iterator[tuple[Walk, int]]:
    """The lists that are too long at one of both moments: to walk them at the other would be for nothing."""
    # A group that is granted a hundred things is counted once.
    is_wide = cache(lambda key: many_in(sql, key, MOST_PAIRS + 1) > MOST_PAIRS)
    for event, found in changed:
        backward = [walk for walk in found if walk.backward]
        if (
            backward
            and isinstance(event, LinkAdded | LinkChanged | LinkRemoved)
            and is_wide(event.source.key)
        ):
            yield from ((walk, event.source.key) for walk in backward)


def _touched(live: Sequence[Session], events: Iterable[Event], asked: Iterable[Walk]) -> Sequence[Session]:
    """The sessions that a change may end.

    What changes links and blocks ends only those of somebody, or at something, whose lists it may change.
    Whatever else changes may be a restriction, and touch anybody's.
    """
    if not all(isinstance(event, OF_ACCESS) for event in events):
        return live
    starts = {walk.start.key for walk in asked}
    # Of streamed applications the lists tell the delivery groups, and not what is in them.
    return [
        each for each in live if not {each.person, each.resource}.isdisjoint(starts) or each.door == _STREAMS
    ]


_STREAMS = "streaming"


def _beyond(events: Iterable[Event]) -> list[str]:
    if any(thing.kind in CALLERS for event in events for thing in touched(event)):
        return ["What callers may do with the API is not compared."]
    return []


def _see(sql: Connection, world: World, tried: _Tried, now: Millis) -> _Seen:
    """Walk all the lists, as far as they are not too long, and ask for all the sessions."""
    sessions = {each.id: _over(sql, world, each, now) for each in tried.live}
    short = takewhile(lambda walk: walk not in tried.wide, tried.walks[:MOST_WALKS])
    lists = listed(sql, short, Moment(now), MOST_PAIRS)
    left = [walk for walk in tried.walks if walk not in lists][:MOST_NAMED]
    return _Seen(lists, sessions, {walk: _many(sql, walk, tried.wide) for walk in left})


def _many(sql: Connection, walk: Walk, wide: Mapping[Walk, int]) -> int:
    """How many stand behind a list; 0 where that is not what makes it long, or is counted in the end."""
    return many_behind(sql, walk.start.key, MOST_BEHIND) if walk.backward and walk not in wide else 0


def _over(sql: Connection, world: World, session: Session, now: Millis) -> str | None:
    """Why a live session may not go on; None if it may."""
    ends = stored.by_keys(sql, [session.user, session.resource])
    user, resource = ends[session.user], ends[session.resource]
    decision = access.ask_as(sql, user.ref, resource.ref, now)
    if not decision.allowed:
        return decision.reason.value
    if resource.kind not in (Kind.HOST, Kind.HOST_ACCOUNT):
        return None
    left = restrictions(sql, world, user, resource, now)
    refusal = left.in_session(session.peer, now) or left.refuses_use(session.what)
    return None if refusal is None else refusal.text


def _preview(sql: Connection, before: _Seen, tried: _Tried) -> Preview:
    found = difference(before.lists, tried.after.lists)
    ended = list(_ended(before, tried))
    keys = {ref.key for reach in found.paths for link in reach.path for ref in (link.source, link.target)}
    keys |= {key for each, _ in ended for key in (each.person, each.user, each.resource)}
    labels = {**names.labels(sql, sorted(keys)), **tried.labels}
    return Preview(found, ended, labels, (*tried.untold, *_uncompared(sql, before, tried)))


def _uncompared(sql: Connection, before: _Seen, tried: _Tried) -> Iterator[str]:
    """That not all lists were compared, if so: how many, and which with how many people."""
    after = tried.after
    compared = sum(walk in before.lists and walk in after.lists for walk in tried.walks)
    if compared == len(tried.walks):
        return
    yield TOO_MUCH
    yield f"Of {len(tried.walks)} lists that may differ {compared} were compared."
    left = [walk for walk in tried.walks if walk in before.behind or walk in after.behind][:MOST_NAMED]
    labels = {**names.labels(sql, [walk.start.key for walk in left]), **tried.labels}
    for walk in left:
        label = labels[walk.start.key].label
        many = max(before.behind.get(walk, 0), after.behind.get(walk, 0))
        if walk in tried.wide:
            many = many_in(sql, tried.wide[walk], MOST_BEHIND)
        if walk.backward:
            yield f"Not compared: who may use {label}; at least {many} are joined to what it is granted to."
        else:
            yield f"Not compared: what {label} may use."


def _ended(before: _Seen, tried: _Tried) -> Iterator[tuple[Session, str]]:
    for each in tried.live:
        why = tried.after.sessions[each.id]
        if each.id in tried.ordered:
            yield each, "ordered"
        elif why is not None and before.sessions[each.id] is None:
            yield each, why
