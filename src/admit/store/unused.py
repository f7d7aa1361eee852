"""Which grants nobody has used of late, by what was noted at the doors."""

from sqlalchemy import Connection, bindparam, select

from admit.core.activity import ActivityKind, Outcome
from admit.core.links import Stage
from admit.core.validity import Millis
from admit.store.granted import Granted
from admit.store.prepared import Prepared, PreparedForKeys
from admit.store.tables import activity, links, things

MOST_USERS = 1_000
"""How many users of one thing are looked at."""
_USES = (ActivityKind.SESSION_OPENED.value, ActivityKind.DECISION.value)
"""What is noted when something is used: a session that was opened, a door that let somebody in."""
ASKED = "admit:"
"""What the action of a decision begins with that was only asked for: nobody used anything by it."""

_CONTAINED = Prepared(
    select(things.c.key)
    .where(things.c.parent == bindparam("key"))
    .union(select(links.c.target).where(links.c.source == bindparam("key"), links.c.stage == int(Stage.HOLD)))
)
_USERS = PreparedForKeys(
    lambda keys: (
        select(activity.c.user_key)
        .where(
            activity.c.resource_key.in_(keys),
            activity.c.at >= bindparam("since"),
            activity.c.outcome == Outcome.OK.value,
            activity.c.kind.in_([bindparam(f"kind_{number}", kind) for number, kind in enumerate(_USES)]),
            activity.c.user_key.is_not(None),
            ~activity.c.action.startswith(ASKED),
        )
        .distinct()
        .limit(bindparam("most"))
    )
)
_JOINED = Prepared(
    select(links.c.target).where(links.c.source == bindparam("key"), links.c.stage == int(Stage.JOIN))
)


class Uses:
    """Who has used what since a moment; asked once for each thing."""

    def __init__(self, sql: Connection, since: Millis) -> None:
        self._sql = sql
        self._since = since
        self._principals: dict[int, frozenset[int]] = {}

    def of(self, grant: Granted) -> bool:
        """Whether a grant was used: by the user who has it, or by somebody who is in what has it.

        What is used of something counts for the whole: an account for its host.
        """
        return grant.source in self._of(grant.target)

    def _of(self, thing: int) -> frozenset[int]:
        known = self._principals.get(thing)
        if known is None:
            keys = [thing, *(row[0] for row in _CONTAINED.rows(self._sql, key=thing))]
            users = {row[0] for row in _USERS.rows(self._sql, keys, since=self._since, most=MOST_USERS)}
            known = self._principals[thing] = frozenset(self._with_what_they_are_in(users))
        return known

    def _with_what_they_are_in(self, users: set[int]) -> set[int]:
        found, waiting = set(users), [*users]
        for key in waiting:
            for (target,) in _JOINED.rows(self._sql, key=key):
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return found
