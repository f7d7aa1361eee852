"""What stands now, or stood at a past moment, as statements say it: each tells its moment as ``:at``."""

from sqlalchemy import BigInteger, ColumnElement, Table, and_, bindparam, or_

from admit.core.validity import Millis
from admit.store.tables import past_links

AT = bindparam("at", type_=BigInteger)


def lasts(begun: ColumnElement[int], ended: ColumnElement[int], *, then: bool) -> ColumnElement[bool]:
    """Whether something with these columns is there; or was, at the moment."""
    return and_(begun <= AT, or_(ended.is_(None), ended > AT)) if then else ended.is_(None)


def stood(table: Table, *, then: bool = True) -> tuple[ColumnElement[bool], ...]:
    """Which rows of a table of links count: all that live now, or all that stood at the moment."""
    if not then:
        return ()
    return (table.c.added_at <= AT, *((table.c.removed_at > AT,) if table is past_links else ()))


def moment(at: Millis | None) -> dict[str, Millis]:
    """What a statement is told for that."""
    return {} if at is None else {"at": at}
