"""Find sessions by when they ended: those of a past moment as well as those that live."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Take the step."""
    lives = sa.text("ended_at is null")
    op.drop_index("sessions_that_live", "sessions", sqlite_where=lives, postgresql_where=lives)
    op.create_index("sessions_by_end", "sessions", ["ended_at", "opened_at"])
