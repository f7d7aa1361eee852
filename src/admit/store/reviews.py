"""Access reviews as they are kept: which grants each captured, what was decided, what still waits."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from admit.core.links import Kind, Stage
from admit.core.reviews import Item, State, Verdict
from admit.core.validity import FOREVER, Millis
from admit.store.prepared import Prepared, PreparedRows
from admit.store.review_tables import review_items
from admit.store.tables import links, things


@dataclass(frozen=True, slots=True)
class Scope:
    """Which grants a review is about; what is None does not restrict."""

    kinds: frozenset[Kind]
    """Of what."""
    sources: frozenset[int] | None = None
    """Keys of who has them."""
    targets: frozenset[int] | None = None
    added_by: Millis | None = None
    """Only those that are as they are since this moment or longer."""
    unending: bool = False
    """Only those without an end."""
    ends: frozenset[int] | None = None
    """Keys of things: only grants of one of these, or to one of these."""


class Captured(NamedTuple):
    """A grant as a review captures it."""

    source: int
    target: int
    directory: int
    starts_at: Millis
    ends_at: Millis
    added_at: Millis
    added_in: int


class Kept(NamedTuple):
    """An item of a review, with how its grant stands now."""

    number: int
    source: int
    target: int
    directory: int
    starts_at: Millis
    ends_at: Millis
    added_at: Millis
    added_in: int
    verdict: Verdict | None
    decided_at: Millis | None
    decided_by: str | None
    comment: str | None
    standing_in: int | None
    standing_until: Millis | None

    @property
    def item(self) -> Item:
        """It, as the rules see it."""
        return Item(self.verdict, self.added_in, self.standing_in, self.standing_until or 0)


@dataclass(frozen=True, slots=True)
class Sight:
    """Which items of a review somebody sees: those of resources they own, and those of their directories."""

    targets: frozenset[int] = frozenset()
    directories: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.targets or self.directories)


def granted(sql: Connection, scope: Scope, now: Millis, limit: int) -> list[Captured]:
    """The grants of a scope that have not ended, at most ``limit``, by who has them."""
    host = things.alias("host")
    # A host account is of the directory that its host is in, and a cloud role of its account's.
    inside = things.c.kind.in_([int(Kind.HOST_ACCOUNT), int(Kind.CLOUD_ROLE)])
    statement = (
        select(
            links.c.source,
            links.c.target,
            case((inside, host.c.parent), else_=things.c.parent),
            links.c.starts_at,
            links.c.ends_at,
            links.c.added_at,
            links.c.added_in,
        )
        .join(things, things.c.key == links.c.target)
        .outerjoin(host, host.c.key == things.c.parent)
        .where(
            links.c.stage == int(Stage.GRANT),
            links.c.ends_at > now,
            things.c.kind.in_(sorted(int(kind) for kind in scope.kinds)),
            true() if scope.sources is None else links.c.source.in_(sorted(scope.sources)),
            true() if scope.targets is None else links.c.target.in_(sorted(scope.targets)),
            true() if scope.added_by is None else links.c.added_at <= scope.added_by,
            links.c.ends_at == FOREVER if scope.unending else true(),
            true() if scope.ends is None else _at_either_end(scope.ends),
        )
        .order_by(links.c.source, links.c.target)
        .limit(limit)
    )
    return [Captured(*row) for row in sql.execute(statement)]


def _at_either_end(keys: frozenset[int]) -> ColumnElement[bool]:
    meant = sorted(keys)
    return or_(links.c.source.in_(meant), links.c.target.in_(meant))


_PUT = PreparedRows(review_items)


def capture(sql: Connection, review: int, found: Iterable[Captured]) -> int:
    """Write down the items of a review that begins; how many there are."""
    undecided = (None,) * (len(review_items.c) - len(Captured._fields) - 2)
    rows = [(review, number, *each, *undecided) for number, each in enumerate(found, 1)]
    _PUT.put(sql, rows)
    return len(rows)


def digest(captured: Sequence[Captured]) -> str:
    """What the ledger keeps of all that a review captured: SHA-256 of it, in its order."""
    return sha256(msgspec.json.encode(captured)).hexdigest()


_CAPTURED = (
    select(review_items.c.number, *(review_items.c[name] for name in Captured._fields))
    .where(review_items.c.review == bindparam("review", type_=BigInteger))
    .order_by(review_items.c.number)
)


def captured(sql: Connection, review: int) -> list[Captured] | None:
    """What a review captured, as it is kept; None if its items are not numbered one after the other."""
    rows = sql.execute(_CAPTURED, {"review": review}).all()
    if [row[0] for row in rows] != list(range(1, len(rows) + 1)):
        return None
    return [Captured(*row[1:]) for row in rows]


STANDING = and_(
    links.c.source == review_items.c.source,
    links.c.target == review_items.c.target,
    links.c.stage == int(Stage.GRANT),
)
_COLUMNS = (
    *(review_items.c[name] for name in Kept._fields[:-2]),
    links.c.added_in.label("standing_in"),
    links.c.ends_at.label("standing_until"),
)


def _state(now: Millis) -> ColumnElement[str]:
    """The state of an item in SQL, as :meth:`admit.core.reviews.Item.state` has it; a test compares them."""
    there = links.c.ends_at > now
    return case(
        (review_items.c.verdict == "keep", "kept"),
        (review_items.c.verdict == "end", "ended"),
        (and_(links.c.added_in == review_items.c.added_in, there), "waiting"),
        (there, "changed"),
        else_="gone",
    )


def _seen(sight: Sight | None) -> ColumnElement[bool]:
    if sight is None:
        return true()
    if not sight:
        return false()
    # Most see all of a directory, of which there are few: a target is looked for only in what is left.
    return or_(
        review_items.c.directory.in_(sorted(sight.directories)),
        review_items.c.target.in_(sorted(sight.targets)),
    )


def _items(columns: Sequence[Any], review: int, sight: Sight | None) -> Select[Any]:
    return (
        select(*columns)
        .select_from(review_items.outerjoin(links, STANDING))
        .where(review_items.c.review == review, _seen(sight))
    )


_VERDICTS: dict[State | None, Verdict] = {"kept": "keep", "ended": "end"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items of a review are asked for."""

    state: State | None = None
    sight: Sight | None = None
    """None for all."""
    after: int = 0
    """Only those with greater numbers."""


