"""Who can reach what, around one thing: what a picture of it is drawn from."""

from admit.control.answers import reaching
from admit.control.answers.reaching import Edge
from admit.core.links import Kind, Ref
from admit.core.validity import BEGINNING, Millis
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.access.brief import Brief, KindName, ThingId, briefs, the_thing_or_past
from admit.services.access.errors import NotFound
from admit.services.access.granted import status_of
from admit.services.access.vocabulary import At, Moment, access, end, past
from admit.store import changes

COLUMNS = {
    Kind.PERSON: 0,
    Kind.USER: 1,
    Kind.GROUP: 2,
    Kind.UNIT: 2,
    Kind.ACCOUNT: 2,
    Kind.DELIVERY_GROUP: 3,
    Kind.PERSISTENT_SESSION: 3,
    Kind.HOST: 3,
    Kind.HOST_ACCOUNT: 3,
    Kind.RULE: 3,
    Kind.APPLICATION: 3,
    Kind.APP: 4,
    Kind.PROJECT: 4,
    Kind.CLOUD_ROLE: 5,
}
"""Where a kind stands from left to right: every link of a picture leads to the right, or downwards."""


class Node(Shape):
    """A thing of the picture."""

    thing: Brief
    column: int
    """Where it stands from left to right: person, user, group, what is granted, what that holds."""
    left_out: int
    """How many of its links the picture has no room for."""


class EdgeTold(Shape):
    """A link of the picture."""

    source: int
    """The place of its source among the nodes, from 0; so its target."""
    target: int
    stage: str
    """join, grant or hold."""
    status: str
    """active, ending (within a day), future or ended."""
    granted_at: Moment
    granted_by: str
    start_time: Moment | None = None
    end_time: Moment | None = None


@access.operation("get", errors=(NotFound,), resources=("thing/{Kind}/{Id}",), slow=True)
class GetReach(Shape):
    """Draws who can reach what around a thing: what leads to it, and where it leads.

    Links are told whether they hold or not. Where there are very many only some are followed; LeftOut
    tells how many are not, and ListWho, ListWhat and ListLinks list them all.
    """

    kind: KindName
    id: ThingId
    at: At | None = None
    """The links that stood at a moment, or now those that will hold at it."""

    class Response(Shape):
        """The picture."""

        nodes: tuple[Node, ...]
        """The first is what was asked about."""
        edges: tuple[EdgeTold, ...]
        complete: bool
        """Whether nothing was left out."""

    def handle(self, call: Call) -> Response:
        """Walk both ways."""
        start = the_thing_or_past(call, self.kind, self.id)
        then = past(self.at, call)
        drawn = reaching.picture(call.sql, start.ref, then)
        things = briefs(call, (ref.key for ref in drawn.things), then)
        place = {ref: number for number, ref in enumerate(drawn.things)}
        actors = changes.actors(call.sql, sorted({each.added_in for each in drawn.edges.values()}))
        now = call.now if self.at is None else self.at
        return self.Response(
            nodes=tuple(
                Node(
                    thing=things[ref.key],
                    column=COLUMNS.get(ref.kind, 3),
                    left_out=drawn.left_out.get(ref, 0),
                )
                for ref in drawn.things
            ),
            edges=tuple(_told(each, place, actors, now) for each in drawn.edges.values()),
            complete=drawn.complete,
        )


def _told(each: Edge, place: dict[Ref, int], actors: dict[int, str], now: Millis) -> EdgeTold:
    validity = each.link.validity
    return EdgeTold(
        source=place[each.link.source],
        target=place[each.link.target],
        stage=each.stage.name.lower(),
        status=status_of(validity.start, validity.end, now),
        granted_at=each.added_at,
        granted_by=actors.get(each.added_in, ""),
        start_time=None if validity.start == BEGINNING else validity.start,
        end_time=end(validity.end),
    )
