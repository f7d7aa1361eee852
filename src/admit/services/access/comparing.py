"""Two moments compared: who gained, who lost, and by whose doing."""

from collections.abc import Mapping

from admit.control.answers.comparison import Pair
from admit.control.answers.history import Compared, compared
from admit.control.names import Named
from admit.core.errors import InvalidParameter
from admit.core.events import (
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    ThingAdded,
    ThingBlocked,
    ThingRemoved,
    touched,
)
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.access.previews import AccessChange, Fields, cut, first, gained, lost, moved
from admit.services.access.vocabulary import At, Moment, access
from admit.store.changes import Change
from admit.store.links import Turn


class Cause(Shape):
    """Why somebody gained or lost: a change somebody made, or that a time came."""

    at: Moment
    text: str
    """What happened, such as: user:alice was joined to group:dba."""
    by: str | None = None
    """The ARN of who did it; absent where a time came."""
    action: str | None = None
    """The operation, such as admit:GrantAccess."""
    request_id: str | None = None
    revision: int | None = None
    """The version of the whole policy that the change made."""


class ExplainedChange(AccessChange, kw_only=True):
    """A difference, and why."""

    causes: tuple[Cause, ...]


@access.operation("list", errors=(InvalidParameter,), slow=True)
class CompareAccess(Shape):
    """Compares who may use what at two moments: who gained, who lost, by which calls and whose.

    A moment that is to come is judged by the policy of now. What was gained and lost again in between is
    no difference; ListChanges has every change.
    """

    start_time: At
    """The earlier moment."""
    end_time: At | None = None
    """The later one; without it, now."""

    class Response(Shape):
        """What is different."""

        change_count: int
        """How many entries the ledger has in between."""
        complete: bool
        """Whether everything that is different is told."""
        untold: tuple[str, ...]
        """What was not looked at, in sentences."""
        gained: tuple[ExplainedChange, ...]
        lost: tuple[ExplainedChange, ...]
        changed: tuple[ExplainedChange, ...]
        """What is held at both, until another time or on other conditions."""

    def handle(self, call: Call) -> Response:
        """Walk what may be different, at both."""
        until = call.now if self.end_time is None else self.end_time
        if until < self.start_time:
            raise InvalidParameter("EndTime", "it must not be before StartTime", "Value")
        found = compared(call.sql, self.start_time, until, call.now)
        untold = [*found.untold, *cut(found.difference)]
        return self.Response(
            change_count=found.changes,
            complete=not untold,
            untold=tuple(untold),
            gained=tuple(
                _change(found, pair, gained(found.labels, pair, reach))
                for pair, reach in first(found.difference.gained)
            ),
            lost=tuple(
                _change(found, pair, lost(found.labels, pair, reach))
                for pair, reach in first(found.difference.lost)
            ),
            changed=tuple(
                _change(found, pair, moved(found.labels, pair, reaches))
                for pair, reaches in first(found.difference.moved)
            ),
        )


def _change(found: Compared, pair: Pair, fields: Fields) -> ExplainedChange:
    causes = tuple(_cause(cause, found.labels) for cause in found.causes.get(pair, ()))
    return ExplainedChange(**fields, causes=causes)


def _cause(cause: Change | Turn, labels: Mapping[int, Named]) -> Cause:
    if isinstance(cause, Turn):
        ends = f"{labels[cause.source.key].label} to {labels[cause.target.key].label}"
        return Cause(
            at=cause.at, text=f"the link from {ends} {'began' if cause.begins else 'ended'} by its time"
        )
    return Cause(
        at=cause.at,
        text=_text(cause, labels),
        by=cause.actor,
        action=cause.action,
        request_id=cause.request_id,
        revision=cause.revision,
    )


def _text(change: Change, labels: Mapping[int, Named]) -> str:
    if isinstance(change.event, ThingAdded | ThingRemoved):
        return "the properties were set"
    told = [labels[thing.key].label for thing in touched(change.event)]
    match change.event:
        case LinkAdded():
            return f"{told[0]} was joined to {told[1]}"
        case LinkRemoved():
            return f"{told[0]} was parted from {told[1]}"
        case LinkChanged():
            return f"how long {told[0]} is joined to {told[1]} was changed"
        case ThingBlocked(_, word):
            return f"{told[0]} was {word}"
    return f"{told[0]} was switched on again"
