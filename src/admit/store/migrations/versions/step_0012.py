"""Whom a provider outside has proven, so that it can say that they left."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Take the step."""
    for name, comment in (
        ("issuer", "the provider outside that proved them, if one did"),
        ("subject", "what that calls them"),
        ("outside_session", "what that calls their session there"),
    ):
        op.add_column("web_sessions", sa.Column(name, sa.Text(), nullable=True, comment=comment))
