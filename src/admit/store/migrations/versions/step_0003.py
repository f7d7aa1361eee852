"""Browsers that are signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "web_sessions",
        sa.Column(
            "token", sa.LargeBinary(), nullable=False, comment="SHA-256 of what the browser's cookie holds"
        ),
        sa.Column("id", sa.Text(), nullable=False, comment="what people and pages call it; opens nothing"),
        sa.Column("name", sa.Text(), nullable=False, comment="the name that was signed in with"),
        sa.Column(
            "users", sa.Text(), nullable=False, comment="keys of exactly the users that were proven, as JSON"
        ),
        sa.Column(
            "caller",
            sa.BigInteger(),
            nullable=True,
            comment="key of the RAM user or administrator who was proven, if one was",
        ),
        sa.Column("how", sa.Text(), nullable=False, comment="what was shown last: password, code, passkey"),
        sa.Column("peer", sa.Text(), nullable=False, comment="the address it was opened from"),
        sa.Column("agent", sa.Text(), nullable=False, comment="the browser, as it says itself"),
        sa.Column("opened_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column(
            "proven_at",
            sa.BigInteger(),
            nullable=False,
            comment="when somebody last proved to be who they are",
        ),
        sa.Column(
            "seen_at",
            sa.BigInteger(),
            nullable=False,
            comment="when it was last used, about a minute more or less",
        ),
        sa.PrimaryKeyConstraint("token"),
        sa.UniqueConstraint("id", name="an_id_names_one_web_session"),
        comment="Browsers that are signed in. One that signs out, or is too old, is removed.",
    )
    op.create_index("web_sessions_by_use", "web_sessions", ["seen_at"], unique=False)
