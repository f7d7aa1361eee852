"""Views of the policy: which revision one shows, and what was read of that revision before."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from admit.store.prepared import KEPT_THINGS, Prepared
from admit.store.tables import revision as revisions

T = TypeVar("T")

REMEMBERED = 20_000
"""How much one connection keeps of a sort: of things, which are the largest, some 20 MB."""


@dataclass(slots=True)
class _Kept:
    """What was read of one revision."""

    revision: int = -1
    found: dict[Hashable, Any] = field(default_factory=dict)


@dataclass(slots=True)
class View:
    """What a connection that only reads shows, and what it has shown."""

    head: tuple[int, int] | None = None
    """The numbers of the newest change, and of the newest to who may call; None until they are asked for."""
    kept: dict[Hashable, _Kept] = field(default_factory=dict)


VIEW = "view"
"""The option of a connection by which it has a :class:`View`."""


def begin(sql: Connection) -> None:
    """A view begins: which revision it shows is not known yet."""
    view = _view(sql)
    if view is not None:
        view.head = None


def current_revision(sql: Connection) -> int:
    """The number of the newest policy change."""
    return _head(sql, _view(sql))[0]


def callers_revision(sql: Connection) -> int:
    """The number of the newest change to who may call: what was read of callers holds until it moves."""
    return _head(sql, _view(sql))[1]


def kept(sql: Connection, sort: Hashable) -> dict[Hashable, Any] | None:
    """What was read of the revision that a view shows, by sorts, to be added to.

    It must be such that only a change of policy changes it. None in a transaction that writes: that sees what
    has no revision yet.
    """
    view = _view(sql)
    if view is None:
        return None
    revision, _ = view.head or _head(sql, view)
    known = view.kept.get(sort)
    if known is None or known.revision != revision or len(known.found) >= REMEMBERED:
        known = view.kept[sort] = _Kept(revision)
    return known.found


def kept_of_each(
    sql: Connection, sort: Hashable, keys: Sequence[int], find: Callable[[Sequence[int]], dict[int, T]]
) -> dict[int, T]:
    """What ``find`` tells of each of some things, in their order; only what is not kept is asked for.

    Of whatever is left out it tells nothing.
    """
    known = kept(sql, sort)
    if known is None:
        return find(keys)
    wanted = [key for key in keys if key not in known]
    if wanted:
        known.update(dict.fromkeys(wanted))
        known.update(find(wanted).items())
    return {key: found for key in keys if (found := known[key]) is not None}


def kept_things(sql: Connection) -> dict[Hashable, Any] | None:
    """What was read of things, to be added to; None in a transaction that has changed any."""
    shown = kept(sql, KEPT_THINGS)
    if shown is not None:
        return shown
    known: _Kept | None = sql.info.get(KEPT_THINGS)
    return None if known is None else known.found


def begin_writing(sql: Connection, revision: int) -> None:
    """A transaction begins, and nobody else writes: what was read of things at this revision holds on."""
    known: _Kept | None = sql.info.get(KEPT_THINGS)
    if known is None or known.revision != revision or len(known.found) >= REMEMBERED:
        sql.info[KEPT_THINGS] = _Kept(revision)


def end_writing(sql: Connection, revision: int) -> None:
    """It is durable, with this as the newest revision; what it still keeps of things is of that one too."""
    known: _Kept | None = sql.info.get(KEPT_THINGS)
    if known is not None:
        known.revision = revision


def _view(sql: Connection) -> View | None:
    """What a connection that only reads was made with. One that writes has none."""
    view: View | None = sql.get_execution_options().get(VIEW)
    return view


_HEAD = Prepared(select(revisions.c.n, revisions.c.callers))


def _head(sql: Connection, view: View | None) -> tuple[int, int]:
    """Both numbers. All that a view shows it shows as it was when it was first asked."""
    if view is not None and view.head is not None:
        return view.head
    row = _HEAD.first(sql)
    if row is None:
        raise LookupError("the store has no revision: it was never created")
    head = row[0], row[1]
    if view is not None:
        view.head = head
    return head
