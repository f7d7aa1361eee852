"""The words of admit's own service, and answering in them."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Annotated, TypeVar

from sqlalchemy import Connection

from admit.control import names
from admit.control.answers.sentences import sentence
from admit.control.callers import Caller
from admit.control.live import recordings
from admit.control.names import Named, NameFault
from admit.core.access import Decision, Reach
from admit.core.errors import InvalidParameter
from admit.core.links import Link, Ref
from admit.core.validity import BEGINNING, FOREVER, Millis
from admit.rpc.operation import Call, Service
from admit.rpc.shape import Shape, like
from admit.services.access.errors import Ambiguous, NotFound

T = TypeVar("T")


def _words(parameters: Mapping[str, str], caller: Caller) -> Mapping[str, str]:
    """What a call is about where it does not say.

    A recording's ID tells its host, so that both can be granted; no space is the space default; who names
    no person means themselves.
    """
    told = {
        "Space": parameters.get("Space") or "default",
        "Person": parameters.get("Person") or caller.name,
    }
    recording = parameters.get("RecordingId")
    return told if recording is None else told | {"HostId": recordings.host_of(recording)}


access = Service(product="admit", version="2026-11-01", title="admit", ram_prefix="admit", words=_words)

PersonName = Annotated[str, like("alice", "The name of a person.", min_length=1, max_length=256)]
ResourceName = Annotated[
    str,
    like(
        "root@db-1",
        "What is to be used: ACCOUNT@HOST, host:NAME, delivery-group:NAME, app:NAME or cloud-role:NAME. "
        "After a prefix an ID will do as well. Checks and lists also take [SPACE/]TYPE:ID of one's own.",
        min_length=1,
        max_length=704,
    ),
]
SubjectName = Annotated[
    str, like("group:dba", "A person's name, or group:NAME.", min_length=1, max_length=512)
]
At = Annotated[
    int,
    like(
        1780000000000,
        "The moment that is asked about, in UNIX milliseconds; the past is answered as it was then.",
        ge=1_000_000_000_000,
        le=9_999_999_999_999,
    ),
]
Moment = Annotated[int, like(1780000000000, "UNIX milliseconds.", ge=1_000_000_000_000, le=9_999_999_999_999)]


class Step(Shape):
    """One thing on a path, and for how long the link that leads to it holds."""

    kind: str
    id: str
    name: str
    label: str
    """As people call it, such as root@db-1."""
    start_time: Moment | None = None
    end_time: Moment | None = None


class ConditionShown(Shape):
    """A condition that access depends on, and that cannot be judged."""

    condition: str
    """The expression, in CEL."""
    missing: str
    """What it needs and was not told, such as: context.ticket is missing."""


class Answer(Shape):
    """A decision."""

    allowed: bool
    reason: str
    """granted, not granted, starts later, has ended, disabled, other actions, condition not met or input
    missing."""
    text: str
    """The same in a sentence."""
    at: Moment
    revision: int
    """The version of the whole policy that was asked."""
    path: tuple[Step, ...]
    """The path that decided: open, or the one nearest to being open."""
    valid_until: Moment | None = None
    """Until when access holds; absent if it has no end."""
    changes_at: Moment | None = None
    """When the nearest path opens, or when it ended."""


def named(find: Callable[[], T], parameter: str) -> T:
    """What ``find`` finds by name.

    Raises:
        NotFound, Ambiguous, InvalidParameter: as the name has it.
    """
    try:
        return find()
    except NameFault as fault:
        if fault.kind == "NotFound":
            raise NotFound(fault.text) from None
        if fault.kind == "Ambiguous":
            raise Ambiguous(fault.text) from None
        raise InvalidParameter(parameter, fault.text, "Value") from None


def past(at: Millis | None, call: Call) -> Millis | None:
    """The moment that is asked about, if it is over; what is to come is told by what is there now."""
    return at if at is not None and at < call.now else None


def end(moment: Millis) -> Millis | None:
    """An end as it is answered: nothing for what has none."""
    return None if moment == FOREVER else moment


def known(
    sql: Connection, paths: Iterable[tuple[Link, ...]], *others: Ref, at: Millis | None = None
) -> dict[int, Named]:
    """Everything on some paths, by key, with what people call it, or called it at a past moment."""
    keys = {ref.key for ref in others}
    for path in paths:
        keys |= {ref.key for link in path for ref in (link.source, link.target)}
    return names.labels(sql, sorted(keys), at)


def steps(path: tuple[Link, ...], things: Mapping[int, Named]) -> tuple[Step, ...]:
    """A path, from its first thing to its last."""
    return stepping(things)(path)


def stepping(things: Mapping[int, Named]) -> Callable[[tuple[Link, ...]], tuple[Step, ...]]:
    """Tells paths as :func:`steps` does, which have many steps in common."""

    @cache
    def step(key: int, start: Millis, until: Millis) -> Step:
        named_ = things[key]
        thing = named_.thing
        return Step(
            kind=thing.kind.word,
            id=thing.id,
            name=thing.name,
            label=named_.label,
            start_time=None if start == BEGINNING else start,
            end_time=end(until),
        )

    def told(path: tuple[Link, ...]) -> tuple[Step, ...]:
        if not path:
            return ()
        first = step(path[0].source.key, BEGINNING, FOREVER)
        return (first, *(step(to.key, period.start, period.end) for _, to, period in path))

    return told


def conditions(reach: Reach) -> tuple[ConditionShown, ...]:
    """What something listed depends on; nothing where it is granted."""
    return tuple(ConditionShown(condition=each.condition, missing=each.missing) for each in reach.undecided)


def answer(decision: Decision, things: dict[int, Named], now: Millis) -> Answer:
    """A decision, as it is answered; it may be about a moment before or after ``now``."""
    return Answer(
        allowed=decision.allowed,
        reason=decision.reason.value,
        text=sentence(decision, things, now),
        at=decision.at,
        revision=decision.revision,
        path=steps(decision.because, things),
        valid_until=end(decision.valid_until) if decision.allowed else None,
        changes_at=decision.changes_at,
    )
