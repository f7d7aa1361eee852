"""Access reviews: grants are captured, each is kept or ended by somebody else, or by the due moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
from sqlalchemy import Connection

from admit.control import grants
from admit.control import things as verbs
from admit.control.access import person_behind
from admit.control.callers import Caller
from admit.control.recipients import revoked_together
from admit.control.requests import offers
from admit.control.things import New, named
from admit.control.world import World
from admit.core import reviews as rules
from admit.core.events import GrantReviewed
from admit.core.links import Kind
from admit.core.reviews import Phase, Refusal, Verdict
from admit.core.validity import DAY, Millis
from admit.store import review_counts, then, things
from admit.store import reviews as stored
from admit.store.engine import Tx
from admit.store.reviews import Captured, Kept, Sight
from admit.store.things import Thing, Where
from admit.store.unused import with_what_they_are_in

MOST_ITEMS = 50_000
"""How many grants one review may capture: nobody decides on more."""
SHORTEST: Millis = DAY // 24
LONGEST: Millis = 366 * DAY
REMIND_BEFORE: Millis = 3 * DAY
"""How long before a review is due its reviewers are reminded, if it lasts twice as long."""


class AskedScope(msgspec.Struct, omit_defaults=True):
    """Which grants a review is about, as people named it."""

    kinds: tuple[str, ...] | None = None
    subject: str | None = None
    resource: str | None = None
    unused_days: int | None = None
    unending: bool = False
    text: str | None = None


class ReviewDetails(msgspec.Struct, kw_only=True):
    """What is kept of a review; its parent is the account, and its items have a table of their own."""

    scope: AskedScope
    items: int
    """How many grants it captured."""
    captured: str | None = None
    """The digest of them, by which they are known again; None in reviews from before it was kept."""
    reviewers: tuple[int, ...] = ()
    """Keys of the users who may decide on what is in their own directory: no name alone makes a reviewer."""
    reviewer_names: tuple[str, ...] = ()
    """The people they were then."""
    owners: bool = False
    """Whether the owners of a resource may decide on what is granted of it as well."""
    unanswered: Verdict
    """What becomes, at the due moment, of what nobody decided on."""
    due_at: Millis
    begun_by: str
    """ARN."""
    note: str = ""
    reminded_at: Millis | None = None
    closed_at: Millis | None = None


@dataclass(frozen=True)
class Reviewer:
    """Who decides, and what they may not keep."""

    sql: Connection
    by: str
    """Their ARN, or the name they signed in with."""
    people: frozenset[int] = frozenset()
    """Keys of whom they are, as far as that is known."""
    sight: Sight | None = None
    """Which items they see; None for all, as whoever may call the operation does."""

    @cached_property
    def own(self) -> frozenset[int]:
        """Everything by whose grants they have access themselves: their users, the groups these are in."""
        found = with_what_they_are_in(self.sql, set(self.people))
        users = (each for each in things.by_keys(self.sql, sorted(found)).values() if each.kind is Kind.USER)
        # An account stands for every user that lives in it.
        return frozenset(found | {user.parent for user in users})


def caller_as_reviewer(sql: Connection, caller: Caller) -> Reviewer:
    """A caller who may decide on everything: a RAM user is taken for the person of the same name."""
    name = caller.name if caller.kind == "RAMUser" else caller.source_identity
    found = things.by_handle(sql, Kind.PERSON, 0, name) if name else None
    people = set() if found is None else {found.key}
    if caller.holder is not None:
        people.add(person_behind(sql, things.by_key(sql, caller.holder.user).ref).key)
    return Reviewer(sql, caller.arn, frozenset(people))


def users_as_reviewer(sql: Connection, users: Sequence[Thing], name: str, review: Thing) -> Reviewer:
    """People who have proven to be some users: they see what these may decide on, and nothing else."""
    people = frozenset(person_behind(sql, user.ref).key for user in users)
    return Reviewer(sql, name, people, sight_of(sql, users, review.read(ReviewDetails)))


def sight_of(sql: Connection, users: Sequence[Thing], details: ReviewDetails) -> Sight:
    """What proven users see of a review: what they own, and what is of the directories they review."""
    owned = offers.owned(sql, users) if details.owners else set()
    directories = {user.parent for user in users if user.key in details.reviewers}
    return Sight(frozenset(owned), frozenset(directories))


def phase_of(details: ReviewDetails, now: Millis) -> Phase:
    """How far a review is."""
    return rules.phase(details.due_at, details.closed_at, now)


def begin(tx: Tx, world: World, name: str, details: ReviewDetails, found: Sequence[Captured]) -> Thing:
    """Begin a review of the grants that were found."""
    details = msgspec.structs.replace(details, captured=stored.digest(found))
    review = verbs.add(tx, New(Kind.REVIEW, world.account_key, name, details))
    stored.capture(tx.sql, review.key, found)
    return review


def every(sql: Connection, at: Millis | None = None) -> list[Thing]:
    """All reviews, the newest first; or those that there were at a past moment, as they were."""
    if at is None:
        return things.find(sql, Where(Kind.REVIEW, order="newest"))
    return then.of_kind(sql, Kind.REVIEW, at)[::-1]


def open_to(sql: Connection, users: Sequence[Thing], now: Millis) -> list[tuple[Thing, int]]:
    """The open reviews in which something waits for proven users, and how much: about, where it is much."""
    if not users:
        return []
    found = []
    for review in every(sql):
        details = review.read(ReviewDetails)
        if phase_of(details, now) == "open" and (sight := sight_of(sql, users, details)):
            found.append((review, review_counts.about_waiting(sql, review.key, now, sight)))
    return [each for each in found if each[1]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody decides, and says."""

    verdict: Verdict
    comment: str = ""


def decide(
    tx: Tx, review: Thing, reviewer: Reviewer, numbers: Sequence[int], answer: Answer
) -> dict[int, Refusal | None]:
    """Keep or end some grants of a review: of each that the reviewer sees, why not, or None.

    A grant that is ended is revoked by the verb that revokes, in the same revision: live sessions on it end.
    """
    now_phase = phase_of(review.read(ReviewDetails), tx.now)
    became: dict[int, Refusal | None] = {}
    taken: list[Kept] = []
    for each in stored.numbered(tx.sql, review.key, numbers, reviewer.sight):
        own = each.source in reviewer.own
        became[each.number] = rules.refusal(each.item, answer.verdict, now_phase, tx.now, own=own)
        if became[each.number] is None and each.verdict != answer.verdict:
            taken.append(each)
    carry_out(tx, review, taken, answer, reviewer.by)
    return became


def carry_out(tx: Tx, review: Thing, taken: Sequence[Kept], answer: Answer, by: str) -> None:
    """Write down a verdict on some items, and do what it says; ``by`` is empty for the due moment."""
    if not taken:
        return
    ends = things.by_keys(tx.sql, sorted({key for each in taken for key in (each.source, each.target)}))
    for each in taken:
        source, target = ends[each.source], ends[each.target]
        tx.record(
            GrantReviewed(
                named(review), each.number, named(source), named(target), answer.verdict, by, answer.comment
            )
        )
        if answer.verdict == "end":
            for resource in revoked_together(tx.sql, target):
                grants.revoke(tx, source, resource)
    values = {
        "verdict": answer.verdict,
        "decided_at": tx.now,
        "decided_by": by,
        "comment": answer.comment,
    }
    stored.decide(tx.sql, review.key, [each.number for each in taken], values)
