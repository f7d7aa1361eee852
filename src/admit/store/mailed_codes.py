"""Codes that were mailed to people who are signing in, as hashes: one each, whichever node mailed it."""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from admit.core.validity import Millis
from admit.store.prepared import Prepared
from admit.store.sign_in_tables import mailed_codes


class Mailed(NamedTuple):
    """A code that was mailed."""

    digest: bytes
    at: Millis
    tries: int
    """How many are left."""


_OF = Prepared(
    select(mailed_codes.c.digest, mailed_codes.c.mailed_at, mailed_codes.c.tries).where(
        mailed_codes.c.user == bindparam("user")
    )
)
_DROP = Prepared(delete(mailed_codes).where(mailed_codes.c.user == bindparam("user")))
_ADD = Prepared(insert(mailed_codes))
_TRIED = Prepared(
    update(mailed_codes)
    .where(mailed_codes.c.user == bindparam("b_user"))
    .values(tries=mailed_codes.c.tries - 1)
)


def of(sql: Connection, user: int) -> Mailed | None:
    """The code that was mailed to a user last, good or not."""
    row = _OF.first(sql, user=user)
    return None if row is None else Mailed(*row)


def put(sql: Connection, user: int, mailed: Mailed) -> None:
    """Keep a user's new code, and none before it."""
    _DROP.run(sql, user=user)
    _ADD.run(sql, user=user, digest=mailed.digest, mailed_at=mailed.at, tries=mailed.tries)


def tried(sql: Connection, user: int) -> None:
    """One try less is left."""
    _TRIED.run(sql, b_user=user)


def drop(sql: Connection, user: int) -> None:
    """A user's code is used up."""
    _DROP.run(sql, user=user)


def sweep(sql: Connection, before: Millis) -> None:
    """Drop the codes that were mailed before a moment."""
    sql.execute(delete(mailed_codes).where(mailed_codes.c.mailed_at < before))
