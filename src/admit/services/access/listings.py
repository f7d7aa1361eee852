"""Who may use a resource, and what a person may use: now or at any moment."""

from collections.abc import Sequence
from typing import Annotated

from admit.control import names, own_types
from admit.control.answers import listing
from admit.control.answers.listing import Listing
from admit.core.access import Reach
from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.links import Kind, Link, Stage, stage_of
from admit.core.lists import Page, Span
from admit.rpc.operation import Call
from admit.rpc.paging import marker, place_of
from admit.rpc.shape import Json, Shape, like
from admit.services.access.errors import Ambiguous, NotFound
from admit.services.access.own_words import ActionName, AskedName, PropertyMap, require_several
from admit.services.access.vocabulary import (
    At,
    ConditionShown,
    Moment,
    ResourceName,
    Step,
    access,
    conditions,
    end,
    known,
    named,
    past,
    stepping,
)
from admit.store.authors import authors

MaxResults = Annotated[int, like(100, "How many entries to answer, 1 to 1000.", ge=1, le=1000)]
NextToken = Annotated[str, like("MKMTI", "What an earlier answer gave as NextToken.")]

OWN_RESOURCES = (Kind.RESOURCE, Kind.TYPE)
"""What actions are granted on by name."""
USABLE = (
    Kind.DELIVERY_GROUP,
    Kind.PERSISTENT_SESSION,
    Kind.HOST,
    Kind.HOST_ACCOUNT,
    Kind.APPLICATION,
    Kind.CLOUD_ROLE,
    *OWN_RESOURCES,
)
"""What is used; the other things on a path only lead there."""
SUBJECTS = (Kind.PERSON, Kind.APPLICATION, Kind.SUBJECT, Kind.TYPE)
"""Who is told to have access; a type of one's own stands for all of it, whether registered or not."""


class Access(Shape):
    """The access of one to one resource."""

    kind: str
    id: str
    name: str
    label: str
    allowed: bool
    """Whether it is granted; if not, it would be by any one of the conditions, if that were met."""
    path: tuple[Step, ...]
    valid_until: Moment | None = None
    """Until when; absent if it has no end."""
    granted_by: str | None = None
    """ARN of who made the grant on the path."""
    granted_at: Moment | None = None
    conditions: tuple[ConditionShown, ...] = ()
    """What it depends on, and cannot be judged; none where it is granted."""


def _page(call: Call, found: Sequence[Reach], at: int | None) -> tuple[Access, ...]:
    """Reaches as they are answered: the last thing of each path, or the first if the walk ran backwards."""
    things = known(call.sql, [reach.path for reach in found], at=past(at, call))
    grants = [_grant_on(reach.path) for reach in found]
    made = authors(call.sql, [pair for pair in grants if pair is not None], at)
    told = stepping(things)
    return tuple(
        _access(reach, things[reach.ref.key], told(reach.path), made.get(pair) if pair else None)
        for reach, pair in zip(found, grants, strict=True)
    )


def _grant_on(path: tuple[Link, ...]) -> tuple[int, int] | None:
    """The two ends of the grant on a path; what only joins has none."""
    for source, target, _ in path:
        if stage_of(source.kind, target.kind) is Stage.GRANT:
            return source.key, target.key
    return None


def _access(
    reach: Reach, named_: names.Named, path: tuple[Step, ...], made: tuple[str, int] | None
) -> Access:
    by, when = made or (None, None)
    return Access(
        kind=named_.thing.kind.word,
        id=named_.thing.id,
        name=named_.thing.name,
        label=named_.label,
        path=path,
        valid_until=end(reach.until),
        granted_by=by,
        granted_at=when,
        allowed=not reach.undecided,
        conditions=conditions(reach),
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
    """Lists everybody who may use a resource, each by the path that stays open longest.

    Who may use it only on a condition that cannot be judged, for want of context or of a property, is
    listed with that condition, and is not Allowed.
    """

    resource: ResourceName
    at: At | None = None
    action_name: ActionName | None = None
    """What is to be done, where the resource is of a type of one's own; without it any action will do."""
    context: Json[PropertyMap] | None = None
    """What conditions may ask of the request: any JSON object."""
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
        target = named(lambda: own_types.resource(call.sql, self.resource, self.at), "Resource")
        require_several(self.action_name, target)
        span = _span(self.next_token, self.max_results)
        asked = Listing(call.now, span, self.at, self.action_name, self.context or {})
        page = listing.who(call.sql, target.ref, asked)
        return self.Response(
            people=_page(call, page.reaches, self.at),
            max_results=self.max_results,
            total_count=_count(self.next_token, page),
            next_token=_more(page),
        )


@access.operation("list", errors=(NotFound, Ambiguous, InvalidParameter, InvalidNextToken), slow=True)
class ListWhat(Shape):
    """Lists everything a person may use, each by the path that stays open longest.

    What they may use only on a condition that cannot be judged, for want of context or of a property, is
    listed with that condition, and is not Allowed.
    """

    person: AskedName
    at: At | None = None
    action_name: ActionName | None = None
    """Only resources of types of one's own with which this may be done."""
    context: Json[PropertyMap] | None = None
    """What conditions may ask of the request: any JSON object."""
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
        subject = named(lambda: own_types.subject(call.sql, self.person, self.at), "Person")
        kinds = USABLE if self.action_name is None else OWN_RESOURCES
        span = _span(self.next_token, self.max_results, kinds)
        asked = Listing(call.now, span, self.at, self.action_name, self.context or {})
        page = listing.what(call.sql, subject.ref, asked)
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
        "What ways lead through: group:NAME, unit:NAME, rule:NAME, a subject [SPACE/]TYPE:ID of one's own, "
        "or anything that can be used.",
        min_length=1,
        max_length=704,
    ),
]


@access.operation("list", errors=(NotFound, Ambiguous, InvalidParameter, InvalidNextToken), slow=True)
class ListThrough(Shape):
    """Lists everybody with a way through a thing, each by the path that stays open longest.

    Through a group, a unit or a subject of one's own go those who are in it, if it is granted anything;
    through a rule, a host or whatever else can be granted, those who may use it.
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
        thing = named(lambda: own_types.passed(call.sql, self.thing, self.at), "Thing")
        span = _span(self.next_token, self.max_results)
        page = listing.through(call.sql, thing.ref, Listing(call.now, span, self.at))
        return self.Response(
            people=_page(call, page.reaches, self.at), max_results=self.max_results, next_token=_more(page)
        )
