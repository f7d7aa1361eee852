"""Every fact worth remembering, as a class. A change log entry is one of these."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TypeAlias

from admit.core.links import Kind
from admit.core.validity import Millis


@dataclass(frozen=True, slots=True)
class Named:
    """A thing as the change log names it: enough to read the log alone."""

    kind: Kind
    key: int
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ThingAdded:
    """Something came into being."""

    thing: Named
    parent: int
    fields: Mapping[str, object] = field(default_factory=dict)
    handle: str | None = ""
    """What no living sibling may hold as well; empty where this was not told yet."""


@dataclass(frozen=True, slots=True)
class ThingChanged:
    """Attributes of something have new values. A secret is named, never shown."""

    thing: Named
    fields: Mapping[str, object] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    handle: str | None = ""
    """The new one; None if it is still the same, empty where this was not told yet."""
    seals: tuple[str, ...] = ()
    """Of each secret SHA-256 of its sealed form, empty of one forgotten; none where this was not told yet."""


@dataclass(frozen=True, slots=True)
class ThingRemoved:
    """Something is no more. Its links ended with it, each with an entry of its own."""

    thing: Named


@dataclass(frozen=True, slots=True)
class ThingBlocked:
    """Something passes nothing on: a locked user, a disabled rule."""

    thing: Named
    word: str


@dataclass(frozen=True, slots=True)
class ThingUnblocked:
    """Something passes on again."""

    thing: Named
    word: str


@dataclass(frozen=True, slots=True)
class LinkAdded:
    """``source`` was joined to ``target``."""

    source: Named
    target: Named
    start: Millis
    end: Millis


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """A link holds for another period than before."""

    source: Named
    target: Named
    start: Millis
    end: Millis
    was_start: Millis
    was_end: Millis


@dataclass(frozen=True, slots=True)
class GraceSet:
    """Live sessions may go on for a time after a link's end: 0 ends them with it."""

    source: Named
    target: Named
    grace: Millis


@dataclass(frozen=True, slots=True)
class LinkRemoved:
    """``source`` is joined to ``target`` no more."""

    source: Named
    target: Named


@dataclass(frozen=True, slots=True)
class SessionEndOrdered:
    """Somebody ended a live session. The door that has it closes it when it reads this."""

    session: str
    person: Named
    resource: Named
    reason: str


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A session that was, told when it was over. Access has not changed by it."""

    session: str
    door: str
    person: Named
    resource: Named
    opened_at: Millis
    ended_at: Millis
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class GlassBroken:
    """Somebody took, in an emergency, what was agreed beforehand. The links it made have entries too."""

    agreement: Named
    person: Named
    resource: Named
    reason: str
    end: Millis


@dataclass(frozen=True, slots=True)
class GrantReviewed:
    """What an access review decided of a grant. Where it ended, the link's own entry stands beside it."""

    review: Named
    item: int
    source: Named
    target: Named
    verdict: str
    """keep or end."""
    by: str
    """Who decided; empty for the due moment, when nobody had."""
    comment: str


Event: TypeAlias = (
    ThingAdded
    | ThingChanged
    | ThingRemoved
    | ThingBlocked
    | ThingUnblocked
    | LinkAdded
    | LinkChanged
    | LinkRemoved
    | GraceSet
    | SessionEndOrdered
    | SessionEnded
    | GlassBroken
    | GrantReviewed
)


def touched(event: Event) -> tuple[Named, ...]:
    """The things an event is about: one, both ends of a link, or whose session at what."""
    of_two = _OF_TWO.get(type(event))
    return (event.thing,) if of_two is None else of_two(event)  # type: ignore[union-attr]


_ENDS, _WHOSE_AT_WHAT = attrgetter("source", "target"), attrgetter("person", "resource")
_OF_TWO: dict[type[Event], Callable[[Event], tuple[Named, Named]]] = {
    **dict.fromkeys((LinkAdded, LinkChanged, LinkRemoved, GraceSet, GrantReviewed), _ENDS),
    **dict.fromkeys((SessionEndOrdered, SessionEnded, GlassBroken), _WHOSE_AT_WHAT),
}


EVENTS: dict[str, type[Event]] = {
    cls.__name__: cls
    for cls in (
        ThingAdded,
        ThingChanged,
        ThingRemoved,
        ThingBlocked,
        ThingUnblocked,
        LinkAdded,
        LinkChanged,
        LinkRemoved,
        GraceSet,
        SessionEndOrdered,
        SessionEnded,
        GlassBroken,
        GrantReviewed,
    )
}
"""Every event by the name it has in the log."""
