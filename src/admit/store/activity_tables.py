"""The table of what happens all the time, and the indexes it is found by."""

from sqlalchemy import BigInteger, Column, Index, Table, Text, literal_column, text

from admit.store.tables import KEY, metadata

__all__ = ["BLOCK", "BLOCK_BITS", "USED", "activity", "metadata"]

activity = Table(
    "activity",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Column("kind", Text, nullable=False, comment="api-call, decision, sign-in, session-opened, …"),
    Column("outcome", Text, nullable=False, comment="ok, refused, failed"),
    Column("actor", Text, nullable=False, comment="ARN of the caller, or the name given at a door"),
    Column("action", Text, nullable=False, comment="the operation, the command, the file"),
    Column("reason", Text, nullable=False),
    Column("person_key", BigInteger, comment="key of the person; empty if none is known"),
    Column("person_name", Text, comment="as people called it then; so the other names"),
    Column("user_key", BigInteger),
    Column("user_name", Text),
    Column("resource_key", BigInteger),
    Column("resource_name", Text),
    Column("request_id", Text, nullable=False),
    Column("peer", Text, nullable=False, comment="the address it came from"),
    Column("session", Text, comment="id of the session it was done in"),
    Column("details", Text, comment="the rest, as JSON"),
    comment="What happens all the time and changes no policy. Kept for a while, not in the ledger.",
)

BLOCK_BITS = 13
"""How many of an id's bits do not count for its block: 8,192 activities are in one."""
BLOCK = activity.c.id.bitwise_rshift(literal_column(str(BLOCK_BITS)))
"""The block an activity is in, with what was written down shortly before and after."""


def _in_blocks(name: str, column: str, only: str = "") -> None:
    """Finds activities block by block.

    An index that began with a person would be written in as many places as there are people. Of one that
    begins with the block all that is written is in the newest, a few pages.
    """
    where = text(only) if only else None
    Index(f"activity_by_{name}", BLOCK, activity.c[column], sqlite_where=where, postgresql_where=where)


for _name, _column in (("time", "at"), ("kind", "kind"), ("actor", "actor")):
    _in_blocks(_name, _column)
# Calls, which are most of it, name no person, no resource and no session, and seldom are refused.
for _name in ("person_key", "person_name", "resource_key", "resource_name", "session"):
    _in_blocks(_name, _name, f"{_name} is not null")
_in_blocks("outcome", "outcome", "outcome <> 'ok'")

USED = "resource_key is not null and outcome = 'ok' and substr(action, 1, 6) <> 'admit:'"
"""Which activities may be uses of something: no refusals, and no mere questions whether somebody may.

Their index is used where a statement says so in the same words.
"""
# When something was used last is asked about thousands of things in a row.
Index(
    "activity_of_uses",
    activity.c.resource_key,
    activity.c.at,
    sqlite_where=text(USED),
    postgresql_where=text(USED),
)
