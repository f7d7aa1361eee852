"""All links and blocks, and some things, in memory, kept up with the change log: what needs no query."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Text, bindparam, cast, func, literal_column, or_, select

from admit.core.events import (
    Event,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    ThingAdded,
    ThingBlocked,
    ThingChanged,
    ThingRemoved,
    ThingUnblocked,
)
from admit.core.filling import LARGEST, Filling, Timed
from admit.core.index import Index, Known
from admit.core.links import Kind, Ref, Stage
from admit.core.pages import Pages, Periods
from admit.core.validity import BEGINNING, FOREVER
from admit.store.prepared import EVERYTHING, Prepared
from admit.store.tables import blocks, changes, links, things
from admit.store.terms import terms_of
from admit.store.views import current_revision

REPLICA = "replica"
"""Under this name a connection that only reads knows the replica of its store."""
AT_ONCE = 32
"""The most changes that somebody who asks takes in first: more of them are taken in beside the asking."""
BATCH = 5_000
"""The most changes that are taken in together."""
ROWS = 10_000
"""How many rows are read together when all are."""
TOGETHER = 8_192
"""Of how many things that follow each other the links are read together."""
MOST_THINGS = 32_768
"""Of how many things a server keeps what was read of them: some 600 bytes each, 20 MB."""
KEPT = 8
"""Indexes of how many revisions are kept: whoever began to read a little earlier finds theirs."""

OF_A_LINK = 16
"""Bytes that a link takes at most: by each of its ends, the other one and the period."""

_TAKEN: dict[str, msgspec.json.Decoder[Event]] = {
    kind.__name__: msgspec.json.Decoder(kind)
    for kind in (LinkAdded, LinkChanged, LinkRemoved, ThingAdded, ThingBlocked, ThingRemoved, ThingUnblocked)
}
"""Of which events an index is made. Of all others it is only moved on."""
_OF_ROWS = frozenset(each.__name__ for each in (ThingChanged, ThingRemoved, ThingBlocked, ThingUnblocked))
"""The events by which a thing that there was has another row. Nobody has read a thing before it was added."""


class Replica:
    """The index at the newest revisions; none before it is loaded, and where it takes too much memory."""

    def __init__(self) -> None:
        self.most_bytes = 0
        """What it may take; with 0 it is never loaded."""
        self.most_things = 0
        """Of how many things it may keep what was read of them.

        None where a row may change that no entry of the log is about, as in a copy for an index alone.
        """
        self.asked = [0, 0]
        """How often the index was not at the revision that was asked about, and how often it was."""
        self._recent: tuple[Index, ...] = ()
        self._read: dict[int, dict[int, Any]] = {}
        """What was read of things, by key, as it is at the revision of each index."""
        self._turn = threading.Lock()

    @property
    def newest(self) -> Index | None:
        """The index at the newest revision that was taken in."""
        recent = self._recent
        return recent[0] if recent else None

    def at(self, sql: Connection) -> Index | None:
        """The index at just the revision that a view shows, if there is one."""
        found = self._at(sql)
        self.asked[found is not None] += 1
        return found

    def _at(self, sql: Connection) -> Index | None:
        recent = self._recent
        if not recent:
            return None
        seen = current_revision(sql)
        if seen == recent[0].revision:
            return recent[0]
        if not 0 < seen - recent[0].revision <= AT_ONCE:
            return next((index for index in recent if index.revision == seen), None)
        # Whoever finds another at it asks the database: that is sooner done than waiting.
        if not self._turn.acquire(blocking=False):
            return None
        try:
            self._take(sql, seen)
            return next((index for index in self._recent if index.revision == seen), None)
        finally:
            self._turn.release()

    def things_at(self, sql: Connection) -> dict[int, Any] | None:
        """What was read of things at just the revision that a view shows, if there is an index of it."""
        index = self._at(sql) if self.most_things else None
        return None if index is None else self._read.get(index.revision)

    def keep_things(self, at: dict[int, Any], read: Mapping[int, Any]) -> None:
        """Let what was read of things stay with what :meth:`things_at` told, until one of them changes."""
        if len(at) + len(read) > self.most_things:
            at.clear()
        if len(read) <= self.most_things:
            at.update(read)

    def keep(self, sql: Connection) -> None:
        """Take in all that a view shows beyond the newest index; without one read everything.

        Raises:
            OverflowError: there are more links than fit, or keys of more than 32 bits.
            Exception: whatever the database does.
                There is no index then, until this is called again.
        """
        with self._turn:
            try:
                if not self._recent:
                    self._load(sql)
                while self._take(sql, current_revision(sql)):
                    pass
            except BaseException:
                self._recent = ()
                raise

    def drop(self) -> None:
        """Let go of the index."""
        with self._turn:
            self._recent = ()

    def _load(self, sql: Connection) -> None:
        (many,) = _LINKS.first(sql) or (0,)
        if many * OF_A_LINK > self.most_bytes:
            raise OverflowError(f"{many} links")
        self._put(read(sql), {})

    def _put(self, index: Index, things: dict[int, Any]) -> None:
        recent = (index, *self._recent[: KEPT - 1])
        known = {**self._read, index.revision: things}
        self._read = {each.revision: known[each.revision] for each in recent}
        self._recent = recent

    def _take(self, sql: Connection, until: int) -> bool:
        """Take in some of what comes up to a revision; returns whether there was any."""
        newest = self._recent[0]
        if newest.revision >= until:
            return False
        rows = _AFTER.rows(sql, after=newest.revision, until=until, limit=BATCH + 1)
        if len(rows) > BATCH:
            # The last revision may be cut short: it is left for the next time, unless it is the only one.
            until = rows[-1][0] - 1
            if rows[0][0] > until:
                until += 1
                rows = _AFTER.rows(sql, after=until - 1, until=until, limit=EVERYTHING)
            rows = [row for row in rows if row[0] <= until]
        events = [_TAKEN[event].decode(fact) for _, event, fact, _ in rows if event in _TAKEN]
        things = self._read[newest.revision]
        if changed := {about for _, event, _, about in rows if event in _OF_ROWS}:
            # Who reads at the older revision goes on with what it knows, and adds to that.
            things = dict(things)
            for key in changed:
                things.pop(key, None)
        self._put(newest.after(until, events), things)
        return True


_LINKS = Prepared(select(func.count()).select_from(links))
_AFTER = Prepared(
    select(changes.c.revision, changes.c.event, changes.c.fact, changes.c.about)
    .where(changes.c.revision > bindparam("after"), changes.c.revision <= bindparam("until"))
    .order_by(changes.c.revision, changes.c.ordinal)
    .limit(bindparam("limit"))
)


def read(sql: Connection) -> Index:
    """The index of all that a view shows.

    Raises:
        OverflowError: a key has more than 32 bits.
    """
    known = _read_known(sql)
    timed = _read_timed(sql, known.periods)
    out = {stage: _read_links(sql, _BY_SOURCE, stage, timed[stage], known) for stage in Stage}
    into = {stage: _read_links(sql, _BY_TARGET, stage, timed[stage].turned(), known) for stage in Stage}
    inside = select(things.c.key, things.c.parent).where(
        things.c.parent.in_(known.kinds.accounts),
        things.c.kind == int(Kind.USER),
        things.c.removed_at.is_(None),
    )
    users = [(user, account) for user, account in sql.execute(inside)]
    out[Stage.JOIN] = out[Stage.JOIN].edited((user, account, 0) for user, account in users)
    into[Stage.JOIN] = into[Stage.JOIN].edited((account, user, 0) for user, account in users)
    words: dict[int, tuple[str, ...]] = {}
    for thing, word in sql.execute(
        select(blocks.c.thing, blocks.c.word).where(blocks.c.removed_at.is_(None))
    ):
        words[thing] = (*words.get(thing, ()), word)
    return Index(known, current_revision(sql), out, into, words)


_LARGEST = Prepared(select(func.max(things.c.key)))
_KINDS = Prepared(select(things.c.key, things.c.kind).order_by(things.c.key))


def _read_known(sql: Connection) -> Known:
    known = Known()
    (largest,) = _LARGEST.first(sql) or (None,)
    if (largest or 0) > LARGEST:
        raise OverflowError(f"a key of {largest}")
    for some in _KINDS.batches(sql, ROWS):
        known.kinds.put_all(some)
    permissions = select(things.c.key).where(things.c.kind == int(Kind.PERMISSION))
    refs = [Ref(Kind.PERMISSION, key) for (key,) in sql.execute(permissions)]
    known.terms.update({ref.key: terms for ref, terms in terms_of(sql, refs).items()})
    return known


def _packed(key: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    """Both ends of a link in one number, as :func:`~admit.core.filling.packed` makes it."""
    return key.bitwise_lshift(literal_column("32")).bitwise_or(other)


_TIMED = Prepared(
    select(links.c.stage, _packed(links.c.source, links.c.target), links.c.starts_at, links.c.ends_at)
    .where(
        or_(
            links.c.starts_at != literal_column(str(BEGINNING)),
            links.c.ends_at != literal_column(str(FOREVER)),
        )
    )
    .order_by(links.c.source, links.c.stage, links.c.target)
)


def _read_timed(sql: Connection, periods: Periods) -> dict[Stage, Timed]:
    """The links that begin or end, with the numbers of their periods."""
    found = {stage: Timed() for stage in Stage}
    number = periods.number
    for rows in _TIMED.batches(sql, ROWS):
        for stage, timed in found.items():
            timed.extend((link, number((start, end))) for of, link, start, end in rows if of == stage)
    return found


def _told(key: ColumnElement[int], other: ColumnElement[int]) -> Prepared:
    """The links of a stage at some things that follow each other, as one text: numbers with commas between.

    There are millions of links. As a row each they would take the interpreter twice as long, and keep all
    others from it.
    """
    # The comma stands in the statement: a value would be put into its text at each use.
    told = func.aggregate_strings(cast(_packed(key, other), Text), literal_column("','"))  # type: ignore[arg-type]
    among = (key >= bindparam("first"), key < bindparam("end"))
    return Prepared(select(told).where(links.c.stage == bindparam("stage"), *among))


_BY_SOURCE, _BY_TARGET = _told(links.c.source, links.c.target), _told(links.c.target, links.c.source)


def _read_links(sql: Connection, told: Prepared, stage: Stage, timed: Timed, known: Known) -> Pages:
    """The links of a stage by one of their ends."""
    filling = Filling()
    for first in range(0, len(known.kinds), TOGETHER):
        (text,) = told.first(sql, stage=int(stage), first=first, end=first + TOGETHER) or (None,)
        if text is not None:
            # They come in the order of the index that is read: sorting finds nothing to do, nearly always.
            filling.extend(sorted(_NUMBERS.decode(f"[{text}]")), timed)
    return filling.done(known.periods)


_NUMBERS = msgspec.json.Decoder(list[int])
