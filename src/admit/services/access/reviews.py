"""Access reviews: beginning one, looking at it, and ending it early."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from admit.control import names
from admit.control.requests import offers, review_closing, reviews
from admit.control.requests.reviews import AskedScope, ReviewDetails
from admit.core.errors import InvalidNextToken, InvalidParameter
from admit.core.links import Kind
from admit.core.texts import printable
from admit.core.validity import DAY, Millis
from admit.rpc.operation import Call
from admit.rpc.paging import offset_of, token
from admit.rpc.shape import Shape, at_most, like
from admit.services.access.brief import KINDS, Text
from admit.services.access.errors import Ambiguous, NotFound, NothingToReview, ReviewClosed, ReviewNotFound
from admit.services.access.granted import ENDS, MOST_THINGS, GrantedKind, meant
from admit.services.access.listings import MaxResults, NextToken
from admit.services.access.offers import Note
from admit.services.access.unused import Days
from admit.services.access.vocabulary import At, Moment, PersonName, access, named, past
from admit.store import finding, review_counts, review_then, then, things
from admit.store import reviews as stored
from admit.store.granted import GRANTABLE
from admit.store.reviews import Captured, Scope, Sight
from admit.store.things import Thing, Where
from admit.store.unused import Uses

ReviewId = Annotated[str, like("1234", "The ID of a review. Call ListReviews to query it.", max_length=64)]
ReviewName = Annotated[
    str, like("Q4 bastion hosts", "What the review is called.", min_length=1, max_length=128)
]
Unanswered = Annotated[
    Literal["end", "keep"],
    like("end", "What becomes of a grant that nobody has decided on when the review is due: end or keep."),
]
ScopeName = Annotated[
    str,
    like(
        "host:db-1",
        "Something that has or is granted: group:NAME, host:NAME with its accounts, ACCOUNT@HOST, rule:NAME, "
        "unit:NAME, delivery-group:NAME, app:NAME or cloud-role:NAME; after a prefix an ID will do as well.",
        min_length=1,
        max_length=512,
    ),
]


class Review(Shape):
    """A review, and how far it is."""

    review_id: ReviewId
    name: str
    phase: str
    """open, closing (it is due, and what nobody answered is being dealt with) or closed."""
    unanswered: str
    """What becomes of what nobody decided on: end or keep."""
    begun_at: Moment
    begun_by: str
    """ARN."""
    due_at: Moment
    note: str
    reviewers: tuple[str, ...]
    """The people who may decide on what is in their directories."""
    owners: bool
    """Whether owners may decide on what they own."""
    items: int
    """How many grants it captured when it began."""
    waiting: int
    """Of these: on how many nobody has decided. Ours: of more than 1000 undecided grants the others are taken
    for unchanged."""
    kept: int
    ended: int
    changed: int
    """How many were changed or granted anew since, and count as decided by whoever did that."""
    gone: int
    """How many were taken back otherwise, or ended by the clock."""
    kinds: tuple[str, ...] | None = None
    """What it was narrowed to; absent if to no kinds."""
    subject: str | None = None
    resource: str | None = None
    text: str | None = None
    unused_days: int | None = None
    unending: bool | None = None
    reminded_at: Moment | None = None
    closed_at: Moment | None = None


def told(call: Call, review: Thing, at: Millis | None = None) -> Review:
    """A review as it is answered, or stood at a past moment."""
    details = review.read(ReviewDetails)
    scope = details.scope
    if at is None:
        counts = review_counts.counts(call.sql, review.key, call.now)
    else:
        counts = review_then.counts_then(call.sql, review.key, details.items, at)
    return Review(
        review_id=review.id,
        name=printable(review.name),
        phase=reviews.phase_of(details, call.now if at is None else at),
        unanswered=details.unanswered,
        begun_at=review.created_at,
        begun_by=details.begun_by,
        due_at=details.due_at,
        note=details.note,
        reviewers=details.reviewer_names,
        owners=details.owners,
        items=details.items,
        reminded_at=details.reminded_at,
        closed_at=details.closed_at,
        waiting=counts["waiting"],
        kept=counts["kept"],
        ended=counts["ended"],
        changed=counts["changed"],
        gone=counts["gone"],
        kinds=scope.kinds,
        subject=scope.subject,
        resource=scope.resource,
        text=scope.text,
        unused_days=scope.unused_days,
        unending=scope.unending or None,
    )


def the_review(call: Call, review_id: str, at: Millis | None = None) -> Thing:
    """The review of an ID, as it is, or was at a past moment.

    Raises:
        ReviewNotFound: there is none, or was none.
    """
    for found in finding.with_id(call.sql, review_id, (Kind.REVIEW,), at):
        return then.as_of(call.sql, {found.key: found}, at)[found.key]
    raise ReviewNotFound(review_id)


@access.operation("create", errors=(NotFound, Ambiguous, InvalidParameter, NothingToReview))
class CreateReview(Shape):
    """Begins a review: captures the grants in its scope, each to be kept or ended by the due moment.

    What is left out does not restrict; with nothing the review is about every grant. Grants that are given
    later are not in it. An ended grant is revoked as RevokeAccess revokes it: live sessions end with it.

    Ours: a reviewer decides after signing in as a user of the resource's own directory whom they had when the
    review began, as an owner does on requests. Callers who may call DecideReviewItems decide on anything.
    Ours: nobody keeps what gives access to themselves. Reviewers are mailed when it begins, and before it is
    due.
    """

    name: ReviewName
    due_at: Moment
    """When it is due: an hour to a year from now."""
    unanswered: Unanswered
    kinds: Annotated[tuple[GrantedKind, ...], at_most(20)] | None = None
    """Only grants of these."""
    subject: ScopeName | PersonName | None = None
    """Only what a person, group:NAME or unit:NAME was granted itself."""
    resource: ScopeName | None = None
    """Only grants of this; a host stands for its accounts too."""
    text: Text | None = None
    """Only grants that ListGrants finds by this text: in the name of who has them, or of what they are of."""
    unused_days: Days | None = None
    """Only what nobody has used for so many days, and is as old."""
    unending: bool = False
    """Only grants without an end."""
    reviewers: Annotated[tuple[PersonName, ...], at_most(50)] = ()
    """The people who review."""
    owners: bool = True
    """Whether the owners of a resource, by its offer, review what is granted of it."""
    note: Note = ""
    """What reviewers should know."""

    class Response(Shape):
        """The review."""

        review: Review
        unassigned: int
        """On how many of its grants only callers can decide: no reviewer is in their directory, no one owns
        them."""

    def prepare(self, call: Call) -> list[Captured]:
        """Find the grants: in a large place it takes a while, and nobody shall wait for it."""
        since = None if self.unused_days is None else call.now - self.unused_days * DAY
        scope = Scope(
            GRANTABLE if self.kinds is None else frozenset(KINDS[word] for word in self.kinds),
            None if self.subject is None else _sources(call, self.subject),
            None if self.resource is None else _targets(call, self.resource),
            since,
            self.unending,
            None if not self.text else _ends(call, self.text),
        )
        found = stored.granted(call.sql, scope, call.now, reviews.MOST_ITEMS + 1)
        if len(found) > reviews.MOST_ITEMS:
            raise NothingToReview(f"it would have more than {reviews.MOST_ITEMS} grants: narrow it.")
        if since is not None:
            kept = call.world.activity_days
            if self.unused_days is not None and self.unused_days > kept:
                raise InvalidParameter("UnusedDays", f"activity is kept for {kept} days.", "Value")
            uses = Uses(call.sql, since)
            found = [each for each in found if not uses.used(each.source, each.target)]
        if not found:
            raise NothingToReview("no grant is in its scope.")
        return found

    def handle(self, call: Call, found: list[Captured]) -> Response:
        """Write it down."""
        if not call.now + reviews.SHORTEST <= self.due_at <= call.now + reviews.LONGEST:
            raise InvalidParameter("DueAt", "it must be an hour to a year from now", "Value")
        users = _reviewers(call, self.reviewers, {each.directory for each in found})
        details = ReviewDetails(
            scope=AskedScope(
                self.kinds, self.subject, self.resource, self.unused_days, self.unending, self.text or None
            ),
            items=len(found),
            reviewers=tuple(user.key for user in users),
            reviewer_names=tuple(dict.fromkeys(self.reviewers)),
            owners=self.owners,
            unanswered=self.unanswered,
            due_at=self.due_at,
            begun_by=call.caller.arn,
            note=self.note,
        )
        review = reviews.begin(call.tx, call.world, self.name, details, found)
        return self.Response(review=told(call, review), unassigned=self._unassigned(call, users, found))

    def _unassigned(self, call: Call, users: Sequence[Thing], found: Sequence[Captured]) -> int:
        directories = {user.parent for user in users}
        owned = {what.key for offer, what in offers.offered(call.sql) if offers.has_owners(offer)}
        sight = Sight(frozenset(owned if self.owners else ()), frozenset(directories))
        return sum(
            each.target not in sight.targets and each.directory not in sight.directories for each in found
        )


def _sources(call: Call, text: str) -> frozenset[int]:
    """Keys of what a name means as somebody who has grants: a person stands for their users."""
    if ":" in text:
        return frozenset({named(lambda: names.passed(call.sql, text), "Subject").key})
    person = named(lambda: names.person(call.sql, text), "Subject")
    users = things.find(call.sql, Where(Kind.USER, linked_from=person.key))
    return frozenset({person.key, *(user.key for user in users)})


def _targets(call: Call, text: str) -> frozenset[int]:
    """Keys of what a name means as what is granted: a host stands for its accounts."""
    found = named(lambda: names.passed(call.sql, text), "Resource")
    inside = things.find(call.sql, Where(Kind.HOST_ACCOUNT, parent=found.key))
    return frozenset({found.key, *(each.key for each in inside)})


def _ends(call: Call, text: str) -> frozenset[int]:
    """Keys of all that a text is found in.

    Raises:
        NothingToReview: that is so much that some would be left out.
    """
    if finding.named_like(call.sql, sorted(ENDS), text, limit=MOST_THINGS).after is not None:
        raise NothingToReview(f"{text} is found in {MOST_THINGS} names or more: say more of them.")
    return frozenset(meant(call, text))


def _reviewers(call: Call, people: Sequence[str], directories: set[int]) -> list[Thing]:
    """The users that some people have in the directories of a review.

    Raises:
        InvalidParameter: one of them has none, and could decide on nothing.
    """
    found: list[Thing] = []
    for name in dict.fromkeys(people):
        person = named(lambda name=name: names.person(call.sql, name), "Reviewers")  # type: ignore[misc]
        users = things.find(call.sql, Where(Kind.USER, linked_from=person.key))
        meant = [user for user in users if user.parent in directories]
        if not meant:
            why = f"{name} has no user where anything is that is to be reviewed"
            raise InvalidParameter("Reviewers", why, "Value")
        found += meant
    return found


@access.operation("list", errors=(InvalidNextToken,))
class ListReviews(Shape):
    """Lists reviews, the newest first, each with how far it is, or was at a moment."""

    phase: Literal["open", "closing", "closed"] | None = None
    """Only those that are so far."""
    at: At | None = None
    max_results: MaxResults = 100
    next_token: NextToken | None = None

    class Response(Shape):
        """A page."""

        reviews: tuple[Review, ...]
        total_count: int
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Read those that are meant, and take the page."""
        offset, at = offset_of(self.next_token), past(self.at, call)
        now = call.now if at is None else at
        found = [
            each
            for each in reviews.every(call.sql, at)
            if self.phase in (None, reviews.phase_of(each.read(ReviewDetails), now))
        ]
        return self.Response(
            reviews=tuple(told(call, each, at) for each in found[offset : offset + self.max_results]),
            total_count=len(found),
            max_results=self.max_results,
            next_token=token(offset, self.max_results, len(found)),
        )


