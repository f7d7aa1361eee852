"""What happens all the time, written down in batches and read newest first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    delete,
    func,
    literal_column,
    select,
    tuple_,
    union,
)

from admit.core.activity import Activity, ActivityKind, Detail, Mention, Outcome
from admit.core.validity import Millis
from admit.store.prepared import PreparedRows
from admit.store.tables import activity

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
    before: tuple[Millis, int] | None = None
    """Only what stands behind this one, which is given by its moment and id: the next page."""


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
    """Drop the oldest of what is older than a moment, at most so many; returns how many there were."""
    oldest = select(activity.c.id).where(activity.c.at < before).order_by(activity.c.at).limit(limit)
    return sql.execute(delete(activity).where(activity.c.id.in_(oldest))).rowcount


# -- reading ---------------------------------------------------------------------------------------

_NEWEST_FIRST = (activity.c.at.desc(), activity.c.id.desc())


def find(sql: Connection, where: Where, limit: int) -> list[Kept]:
    """The newest activities that are asked for, newest first."""
    # Each way in which a name may be meant is looked up by an index of its own, in its order: with "or"
    # all that the name ever did would be read and sorted for a page.
    ways = product(_ways("person", where.person), _ways("resource", where.resource))
    parts = [_part(where, [*person, *resource]).limit(limit) for person, resource in ways]
    if len(parts) == 1:
        return [_read(row) for row in sql.execute(parts[0])]
    either = union(*(select(part.subquery()) for part in parts)).subquery()
    newest = select(either).order_by(either.c.at.desc(), either.c.id.desc()).limit(limit)
    return [_read(row) for row in sql.execute(newest)]


MOST_COUNTED = 10_000


def how_many(sql: Connection, outcome: Outcome, since: Millis) -> int:
    """How many activities came out so since a moment, counted no further than ``MOST_COUNTED``."""
    where = Where(outcome=outcome, since=since)
    some = select(activity.c.id).where(*_conditions(where)).limit(MOST_COUNTED).subquery()
    return sql.execute(select(func.count()).select_from(some)).scalar_one()


def _ways(place: str, mention: Mention | None) -> list[list[ColumnElement[bool]]]:
    if mention is None:
        return [[]]
    by_name = [activity.c[f"{place}_name"] == _kept(mention.name)]
    return [by_name] if mention.key is None else [by_name, [activity.c[f"{place}_key"] == mention.key]]


def _part(where: Where, more: list[ColumnElement[bool]]) -> Select[tuple[object, ...]]:
    return select(activity).where(*_conditions(where), *more).order_by(*_NEWEST_FIRST)


def _conditions(where: Where) -> Iterator[ColumnElement[bool]]:
    exactly = {"kind": where.kind, "outcome": where.outcome, "actor": where.actor, "session": where.session}
    for name, value in exactly.items():
        if value is not None:
            yield activity.c[name] == str(value)
    if where.outcome not in (None, Outcome.OK):
        # The index of what is not ok is used only where a statement says so in its own words.
        yield activity.c.outcome != literal_column(f"'{Outcome.OK}'")
    if where.since is not None:
        yield activity.c.at >= where.since
    if where.until is not None:
        yield activity.c.at < where.until
    if where.before is not None:
        yield tuple_(activity.c.at, activity.c.id) < where.before


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
