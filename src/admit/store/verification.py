"""Whether the ledger is whole, and whether links and blocks are what it says they are."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from admit.core.events import (
    EVENTS,
    Event,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    Named,
    ThingBlocked,
    ThingUnblocked,
)
from admit.core.links import Kind, stage_of
from admit.core.validity import Millis
from admit.store.changes import entries
from admit.store.ledger import GENESIS, Entry, chain
from admit.store.tables import blocks, changes, links, past_links, revision, things


class LedgerBroken(Exception):
    """Something does not fit; the text names the first thing that does not."""


@dataclass(slots=True)
class Verdict:
    """What was found."""

    entries: int = 0
    """How many entries fit."""
    revision: int = 0
    """The revision of the last one."""
    head: str = GENESIS.hex()
    """Its hash, in hexadecimal: the note to keep elsewhere."""
    fault: str | None = None
    """The first thing that does not fit; None if all does."""


def verify(sql: Connection, key: bytes, noted: bytes | None = None) -> Verdict:
    """Walk the whole chain, then compare links and blocks with what its entries add up to.

    ``noted`` is a head that an earlier verdict gave: the chain must contain it.
    """
    verdict, replay = Verdict(), _Replay()
    try:
        _walk(sql, key, verdict, replay, noted)
        _compare_head(sql, verdict)
        replay.compare(sql)
    except LedgerBroken as broken:
        verdict.fault = str(broken)
    return verdict


@dataclass(frozen=True, slots=True)
class Tail:
    """The ledger's end, looked at without walking all of it."""

    revision: int
    newest_at: Millis
    """When the newest change was made."""
    fits: bool
    """Whether the newest entry is authentic and the one the database stands at."""


def tail(sql: Connection, key: bytes) -> Tail:
    """The end of the ledger; a quick look, where :func:`verify` is thorough."""
    n, head = sql.execute(select(revision.c.n, revision.c.head)).one()
    newest = select(changes).order_by(changes.c.revision.desc(), changes.c.ordinal.desc()).limit(2)
    rows = [(Entry(*row[:-1]), bytes(row[-1])) for row in sql.execute(newest)]
    if not rows:
        return Tail(n, 0, fits=(n, bytes(head)) == (0, GENESIS))
    (last, stored), before = rows[0], rows[1][1] if len(rows) > 1 else GENESIS
    fits = (n, bytes(head)) == (last.revision, stored) and chain(key, before, last) == stored
    return Tail(n, last.at, fits)


def _walk(sql: Connection, key: bytes, verdict: Verdict, replay: "_Replay", noted: bytes | None) -> None:
    before, last = GENESIS, _NOWHERE
    met = noted is None or noted == GENESIS
    with closing(entries(sql)) as rows:
        for entry, stored in rows:
            last = _next(last, entry)
            before = chain(key, before, entry)
            if before != stored:
                raise LedgerBroken(
                    f"Entry {_name(last)} does not fit what stands before it: it was altered or put there, "
                    "or the one before it was taken out."
                )
            met = met or before == noted
            verdict.entries, verdict.revision, verdict.head = verdict.entries + 1, last[0], before.hex()
            replay.take(entry)
    if not met:
        raise LedgerBroken(
            "The head that was noted is not in the ledger: the database was put back to an earlier "
            "or another one, or the newest entries were cut off."
        )


_NOWHERE = (0, -2)
"""The place before the first entry, which nothing but 1/0 follows."""


def _next(last: tuple[int, int], entry: Entry) -> tuple[int, int]:
    place = (entry.revision, entry.ordinal)
    if place not in ((last[0], last[1] + 1), (last[0] + 1, 0)):
        raise LedgerBroken(f"Entry {_name(place)} follows {_name(last)}: what stood between is missing.")
    return place


def _compare_head(sql: Connection, verdict: Verdict) -> None:
    n, head = sql.execute(select(revision.c.n, revision.c.head)).one()
    if (n, bytes(head).hex()) != (verdict.revision, verdict.head):
        raise LedgerBroken(
            f"The ledger ends with revision {verdict.revision}, and the database stands at {n}: "
            "entries at its end are missing, or its head was altered."
        )


