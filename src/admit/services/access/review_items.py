"""The grants of access reviews: listing them, and deciding on them."""

from typing import Annotated, Literal

from admit.control.requests import reviews
from admit.control.requests.reviews import Answer
from admit.core.errors import InvalidNextToken
from admit.core.reviews import Refusal
from admit.core.validity import BEGINNING, DAY, Millis
from admit.rpc.operation import Call
from admit.rpc.paging import marker, place_of
from admit.rpc.shape import Shape, at_most, like
from admit.services.access.brief import Brief, briefs
from admit.services.access.errors import ReviewClosed, ReviewNotFound
from admit.services.access.granted import ListSize
from admit.services.access.listings import NextToken
from admit.services.access.offers import Note
from admit.services.access.reviews import Review, ReviewId, the_review, told
from admit.services.access.vocabulary import At, Moment, access, end, past
from admit.store import changes
from admit.store import reviews as stored
from admit.store.review_then import items_then
from admit.store.reviews import Kept, Wanted
from admit.store.unused import Uses

ItemNumber = Annotated[int, like(1, "The number of a grant in its review.", ge=1, le=2**31 - 1)]


class ReviewItem(Shape):
    """A grant as a review captured it, and what was decided of it."""

    item: ItemNumber
    subject: Brief
    resource: Brief
    state: str
    """waiting, kept, ended, changed (since the review began) or gone (taken back otherwise, or over)."""
    granted_at: Moment
    """Since when it was as it was when the review began."""
    granted_by: str
    """The ARN of who did that."""
    start_time: Moment | None = None
    end_time: Moment | None = None
    last_used: Moment | None = None
    """When a door last let somebody in by it, as far as activity is kept; absent if never."""
    decided_at: Moment | None = None
    decided_by: str | None = None
    """The ARN of a caller, or the name of the person who signed in; absent if the due moment decided."""
    comment: str | None = None


def _items(call: Call, found: list[Kept], at: Millis | None) -> tuple[ReviewItem, ...]:
    now = call.now if at is None else at
    things = briefs(call, (key for each in found for key in (each.source, each.target)), at)
    actors = changes.actors(call.sql, sorted({each.added_in for each in found}))
    uses = Uses(call.sql, call.now - call.world.activity_days * DAY, at)
    uses.ask_about(each.target for each in found)
    return tuple(
        ReviewItem(
            item=each.number,
            subject=things[each.source],
            resource=things[each.target],
            state=each.item.state(now),
            granted_at=each.added_at,
            granted_by=actors.get(each.added_in, ""),
            start_time=None if each.starts_at == BEGINNING else each.starts_at,
            end_time=end(each.ends_at),
            last_used=uses.last(each.source, each.target),
            decided_at=each.decided_at,
            decided_by=each.decided_by or None,
            comment=each.comment or None,
        )
        for each in found
    )


@access.operation(
    "list", errors=(ReviewNotFound, InvalidNextToken), resources=("review/{ReviewId}",), slow=True
)
class ListReviewItems(Shape):
    """Lists the grants of a review, as they were when it began, and what was decided of each by then."""

    review_id: ReviewId
    state: Literal["waiting", "kept", "ended", "changed", "gone"] | None = None
    """Only those that stand so."""
    at: At | None = None
    """What had been decided by a moment, and how the grants stood; their last use is told as of now."""
    max_results: ListSize = 50
    next_token: NextToken | None = None

    class Response(Shape):
        """A page."""

        items: tuple[ReviewItem, ...]
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Read a page, and one more to see whether there is another."""
        at, place = past(self.at, call), place_of(self.next_token)
        review = the_review(call, self.review_id, at)
        wanted = Wanted(state=self.state, after=0 if place is None else place[0])
        if at is None:
            found = stored.items(call.sql, review.key, wanted, call.now, self.max_results + 1)
        else:
            found = items_then(call.sql, review.key, wanted, at, self.max_results + 1)
        page = found[: self.max_results]
        return self.Response(
            items=_items(call, page, at),
            max_results=self.max_results,
            next_token=marker(page[-1].number) if len(found) > len(page) else None,
        )


class ItemResult(Shape):
    """What became of a verdict on a grant."""

    item: ItemNumber
    taken: bool
    reason: str
    """Why it was not taken; empty if it was."""


@access.operation("update", errors=(ReviewNotFound, ReviewClosed), resources=("review/{ReviewId}",))
class DecideReviewItems(Shape):
    """Keeps or ends grants of a review.

    What is ended is revoked in the same revision, with who decided as its author; live sessions on it end.
    What was kept may still be ended as long as the review is open.

    Ours: nobody keeps what gives access to themselves: a RAM user is taken for the person of the same name.
    """

    review_id: ReviewId
    items: Annotated[tuple[ItemNumber, ...], at_most(200, 1)]
    """Their numbers."""
    verdict: Annotated[Literal["keep", "end"], like("keep", "What is decided: keep or end.")]
    comment: Note = ""
    """Why; it stands in the ledger and in the report."""

    class Response(Shape):
        """What became of each, and of the review."""

        results: tuple[ItemResult, ...]
        review: Review

    def handle(self, call: Call) -> Response:
        """Decide on those that can be decided on."""
        review = the_review(call, self.review_id)
        if reviews.phase_of(review.read(reviews.ReviewDetails), call.now) != "open":
            raise ReviewClosed(self.review_id)
        reviewer = reviews.caller_as_reviewer(call.sql, call.caller)
        became = reviews.decide(call.tx, review, reviewer, self.items, Answer(self.verdict, self.comment))
        return self.Response(
            results=tuple(_result(each, became) for each in dict.fromkeys(self.items)),
            review=told(call, review),
        )


def _result(number: int, became: dict[int, Refusal | None]) -> ItemResult:
    if number not in became:
        return ItemResult(item=number, taken=False, reason="There is no such item.")
    refusal = became[number]
    return ItemResult(item=number, taken=refusal is None, reason="" if refusal is None else refusal.value)
