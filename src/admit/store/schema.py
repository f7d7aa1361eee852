"""Which schema a database has: made new, or checked against what this version works with."""

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    select,
)

from admit.store.ledger import GENESIS
from admit.store.node_tables import metadata
from admit.store.prepared import Prepared
from admit.store.tables import revision

VERSIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
    "0017",
)
"""Every version of the schema, oldest first: one for each step in ``migrations/versions``."""

NEWEST = VERSIONS[-1]
"""The version this program works with."""

version = Table(
    "schema_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="schema_version_pkc"),
)
"""Alembic's own table, under a name of ours; the names of its column and key are Alembic's."""


class SchemaRefused(Exception):
    """The database cannot be used as it is. The text says why and what to do."""


def create(engine: Engine) -> None:
    """Make the tables of an empty database, by the newest schema.

    Alembic is not asked, since importing it takes longer than everything else at a
    start; a test holds that its steps lead to the same tables.

    Raises:
        SchemaRefused: the database holds some of our tables already.
    """
    with engine.begin() as sql:
        if {version.name, *metadata.tables} & set(inspect(sql).get_table_names()):
            raise SchemaRefused("The database holds an admit already: name an empty one.")
        metadata.create_all(sql)
        version.create(sql)
        sql.execute(insert(version).values(version_num=NEWEST))
        sql.execute(insert(revision).values(only=1, n=0, head=GENESIS, callers=0))


_VERSION = Prepared(select(version.c.version_num))


def version_of(sql: Connection) -> str | None:
    """The version of the schema of a database of ours."""
    row = _VERSION.first(sql)
    return None if row is None else str(row[0])


def require_known(sql: Connection) -> str:
    """The version of a database that this program can work with or migrate.

    Raises:
        SchemaRefused: its schema is newer, or absent.
    """
    found = version_of(sql) if inspect(sql).has_table(version.name) else None
    if found is None:
        raise SchemaRefused("The database holds no admit: `admit init` makes a new one.")
    if found not in VERSIONS:
        raise SchemaRefused(
            f"The database has schema {found}, which this version of admit does not know: "
            "it was made by a newer one. Install that again."
        )
    return found


def require_newest(sql: Connection) -> None:
    """Return if this program can work with the database as it is.

    Raises:
        SchemaRefused: its schema is older, newer, or absent.
    """
    found = require_known(sql)
    if found != NEWEST:
        raise SchemaRefused(
            f"The database has schema {found}, and this version of admit works with {NEWEST}: "
            "make a backup, then run `admit migrate`."
        )
