"""Hearing of changes that other nodes made, as soon as they are committed: PostgreSQL's LISTEN and NOTIFY."""

from collections.abc import Callable

from sqlalchemy import URL, Connection, bindparam, func, select

from admit.base.later import psycopg
from admit.store.prepared import Prepared

CHANNEL = "admit_revision"
SILENCE_S = 5.0
"""After so long without a word it is asked whether the connection still stands."""
_TELL = Prepared(select(func.pg_notify(bindparam("channel"), bindparam("text"))))


def tell(sql: Connection, revision: int) -> None:
    """Tell all who listen of a revision, once this transaction is committed."""
    _TELL.run(sql, channel=CHANNEL, text=str(revision))


async def listen(url: URL, heard: Callable[[int], None]) -> None:
    """Call ``heard`` with each revision that is committed, whichever node made it, as long as it goes well.

    It is called once at the beginning, with 0: what was committed before has not been heard of.

    Raises:
        psycopg.Error: the database is not reached, or no more.
    """
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(plain, autocommit=True) as connection:
        await connection.execute(f"listen {CHANNEL}")
        heard(0)
        while True:
            async for each in connection.notifies(timeout=SILENCE_S):
                heard(int(each.payload))
            await connection.execute("select 1")
