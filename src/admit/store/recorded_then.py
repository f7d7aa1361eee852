"""Recordings as they were at a moment: those removed since are among them, and what went on then was live."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, bindparam, cast, func, or_, select

from admit.core.links import Kind
from admit.core.validity import Millis
from admit.store import then
from admit.store.lookups import Thing, thing_of
from admit.store.prepared import Prepared
from admit.store.standing import AT, lasts
from admit.store.tables import things
from admit.store.where import COLUMNS
from admit.store.within import Detail

_ENDED_AT = cast(Detail(things.c.details, "ended_at"), BigInteger)


class Recorded(NamedTuple):
    """A page of recordings as they were, and how many there were in all."""

    recordings: list[Thing]
    total: int


def page(  # noqa: PLR0913 - a listing: what is meant, and which page
    sql: Connection, parent: int, wanted: Mapping[str, str | None], at: Millis, *, offset: int, limit: int
) -> Recorded:
    """The recordings of an account at a moment whose attributes had these values, the newest first.

    None does not restrict. All but the state stays what it was when a recording began.
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    state = given.pop("state", None)
    listed, counted = _statements(tuple(given), None if state is None else state == "live")
    if state not in (None, "live"):
        given["state"] = state
    values: dict[str, Any] = {**given, "kind": int(Kind.RECORDING), "parent": parent, "at": at}
    found = map(thing_of, listed.rows(sql, **values, limit=limit, offset=offset))
    was = then.as_of(sql, {each.key: each for each in found}, at)
    [[total]] = counted.rows(sql, **values)
    return Recorded([*was.values()], total)


@cache
def _statements(names: tuple[str, ...], live: bool | None) -> tuple[Prepared, Prepared]:  # noqa: FBT001 - a form
    """What lists, and what counts, those of which some attributes are given."""
    which = [
        things.c.kind == bindparam("kind"),
        things.c.parent == bindparam("parent"),
        lasts(things.c.created_at, things.c.removed_at, then=True),
        *(Detail(things.c.details, name) == bindparam(name) for name in names),
    ]
    # It is live until it ends, whatever it is said to be since.
    if live:
        which.append(or_(_ENDED_AT.is_(None), _ENDED_AT > AT))
    elif live is not None:
        which += [_ENDED_AT <= AT, Detail(things.c.details, "state") == bindparam("state")]
    listed = select(*COLUMNS).where(*which).order_by(things.c.key.desc())
    counted = select(func.count()).select_from(things).where(*which)
    return Prepared(listed.limit(bindparam("limit")).offset(bindparam("offset"))), Prepared(counted)
