"""Links that held lately and hold no more: their time was over, or they were taken back."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, bindparam, literal_column, select, union_all

from admit.core.links import Stage
from admit.core.validity import Millis
from admit.store.prepared import PreparedForKeys
from admit.store.tables import links, past_links

_SINCE, _NOW = bindparam("since", type_=BigInteger), bindparam("now", type_=BigInteger)
_OVER = select(links.c.target, links.c.ends_at, literal_column("0").label("taken"))
_TAKEN = select(past_links.c.target, past_links.c.removed_at, literal_column("1").label("taken"))

_ENDED = PreparedForKeys(
    lambda sources: union_all(
        _OVER.where(
            links.c.source.in_(sources),
            links.c.stage == int(Stage.GRANT),
            links.c.ends_at > _SINCE,
            links.c.ends_at <= _NOW,
        ),
        _TAKEN.where(
            past_links.c.source.in_(sources),
            past_links.c.stage == int(Stage.GRANT),
            past_links.c.removed_at > _SINCE,
            # What had not begun, or was over, when it was taken back was not lost by that.
            past_links.c.starts_at < past_links.c.removed_at,
            past_links.c.ends_at > past_links.c.removed_at,
        ),
    )
)


def ended(
    sql: Connection, sources: Sequence[int], since: Millis, now: Millis
) -> list[tuple[int, Millis, bool]]:
    """What some principals were granted and lost since a moment: its key, when, and if it was taken back."""
    rows = _ENDED.rows(sql, sources, since=since, now=now)
    return [(target, at, bool(taken)) for target, at, taken in rows]
