"""What there is at a glance: how much of everything, what ends soon, who is in, who was turned away."""

from collections.abc import Mapping

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
        if at is not None:
            return self._then(call, at)
        counts = counted_lately(call.sql, call.now, lambda: _counts(call.sql))
        ending = [granted.how_many_end(call.sql, call.now, call.now + span) for span in _SPANS]
        ended = granted.how_many_end(call.sql, -1, call.now)
        return self.Response(
            at=call.now,
            revision=current_revision(call.sql),
            things=_amounts(counts),
            grants=counts[GRANTS] - ended,
            ending_in_an_hour=ending[0],
            ending_in_a_day=ending[1],
            ending_in_a_week=ending[2],
            ended=ended,
            live_sessions=sessions.how_many_live(call.sql),
            refused=activity.how_many(call.sql, Outcome.REFUSED, call.now - DAY),
        )

    def _then(self, call: Call, at: Millis) -> Response:
        revision = revision_at(call.sql, at, current_revision(call.sql))
        amounts = overview_then.amounts_then(call.sql, at, revision)
        ending = [overview_then.ending_then(call.sql, at, at, at + span) for span in _SPANS]
        ended = overview_then.ending_then(call.sql, at, -1, at)
        return self.Response(
            at=at,
            revision=revision,
            things=_amounts(amounts),
            grants=amounts[GRANTS] - ended,
            ending_in_an_hour=ending[0],
            ending_in_a_day=ending[1],
            ending_in_a_week=ending[2],
            ended=ended,
            live_sessions=overview_then.sessions_then(call.sql, at),
            refused=overview_then.refused_then(call.sql, at - DAY, at),
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
