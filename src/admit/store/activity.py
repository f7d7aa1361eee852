"""What happens all the time, written down in batches and read newest first.

It is found block by block: ids count up, and what is written down one after the other is together in a
block. All lists are in the order in which it was written down.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    exists,
    func,
    literal,
    literal_column,
    select,
)

from admit.core.activity import Activity, ActivityKind, Detail, Mention, Outcome
from admit.core.validity import Millis
from admit.store.activity_tables import BLOCK, BLOCK_BITS, activity
from admit.store.prepared import EVERYTHING, Prepared, PreparedForKeys, PreparedRows

LONGEST = 4096
"""Characters that are kept of any one text: who sends a longer command does not fill the disk."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An activity that was written down."""

    id: int
    activity: Activity


@dataclass(frozen=True, slots=True)
class Where:
    """Which activities are asked for. What is left out does not restrict."""

    kind: ActivityKind | None = None
    outcome: Outcome | None = None
    actor: str | None = None
    person: Mention | None = None
    """Whoever has this key, whatever the name was then, and whoever had this name."""
    resource: Mention | None = None
    """The same of a resource."""
    session: str | None = None
    since: Millis | None = None
    """Inside."""
    until: Millis | None = None
    """Outside."""
    before: int | None = None
    """Only what was written down before the one of this id: the next page."""


# -- writing ---------------------------------------------------------------------------------------


def add(sql: Connection, batch: Sequence[Activity]) -> None:
    """Write activities down."""
    _ADD.put(sql, [_row(each) for each in batch])


_ADD = PreparedRows(activity, [each.name for each in activity.c if not each.primary_key])


def _row(each: Activity) -> tuple[object, ...]:
    return (
        each.at,
        each.kind.value,
        each.outcome.value,
        _kept(each.actor),
        _kept(each.action),
        _kept(each.reason),
        *_mentioned(each.person),
        *_mentioned(each.user),
        *_mentioned(each.resource),
        each.request_id,
        _kept(each.peer),
        each.session or None,
        _details(each.details) if each.details else None,
    )


def _mentioned(mention: Mention | None) -> tuple[int | None, str | None]:
    return (None, None) if mention is None else (mention.key, _kept(mention.name))