def _name(place: tuple[int, int]) -> str:
    return "nothing" if place == _NOWHERE else f"{place[0]}/{place[1]}"


@dataclass(slots=True)
class _Replay:
    """Links and blocks as the entries taken so far leave them, as rows of their tables."""

    standing: dict[tuple[int, int, int], tuple[Millis, Millis, Millis, int]] = field(default_factory=dict)
    """By source, stage and target: start, end, when and in which revision it was added."""
    past: set[tuple[int, ...]] = field(default_factory=set)
    blocks: dict[tuple[int, str, Millis], Millis | None] = field(default_factory=dict)
    """By thing, word and beginning: the end, if it has ended."""
    blocked: dict[tuple[int, str], Millis] = field(default_factory=dict)
    """The beginning of each block that stands."""

    def take(self, entry: Entry) -> None:
        """Let an entry have its effect.

        Raises:
            LedgerBroken: its effect is impossible after the entries before it.
        """
        kind = EVENTS.get(entry.event)
        if kind is None:
            return
        event: Event = msgspec.json.decode(entry.fact, type=kind)
        try:
            self._take(entry, event)
        except KeyError:
            place = _name((entry.revision, entry.ordinal))
            raise LedgerBroken(f"Entry {place} ends what had not begun: {entry.event}.") from None

    def _take(self, entry: Entry, event: Event) -> None:
        match event:
            case LinkAdded(source, target, start, end):
                self.standing[_ends(source, target)] = (start, end, entry.at, entry.revision)
            case LinkChanged(source, target, start, end):
                self._close(entry, _ends(source, target))
                self.standing[_ends(source, target)] = (start, end, entry.at, entry.revision)
            case LinkRemoved(source, target):
                self._close(entry, _ends(source, target))
            case ThingBlocked(thing, word):
                self.blocked[thing.key, word] = entry.at
                self.blocks[thing.key, word, entry.at] = None
            case ThingUnblocked(thing, word):
                self.blocks[thing.key, word, self.blocked.pop((thing.key, word))] = entry.at

    def _close(self, entry: Entry, ends: tuple[int, int, int]) -> None:
        held = self.standing.pop(ends)
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

    def _differs(self, row: Sequence[Any]) -> bool:
        return self.standing.pop((row[0], row[1], row[2]), None) != tuple(row[3:])

    def _has_past(self, row: tuple[int, ...]) -> bool:
        had = row in self.past
        self.past.discard(row)
        return had

    def _compare_blocks(self, sql: Connection) -> None:
        found = {(thing, word, begun): ended for thing, word, begun, ended in sql.execute(_BLOCKS)}
        for place in found.keys() | self.blocks.keys():
            if place not in found or place not in self.blocks or found[place] != self.blocks[place]:
                raise LedgerBroken(f"That {_label(sql, place[0])} is {place[1]} is not as the ledger has it.")


_HELD = ("source", "stage", "target", "starts_at", "ends_at", "added_at", "added_in")
_LINKS = select(*(links.c[name] for name in _HELD)).execution_options(yield_per=1000)
_PAST = select(*(past_links.c[name] for name in (*_HELD, "removed_at", "removed_in"))).execution_options(
    yield_per=1000
)
_BLOCKS = select(blocks.c.thing, blocks.c.word, blocks.c.added_at, blocks.c.removed_at)


def _ends(source: Named, target: Named) -> tuple[int, int, int]:
    return source.key, int(stage_of(source.kind, target.kind)), target.key


def _link(sql: Connection, source: int, target: int) -> str:
    return f"The link from {_label(sql, source)} to {_label(sql, target)}"


def _label(sql: Connection, key: int) -> str:
    row = sql.execute(select(things.c.kind, things.c.name).where(things.c.key == key)).first()
    return f"thing {key}" if row is None else f"{Kind(row[0]).word} {row[1]!r}"
