"""Keep who had kept what was ended later, and tell it of what was decided before from the ledger."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_REVIEWED = sa.text(
    "select transactions.at, changes.fact from changes"
    " join transactions on transactions.revision = changes.revision"
    " where changes.event = 'GrantReviewed' order by changes.revision, changes.ordinal"
)
_FILL = sa.text(
    "update review_items set kept_at = :at, kept_by = :by, kept_comment = :comment"
    " where review = :review and number = :item"
)


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("review_items") as table:
        table.add_column(
            sa.Column(
                "kept_at",
                sa.BigInteger(),
                comment="UNIX milliseconds; only where it was kept before it was ended",
            )
        )
        table.add_column(sa.Column("kept_by", sa.Text(), comment="as decided_by"))
        table.add_column(sa.Column("kept_comment", sa.Text()))
    sql = op.get_bind()
    for verdict in [*_overruled(sql)]:
        sql.execute(_FILL, verdict)


def _overruled(sql: sa.Connection) -> Iterator[dict[str, Any]]:
    """What was decided of a grant before something else was."""
    last: dict[tuple[int, int], dict[str, Any]] = {}
    for at, fact in sql.execute(_REVIEWED):
        told = json.loads(fact)
        place = {"review": told["review"]["key"], "item": told["item"]}
        if (before := last.get((place["review"], place["item"]))) is not None:
            yield before
        last[place["review"], place["item"]] = {
            **place,
            "at": at,
            "by": told["by"],
            "comment": told["comment"],
        }
