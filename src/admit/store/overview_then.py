"""How much there was of everything at a past moment."""

from collections import Counter
from collections.abc import Callable

from sqlalchemy import (
    BigInteger,
    Connection,
    Table,
    bindparam,
    func,
    literal_column,
    select,
)

from admit.core.events import Event, LinkAdded, LinkChanged, LinkRemoved, Named, ThingAdded, ThingRemoved
from admit.core.links import KINDS, Kind, Stage, stage_of
from admit.core.validity import Millis
from admit.store import changes
from admit.store.counts import counted_last
from admit.store.granted import how_many_end
from admit.store.name_order import there
from admit.store.prepared import Prepared
from admit.store.standing import lasts, stood
from admit.store.tables import TIME_BOUND_GRANT, links, past_links, sessions, things
from admit.store.views import current_revision

_THINGS = Prepared(select(things.c.kind, func.count()).where(there(then=True)).group_by(things.c.kind))
_SESSIONS = Prepared(select(func.count()).where(lasts(sessions.c.opened_at, sessions.c.ended_at, then=True)))


_TABLES = (links, past_links)


def _standing(table: Table) -> Prepared:
    """Those that stood, over or not; what RAM attaches to callers among them."""
    # By a stage that is put together no index is chosen: reading all there is in its own order takes a
    # thirtieth of looking each row up.
    granted = table.c.stage + literal_column("0") == literal_column(f"{Stage.GRANT:d}")
    found = select(func.count()).select_from(table)
    return Prepared(found.where(granted, *stood(table)))


def _attached(table: Table) -> Prepared:
    policies = select(things.c.key).where(things.c.kind == literal_column(f"{Kind.RAM_POLICY:d}"))
    found = select(func.count()).select_from(table).where(table.c.target.in_(policies))
    return Prepared(found.where(*stood(table)))


def _ending(table: Table) -> Prepared:
    """Those that ended after one moment, and not after another. What callers are attached has no end."""
    found = select(func.count()).select_from(table).where(literal_column(TIME_BOUND_GRANT))
    after, by = (bindparam(name, type_=BigInteger) for name in ("after", "by"))
    return Prepared(found.where(table.c.ends_at > after, table.c.ends_at <= by, *stood(table)))


_STANDING, _ATTACHED, _ENDING = (
    [make(table) for table in _TABLES] for make in (_standing, _attached, _ending)
)


def _of_pair(table: Table, *, then: bool) -> Prepared:
    """When the grant between two things ends, or ended that stood at the moment."""
    ends = table.c
    pair = (
        ends.source == bindparam("source", type_=BigInteger),
        ends.stage == literal_column(f"{Stage.GRANT:d}"),
        ends.target == bindparam("target", type_=BigInteger),
    )
    return Prepared(select(ends.ends_at).where(*pair, *stood(table, then=then)))


_NOW = _of_pair(links, then=False)
_THEN = [_of_pair(table, then=True) for table in _TABLES]
GRANTS = "grants"
"""What they are counted as; everything else by the word of its kind."""
MOST_BETWEEN = 5_000
"""So many entries of the log are read in less time than everything is counted through."""
MOST_TOUCHED = 1_000
"""So many links are looked up in less time than those of all that has ended are looked at."""


def amounts_then(sql: Connection, at: Millis, revision: int) -> dict[str, int]:
    """How much there was at a moment, when the policy had a revision: things by kind, and all grants.

    It is told from what was counted last by what the log says happened between; where that is much, or
    nothing was counted yet, all there is is counted through.
    """
    known = counted_last(sql)
    # A view may be older than what another counted: it does not see all that happened until then.
    if known is not None and known.revision <= current_revision(sql):
        first, last = sorted((known.revision, revision))
        happened = changes.came_and_went(sql, first, last, MOST_BETWEEN)
        if happened is not None:
            amounts, sign = Counter(known.numbers), 1 if known.revision <= revision else -1
            for event in happened:
                _count(amounts, event, sign)
            return amounts
    things_ = {KINDS[kind].word: count for kind, count in _THINGS.rows(sql, at=at)}
    return things_ | {GRANTS: _many(sql, _STANDING, at=at) - _many(sql, _ATTACHED, at=at)}


def _count(amounts: Counter[str], event: Event, sign: int) -> None:
    """Take into account that something happened, or with -1 that it had not happened yet."""
    match event:
        case ThingAdded(thing):
            amounts[thing.kind.word] += sign
        case ThingRemoved(thing):
            amounts[thing.kind.word] -= sign
        case LinkAdded(source, target) if _is_grant(source, target):
            amounts[GRANTS] += sign
        case LinkRemoved(source, target) if _is_grant(source, target):
            amounts[GRANTS] -= sign


def _is_grant(source: Named, target: Named) -> bool:
    """Whether it counts as one: what RAM attaches to callers does not."""
    return target.kind is not Kind.RAM_POLICY and stage_of(source.kind, target.kind) is Stage.GRANT


def ending_then(sql: Connection, at: Millis, revision: int) -> Callable[[Millis, Millis], int]:
    """Tells how many grants that stood at a moment end later than one moment, and not later than another.

    It is told from those there are, which an index counts, and from what the log says was touched since;
    where that is much, each is looked at.
    """
    happened = changes.came_and_went(sql, revision, current_revision(sql), MOST_TOUCHED)
    if happened is None:
        return lambda after, by: _many(sql, _ENDING, at=at, after=after, by=by)
    ends = {
        (event.source.key, event.target.key)
        for event in happened
        if isinstance(event, LinkAdded | LinkChanged | LinkRemoved) and _is_grant(event.source, event.target)
    }
    now = [int(end) for source, target in ends for (end,) in _NOW.rows(sql, source=source, target=target)]
    then = [
        int(end)
        for source, target in ends
        for each in _THEN
        for (end,) in each.rows(sql, source=source, target=target, at=at)
    ]

    def count(after: Millis, by: Millis) -> int:
        lost, gained = (sum(after < end <= by for end in each) for each in (now, then))
        return how_many_end(sql, after, by) - lost + gained

    return count


def _many(sql: Connection, statements: list[Prepared], **asked: Millis) -> int:
    return sum(int(each.rows(sql, **asked)[0][0]) for each in statements)


def sessions_then(sql: Connection, at: Millis) -> int:
    """How many sessions there were."""
    return int(_SESSIONS.rows(sql, at=at)[0][0])
