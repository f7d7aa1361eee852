"""The terms of permissions, as they are kept."""

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Connection, select

from admit.core.links import Ref
from admit.core.terms import Terms
from admit.store.prepared import PreparedForKeys
from admit.store.tables import things


class PermissionDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a permission. It never changes: another one is another permission."""

    actions: tuple[str, ...] | None = None
    """None for every action."""
    condition: str = ""

    @property
    def terms(self) -> Terms:
        """The same as decisions read it."""
        return Terms(None if self.actions is None else frozenset(self.actions), self.condition)


_DETAILS = PreparedForKeys(lambda keys: select(things.c.key, things.c.details).where(things.c.key.in_(keys)))


def terms_of(sql: Connection, permissions: Iterable[Ref]) -> Mapping[Ref, Terms]:
    """The terms of some permissions, of now and of any moment."""
    by_key = {ref.key: ref for ref in permissions}
    if not by_key:
        return {}
    rows = _DETAILS.rows(sql, sorted(by_key))
    return {by_key[key]: msgspec.json.decode(details, type=PermissionDetails).terms for key, details in rows}
