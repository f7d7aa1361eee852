"""Lists of one kind, of grants to come, and how far a review is."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Take the step."""
    op.create_index(
        "grants_by_start",
        "links",
        ["starts_at", "source", "target"],
        sqlite_where=sa.text("stage = 1 and starts_at <> 0"),
        postgresql_where=sa.text("stage = 1 and starts_at <> 0"),
    )

    op.create_index("review_items_by_verdict", "review_items", ["review", "verdict", "directory", "target"])

    op.create_index(
        "things_of_many",
        "things",
        ["kind", "name", "parent"],
        sqlite_where=sa.text("kind in (1, 2, 20, 21) and removed_at is null"),
        postgresql_where=sa.text("kind in (1, 2, 20, 21) and removed_at is null"),
    )
