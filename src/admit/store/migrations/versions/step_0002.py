"""Find grants by their end, and what the change log tells of a thing."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_GRANT_WITH_END = sa.text("stage = 1 and ends_at <> 9223372036854775807")
_ABOUT = {
    "sqlite": "json_extract(fact, '$.{}.key')",
    "postgresql": "(fact::jsonb -> '{}'::text) ->> 'key'::text",
}


def upgrade() -> None:
    """Take the step."""
    op.create_index(
        "grants_by_end",
        "links",
        ["ends_at", "source", "target"],
        sqlite_where=_GRANT_WITH_END,
        postgresql_where=_GRANT_WITH_END,
    )
    op.create_index("changes_about", "changes", [_about("thing", "source", "person"), "revision"])
    other = _about("target", "resource")
    there = sa.text(f"{other.text} IS NOT NULL")
    op.create_index(
        "changes_about_too", "changes", [other, "revision"], sqlite_where=there, postgresql_where=there
    )


def _about(*names: str) -> sa.TextClause:
    dialect = op.get_context().dialect.name
    keys = ", ".join(_ABOUT[dialect].format(name) for name in names)
    return sa.text(f"coalesce({keys})" if dialect == "sqlite" else f"(COALESCE({keys})::bigint)")