def items(sql: Connection, review: int, wanted: Wanted, now: Millis, limit: int) -> list[Kept]:
    """Some items of a review, by their numbers."""
    place: ColumnElement[int] = review_items.c.number
    verdict = _VERDICTS.get(wanted.state)
    if verdict is not None and _few(sql, review, verdict):
        # By a number that is put together no index is chosen: the one of verdicts finds them.
        place += literal_column("0")
    statement = _items(_COLUMNS, review, wanted.sight).where(place > wanted.after)
    if wanted.state == "waiting":
        statement = statement.where(review_items.c.verdict.is_(None))
    if verdict is not None:
        statement = statement.where(review_items.c.verdict == verdict)
    elif wanted.state is not None:
        statement = statement.where(_state(now) == wanted.state)
    return [Kept(*row) for row in sql.execute(statement.order_by(place).limit(limit))]


FEW_DECIDED = 1_000
"""So many are put in order in less time than all items are gone through for them."""
_DECIDED = Prepared(
    select(func.count()).select_from(
        select(review_items.c.target)
        .where(
            review_items.c.review == bindparam("review", type_=BigInteger),
            review_items.c.verdict == bindparam("verdict"),
        )
        .limit(bindparam("limit"))
        .subquery()
    )
)


def _few(sql: Connection, review: int, verdict: Verdict) -> bool:
    """Whether few items of a review were decided so; counted from an index alone."""
    return bool(_DECIDED.rows(sql, review=review, verdict=verdict, limit=FEW_DECIDED)[0][0] < FEW_DECIDED)


def numbered(sql: Connection, review: int, numbers: Collection[int], sight: Sight | None) -> list[Kept]:
    """The items of some numbers, as far as they are there and seen."""
    statement = _items(_COLUMNS, review, sight).where(review_items.c.number.in_(sorted(numbers)))
    return [Kept(*row) for row in sql.execute(statement.order_by(review_items.c.number))]


def stays(sql: Connection, review: int, source: int, targets: Sequence[int], now: Millis) -> bool:
    """Whether somebody has a grant of some things that does not wait in a review."""
    here = and_(STANDING, review_items.c.review == review)
    waits = and_(review_items.c.verdict.is_(None), review_items.c.added_in == links.c.added_in)
    statement = (
        select(links.c.target)
        .select_from(links.outerjoin(review_items, here))
        .where(
            links.c.source == source,
            links.c.stage == int(Stage.GRANT),
            links.c.target.in_(targets),
            links.c.ends_at > now,
            or_(review_items.c.number.is_(None), not_(waits)),
        )
        .limit(1)
    )
    return sql.execute(statement).first() is not None


def decide(sql: Connection, review: int, numbers: Sequence[int], values: dict[str, Any]) -> None:
    """Write down what was decided of some items, and what had been: who had kept what is now ended."""
    before = {"kept_at": "decided_at", "kept_by": "decided_by", "kept_comment": "comment"}
    sql.execute(
        update(review_items)
        .where(review_items.c.review == review, review_items.c.number.in_(numbers))
        .values(**{new: review_items.c[old] for new, old in before.items()}, **values)
    )
