"""Grants that nobody has used for a time: what could be taken back."""

from typing import Annotated

from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.validity import DAY
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.access.brief import briefs
from admit.services.access.granted import Grant, ListSize, marker_of, place_after, told
from admit.services.access.listings import NextToken
from admit.services.access.vocabulary import access
from admit.store import changes
from admit.store.granted import GRANTABLE, Which, page
from admit.store.unused import Uses

Days = Annotated[int, like(90, "A number of days, up to ten years.", ge=1, le=3_650)]


@access.operation("list", errors=(InvalidNextToken, InvalidParameter), slow=True)
class ListUnused(Shape):
    """Lists grants that hold and that nobody has used for a number of days, those that end first come first.

    Used is what a door let somebody into, as a user who has the grant or is in what has it; what is used of a
    host, a delivery group or a rule counts for the whole. Who only asks whether somebody may uses nothing. A
    grant is listed once it is as old as the time asked about. A page may be short although others follow: as
    long as there is a NextToken, there may be more.
    """

    days: Days = 90
    max_results: ListSize = 50
    next_token: NextToken | None = None

    class Response(Shape):
        """A page."""

        grants: tuple[Grant, ...]
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Read a page of grants, and keep those nobody used."""
        kept = call.world.activity_days
        if self.days > kept:
            raise InvalidParameter(
                "Days", f"activity is kept for {kept} days: what was used before is not known."
            )
        since = call.now - self.days * DAY
        which = Which(GRANTABLE, ends_after=call.now, starts_by=since, added_by=since)
        found = page(call.sql, which, place_after(self.next_token), self.max_results)
        uses = Uses(call.sql, since)
        uses.ask_about(each.target for each in found.grants)
        unused = [each for each in found.grants if not uses.of(each)]
        things = briefs(call, (key for each in unused for key in (each.source, each.target)), None)
        actors = changes.actors(call.sql, sorted({each.added_in for each in unused}))
        return self.Response(
            grants=tuple(told(each, things, actors, call.now) for each in unused),
            max_results=self.max_results,
            next_token=None if found.after is None else marker_of(found.after),
        )
