"""Links: who is joined to what, now and at any moment of the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    union_all,
)

from admit.core.access import Facts
from admit.core.links import Kind, Link, Ref, Stage, stage_of
from admit.core.validity import Millis, Validity
from admit.store.prepared import Prepared
from admit.store.tables import blocks, changes, links, past_links, revision, things


@dataclass(frozen=True, slots=True)
class Held:
    """A link as it stands in the store, with when it was written."""

    source: int
    target: int
    validity: Validity
    added_at: Millis
    added_in: int


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
    return None if row is None else Held(source.key, target.key, Validity(row[0], row[1]), row[2], row[3])


_ADD = Prepared(insert(links))


def add(sql: Connection, link: Link, now: Millis, number: int) -> None:
    """Write a link. The two things must not be joined yet."""
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


def close(sql: Connection, source: Ref, target: Ref, now: Millis, number: int) -> None:
    """Move a link to the past; one that this very transaction wrote held for no time, and has none."""
    stage = stage_of(source.kind, target.kind)
    row = sql.execute(
        delete(links)
        .where(links.c.source == source.key, links.c.stage == stage, links.c.target == target.key)
        .returning(links.c.starts_at, links.c.ends_at, links.c.added_at, links.c.added_in)
    ).one()
    if row[3] == number:
        return
    sql.execute(
        insert(past_links).values(
            source=source.key,
            stage=stage,
            target=target.key,
            starts_at=row[0],
            ends_at=row[1],
            added_at=row[2],
            added_in=row[3],
            removed_at=now,
            removed_in=number,
        )
    )


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
    here, there = (links.c.target, links.c.source) if inward else (links.c.source, links.c.target)
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
        .where(here == key)
    )
    if kind is not None:
        statement = statement.where(things.c.kind == kind)
    order = (links.c.added_in.desc(), there.desc()) if newest_first else (links.c.added_in, there)
    statement = statement.order_by(*order).offset(offset or None).limit(limit)
    return [
        (Held(row[0], row[1], Validity(row[2], row[3]), row[4], row[5]), Ref(Kind(row[6]), row[7]))
        for row in sql.execute(statement)
    ]


def count(sql: Connection, key: int, *, inward: bool, kind: Kind) -> int:
    """How many standing links a thing has from (or to) things of a kind."""
    here, there = (links.c.target, links.c.source) if inward else (links.c.source, links.c.target)
    statement = (
        select(func.count())
        .select_from(links.join(things, things.c.key == there))
        .where(here == key, things.c.kind == kind)
    )
    return int(sql.execute(statement).scalar_one())


def validities(sql: Connection, targets: Sequence[int], kind: Kind) -> dict[int, Validity]:
    """For how long things of a kind are joined to each of ``targets``."""
    if not targets:
        return {}
    statement = (
        select(links.c.target, links.c.starts_at, links.c.ends_at)
        .join(things, things.c.key == links.c.source)
        .where(links.c.target.in_(targets), things.c.kind == kind)
    )
    return {row[0]: Validity(row[1], row[2]) for row in sql.execute(statement)}


def counts(sql: Connection, keys: Sequence[int], *, inward: bool) -> dict[int, int]:
    """How many standing links lead from (or to) each of ``keys``; one without any is left out."""
    if not keys:
        return {}
    here = links.c.target if inward else links.c.source
    rows = sql.execute(select(here, func.count()).where(here.in_(keys)).group_by(here))
    return {row[0]: row[1] for row in rows}


def targets_among(sql: Connection, source: int, keys: Sequence[int]) -> set[int]:
    """Which of ``keys`` a thing is joined to."""
    if not keys:
        return set()
    found = sql.execute(select(links.c.target).where(links.c.source == source, links.c.target.in_(keys)))
    return set(found.scalars())


def authors(
    sql: Connection, pairs: Sequence[tuple[int, int]], at: Millis | None = None
) -> dict[tuple[int, int], tuple[str, Millis]]:
    """Who made each link (source, target) that stands, or stood at a moment, and when."""
    found: dict[tuple[int, int], tuple[str, Millis]] = {}
    for table in (links,) if at is None else (links, past_links):
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            statement = (
                select(table.c.source, table.c.target, changes.c.actor, changes.c.at)
                .join(changes, and_(changes.c.revision == table.c.added_in, changes.c.ordinal == 0))
                .where(tuple_(table.c.source, table.c.target).in_(pairs[start : start + PAIRS_AT_ONCE]))
            )
            if at is not None:
                statement = statement.where(table.c.added_at <= at)
            if table is past_links and at is not None:
                statement = statement.where(past_links.c.removed_at > at)
            found |= {(row[0], row[1]): (row[2], row[3]) for row in sql.execute(statement)}
    return found


PAIRS_AT_ONCE = 200

# -- facts for a decision --------------------------------------------------------------------------


class Scope(Enum):
    """Which links a loading of facts is about."""

    CHECK = "the paths between a subject and a resource"
    EXPLAIN = "those, whoever else holds the resource, and what has been"
    FROM = "everything that leads on from a subject"
    TO = "everything that leads to a resource"


def facts_about(
    sql: Connection,
    scope: Scope,
    *,
    subject: Ref | None = None,
    resource: Ref | None = None,
    as_of: Millis | None = None,
) -> Facts:
    """The facts for a question, of now or of a past moment.

    A past moment is seen as it was then: links of that moment with the ends
    they had, whatever was changed or taken back since.
    """
    rows = _STATEMENTS[scope, as_of is not None].rows(
        sql,
        subject=0 if subject is None else subject.key,
        resource=0 if resource is None else resource.key,
        at=as_of,
    )
    found: dict[Link, None] = {}
    blocked: dict[Ref, str] = {}
    for source_kind, source, target_kind, target, start, end, source_off, target_off in rows:
        link = Link(Ref(Kind(source_kind), source), Ref(Kind(target_kind), target), Validity(start, end))
        found[link] = None
        if source_off is not None:
            blocked[link.source] = source_off
        if target_off is not None:
            blocked[link.target] = target_off
    return Facts(tuple(found), blocked, current_revision(sql))


_REVISION = Prepared(select(revision.c.n))


def current_revision(sql: Connection) -> int:
    """The number of the newest policy change."""
    row = _REVISION.first(sql)
    if row is None:
        raise LookupError("the store has no revision: it was never created")
    return int(row[0])


def _relation(scope: Scope, *, as_of: bool) -> FromClause:
    """The links to look at: those that stand, those of the moment ``:at``, or also those that were."""
    if not as_of and scope is not Scope.EXPLAIN:
        return links
    current = select(links.c.source, links.c.stage, links.c.target, links.c.starts_at, links.c.ends_at)
    past = select(past_links.c.source, past_links.c.stage, past_links.c.target, past_links.c.starts_at)
    if as_of:
        at = bindparam("at", type_=BigInteger)
        current = current.where(links.c.added_at <= at)
        past = past.add_columns(past_links.c.ends_at).where(
            past_links.c.added_at <= at, past_links.c.removed_at > at
        )
    else:
        # A link that was taken back held until then, if it had begun.
        ended = case(
            (past_links.c.ends_at < past_links.c.removed_at, past_links.c.ends_at),
            else_=past_links.c.removed_at,
        )
        past = past.add_columns(ended.label("ends_at")).where(
            past_links.c.starts_at < past_links.c.removed_at
        )
    return union_all(current, past).subquery("relation")


def _closure(name: str, relation: FromClause, *, forward: bool, stage: Stage | None) -> Select[Any]:
    """The keys of everything that links lead to from ``:subject`` (or back from ``:resource``)."""
    start = bindparam("subject" if forward else "resource", type_=BigInteger)
    reached = select(start.label("key")).cte(name, recursive=True)
    here, there = ("source", "target") if forward else ("target", "source")
    step = select(relation.c[there]).join(reached, relation.c[here] == reached.c.key)
    if stage is not None:
        step = step.where(relation.c.stage == int(stage))
    return select(reached.union(step).c.key)


def _legs(scope: Scope, relation: FromClause) -> Select[Any] | CompoundSelect[Any]:
    """The links themselves, without the kinds of their ends."""
    row = select(relation.c.source, relation.c.target, relation.c.starts_at, relation.c.ends_at)
    if scope is Scope.FROM:
        return row.where(relation.c.source.in_(_closure("reached", relation, forward=True, stage=None)))
    if scope is Scope.TO:
        return row.where(relation.c.target.in_(_closure("reaching", relation, forward=False, stage=None)))
    principals = _closure("principals", relation, forward=True, stage=Stage.JOIN)
    holders = _closure("holders", relation, forward=False, stage=Stage.HOLD)
    joins = row.where(relation.c.source.in_(principals), relation.c.stage == int(Stage.JOIN))
    grants = row.where(relation.c.target.in_(holders), relation.c.stage == int(Stage.GRANT))
    holds = row.where(relation.c.target.in_(holders), relation.c.stage == int(Stage.HOLD))
    if scope is Scope.CHECK:
        grants = grants.where(relation.c.source.in_(principals))
    return union_all(joins, grants, holds)


def _statement(scope: Scope, *, as_of: bool) -> Select[Any]:
    """One query for all the facts: each link, the kinds of its ends, and what switches them off."""
    legs = _legs(scope, _relation(scope, as_of=as_of)).subquery("legs")
    source, target = things.alias("source"), things.alias("target")
    source_block, target_block = blocks.alias("source_block"), blocks.alias("target_block")
    return (
        select(
            source.c.kind,
            legs.c.source,
            target.c.kind,
            legs.c.target,
            legs.c.starts_at,
            legs.c.ends_at,
            source_block.c.word,
            target_block.c.word,
        )
        .join_from(legs, source, source.c.key == legs.c.source)
        .join(target, target.c.key == legs.c.target)
        .outerjoin(source_block, _stands(source_block, legs.c.source, as_of=as_of))
        .outerjoin(target_block, _stands(target_block, legs.c.target, as_of=as_of))
    )


def _stands(block: FromClause, key: ColumnElement[int], *, as_of: bool) -> ColumnElement[bool]:
    """Whether a block is on a thing: now, or at the moment ``:at``."""
    on_thing = block.c.thing == key
    if not as_of:
        return and_(on_thing, block.c.removed_at.is_(None))
    at = bindparam("at", type_=BigInteger)
    return and_(on_thing, block.c.added_at <= at, or_(block.c.removed_at.is_(None), block.c.removed_at > at))


_STATEMENTS = {
    (scope, as_of): Prepared(_statement(scope, as_of=as_of)) for scope in Scope for as_of in (False, True)
}
