"""Every grant there is, with who made it and until when it holds."""

from itertools import islice
from typing import Annotated, Literal

from admit.core.errors import InvalidNextToken
from admit.core.links import Kind
from admit.core.validity import BEGINNING, DAY, FOREVER, HOUR, Millis
from admit.rpc.operation import Call
from admit.rpc.paging import GREATEST, marker, place_of
from admit.rpc.shape import Shape, at_most, like
from admit.services.access.brief import KINDS, Brief, Text, briefs
from admit.services.access.listings import NextToken
from admit.services.access.vocabulary import At, Moment, access, end, past
from admit.store import changes, finding
from admit.store.granted import (
    COMING,
    GRANTABLE,
    THEN,
    TIMED,
    UNENDING,
    Granted,
    Page,
    Place,
    Which,
    of_things,
    page,
)

Status = Literal["current", "active", "ending", "future", "ended"]
GrantedKind = Literal[
    "delivery group",
    "app",
    "persistent session",
    "host",
    "host account",
    "application",
    "rule",
    "cloud role",
]
ListSize = Annotated[int, like(50, "How many entries to answer, 1 to 200.", ge=1, le=200)]
Hours = Annotated[int, like(48, "A number of hours, up to ten years.", ge=1, le=87_600)]
SOON: Millis = DAY
"""What ends within this span is told to be ending."""
MOST_THINGS = 200
"""How many things a search text may mean."""
_FOUND = 4
"""The section of the places in what a search found."""
_SECTIONS = (TIMED, UNENDING, THEN, _FOUND, COMING)


class Grant(Shape):
    """A grant: who may use what by it, and until when."""

    subject: Brief
    resource: Brief
    status: str
    """active, ending (within a day), future or ended."""
    granted_at: Moment
    """Since when it is as it is: granting, and changing its validity."""
    granted_by: str
    """The ARN of who did that."""
    start_time: Moment | None = None
    """From when on; absent if always."""
    end_time: Moment | None = None
    """Until when; absent if it has no end."""
    grace: int | None = None
    """How many milliseconds live sessions may go on after its end; the greatest number: until they end."""


@access.operation("list", errors=(InvalidNextToken,), slow=True)
class ListGrants(Shape):
    """Lists grants: those that end first come first, then those without an end.

    Of future ones those come first that begin first.
    Each is of one user, group, unit or application. What is left out does not restrict. A page may be
    short although others follow: as long as there is a NextToken, there may be more.

    Ours: a text is looked for in the names of both ends, as ListThings does, and of very common ones only
    some are found. Of a past moment grants are listed by who has them, as they stood then.
    """

    status: Status | None = None
    """current: all that have not ended. Of those that ended the last comes first."""
    kinds: Annotated[tuple[GrantedKind, ...], at_most(20)] | None = None
    """Of what."""
    text: Text | None = None
    hours: Hours | None = None
    """With the status ending: within how many hours, 24 if it is left out."""
    at: At | None = None
    max_results: ListSize = 50
    next_token: NextToken | None = None

    class Response(Shape):
        """A page."""

        grants: tuple[Grant, ...]
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Read a page."""
        now = call.now if self.at is None else self.at
        which = self._which(call, now)
        found = self._found(call, which)
        at = which.as_of
        things = briefs(call, (key for each in found.grants for key in (each.source, each.target)), at)
        actors = changes.actors(call.sql, sorted({each.added_in for each in found.grants}))
        return self.Response(
            grants=tuple(told(each, things, actors, now) for each in found.grants),
            max_results=self.max_results,
            next_token=None if found.after is None else marker_of(found.after),
        )

    def _which(self, call: Call, now: Millis) -> Which:
        kinds = GRANTABLE if self.kinds is None else frozenset(KINDS[word] for word in self.kinds)
        as_of = past(self.at, call)
        soon = SOON if self.hours is None else self.hours * HOUR
        match self.status:
            case "current":
                return Which(kinds, ends_after=now, as_of=as_of)
            case "active":
                return Which(kinds, ends_after=now, starts_by=now, as_of=as_of)
            case "ending":
                return Which(kinds, ends_after=now, ends_by=now + soon, starts_by=now, as_of=as_of)
            case "future":
                return Which(kinds, ends_after=now, starts_after=now, as_of=as_of)
            case "ended":
                return Which(kinds, ends_by=now, latest_first=as_of is None, as_of=as_of)
            case None:
                return Which(kinds, as_of=as_of)

    def _found(self, call: Call, which: Which) -> Page:
        after = place_after(self.next_token)
        if not self.text:
            return page(call.sql, which, after, self.max_results)
        keys = sorted(meant(call, self.text, which.as_of))
        first = 0 if after is None else after.target
        last = first + self.max_results
        # One more than a page has: whether the list goes on.
        found = [*islice(of_things(call.sql, keys, which), first, last + 1)] if keys else []
        return Page(
            found[: self.max_results], Place(_FOUND, 1, 1, last) if len(found) > self.max_results else None
        )


def meant(call: Call, text: str, as_of: Millis | None = None) -> set[int]:
    """The things a text means or meant: those whose name contains it, a host's accounts, ``root@db-1``."""
    account, at, host = text.partition("@")
    kinds = sorted(ENDS)
    found = finding.named_like(call.sql, kinds, text, at=as_of, limit=MOST_THINGS).things
    found += finding.with_id(call.sql, text, kinds, as_of)
    keys = {thing.key for thing in found}
    hosts = [thing for thing in found if thing.kind is Kind.HOST]
    if at:
        hosts += finding.named_like(call.sql, [Kind.HOST], host, at=as_of, limit=MOST_THINGS).things
    for each in hosts[:MOST_THINGS]:
        inside = finding.named_like(
            call.sql,
            [Kind.HOST_ACCOUNT],
            account if at else None,
            parent=each.key,
            at=as_of,
            limit=MOST_THINGS,
        )
        keys |= {thing.key for thing in inside.things}
    return keys


ENDS = GRANTABLE - {Kind.PERSON, Kind.RECORDING, Kind.OPERATION_TICKET, Kind.HELD_COMMAND}
"""Kinds that are at an end of grants."""


def place_after(given: str | None) -> Place | None:
    """The place in the list of grants that a token names.

    Raises:
        InvalidNextToken: it was not given out here.
    """
    place = place_of(given, 4)
    if place is None:
        return None
    section, until, source, target = place
    if section not in _SECTIONS:
        raise InvalidNextToken
    return Place(section, FOREVER if until == GREATEST else until, source, target)


def marker_of(place: Place) -> str:
    """What asks for what comes after a place."""
    return marker(place.section, max(1, min(place.end, GREATEST)), place.source, place.target)


def told(each: Granted, things: dict[int, Brief], actors: dict[int, str], now: Millis) -> Grant:
    """A grant as it is answered."""
    return Grant(
        subject=things[each.source],
        resource=things[each.target],
        status=status_of(each.start, each.end, now),
        granted_at=each.added_at,
        granted_by=actors.get(each.added_in, ""),
        start_time=None if each.start == BEGINNING else each.start,
        end_time=end(each.end),
        grace=each.grace,
    )


def status_of(start: Millis, until: Millis, now: Millis) -> str:
    """How a link stands at a moment, by its validity alone."""
    if until <= now:
        return "ended"
    if start > now:
        return "future"
    return "ending" if until <= now + SOON else "active"
