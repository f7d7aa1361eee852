"""Who may use a resource, and what a person may use: now or at any moment."""

from collections.abc import Iterable
from typing import Annotated

from admit.control import access as control
from admit.control import names
from admit.core.access import Reach
from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.links import Kind, Stage, stage_of
from admit.rpc.operation import Call
from admit.rpc.paging import offset_of, token
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
from admit.store import links as stored_links

MaxResults = Annotated[int, like(100, "How many entries to answer, 1 to 1000.", ge=1, le=1000)]
NextToken = Annotated[str, like("NTbzEwMA", "What an earlier answer gave as NextToken.")]

USABLE = (
    Kind.DELIVERY_GROUP,
    Kind.PERSISTENT_SESSION,
    Kind.HOST,
    Kind.HOST_ACCOUNT,
    Kind.APPLICATION,
    Kind.CLOUD_ROLE,
)
"""What a person uses; the other things on a path only lead there."""


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


def _page(call: Call, found: list[Reach], at: int | None) -> tuple[Access, ...]:
    """Reaches as they are answered: the last thing of each path, or the first if the walk ran backwards."""
    things = known(call.sql, [reach.path for reach in found])
    authors = stored_links.authors(
        call.sql,
        [
            (link.source.key, link.target.key)
            for reach in found
            for link in reach.path
            if stage_of(link.source.kind, link.target.kind) is Stage.GRANT
        ],
        at,
    )
    return tuple(_access(reach, things, authors) for reach in found)


def _access(
    reach: Reach, things: dict[int, names.Named], authors: dict[tuple[int, int], tuple[str, int]]
) -> Access:
    named_ = things[reach.ref.key]
    by, when = next(
        (authors[pair] for link in reach.path if (pair := (link.source.key, link.target.key)) in authors),
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


def _sorted(reaches: Iterable[Reach], kinds: tuple[Kind, ...]) -> list[Reach]:
    return sorted((reach for reach in reaches if reach.ref.kind in kinds), key=lambda reach: reach.ref)


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
        total_count: int
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Walk back from the resource."""
        target = named(lambda: names.resource(call.sql, self.resource, self.at), "Resource")
        found = _sorted(
            control.everyone(call.sql, target.ref, call.now, self.at), (Kind.PERSON, Kind.APPLICATION)
        )
        offset = offset_of(self.next_token)
        return self.Response(
            people=_page(call, found[offset : offset + self.max_results], self.at),
            total_count=len(found),
            max_results=self.max_results,
            next_token=token(offset, self.max_results, len(found)),
        )


@access.operation("list", errors=(NotFound, Ambiguous, InvalidParameter, InvalidNextToken), slow=True)
class ListWhat(Shape):
    """Lists everything a person may use, each by the path that stays open longest."""

    person: PersonName
    at: At | None = None
    max_results: MaxResults = 100
    next_token: NextToken | None = None

    class Response(Shape):
        """A page of resources, by kind."""

        resources: tuple[Access, ...]
        total_count: int
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Walk on from the person."""
        subject = named(lambda: names.person(call.sql, self.person, self.at), "Person")
        found = _sorted(control.everything(call.sql, subject.ref, call.now, self.at), USABLE)
        offset = offset_of(self.next_token)
        return self.Response(
            resources=_page(call, found[offset : offset + self.max_results], self.at),
            total_count=len(found),
            max_results=self.max_results,
            next_token=token(offset, self.max_results, len(found)),
        )
