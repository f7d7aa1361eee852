"""The table of access reviews: the grants each of them captured, and what was decided of them."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from admit.store.sign_in_tables import metadata
from admit.store.tables import POLICY

__all__ = ["metadata", "review_items"]

review_items = Table(
    "review_items",
    metadata,
    Column("review", BigInteger, nullable=False, autoincrement=False),
    Column("number", Integer, nullable=False, autoincrement=False, comment="its place in the review"),
    Column("source", BigInteger, nullable=False),
    Column("target", BigInteger, nullable=False),
    Column("directory", BigInteger, nullable=False, comment="whose users may be its reviewers"),
    Column("starts_at", BigInteger, nullable=False, comment="UNIX milliseconds, at the start of the review"),
    Column("ends_at", BigInteger, nullable=False, comment="UNIX milliseconds, at the start of the review"),
    Column("added_at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Column("added_in", BigInteger, nullable=False, comment="revision: one of another is another grant"),
    Column("verdict", Text, comment="keep or end; empty while nobody has decided"),
    Column("decided_at", BigInteger, comment="UNIX milliseconds"),
    Column("decided_by", Text, comment="ARN of a caller, or the name of the person who signed in"),
    Column("comment", Text),
    Column("kept_at", BigInteger, comment="UNIX milliseconds; only where it was kept before it was ended"),
    Column("kept_by", Text, comment="as decided_by"),
    Column("kept_comment", Text),
    PrimaryKeyConstraint("review", "number", name="an_item_has_one_place"),
    Index(
        "review_items_undecided",
        "review",
        "number",
        sqlite_where=text("verdict is null"),
        postgresql_where=text("verdict is null"),
    ),
    # How far a review is, is told from it alone.
    Index("review_items_by_verdict", "review", "verdict", "directory", "target"),
    comment="What access reviews are about: grants as they stood when each began.",
    info=POLICY,
)
