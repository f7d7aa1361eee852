"""All links and blocks in memory, kept up with the change log: facts that need no query."""

from __future__ import annotations

import threading
from array import array

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, func, literal_column, select

from admit.core.events import (
    Event,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    ThingAdded,
    ThingBlocked,
    ThingRemoved,
    ThingUnblocked,
)
from admit.core.filling import LARGEST, Filling, Timed
from admit.core.index import Index, Known
from admit.core.links import Kind, Ref, Stage
from admit.core.pages import Pages
from admit.core.validity import BEGINNING, FOREVER, Millis
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
KEPT = 8
"""Indexes of how many revisions are kept: whoever began to read a little earlier finds theirs."""

OF_A_LINK = 16
"""Bytes that a link takes at most: by each of its ends, the other one and the period."""

_TAKEN: dict[str, msgspec.json.Decoder[Event]] = {
    kind.__name__: msgspec.json.Decoder(kind)
    for kind in (LinkAdded, LinkChanged, LinkRemoved, ThingAdded, ThingBlocked, ThingRemoved, ThingUnblocked)
}
"""Of which events an index is made. Of all others it is only moved on."""


class Replica:
    """The index at the newest revisions; none before it is loaded, and where it takes too much memory."""

    def __init__(self) -> None:
        self.most_bytes = 0
        """What it may take; with 0 it is never loaded."""
        self.asked = [0, 0]
        """How often the index was not at the revision that was asked about, and how often it was."""
        self._recent: tuple[Index, ...] = ()
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
        self._put(read(sql))

    def _put(self, index: Index) -> None:
        self._recent = (index, *self._recent[: KEPT - 1])

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
        events = [_TAKEN[event].decode(fact) for _, event, fact in rows if event in _TAKEN]
        self._put(newest.after(until, events))
        return True


_LINKS = Prepared(select(func.count()).select_from(links))
_AFTER = Prepared(
    select(changes.c.revision, changes.c.event, changes.c.fact)
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
    out, into = {}, {}
    for stage in Stage:
        out[stage], into[stage] = _read_links(sql, known, stage)
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


_OF_STAGE = links.c.stage == bindparam("stage")
_BY_SOURCE = Prepared(
    select(
        _packed(links.c.source, links.c.target),
        func.nullif(links.c.starts_at, BEGINNING),
        func.nullif(links.c.ends_at, FOREVER),
    )
    .where(_OF_STAGE)
    .order_by(links.c.source, links.c.stage, links.c.target)
)
# All it tells stands in an index in this order; for the periods each link would have to be looked up.
_BY_TARGET = Prepared(
    select(_packed(links.c.target, links.c.source))
    .where(_OF_STAGE)
    .order_by(links.c.target, links.c.stage, links.c.source)
)


def _read_links(sql: Connection, known: Known, stage: Stage) -> tuple[Pages, Pages]:
    """The links of a stage by their sources, and by their targets.

    There are millions: each is one number in one row, and nothing is done for each but where it has a period.
    """
    timed, by_source, by_target = Timed(), Filling(), Filling()
    for rows in _BY_SOURCE.batches(sql, ROWS, stage=int(stage)):
        ending = [row for row in rows if row[1] is not None or row[2] is not None]
        timed.extend((link, known.periods.number(_period(start, end))) for link, start, end in ending)
        by_source.extend(array("q", [row[0] for row in rows]), timed)
    timed = timed.turned()
    for rows in _BY_TARGET.batches(sql, ROWS, stage=int(stage)):
        by_target.extend(array("q", [row[0] for row in rows]), timed)
    return by_source.done(known.periods), by_target.done(known.periods)


def _period(start: Millis | None, end: Millis | None) -> tuple[Millis, Millis]:
    return BEGINNING if start is None else start, FOREVER if end is None else end
