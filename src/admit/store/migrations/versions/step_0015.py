"""Find what was renamed since a moment."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_NAME = {
    "sqlite": "json_extract(fact, '$.fields.name')",
    "postgresql": "(fact::jsonb -> 'fields' -> 'name')",
}


def upgrade() -> None:
    """Take the step."""
    name = _NAME[op.get_context().dialect.name]
    renames = sa.text(f"event = 'ThingChanged' AND {name} IS NOT NULL")
    op.create_index(
        "changes_that_rename",
        "changes",
        ["revision", "about"],
        sqlite_where=renames,
        postgresql_where=renames,
    )
