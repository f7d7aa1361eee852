"""What all entries of a transaction have in common is kept once, and what an entry is about in columns."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_KEY = {
    "sqlite": "json_extract(fact, '$.{}.key')",
    "postgresql": "(fact::jsonb -> '{}' ->> 'key')::bigint",
}


def upgrade() -> None:
    """Take the step.

    The chain is as it was: the hash of an entry follows from it and the hash before. Only those stay that
    stood at the end of a transaction.
    """
    op.rename_table("changes", "changes_before")
    for index in ("changes_about", "changes_about_too"):
        op.drop_index(index, "changes_before")
    if op.get_context().dialect.name == "postgresql":
        numbered = "constraint changes_are_numbered to changes_were_numbered"
        op.execute(f"alter table changes_before rename {numbered}")
    _tables()
    op.execute(
        "insert into transactions (revision, at, actor, action, request_id, hash) "
        "select first.revision, first.at, first.actor, first.action, first.request_id, last.hash "
        "from (select revision, min(ordinal) as lowest, max(ordinal) as highest "
        "from changes_before group by revision) as made "
        "join changes_before as first on first.revision = made.revision and first.ordinal = made.lowest "
        "join changes_before as last on last.revision = made.revision and last.ordinal = made.highest "
        "order by first.revision"
    )
    # An entry about nothing is none of ours: `admit verify` names it.
    about, about_too = f"coalesce({_keys('thing', 'source', 'person')}, 0)", _keys("target", "resource")
    op.execute(
        "insert into changes (revision, ordinal, event, fact, about, about_too) "  # noqa: S608 - names of ours
        f"select revision, ordinal, event, fact, {about}, {about_too} "
        "from changes_before order by revision, ordinal"
    )
    op.drop_table("changes_before")
    _indexes()


def _keys(*names: str) -> str:
    key = _KEY[op.get_context().dialect.name]
    return f"coalesce({', '.join(key.format(name) for name in names)})"


def _tables() -> None:
    op.create_table(
        "transactions",
        sa.Column(
            "revision",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column("actor", sa.Text(), nullable=False, comment="ARN of who did it"),
        sa.Column("action", sa.Text(), nullable=False, comment="the operation, as service:Operation"),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column(
            "hash", sa.LargeBinary(), nullable=False, comment="where the ledger's chain stood after it"
        ),
        sa.PrimaryKeyConstraint("revision"),
        comment="The ledger, one row for each transaction: when, by whom, by which call, and its seal.",
    )
    op.create_table(
        "changes",
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.Text(), nullable=False, comment="name of the event's class"),
        sa.Column(
            "fact", sa.Text(), nullable=False, comment="the event as JSON, byte for byte as it was hashed"
        ),
        sa.Column(
            "about",
            sa.BigInteger(),
            nullable=False,
            comment="the thing, the link's source, whose session it was",
        ),
        sa.Column(
            "about_too", sa.BigInteger(), comment="the link's target, what the session was at; else empty"
        ),
        sa.PrimaryKeyConstraint("revision", "ordinal", name="changes_are_numbered"),
        sqlite_with_rowid=False,
        comment="The change log and ledger: append only, in one order, every policy change in full.",
    )


def _indexes() -> None:
    there = sa.text("about_too is not null")
    op.create_index("changes_about", "changes", ["about", "revision", "ordinal"])
    op.create_index(
        "changes_about_too",
        "changes",
        ["about_too", "revision", "ordinal"],
        sqlite_where=there,
        postgresql_where=there,
    )
