"""Which grants nobody has used of late, by what was noted at the doors."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    TextClause,
    bindparam,
    func,
    select,
    text,
    union,
)

from admit.core.activity import ActivityKind
from admit.core.links import Stage
from admit.core.sessions import AHEAD
from admit.core.validity import Millis
from admit.store.activity_tables import USED, activity
from admit.store.granted import Granted
from admit.store.prepared import PreparedForKeys
from admit.store.standing import AT, moment, stood
from admit.store.tables import links, past_links, things

MOST_USERS = 1_000
"""How many users of one thing are looked at."""
_USES = (ActivityKind.SESSION_OPENED.value, ActivityKind.DECISION.value)
"""What is noted when something is used: a session that was opened, a door that let somebody in."""

_CONTAINED = PreparedForKeys(
    lambda keys: (
        select(things.c.parent, things.c.key)
        .where(things.c.parent.in_(keys))
        .union(
            select(links.c.source, links.c.target).where(
                links.c.source.in_(keys), links.c.stage == int(Stage.HOLD)
            )
        )
    )
)


def _used(keys: list[Any]) -> tuple[ColumnElement[bool] | TextClause, ...]:
    """That a row tells of something used, of some things since a moment."""
    return (
        activity.c.resource_key.in_(keys),
        activity.c.at >= bindparam("since"),
        text(USED),
        activity.c.kind.in_([bindparam(f"kind_{number}", kind) for number, kind in enumerate(_USES)]),
        activity.c.user_key.is_not(None),
        activity.c.action != AHEAD,
    )


_USERS = PreparedForKeys(
    lambda keys: select(activity.c.user_key).where(*_used(keys)).distinct().limit(bindparam("most"))
)
_BY_THEN = activity.c.at <= AT


def _last(*, then: bool) -> PreparedForKeys:
    """When each user last used some things; or had, by a moment."""
    return PreparedForKeys(
        lambda keys: (
            select(activity.c.user_key, func.max(activity.c.at))
            .where(*_used(keys), *((_BY_THEN,) if then else ()))
            .group_by(activity.c.user_key)
            .limit(bindparam("most"))
        )
    )


def _joined(*, then: bool) -> PreparedForKeys:
    """What some are joined to; or were, at a moment."""

    def of(table: Table, keys: list[Any]) -> Select[Any]:
        is_join = table.c.stage == int(Stage.JOIN)
        return select(table.c.target).where(table.c.source.in_(keys), is_join, *stood(table, then=then))

    return PreparedForKeys(
        (lambda keys: union(of(links, keys), of(past_links, keys)))
        if then
        else (lambda keys: of(links, keys))
    )


_LAST = {then: _last(then=then) for then in (False, True)}
_JOINED = {then: _joined(then=then) for then in (False, True)}


class Uses:
    """Who has used what since a moment, and when last; asked once for each thing.

    With ``at`` by that moment, of a grant by those who were in what has it then.
    """

    def __init__(self, sql: Connection, since: Millis, at: Millis | None = None) -> None:
        self._sql = sql
        self._since = since
        self._at = at
        self._principals: dict[int, frozenset[int]] = {}
        self._last: dict[int, dict[int, Millis]] = {}
        self._inside: dict[int, list[int]] = {}

    def ask_about(self, found: Iterable[int]) -> None:
        """Look up at once what is inside of things that will be asked about."""
        new = {each: [each] for each in found if each not in self._inside}
        for thing, inside in _CONTAINED.rows(self._sql, [*new]):
            new[thing].append(inside)
        self._inside |= new

    def of(self, grant: Granted) -> bool:
        """Whether a grant was used: by the user who has it, or by somebody who is in what has it.

        What is used of something counts for the whole: an account for its host.
        """
        return self.used(grant.source, grant.target)

    def used(self, source: int, target: int) -> bool:
        """The same by the two ends of a grant."""
        return source in self._of(target)

    def _of(self, thing: int) -> frozenset[int]:
        known = self._principals.get(thing)
        if known is None:
            keys = self._with_inside(thing)
            users = {row[0] for row in _USERS.rows(self._sql, keys, since=self._since, most=MOST_USERS)}
            known = self._principals[thing] = frozenset(with_what_they_are_in(self._sql, users))
        return known

    def _with_inside(self, thing: int) -> list[int]:
        self.ask_about([thing])
        return self._inside[thing]

    def last(self, source: int, target: int) -> Millis | None:
        """When a grant was last used since the moment; None if it was not."""
        known = self._last.get(target)
        if known is None:
            keys = self._with_inside(target)
            known = self._last[target] = {}
            asked = {"since": self._since, "most": MOST_USERS, **moment(self._at)}
            for user, at in _LAST[self._at is not None].rows(self._sql, keys, **asked):
                for principal in with_what_they_are_in(self._sql, {user}, self._at):
                    known[principal] = max(at, known.get(principal, 0))
        return known.get(source)


def with_what_they_are_in(sql: Connection, principals: set[int], at: Millis | None = None) -> set[int]:
    """Some principals, with all they are or were joined to: a person's users, their groups and units."""
    found = waiting = set(principals)
    while waiting:
        joined = _JOINED[at is not None].rows(sql, [*waiting], **moment(at))
        waiting = {row[0] for row in joined} - found
        found = found | waiting
    return found
