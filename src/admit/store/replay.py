"""What the entries of the ledger add up to, and whether the tables hold just that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from admit.core.events import (
    EVENTS,
    Event,
    GraceSet,
    GrantReviewed,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    Named,
    SessionEnded,
    ThingAdded,
    ThingBlocked,
    ThingChanged,
    ThingRemoved,
    ThingUnblocked,
    touched,
)
from admit.core.links import Kind, stage_of
from admit.core.validity import Millis
from admit.store import compared
from admit.store.changes import Stored
from admit.store.compared import label
from admit.store.ledger import Entry, LedgerBroken, about, place_name
from admit.store.tables import blocks, links, past_links, things


@dataclass(slots=True)
class _Thing:
    """A thing as the entries taken so far leave it."""

    kind: int
    parent: int
    id: str
    name: str
    created_at: Millis
    details: bytes
    """Its attributes, encoded by :func:`_encoded`."""
    handle: str | None
    """Empty if no entry told it: any will do."""
    removed_at: Millis | None = None

    def differs(self, row: Any) -> str | None:
        """The first column in which a row of the table is not this."""
        for name in ("kind", "parent", "id", "name", "created_at", "removed_at"):
            if getattr(row, name) != getattr(self, name):
                return name
        if self.handle not in ("", row.handle):
            return "handle"
        details = msgspec.json.decode(row.details, type=dict[str, Any])
        return None if _encoded(details) == self.details else "details"


def _encoded(attributes: Mapping[str, Any]) -> bytes:
    """Attributes in one form only. One without a value is the same as none."""
    return msgspec.json.encode(
        {name: value for name, value in attributes.items() if value is not None}, order="deterministic"
    )


@dataclass(slots=True)
class Replay:
    """All that is compared with the ledger, as the entries taken so far leave it."""

    things: dict[int, _Thing] = field(default_factory=dict)
    """By key."""

    standing: dict[tuple[int, int, int], tuple[Millis, Millis, Millis, int]] = field(default_factory=dict)
    """By source, stage and target: start, end, when and in which revision it was added."""
    graces: dict[tuple[int, int, int], Millis] = field(default_factory=dict)
    """How long sessions may go on after the ends of standing links, where they may."""
    sessions: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """Of each session that was: door, person, resource, its beginning; when, how and why it ended."""
    reviewed: dict[tuple[int, int], tuple[Any, ...]] = field(default_factory=dict)
    """By review and item: whose grant of what it is, the verdict, when, by whom, and what they said; these
    three of the one before."""
    secrets: dict[int, dict[str, str | None]] = field(default_factory=dict)
    """By thing and purpose: by what a sealed secret is known again; None if no entry told it."""
    past: set[tuple[int, ...]] = field(default_factory=set)
    blocks: dict[tuple[int, str, Millis], Millis | None] = field(default_factory=dict)
    """By thing, word and beginning: the end, if it has ended."""
    blocked: dict[tuple[int, str], Millis] = field(default_factory=dict)
    """The beginning of each block that stands."""

    def take(self, stored: Stored) -> None:
        """Let an entry have its effect.

        Raises:
            LedgerBroken: its effect is impossible after the entries before it, or it is not found
                under what it is about.
        """
        entry = stored.entry
        kind = EVENTS.get(entry.event)
        if kind is None:
            return
        event: Event = msgspec.json.decode(entry.fact, type=kind)
        if stored.about != about(touched(event)):
            place = place_name(entry.revision, entry.ordinal)
            raise LedgerBroken(f"Entry {place} is kept under another thing than it is about.")
        try:
            self._take(entry, event)
        except KeyError:
            place = place_name(entry.revision, entry.ordinal)
            raise LedgerBroken(f"Entry {place} is about what had not begun: {entry.event}.") from None

    def _take(self, entry: Entry, event: Event) -> None:
        match event:
            case ThingAdded(thing, parent, fields, handle):
                self.things[thing.key] = _Thing(
                    thing.kind, parent, thing.id, thing.name, entry.at, _encoded(fields), handle
                )
            case ThingChanged():
                self._change(event)
            case ThingRemoved(thing):
                self.things[thing.key].removed_at = entry.at
                self.secrets.pop(thing.key, None)
            case LinkAdded(source, target, start, end):
                self.standing[_ends(source, target)] = (start, end, entry.at, entry.revision)
            case LinkChanged(source, target, start, end):
                self._close(entry, _ends(source, target))
                self.standing[_ends(source, target)] = (start, end, entry.at, entry.revision)
            case LinkRemoved(source, target):
                self._close(entry, _ends(source, target))
            case _:
                self._take_state(entry, event)

    def _take_state(self, entry: Entry, event: Event) -> None:
        """Take what is about neither what there is nor how it is joined."""
        match event:
            case ThingBlocked(thing, word):
                self.blocked[thing.key, word] = entry.at
                self.blocks[thing.key, word, entry.at] = None
            case ThingUnblocked(thing, word):
                self.blocks[thing.key, word, self.blocked.pop((thing.key, word))] = entry.at
            case GraceSet(source, target, grace):
                self.graces[_ends(source, target)] = grace
            case SessionEnded(session, door, person, resource, opened_at):
                ended = (event.ended_at, event.outcome, event.reason)
                self.sessions[session] = (door, person.key, resource.key, opened_at, *ended)
            case GrantReviewed(review, item):
                before = self.reviewed.get((review.key, item), _UNDECIDED)[3:6]
                told = (event.source.key, event.target.key, event.verdict, entry.at, event.by, event.comment)
                self.reviewed[review.key, item] = (*told, *before)

    def _change(self, event: ThingChanged) -> None:
        key, known = event.thing.key, self.things[event.thing.key]
        known.name = event.thing.name
        if event.handle is not None:
            known.handle = event.handle
        # A new name is told among the attributes, of which none has this name.
        new = {name: value for name, value in event.fields.items() if name != "name"}
        if new:
            known.details = _encoded(msgspec.json.decode(known.details) | new)
        for number, purpose in enumerate(event.secrets):
            kept = self.secrets.setdefault(key, {})
            kept[purpose] = event.seals[number] if event.seals else None

    def _close(self, entry: Entry, ends: tuple[int, int, int]) -> None:
        held = self.standing.pop(ends)
        self.graces.pop(ends, None)
        # What a transaction wrote and took back itself held for no time, and left no past.
        if held[3] != entry.revision:
            self.past.add((*ends, *held, entry.at, entry.revision))

    def compare(self, sql: Connection) -> None:
        """Return if the tables hold just these rows.

        Raises:
            LedgerBroken: they do not; one such row is named. Takes this replay apart.
        """
        with sql.execute(_LINKS) as rows:
            strange = next((row for row in rows if self._differs(row)), None)
        if strange is not None:
            raise LedgerBroken(f"{_link(sql, strange[0], strange[2])} is not as the ledger has it.")
        with sql.execute(_PAST) as rows:
            strange = next((row for row in rows if not self._has_past(tuple(row))), None)
        if strange is not None:
            link = _link(sql, strange[0], strange[2])
            raise LedgerBroken(f"{link} was in the past not as the ledger has it.")
        for source, _, target, *_ in (*self.standing, *self.past):
            raise LedgerBroken(f"{_link(sql, source, target)} is in the ledger, and missing in the database.")
        self._compare_blocks(sql)
        compared.secrets_are(sql, self.secrets)
        compared.captured_are(
            sql, {key: each.details for key, each in self.things.items() if each.kind == Kind.REVIEW}
        )
        self._compare_things(sql)
        compared.sessions_are(sql, self.sessions)
        compared.verdicts_are(sql, self.reviewed)

    def _differs(self, row: Sequence[Any]) -> bool:
        ends, grace = (row[0], row[1], row[2]), row[-1]
        if self.graces.pop(ends, 0) != (grace or 0):
            return True
        return self.standing.pop(ends, None) != tuple(row[3:-1])

    def _has_past(self, row: tuple[int, ...]) -> bool:
        had = row in self.past
        self.past.discard(row)
        return had

    def _compare_blocks(self, sql: Connection) -> None:
        found = {(thing, word, begun): ended for thing, word, begun, ended in sql.execute(_BLOCKS)}
        for place in found.keys() | self.blocks.keys():
            if place not in found or place not in self.blocks or found[place] != self.blocks[place]:
                raise LedgerBroken(f"That {label(sql, place[0])} is {place[1]} is not as the ledger has it.")

    def _compare_things(self, sql: Connection) -> None:
        with sql.execute(_THINGS) as rows:
            strange = next((told for row in rows if (told := self._strange(row)) is not None), None)
        if strange is not None:
            key, what = strange
            raise LedgerBroken(f"{label(sql, key)} is not as the ledger has it: {what}.")
        for thing in self.things.values():
            raise LedgerBroken(
                f"{Kind(thing.kind).word} {thing.name!r} is in the ledger, and missing in the database."
            )

    def _strange(self, row: Any) -> tuple[int, str] | None:
        """What a row of the table has that the ledger has not."""
        known = self.things.pop(row.key, None)
        what = "it was never made" if known is None else known.differs(row)
        return None if what is None else (row.key, what)


_HELD = ("source", "stage", "target", "starts_at", "ends_at", "added_at", "added_in")
_LINKS = select(*(links.c[name] for name in (*_HELD, "grace"))).execution_options(yield_per=1000)
_PAST = select(*(past_links.c[name] for name in (*_HELD, "removed_at", "removed_in"))).execution_options(
    yield_per=1000
)
_THINGS = select(
    *(
        things.c[name]
        for name in ("key", "kind", "parent", "id", "name", "created_at", "removed_at", "handle", "details")
    )
).execution_options(yield_per=1000)
_BLOCKS = select(blocks.c.thing, blocks.c.word, blocks.c.added_at, blocks.c.removed_at)


_UNDECIDED = (None,) * 6


def _ends(source: Named, target: Named) -> tuple[int, int, int]:
    return source.key, int(stage_of(source.kind, target.kind)), target.key


def _link(sql: Connection, source: int, target: int) -> str:
    return f"The link from {label(sql, source)} to {label(sql, target)}"
