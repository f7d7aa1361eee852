"""The facts a decision is made from: the links between two things, and what is switched off."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from admit.core.facts import Facts, Source
from admit.core.index import Index
from admit.core.links import KINDS, Kind, Link, Ref, Stage
from admit.core.validity import BEGINNING, FOREVER, PERMANENT, Millis, Validity
from admit.store.prepared import Prepared, PreparedForKeys
from admit.store.replica import REPLICA, Replica
from admit.store.standing import lasts, stood
from admit.store.tables import blocks, links, past_links, things
from admit.store.terms import terms_of
from admit.store.views import current_revision


class Scope(Enum):
    """Which links a loading of facts is about."""

    CHECK = "the paths between a subject and a resource"
    EXPLAIN = "those, whoever else holds the resource, and what has been"
    FROM = "everything that leads on from a subject"
    TO = "everything that leads to a resource"
    USERS = "whose the users of an account are"


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
    loaded = _Loaded()
    loaded.take(_rows(sql, scope, subject, resource, as_of))
    # What an account is granted every user in it is: seldom anything, so that this costs one look.
    now_only = as_of is None and scope is not Scope.EXPLAIN
    for (account,) in (_OPEN if now_only else _EVER_OPEN).rows(sql):
        _take_everybody(sql, loaded, Ref(Kind.ACCOUNT, account), (scope, subject, resource, as_of))
    return Facts(
        tuple(loaded.links), loaded.blocked, current_revision(sql), terms_of(sql, _permissions(loaded.links))
    )


def _permissions(found: Iterable[Link]) -> set[Ref]:
    # Every path to what a permission is on comes by the permission.
    return {link.target for link in found if link.target.kind is Kind.PERMISSION}


def source_of(
    sql: Connection, scope: Scope, *, subject: Ref | None = None, resource: Ref | None = None
) -> Source:
    """Where the facts for a question of now are: in memory if they stand there as this view shows them."""
    return index_at(sql) or facts_about(sql, scope, subject=subject, resource=resource)


def index_at(sql: Connection) -> Index | None:
    """All links of now, if they stand in memory as this view shows them."""
    replica: Replica | None = sql.info.get(REPLICA)
    return None if replica is None else replica.at(sql)


_Asked: TypeAlias = tuple[Scope, Ref | None, Ref | None, Millis | None]
"""A scope, a subject, a resource, and a past moment."""


@dataclass(slots=True)
class _Loaded:
    """What was read so far."""

    links: dict[Link, None] = field(default_factory=dict)
    blocked: dict[Ref, str] = field(default_factory=dict)

    def take(self, rows: list[tuple[Any, ...]]) -> None:
        """Take what a query found."""
        found, blocked = self.links, self.blocked
        for source_kind, source, target_kind, target, start, end, source_off, target_off in rows:
            # A list may come from tens of thousands of rows: looking up costs a fifth of making.
            validity = PERMANENT if end == FOREVER and start == BEGINNING else Validity(start, end)
            link = Link(Ref(KINDS[source_kind], source), Ref(KINDS[target_kind], target), validity)
            found[link] = None
            if source_off is not None:
                blocked[link.source] = source_off
            if target_off is not None:
                blocked[link.target] = target_off


def _rows(
    sql: Connection, scope: Scope, subject: Ref | None, resource: Ref | None, as_of: Millis | None
) -> list[tuple[Any, ...]]:
    return _STATEMENTS[scope, as_of is not None].rows(
        sql,
        subject=0 if subject is None else subject.key,
        resource=0 if resource is None else resource.key,
        at=as_of,
    )


def _take_everybody(sql: Connection, loaded: _Loaded, account: Ref, asked: _Asked) -> None:
    """Join the users of an account to it where that can matter, and take where it leads."""
    scope, subject, resource, as_of = asked
    if scope is Scope.TO:
        if not any(link.source == account for link in loaded.links):
            return
        loaded.take(_rows(sql, Scope.USERS, account, None, as_of))
    ends = {ref for link in loaded.links for ref in (link.source, link.target)} | {subject}
    met = {ref.key: ref for ref in ends if ref is not None and ref.kind is Kind.USER}
    users = [met[row[0]] for row in _INSIDE.rows(sql, list(met), account=account.key)]
    if users and scope is not Scope.TO:
        loaded.take(_rows(sql, scope, account, resource, as_of))
    loaded.links |= {Link(user, account): None for user in users}


@dataclass(frozen=True, slots=True)
class _Kept:
    """A table of links, which of its rows count, and when these end."""

    table: Table
    ends_at: ColumnElement[int]
    counts: tuple[ColumnElement[bool], ...] = ()


def _kept(scope: Scope, *, as_of: bool) -> tuple[_Kept, ...]:
    """The links to look at: those that stand, those of the moment ``:at``, or also those that were."""
    now = _Kept(links, links.c.ends_at)
    past = past_links.c
    if as_of:
        return tuple(_Kept(table, table.c.ends_at, stood(table)) for table in (links, past_links))
    if scope is not Scope.EXPLAIN:
        return (now,)
    # A link that was taken back held until then, if it had begun; one taken back at once never was.
    ended = case((past.ends_at < past.removed_at, past.ends_at), else_=past.removed_at)
    begun = (past.starts_at < past.removed_at, past.added_at < past.removed_at)
    return now, _Kept(past_links, ended, begun)


def _closure(name: str, kept: tuple[_Kept, ...], *, forward: bool, stage: Stage | None) -> Select[Any]:
    """The keys of everything that links lead to from ``:subject`` (or back from ``:resource``)."""
    start = bindparam("subject" if forward else "resource", type_=BigInteger)
    reached = select(start.label("key")).cte(name, recursive=True)
    here, there = ("source", "target") if forward else ("target", "source")
    onward = [and_(one.table.c[here] == reached.c.key, *one.counts, *_at(one, stage)) for one in kept]
    ends = [one.table.c[there] for one in kept]
    if len(kept) == 1:
        step = select(ends[0]).join(reached, onward[0])
    else:
        # A recursion may name itself once only, and an index serves a join, not a union of tables:
        # so both tables are joined, each in its turn.
        turn = union_all(select(_number(0).label("n")), select(_number(1))).subquery("turn")
        joined: FromClause = reached.join(turn, true())
        for number, one in enumerate(kept):
            joined = joined.outerjoin(one.table, and_(turn.c.n == _number(number), onward[number]))
        end = func.coalesce(*ends)
        step = select(end).select_from(joined).where(end.is_not(None))
    return select(reached.union(step).c.key)


def _at(one: _Kept, stage: Stage | None) -> tuple[ColumnElement[bool], ...]:
    return () if stage is None else (one.table.c.stage == _written(stage),)


def _written(stage: Stage) -> ColumnElement[int]:
    """A stage as it stands in a statement.

    As a value it would be compared with what a partial index is of: SQLite then prepares the statement anew
    each time it is run, which takes three times as long as running it.
    """
    return literal_column(str(int(stage)))


def _number(number: int) -> ColumnElement[int]:
    return literal_column(str(number), BigInteger)


def _legs(scope: Scope, kept: tuple[_Kept, ...]) -> CompoundSelect[Any]:
    """The links themselves, without the kinds of their ends."""
    if scope is Scope.USERS:
        inside = select(things.c.key).where(
            things.c.parent == bindparam("subject", type_=BigInteger), things.c.kind == int(Kind.USER)
        )
        return union_all(*(_row(one).where(one.table.c.target.in_(inside)) for one in kept))
    if scope is Scope.FROM:
        reached = _closure("reached", kept, forward=True, stage=None)
        return union_all(*(_row(one).where(one.table.c.source.in_(reached)) for one in kept))
    if scope is Scope.TO:
        reaching = _closure("reaching", kept, forward=False, stage=None)
        return union_all(*(_row(one).where(one.table.c.target.in_(reaching)) for one in kept))
    principals = _closure("principals", kept, forward=True, stage=Stage.JOIN)
    holders = _closure("holders", kept, forward=False, stage=Stage.HOLD)
    legs: list[Select[Any]] = []
    for one in kept:
        ends, row = one.table.c, _row(one)
        grants = row.where(ends.target.in_(holders), ends.stage == _written(Stage.GRANT))
        if scope is Scope.CHECK:
            grants = grants.where(ends.source.in_(principals))
        legs += [
            row.where(ends.source.in_(principals), ends.stage == _written(Stage.JOIN)),
            grants,
            row.where(ends.target.in_(holders), ends.stage == _written(Stage.HOLD)),
        ]
    return union_all(*legs)


def _row(one: _Kept) -> Select[Any]:
    ends = one.table.c
    row = select(ends.source, ends.target, ends.starts_at, one.ends_at.label("ends_at"))
    return row.where(*one.counts)


def _statement(scope: Scope, *, as_of: bool) -> Select[Any]:
    """One query for all the facts: each link, the kinds of its ends, and what switches them off."""
    legs = _legs(scope, _kept(scope, as_of=as_of)).subquery("legs")
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
    return and_(block.c.thing == key, lasts(block.c.added_at, block.c.removed_at, then=as_of))


_STATEMENTS = {
    (scope, as_of): Prepared(_statement(scope, as_of=as_of)) for scope in Scope for as_of in (False, True)
}


def _open(*tables: Table) -> Prepared:
    """The accounts that anything is granted to, by one of these tables: an account lives in nothing."""
    accounts = select(things.c.key).where(things.c.parent == 0, things.c.kind == int(Kind.ACCOUNT))
    granted = (
        select(table.c.source).where(table.c.source == things.c.key, table.c.stage == _written(Stage.GRANT))
        for table in tables
    )
    return Prepared(accounts.where(or_(*(each.exists() for each in granted))))


_OPEN, _EVER_OPEN = _open(links), _open(links, past_links)
_INSIDE = PreparedForKeys(
    lambda keys: select(things.c.key).where(things.c.key.in_(keys), things.c.parent == bindparam("account"))
)
