"""Links: who is joined to what, now and at any moment of the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_new

from admit.core.links import Kind, Link, Ref, Stage, stage_of
from admit.core.validity import BEGINNING, FOREVER, PERMANENT, Millis, Validity
from admit.store.facts import Scope, facts_about, index_at, source_of
from admit.store.prepared import EVERYTHING, Prepared, PreparedForKeys
from admit.store.tables import links, past_links, things
from admit.store.views import callers_revision, current_revision

__all__ = ["Held", "Scope", "callers_revision", "current_revision", "facts_about", "index_at", "source_of"]


@dataclass(frozen=True, slots=True)
class Held:
    """A link as it stands in the store, with when it was written."""

    source: int
    target: int
    validity: Validity
    added_at: Millis
    added_in: int


def validity_of(start: Millis, end: Millis) -> Validity:
    """The period of a row."""
    # Most links have no end: one value serves them all.
    return PERMANENT if end == FOREVER and start == BEGINNING else Validity(start, end)


_ONE = Prepared(
    select(links.c.starts_at, links.c.ends_at, links.c.added_at, links.c.added_in).where(
        links.c.source == bindparam("source"),
        links.c.stage == bindparam("stage"),
        links.c.target == bindparam("target"),
    )
)


def find(sql: Connection, source: Ref, target: Ref) -> Held | None:
    """The link between two things, if they are joined now (in force or not)."""
    stage = int(stage_of(source.kind, target.kind))
    row = _ONE.first(sql, source=source.key, stage=stage, target=target.key)
    return None if row is None else Held(source.key, target.key, validity_of(row[0], row[1]), row[2], row[3])


_VALUES = [column.name for column in links.c if column.name != "grace"]
_ADD = Prepared(
    insert_new(links).values({name: bindparam(name) for name in _VALUES}).on_conflict_do_nothing()
)


def add(sql: Connection, link: Link, now: Millis, number: int) -> bool:
    """Write a link; returns False, and writes nothing, if the two things are joined already."""
    return bool(
        _ADD.run(
            sql,
            source=link.source.key,
            stage=int(stage_of(link.source.kind, link.target.kind)),
            target=link.target.key,
            starts_at=link.validity.start,
            ends_at=link.validity.end,
            added_at=now,
            added_in=number,
        )
    )


_ENDS = and_(
    links.c.source == bindparam("b_source"),
    links.c.stage == bindparam("b_stage"),
    links.c.target == bindparam("b_target"),
)
_GRACE = Prepared(select(links.c.grace).where(_ENDS))
_SET_GRACE = Prepared(update(links).where(_ENDS).values(grace=bindparam("grace")))


def grace(sql: Connection, source: Ref, target: Ref) -> Millis:
    """How long live sessions may go on after the end of the link between two things; 0 if it has none."""
    row = _GRACE.first(sql, **_named(source, target))
    return 0 if row is None or row[0] is None else int(row[0])


def set_grace(sql: Connection, source: Ref, target: Ref, span: Millis) -> None:
    """Let live sessions go on for so long after the end of the link between two things."""
    _SET_GRACE.run(sql, **_named(source, target), grace=span or None)


def _named(source: Ref, target: Ref) -> dict[str, int]:
    stage = int(stage_of(source.kind, target.kind))
    return {"b_source": source.key, "b_stage": stage, "b_target": target.key}


_REMOVE = Prepared(
    delete(links)
    .where(
        links.c.source == bindparam("source"),
        links.c.stage == bindparam("stage"),
        links.c.target == bindparam("target"),
    )
    .returning(links.c.starts_at, links.c.ends_at, links.c.added_at, links.c.added_in)
)
_ADD_PAST = Prepared(insert(past_links))


def close(sql: Connection, source: Ref, target: Ref, now: Millis, number: int) -> None:
    """Move a link to the past; one that this very transaction wrote held for no time, and has none."""
    ends = {"source": source.key, "stage": int(stage_of(source.kind, target.kind)), "target": target.key}
    row = _REMOVE.first(sql, **ends)
    if row is None:
        raise LookupError("there is no such link")
    kept = dict(zip(("starts_at", "ends_at", "added_at", "added_in"), row, strict=True))
    if kept["added_in"] != number:
        _ADD_PAST.run(sql, **ends, **kept, removed_at=now, removed_in=number)


@cache
def _of(*, inward: bool, of_kind: bool, newest_first: bool) -> Prepared:
    here, there = _ends(inward=inward)
    order = (links.c.added_in.desc(), there.desc()) if newest_first else (links.c.added_in, there)
    statement = (
        select(
            links.c.source,
            links.c.target,
            links.c.starts_at,
            links.c.ends_at,
            links.c.added_at,
            links.c.added_in,
            things.c.kind,
            things.c.key,
        )
        .join(things, things.c.key == there)
        .where(here == bindparam("here"))
    )
    if of_kind:
        statement = statement.where(things.c.kind == bindparam("kind"))
    return Prepared(statement.order_by(*order).limit(bindparam("limit")).offset(bindparam("offset")))


def _ends(*, inward: bool) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """The columns of this end and of the other."""
    return (links.c.target, links.c.source) if inward else (links.c.source, links.c.target)


def of(  # noqa: PLR0913 - a listing: what it is of, and which page
    sql: Connection,
    key: int,
    *,
    inward: bool,
    kind: Kind | None = None,
    newest_first: bool = False,
    offset: int = 0,
    limit: int | None = None,
) -> list[tuple[Held, Ref]]:
    """The standing links from (or with ``inward`` to) a thing, each with the thing at the other end."""
    statement = _of(inward=inward, of_kind=kind is not None, newest_first=newest_first)
    values = {} if kind is None else {"kind": int(kind)}
    paging = {"offset": offset, "limit": EVERYTHING if limit is None else limit}
    return [
        (Held(row[0], row[1], validity_of(row[2], row[3]), row[4], row[5]), Ref(Kind(row[6]), row[7]))
        for row in statement.rows(sql, here=key, **values, **paging)
    ]


@cache
def _count(*, inward: bool) -> Prepared:
    here, there = _ends(inward=inward)
    joined = links.join(things, things.c.key == there)
    statement = select(func.count()).select_from(joined)
    return Prepared(statement.where(here == bindparam("here"), things.c.kind == bindparam("kind")))


def count(sql: Connection, key: int, *, inward: bool, kind: Kind) -> int:
    """How many standing links a thing has from (or to) things of a kind."""
    return sum(int(row[0]) for row in _count(inward=inward).rows(sql, here=key, kind=int(kind)))


_VALIDITIES = PreparedForKeys(
    lambda targets: (
        select(links.c.target, links.c.starts_at, links.c.ends_at)
        .join(things, things.c.key == links.c.source)
        .where(links.c.target.in_(targets), things.c.kind == bindparam("kind"))
    )
)


def validities(sql: Connection, targets: Sequence[int], kind: Kind) -> dict[int, Validity]:
    """For how long things of a kind are joined to each of ``targets``."""
    return {row[0]: validity_of(row[1], row[2]) for row in _VALIDITIES.rows(sql, targets, kind=int(kind))}


@cache
def _counts(*, inward: bool) -> PreparedForKeys:
    here, _ = _ends(inward=inward)
    return PreparedForKeys(lambda keys: select(here, func.count()).where(here.in_(keys)).group_by(here))


def counts(sql: Connection, keys: Sequence[int], *, inward: bool) -> dict[int, int]:
    """How many standing links lead from (or to) each of ``keys``; one without any is left out."""
    return {row[0]: row[1] for row in _counts(inward=inward).rows(sql, keys)}


@cache
def _joined(*, inward: bool) -> PreparedForKeys:
    here, there = _ends(inward=inward)
    return PreparedForKeys(
        lambda keys: (
            select(here, there)
            .join(things, things.c.key == there)
            .where(here.in_(keys), things.c.kind == bindparam("kind"))
            .order_by(here, links.c.added_in, there)
        )
    )


def joined(sql: Connection, keys: Sequence[int], kind: Kind, *, inward: bool = False) -> dict[int, list[int]]:
    """What of a kind each of ``keys`` is joined to (or with ``inward`` what to it), the oldest first."""
    found: dict[int, list[int]] = {key: [] for key in keys}
    for here, there in _joined(inward=inward).rows(sql, keys, kind=int(kind)):
        found[here].append(there)
    return found


_STAGES: list[BindParameter[int]] = [bindparam(f"stage_{stage:d}", int(stage)) for stage in Stage]
"""Every stage: links are found by both ends only where the stage between them is told too."""

_TARGETS_AMONG = PreparedForKeys(
    lambda keys: select(links.c.target).where(
        links.c.source == bindparam("source"), links.c.stage.in_(_STAGES), links.c.target.in_(keys)
    )
)


def targets_among(sql: Connection, source: int, keys: Sequence[int]) -> set[int]:
    """Which of ``keys`` a thing is joined to."""
    return {row[0] for row in _TARGETS_AMONG.rows(sql, keys, source=source)}


@dataclass(frozen=True, slots=True)
class Turn:
    """A link whose time came: it began to hold, or held no more, without anybody's doing."""

    source: Ref
    target: Ref
    at: Millis
    begins: bool


def _turns(table: Table, *, begins: bool) -> Prepared:
    source, target = things.alias("source"), things.alias("target")
    moment = table.c.starts_at if begins else table.c.ends_at
    statement = (
        select(source.c.kind, source.c.key, target.c.kind, target.c.key, moment)
        .join_from(table, source, source.c.key == table.c.source)
        .join(target, target.c.key == table.c.target)
        .where(
            moment > bindparam("since", type_=BigInteger),
            moment <= bindparam("until", type_=BigInteger),
            table.c.added_at <= moment,
        )
    )
    if table is past_links:
        statement = statement.where(table.c.removed_at > moment)
    return Prepared(statement.order_by(moment).limit(bindparam("limit")))


_TURNS = [(begins, _turns(table, begins=begins)) for table in (links, past_links) for begins in (True, False)]


def turns(sql: Connection, since: Millis, until: Millis, limit: int) -> list[Turn]:
    """The links whose time came after one moment, up to another."""
    return [
        Turn(Ref(Kind(row[0]), row[1]), Ref(Kind(row[2]), row[3]), row[4], begins)
        for begins, statement in _TURNS
        for row in statement.rows(sql, since=since, until=until, limit=limit)
    ]
