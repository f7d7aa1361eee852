"""The due moment of access reviews: what nobody answered is kept or ended, by whichever server is there."""

from collections.abc import Sequence
from functools import partial

import msgspec

from admit.control import things as verbs
from admit.control.recipients import revoked_together
from admit.control.requests import reviews
from admit.control.requests.reviews import Answer, ReviewDetails
from admit.core.links import Kind
from admit.core.reviews import remind_at
from admit.core.validity import SECOND, Millis
from admit.store import reviews as stored
from admit.store import things
from admit.store.engine import Author, Store, Tx
from admit.store.reviews import Kept, Wanted
from admit.store.things import Thing

AUTHOR = Author("admit", "review:due", "")
"""Who ends what nobody answered: the ledger has beside it which review, and who began that."""
PAUSE: Millis = 5 * SECOND
"""How often to look what is due."""
BATCH = 25
"""How many items are dealt with in one transaction: others wait for it."""
NOBODY = ""


def keep_up(store: Store) -> bool:
    """Remind and close what is due, a batch at a time; whether there was anything.

    All it goes by stands in the database: what a server that was stopped missed is done when it is started,
    and of several servers it does not matter which comes first.
    """
    now = store.clock.now()
    with store.read() as sql:
        due = [each for each in reviews.every(sql) if _is_due(each, now)]
    for review in due:
        store.write_now(AUTHOR, partial(_advance, review.key))
    return bool(due)


def _is_due(review: Thing, now: Millis) -> bool:
    details = review.read(ReviewDetails)
    return reviews.phase_of(details, now) == "closing" or _to_remind(review, details, now)


def _to_remind(review: Thing, details: ReviewDetails, now: Millis) -> bool:
    open_ = reviews.phase_of(details, now) == "open"
    moment = remind_at(review.created_at, details.due_at, reviews.REMIND_BEFORE)
    return open_ and details.reminded_at is None and now >= moment


def _advance(key: int, tx: Tx) -> None:
    """What is next for one review, if it is still so: another server may have done it."""
    review = things.by_key(tx.sql, key)
    details = review.read(ReviewDetails)
    if _to_remind(review, details, tx.now):
        verbs.change(tx, review, details=msgspec.structs.replace(details, reminded_at=tx.now))
    elif reviews.phase_of(details, tx.now) == "closing":
        waiting = stored.items(tx.sql, key, Wanted(state="waiting"), tx.now, BATCH)
        for answer, items in _answers(tx, review, details, waiting):
            reviews.carry_out(tx, review, items, answer, NOBODY)
        if len(waiting) < BATCH:
            verbs.change(tx, review, details=msgspec.structs.replace(details, closed_at=tx.now))


def _answers(
    tx: Tx, review: Thing, details: ReviewDetails, waiting: Sequence[Kept]
) -> tuple[tuple[Answer, list[Kept]], ...]:
    """What the due moment says of what waits; of a host nothing that would take along what was kept on it."""
    if details.unanswered == "keep":
        return ((Answer("keep"), list(waiting)),)
    hosts = things.by_keys(tx.sql, [each.target for each in waiting])
    needed = [
        each
        for each in waiting
        if hosts[each.target].kind is Kind.HOST and _an_account_stays(tx, review, each, hosts[each.target])
    ]
    rest = [each for each in waiting if each not in needed]
    return (Answer("keep", "An account on it stays."), needed), (Answer("end"), rest)


def _an_account_stays(tx: Tx, review: Thing, item: Kept, host: Thing) -> bool:
    """Whether somebody keeps an account on a host: it was kept, or granted later than the review began."""
    accounts = [each.key for each in revoked_together(tx.sql, host)[1:]]
    return stored.stays(tx.sql, review.key, item.source, accounts, tx.now)


def close(tx: Tx, review: Thing, details: ReviewDetails) -> None:
    """Make a review due now; what nobody answered follows within seconds."""
    verbs.change(tx, review, details=msgspec.structs.replace(details, due_at=tx.now))
