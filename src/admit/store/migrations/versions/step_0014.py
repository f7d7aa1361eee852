"""Find activity block by block."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_OF_SOME = ("person_key", "person_name", "resource_key", "resource_name", "session")


def upgrade() -> None:
    """Take the step."""
    for name in ("by_time", "by_kind", "by_actor", "not_ok", *(f"by_{each}" for each in _OF_SOME)):
        op.drop_index(f"activity_{name}", "activity")
    block = {"sqlite": "id >> 13", "postgresql": "(id >> 13)"}[op.get_context().dialect.name]
    indexes = [("time", "at", ""), ("kind", "kind", ""), ("actor", "actor", "")]
    indexes += [(each, each, f"{each} is not null") for each in _OF_SOME]
    indexes += [("outcome", "outcome", "outcome <> 'ok'")]
    for name, column, only in indexes:
        where = sa.text(only) if only else None
        op.create_index(
            f"activity_by_{name}",
            "activity",
            [sa.text(block), column],
            sqlite_where=where,
            postgresql_where=where,
        )
    used = sa.text("resource_key is not null and outcome = 'ok' and substr(action, 1, 6) <> 'admit:'")
    op.create_index(
        "activity_of_uses", "activity", ["resource_key", "at"], sqlite_where=used, postgresql_where=used
    )