@access.operation("get", errors=(ReviewNotFound,), resources=("review/{ReviewId}",))
class GetReview(Shape):
    """Tells what a review is about, and how far it is, or was at a moment."""

    review_id: ReviewId
    at: At | None = None

    class Response(Shape):
        """The review."""

        review: Review

    def handle(self, call: Call) -> Response:
        """Read it."""
        at = past(self.at, call)
        return self.Response(review=told(call, the_review(call, self.review_id, at), at))


@access.operation("update", errors=(ReviewNotFound, ReviewClosed), resources=("review/{ReviewId}",))
class CloseReview(Shape):
    """Makes an open review due now: what nobody decided on is ended or kept within seconds.

    Every verdict that was given stays.
    """

    review_id: ReviewId
    unanswered: Unanswered | None = None
    """What becomes of what nobody decided on, if not what the review says."""

    class Response(Shape):
        """The review, as it is now."""

        review: Review

    def handle(self, call: Call) -> Response:
        """Make it due."""
        review = the_review(call, self.review_id)
        details = review.read(ReviewDetails)
        if reviews.phase_of(details, call.now) != "open":
            raise ReviewClosed(self.review_id)
        unanswered = self.unanswered or details.unanswered
        review_closing.close(call.tx, review, msgspec.structs.replace(details, unanswered=unanswered))
        return self.Response(review=told(call, the_review(call, self.review_id)))