def _kept(text: str) -> str:
    """A text as both databases take it, whatever a stranger sent: nothing may hold up what else is noted."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - 1]}…"
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _details(details: Mapping[str, Detail]) -> str:
    kept = {
        name: _kept(value)
        if isinstance(value, str)
        else [_kept(item) for item in value]
        if isinstance(value, tuple)
        else value
        for name, value in details.items()
    }
    return msgspec.json.encode(kept).decode()


def forget(sql: Connection, before: Millis, limit: int) -> int:
    """Drop some of what is older than a moment, at most so many; returns how many there were."""
    blocks = _blocks(sql, Where(until=before))
    # The first blocks are as old throughout: few more are looked at than go.
    old = activity.c.id < blocks.stop << BLOCK_BITS, activity.c.at < before
    oldest = select(activity.c.id).where(*old).order_by(activity.c.id).limit(limit)
    return sql.execute(delete(activity).where(activity.c.id.in_(oldest))).rowcount if blocks else 0


# -- reading ---------------------------------------------------------------------------------------


def find(sql: Connection, where: Where, limit: int) -> list[Kept]:
    """Of the activities that are asked for those written down last, the last one first."""
    found: list[Kept] = []
    for some in _windows(_blocks(sql, where)):
        # Each way in which a name may be meant is looked up by an index of its own.
        parts = (_part(where, some, way).limit(limit - len(found)) for way in _ways(where))
        rows = {row.id: row for part in parts for row in sql.execute(part)}
        found += [_read(rows[key]) for key in sorted(rows, reverse=True)]
        if len(found) >= limit:
            break
    return found[:limit]


MOST_COUNTED = 10_000
_NOTHING: ColumnElement[int] = literal_column("0")


_COUNT = PreparedForKeys(
    lambda blocks: select(func.count()).select_from(
        select(activity.c.id)
        .where(
            # Looked up in each block, as what is asked for by ``find`` is.
            BLOCK.in_(blocks),
            activity.c.outcome == bindparam("outcome"),
            activity.c.outcome != literal_column(f"'{Outcome.OK}'"),
            activity.c.at + _NOTHING >= bindparam("since", type_=BigInteger),
            activity.c.at + _NOTHING < bindparam("until", type_=BigInteger),
        )
        .limit(bindparam("limit"))
        .subquery()
    )
)


def how_many(sql: Connection, outcome: Outcome, since: Millis, until: Millis | None = None) -> int:
    """How many activities came out so, and not well, between two moments; no more than ``MOST_COUNTED``."""
    blocks, count = _blocks(sql, Where(outcome=outcome, since=since, until=until)), 0
    asked = {"outcome": outcome.value, "since": since, "until": EVERYTHING if until is None else until}
    for some in _windows(blocks):
        # Of more blocks than one statement takes each statement counts by itself.
        count += sum(row[0] for row in _COUNT.rows(sql, some, **asked, limit=MOST_COUNTED - count))
        if count >= MOST_COUNTED:
            return MOST_COUNTED
    return count


def _ways(where: Where) -> Iterator[list[ColumnElement[bool]]]:
    """Whom and what the names may mean: who has one now, and whoever had it then."""
    for person in _meant("person", where.person):
        for resource in _meant("resource", where.resource):
            yield [*person, *resource]


def _meant(place: str, mention: Mention | None) -> list[list[ColumnElement[bool]]]:
    if mention is None:
        return [[]]
    by_name = [activity.c[f"{place}_name"] == _kept(mention.name)]
    return [by_name] if mention.key is None else [by_name, [activity.c[f"{place}_key"] == mention.key]]


def _part(where: Where, blocks: range, way: list[ColumnElement[bool]]) -> Select[tuple[object, ...]]:
    """What is asked for of some blocks, the last one first."""
    named = [*way, *_named(where, compared=bool(way))]
    key: ColumnElement[int] = activity.c.id
    at: ColumnElement[int] = activity.c.at
    within = [key >= blocks.start << BLOCK_BITS, key < blocks.stop << BLOCK_BITS]
    if named:
        # What is named is looked up in each block: neither order may seem the shorter way.
        key, at, within = key + _NOTHING, at + _NOTHING, [BLOCK.in_(blocks)]
    before = [] if where.before is None else [key < where.before]
    return select(activity).where(*within, *named, *_in_time(where, at), *before).order_by(key.desc())


def _named(where: Where, *, compared: bool) -> Iterator[ColumnElement[bool]]:
    """What must be just so: looked up by the first of it, what tells most, and the rest only ``compared``."""
    exactly = {"session": where.session, "actor": where.actor, "outcome": where.outcome, "kind": where.kind}
    for name, value in exactly.items():
        if value is None:
            continue
        yield (activity.c[name] + literal("") if compared else activity.c[name]) == str(value)
        if name == "outcome" and value != Outcome.OK and not compared:
            # The index of what is not ok is used only where a statement says so in its own words.
            yield activity.c.outcome != literal_column(f"'{Outcome.OK}'")
        compared = True


def _in_time(where: Where, at: ColumnElement[int]) -> Iterator[ColumnElement[bool]]:
    if where.since is not None:
        yield at >= where.since
    if where.until is not None:
        yield at < where.until


# -- blocks ----------------------------------------------------------------------------------------

MOST_BLOCKS = 1024
"""In how many blocks one statement looks."""


def _windows(blocks: range) -> Iterator[range]:
    """The blocks, the newest first: one, and then more and more, as most that is asked for is found soon."""
    stop, size = blocks.stop, 1
    while stop > blocks.start:
        start = max(blocks.start, stop - size)
        yield range(start, stop)
        stop, size = start, min(4 * size, MOST_BLOCKS)


_ENDS = Prepared(
    select(
        select(func.min(activity.c.id)).scalar_subquery(),
        select(func.max(activity.c.id))
        .where(activity.c.id < bindparam("before", type_=BigInteger))
        .scalar_subquery(),
    )
)


def _blocks(sql: Connection, where: Where) -> range:
    """The blocks in which there may be what is asked for."""
    ((first, last),) = _ENDS.rows(sql, before=EVERYTHING if where.before is None else where.before)
    if last is None:
        return range(0)
    blocks = range(first >> BLOCK_BITS, (last >> BLOCK_BITS) + 1)
    return blocks if where.since is None and where.until is None else _of_time(sql, blocks, where)


def _with_any() -> Prepared:
    """The first and the last of some blocks in which anything is of a time."""
    each = select(bindparam("start", type_=BigInteger).label("number")).cte(recursive=True)
    stop = bindparam("stop", type_=BigInteger)
    each = each.union_all(select(each.c.number + 1).where(each.c.number < stop - 1))
    since, until = (bindparam(name, type_=BigInteger) for name in ("since", "until"))
    some = exists().where(each.c.number == BLOCK, activity.c.at >= since, activity.c.at < until)
    return Prepared(select(func.min(each.c.number), func.max(each.c.number)).where(some))


_WITH_ANY = _with_any()


def _of_time(sql: Connection, blocks: range, where: Where) -> range:
    """Of some blocks those in which anything is of the time that is asked about, and all between them.

    Several nodes write down what happened up to a second ago: it is not quite in the order of moments.
    """
    since = -EVERYTHING if where.since is None else where.since
    until = EVERYTHING if where.until is None else where.until
    ((first, last),) = _WITH_ANY.rows(sql, start=blocks.start, stop=blocks.stop, since=since, until=until)
    return range(0) if last is None else range(first, last + 1)


def _read(row: Row[tuple[object, ...]]) -> Kept:
    return Kept(
        row.id,
        Activity(
            at=row.at,
            kind=ActivityKind(row.kind),
            outcome=Outcome(row.outcome),
            actor=row.actor,
            action=row.action,
            reason=row.reason,
            person=_mention(row.person_key, row.person_name),
            user=_mention(row.user_key, row.user_name),
            resource=_mention(row.resource_key, row.resource_name),
            request_id=row.request_id,
            peer=row.peer,
            session=row.session or "",
            details={} if row.details is None else _DETAILS.decode(row.details),
        ),
    )


_DETAILS = msgspec.json.Decoder(dict[str, str | int | float | tuple[str, ...]])


def _mention(key: int | None, name: str | None) -> Mention | None:
    return None if name is None else Mention(name, key)
