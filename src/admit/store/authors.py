"""Who made grants: it stands in the ledger."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Connection, Select, Table, bindparam, select

from admit.core.links import Stage
from admit.core.validity import FOREVER, Millis
from admit.store.prepared import PreparedForKeys
from admit.store.tables import links, past_links, transactions


def _added(table: Table, one: str, many: str) -> PreparedForKeys:
    """In which transaction the grants between one thing, at the end ``one``, and others were made."""
    at = bindparam("at", type_=BigInteger)

    def statement(keys: list[BindParameter[int]]) -> Select[Any]:
        found = select(table.c.source, table.c.target, table.c.added_in).where(
            table.c[one] == bindparam("here"),
            # Links are found by both ends only where the stage between them is told too.
            table.c.stage == bindparam("stage", int(Stage.GRANT)),
            table.c[many].in_(keys),
            table.c.added_at <= at,
        )
        return found.where(table.c.removed_at > at) if table is past_links else found

    return PreparedForKeys(statement)


_ADDED = {
    (table, one): _added(table, one, many)
    for table in (links, past_links)
    for one, many in (("source", "target"), ("target", "source"))
}
_TRANSACTIONS = PreparedForKeys(
    lambda keys: select(transactions.c.revision, transactions.c.actor, transactions.c.at).where(
        transactions.c.revision.in_(keys)
    )
)


def authors(
    sql: Connection, pairs: Iterable[tuple[int, int]], at: Millis | None = None
) -> dict[tuple[int, int], tuple[str, Millis]]:
    """Who made each grant (source, target) that stands, or stood at a moment, and when."""
    added: dict[tuple[int, int], int] = {}
    wanted = set(pairs)
    for table in (links,) if at is None else (links, past_links):
        # A page of a list has many of one end, and few of the other: that makes few statements.
        sources, targets = ({pair[end] for pair in wanted} for end in (0, 1))
        place, one = (0, "source") if len(sources) <= len(targets) else (1, "target")
        others: dict[int, list[int]] = {}
        for pair in wanted:
            others.setdefault(pair[place], []).append(pair[1 - place])
        for here, keys in others.items():
            values = {"here": here, "at": FOREVER if at is None else at}
            for source, target, revision in _ADDED[table, one].rows(sql, keys, **values):
                added[source, target] = revision
        wanted -= added.keys()
    # Many were made together.
    rows = _TRANSACTIONS.rows(sql, sorted(set(added.values())))
    made = {revision: (actor, made_at) for revision, actor, made_at in rows}
    return {pair: made[revision] for pair, revision in added.items() if revision in made}
