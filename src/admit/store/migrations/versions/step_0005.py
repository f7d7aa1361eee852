"""Access reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "review_items",
        sa.Column("review", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "number", sa.Integer(), autoincrement=False, nullable=False, comment="its place in the review"
        ),
        sa.Column("source", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("directory", sa.BigInteger(), nullable=False, comment="whose users may be its reviewers"),
        sa.Column(
            "starts_at",
            sa.BigInteger(),
            nullable=False,
            comment="UNIX milliseconds, at the start of the review",
        ),
        sa.Column(
            "ends_at",
            sa.BigInteger(),
            nullable=False,
            comment="UNIX milliseconds, at the start of the review",
        ),
        sa.Column("added_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column(
            "added_in",
            sa.BigInteger(),
            nullable=False,
            comment="revision: one of another is another grant",
        ),
        sa.Column("verdict", sa.Text(), nullable=True, comment="keep or end; empty while nobody has decided"),
        sa.Column("decided_at", sa.BigInteger(), nullable=True, comment="UNIX milliseconds"),
        sa.Column(
            "decided_by",
            sa.Text(),
            nullable=True,
            comment="ARN of a caller, or the name of the person who signed in",
        ),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("review", "number", name="an_item_has_one_place"),
        comment="What access reviews are about: grants as they stood when each began.",
    )
    with op.batch_alter_table("review_items", schema=None) as batch_op:
        batch_op.create_index(
            "review_items_undecided",
            ["review", "number"],
            unique=False,
            sqlite_where=sa.text("verdict is null"),
            postgresql_where=sa.text("verdict is null"),
        )
