"""Who may use a resource, and what a person may use: now or at any moment."""

from collections.abc import Sequence
from typing import Annotated

from admit.control import access as control
from admit.control import names
from admit.core.access import Reach
from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.links import Kind, Stage, stage_of
from admit.core.lists import Page, Span
from admit.rpc.operation import Call
from admit.rpc.paging import marker, place_of
from admit.rpc.shape import Shape, like
from admit.services.access.errors import Ambiguous, NotFound
from admit.services.access.vocabulary import (
    At,
    Moment,
    PersonName,
    ResourceName,
    Step,
    access,
    end,
    known,
    named,
    steps,
)
from admit.store.authors import authors

MaxResults = Annotated[int, like(100, "How many entries to answer, 1 to 1000.", ge=1, le=1000)]
NextToken = Annotated[str, like("MKMTI", "What an earlier answer gave as NextToken.")]

USABLE = (
    Kind.DELIVERY_GROUP,
    Kind.PERSISTENT_SESSION,
    Kind.HOST,
    Kind.HOST_ACCOUNT,
    Kind.APPLICATION,
    Kind.CLOUD_ROLE,
)
"""What a person uses; the other things on a path only lead there."""
SUBJECTS = (Kind.PERSON, Kind.APPLICATION)
"""Who is told to have access."""


class Access(Shape):
    """One person's access to one resource."""

    kind: str
    id: str
    name: str
    label: str
    path: tuple[Step, ...]
    valid_until: Moment | None = None
    """Until when; absent if it has no end."""
    granted_by: str | None = None
    """ARN of who made the grant on the path."""
    granted_at: Moment | None = None


def _page(call: Call, found: Sequence[Reach], at: int | None) -> tuple[Access, ...]:
    """Reaches as they are answered: the last thing of each path, or the first if the walk ran backwards."""
    things = known(call.sql, [reach.path for reach in found])
    made = authors(
        call.sql,
        [
            (link.source.key, link.target.key)
            for reach in found
            for link in reach.path
            if stage_of(link.source.kind, link.target.kind) is Stage.GRANT
        ],
        at,
    )
    return tuple(_access(reach, things, made) for reach in found)


def _access(
    reach: Reach, things: dict[int, names.Named], made: dict[tuple[int, int], tuple[str, int]]
) -> Access:
    named_ = things[reach.ref.key]
    by, when = next(
        (made[pair] for link in reach.path if (pair := (link.source.key, link.target.key)) in made),
        (None, None),
    )
    return Access(
        kind=named_.thing.kind.word,
        id=named_.thing.id,
        name=named_.thing.name,
        label=named_.label,
        path=steps(reach.path, things),
        valid_until=end(reach.until),
        granted_by=by,
        granted_at=when,
    )


def _span(given: str | None, limit: int, kinds: tuple[Kind, ...] = SUBJECTS) -> Span:
    place = place_of(given)
    return Span(limit, kinds, 0 if place is None else place[0])


def _more(page: Page) -> str | None:
    return None if page.after is None else marker(page.after)


def _count(given: str | None, page: Page) -> int | None:
    """How many there are, where that is known without a walk over all of them."""
    return len(page.reaches) if given is None and page.after is None else None


@access.operation("list", errors=(NotFound, Ambiguous, InvalidParameter, InvalidNextToken), slow=True)
class ListWho(Shape):
    """Lists everybody who may use a resource, each by the path that stays open longest."""

    resource: ResourceName
    at: At | None = None
    max_results: MaxResults = 100
    next_token: NextToken | None = None

    class Response(Shape):
        """A page of people, in the order they came to admit."""

        people: tuple[Access, ...]
        max_results: int
        total_count: int | None = None
        """How many there are, if all are on this page."""
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Walk back from the resource."""
        target = named(lambda: names.resource(call.sql, self.resource, self.at), "Resource")
        page = control.who(call.sql, target.ref, call.now, self.at, _span(self.next_token, self.max_results))
        return self.Response(
            people=_page(call, page.reaches, self.at),
            max_results=self.max_results,
            total_count=_count(self.next_token, page),
            next_token=_more(page),
        )


@access.operation("list", errors=(NotFound, Ambiguous, InvalidParameter, InvalidNextToken), slow=True)
class ListWhat(Shape):
    """Lists everything a person may use, each by the path that stays open longest."""

    person: PersonName
    at: At | None = None
    max_results: MaxResults = 100
    next_token: NextToken | None = None

    class Response(Shape):
        """A page of resources, in the order they came to admit."""

        resources: tuple[Access, ...]
        max_results: int
        total_count: int | None = None
        """How many there are, if all are on this page."""
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Walk on from the person."""
        subject = named(lambda: names.person(call.sql, self.person, self.at), "Person")
        span = _span(self.next_token, self.max_results, USABLE)
        page = control.what(call.sql, subject.ref, call.now, self.at, span)
        return self.Response(
            resources=_page(call, page.reaches, self.at),
            max_results=self.max_results,
            total_count=_count(self.next_token, page),
            next_token=_more(page),
        )


PassedName = Annotated[
    str,
    like(
        "group:dba",
        "What ways lead through: group:NAME, unit:NAME, rule:NAME, or anything that can be used.",
        min_length=1,
        max_length=512,
    ),
]


@access.operation("list", errors=(NotFound, Ambiguous, InvalidParameter, InvalidNextToken), slow=True)
class ListThrough(Shape):
    """Lists everybody with a way through a thing, each by the path that stays open longest.

    Through a group or a unit go those who are in it, if it is granted anything; through a rule, a host or
    whatever else can be granted, those who may use it.
    """

    thing: PassedName
    at: At | None = None
    max_results: MaxResults = 100
    next_token: NextToken | None = None

    class Response(Shape):
        """A page of people, in the order they came to admit. The paths end at the thing."""

        people: tuple[Access, ...]
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Walk back from the thing."""
        thing = named(lambda: names.passed(call.sql, self.thing, self.at), "Thing")
        span = _span(self.next_token, self.max_results)
        page = control.through(call.sql, thing.ref, call.now, self.at, span)
        return self.Response(
            people=_page(call, page.reaches, self.at), max_results=self.max_results, next_token=_more(page)
        )
