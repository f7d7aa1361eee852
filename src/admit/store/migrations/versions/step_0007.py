"""Nodes that serve one database, and their leases."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "leases",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False, comment="the run of a server that does it"),
        sa.PrimaryKeyConstraint("task"),
        comment="What one node does for all: its lease lasts as long as it lives.",
    )
    op.create_table(
        "nodes",
        sa.Column(
            "process", sa.Text(), nullable=False, comment="which run of a server: one that died had another"
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="what people call it"),
        sa.Column("beat", sa.BigInteger(), nullable=False, comment="grows for as long as it lives"),
        sa.Column("began_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds, by its own clock"),
        sa.PrimaryKeyConstraint("process"),
        comment="The servers that live, as far as the others have seen.",
    )
