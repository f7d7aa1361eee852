"""Who made grants: it stands in the ledger."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Connection, Select, Table, bindparam, select

from admit.core.links import Stage
from admit.core.validity import FOREVER, Millis
from admit.store.prepared import PreparedForKeys
from admit.store.tables import links, past_links, transactions


def _authors(table: Table, one: str, many: str) -> PreparedForKeys:
    """Who made the grants between one thing, at the end ``one``, and others."""
    at = bindparam("at", type_=BigInteger)

    def statement(keys: list[BindParameter[int]]) -> Select[Any]:
        found = (
            select(table.c.source, table.c.target, transactions.c.actor, transactions.c.at)
            .join(table, transactions.c.revision == table.c.added_in)
            .where(
                table.c[one] == bindparam("here"),
                # Links are found by both ends only where the stage between them is told too.
                table.c.stage == bindparam("stage", int(Stage.GRANT)),
                table.c[many].in_(keys),
                table.c.added_at <= at,
            )
        )
        return found.where(table.c.removed_at > at) if table is past_links else found

    return PreparedForKeys(statement)


_AUTHORS = {
    (table, one): _authors(table, one, many)
    for table in (links, past_links)
    for one, many in (("source", "target"), ("target", "source"))
}


def authors(
    sql: Connection, pairs: Iterable[tuple[int, int]], at: Millis | None = None
) -> dict[tuple[int, int], tuple[str, Millis]]:
    """Who made each grant (source, target) that stands, or stood at a moment, and when."""
    found: dict[tuple[int, int], tuple[str, Millis]] = {}
    wanted = set(pairs)
    for table in (links,) if at is None else (links, past_links):
        # A page of a list has many of one end, and few of the other: that makes few statements.
        sources, targets = ({pair[end] for pair in wanted} for end in (0, 1))
        place, one = (0, "source") if len(sources) <= len(targets) else (1, "target")
        for here in sources if place == 0 else targets:
            others = [pair[1 - place] for pair in wanted if pair[place] == here]
            values = {"here": here, "at": FOREVER if at is None else at}
            for source, target, actor, made_at in _AUTHORS[table, one].rows(sql, others, **values):
                found[source, target] = (actor, made_at)
        wanted -= found.keys()
    return found
