"""What is no more is found by its name."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Take the step."""
    op.create_index(
        "things_removed",
        "things",
        ["kind", "name", "parent"],
        sqlite_where=sa.text("removed_at is not null"),
        postgresql_where=sa.text("removed_at is not null"),
    )
