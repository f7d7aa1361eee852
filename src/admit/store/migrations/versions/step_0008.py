"""Wrong tries, known places and mailed codes, for all nodes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "known_places",
        sa.Column(
            "place",
            sa.LargeBinary(),
            nullable=False,
            comment="keyed hash of a name and where it has signed in",
        ),
        sa.Column("last_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.PrimaryKeyConstraint("place"),
        comment="From where names have signed in: strangers cannot lock them out there.",
        sqlite_with_rowid=False,
    )
    op.create_index("known_places_by_last", "known_places", ["last_at"])

    op.create_table(
        "mailed_codes",
        sa.Column("user", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "digest", sa.LargeBinary(), nullable=False, comment="keyed hash of the code; the key is elsewhere"
        ),
        sa.Column("mailed_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column("tries", sa.Integer(), nullable=False, comment="how many are left"),
        sa.PrimaryKeyConstraint("user"),
        comment="Codes that were mailed to people who are signing in: one each.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "wrong_tries",
        sa.Column(
            "counted",
            sa.LargeBinary(),
            nullable=False,
            comment="keyed hash of what is counted: a name, a place",
        ),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column(
            "paused_until", sa.BigInteger(), nullable=False, comment="UNIX milliseconds; 0 for no pause"
        ),
        sa.PrimaryKeyConstraint("counted"),
        comment="Wrong tries to sign in, so that all nodes count together.",
        sqlite_with_rowid=False,
    )
    op.create_index("wrong_tries_by_last", "wrong_tries", ["last_at"])
