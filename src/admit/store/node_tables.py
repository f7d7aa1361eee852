"""The tables by which nodes that serve one database know of each other. None is policy."""

from sqlalchemy import BigInteger, Column, Table, Text

from admit.store.review_tables import metadata

__all__ = ["leases", "metadata", "nodes"]

nodes = Table(
    "nodes",
    metadata,
    Column("process", Text, primary_key=True, comment="which run of a server: one that died had another"),
    Column("name", Text, nullable=False, comment="what people call it"),
    Column("beat", BigInteger, nullable=False, comment="grows for as long as it lives"),
    Column("began_at", BigInteger, nullable=False, comment="UNIX milliseconds, by its own clock"),
    comment="The servers that live, as far as the others have seen.",
)

leases = Table(
    "leases",
    metadata,
    Column("task", Text, primary_key=True),
    Column("process", Text, nullable=False, comment="the run of a server that does it"),
    comment="What one node does for all: its lease lasts as long as it lives.",
)
