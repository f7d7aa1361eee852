"""When client secrets were used."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "client_secret_uses",
        sa.Column("secret", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "used_at", sa.BigInteger(), nullable=False, comment="when it was shown last, UNIX milliseconds"
        ),
        sa.PrimaryKeyConstraint("secret"),
        comment="When the secrets of applications were used last, a few seconds late.",
    )
