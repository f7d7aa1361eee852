"""What there is at a glance: how much of everything, what ends soon, who is in, who was turned away."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from admit.core.activity import Outcome
from admit.core.links import CALLERS, Kind
from admit.core.validity import DAY, HOUR, Millis
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.access.vocabulary import At, Moment, access, past
from admit.store import activity, finding, granted, overview_then, sessions
from admit.store.changes import revision_at
from admit.store.counts import counted_lately
from admit.store.links import current_revision
from admit.store.overview_then import GRANTS


class Amount(Shape):
    """How much there is of a kind."""

    kind: str
    count: int


@access.operation("get", slow=True)
class GetOverview(Shape):
    """Counts everything: things by kind, grants by how they stand, live sessions, refusals of the last day.

    Ours: on a large system the counts of things and grants are up to a minute old; those of a past moment are
    exact.
    """

    at: At | None = None
    """What there was at a moment; refusals are told as far as activity is kept."""

    class Response(Shape):
        """The counts."""

        at: Moment
        revision: int
        """The version of the whole policy."""
        things: tuple[Amount, ...]
        grants: int
        """All that have not ended."""
        ending_in_an_hour: int
        ending_in_a_day: int
        ending_in_a_week: int
        ended: int
        """Grants that have ended, and were not taken back."""
        live_sessions: int
        refused: int
        """Decisions, sign-ins and calls that were refused within the last 24 hours; counted up to 10000."""

    def handle(self, call: Call) -> Response:
        """Count."""
        at = past(self.at, call)
        seen = _now(call) if at is None else _then(call, at)
        in_an_hour, in_a_day, in_a_week = (seen.ending(seen.at, seen.at + span) for span in _SPANS)
        ended = seen.ending(-1, seen.at)
        return self.Response(
            at=seen.at,
            revision=seen.revision,
            things=_amounts(seen.amounts),
            grants=seen.amounts[GRANTS] - ended,
            ending_in_an_hour=in_an_hour,
            ending_in_a_day=in_a_day,
            ending_in_a_week=in_a_week,
            ended=ended,
            live_sessions=seen.live_sessions,
            refused=seen.refused,
        )


class _Seen(NamedTuple):
    """What is counted at a moment."""

    at: Millis
    revision: int
    amounts: Mapping[str, int]
    """Of things by the word of their kind, and of all grants, over or not."""
    ending: Callable[[Millis, Millis], int]
    """How many grants end after one moment, and not after another."""
    live_sessions: int
    refused: int


def _now(call: Call) -> _Seen:
    sql, now = call.sql, call.now
    return _Seen(
        now,
        current_revision(sql),
        counted_lately(sql, now, lambda: _counts(sql)),
        partial(granted.how_many_end, sql),
        sessions.how_many_live(sql),
        activity.how_many(sql, Outcome.REFUSED, now - DAY),
    )


def _then(call: Call, at: Millis) -> _Seen:
    sql = call.sql
    revision = revision_at(sql, at, current_revision(sql))
    return _Seen(
        at,
        revision,
        overview_then.amounts_then(sql, at, revision),
        overview_then.ending_then(sql, at, revision),
        overview_then.sessions_then(sql, at),
        activity.how_many(sql, Outcome.REFUSED, at - DAY, at + 1),
    )


def _amounts(counts: Mapping[str, int]) -> tuple[Amount, ...]:
    return tuple(
        Amount(kind=kind.word, count=counts[kind.word])
        for kind in Kind
        if kind not in CALLERS and counts.get(kind.word)
    )


_SPANS = (HOUR, DAY, 7 * DAY)


def _counts(sql: Connection) -> dict[str, int]:
    things = finding.counts(sql)
    return {kind.word: count for kind, count in things.items()} | {GRANTS: granted.how_many(sql)}
