"""When the secrets of applications were used last."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from admit.core.validity import Millis
from admit.store.prepared import Prepared, PreparedForKeys
from admit.store.sign_in_tables import client_secret_uses as uses
from admit.store.tables import things

_WRITE = Prepared(
    update(uses).where(uses.c.secret == bindparam("b_secret")).values(used_at=bindparam("used_at"))
)
_LAST = PreparedForKeys(lambda keys: select(uses.c.secret, uses.c.used_at).where(uses.c.secret.in_(keys)))


def write(sql: Connection, used: Mapping[int, Millis]) -> None:
    """Write when secrets were used, each by its key; a later use that another node wrote stays."""
    known = last(sql, list(used))
    for secret, at in used.items():
        if secret not in known:
            sql.execute(insert(uses).values(secret=secret, used_at=at))
        elif known[secret] < at:
            _WRITE.run(sql, b_secret=secret, used_at=at)


def last(sql: Connection, secrets: Sequence[int]) -> dict[int, Millis]:
    """When each of some secrets was used last; one that never was is not in it."""
    return dict(_LAST.rows(sql, secrets))


def forget(sql: Connection) -> None:
    """Drop what is known of secrets that are no more."""
    gone = select(things.c.key).where(things.c.key == uses.c.secret, things.c.removed_at.is_not(None))
    sql.execute(delete(uses).where(gone.exists()))
