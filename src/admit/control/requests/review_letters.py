"""Mail about access reviews: to whoever has something to decide, at the beginning and before it is due."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection

from admit.control.followers import Follower
from admit.control.requests import offers
from admit.control.requests.reviews import ReviewDetails, sight_of
from admit.core.events import ThingAdded, ThingChanged
from admit.core.links import Kind
from admit.core.texts import printable
from admit.core.validity import iso
from admit.store import messages, review_counts, things
from admit.store.changes import Change
from admit.store.engine import Tx
from admit.store.messages import NewMessage
from admit.store.things import Thing


class _Address(msgspec.Struct):
    """What a letter needs of a user, whichever service has them."""

    email: str | None = None


def follower(domain: str, url: str) -> Follower:
    """Writes the letters of each review; ``url`` is where the pages are."""

    def apply(tx: Tx, change: Change) -> None:
        event = change.event
        if not isinstance(event, ThingAdded | ThingChanged) or event.thing.kind is not Kind.REVIEW:
            return
        begins = isinstance(event, ThingAdded)
        if not begins and event.fields.get("reminded_at") is None:
            return
        review = things.by_key(tx.sql, event.thing.key)
        for number, (address, waiting) in enumerate(_reviewers(tx, review)):
            subject, text = _letter(review, waiting, url, begins=begins)
            cause = f"{change.revision}/review/{review.key}/{number}"
            message_id = f"<{change.revision}.{review.key}.{number}@review.{domain}>"
            messages.add(tx.sql, NewMessage(cause, address, subject, text, message_id), tx.now)

    return Follower("review letters", apply)


def _reviewers(tx: Tx, review: Thing) -> Iterator[tuple[str, int]]:
    """The address of everybody who has something to decide, each once, and how much that is."""
    details = review.read(ReviewDetails)
    found: dict[str, list[Thing]] = {}
    for user in _users(tx.sql, details):
        address = user.read(_Address).email
        if address:
            found.setdefault(address, []).append(user)
    for address, users in found.items():
        sight = sight_of(tx.sql, users, details)
        waiting = review_counts.waiting(tx.sql, review.key, tx.now, sight)
        if waiting:
            yield address, waiting


def _users(sql: Connection, details: ReviewDetails) -> list[Thing]:
    found = dict(things.by_keys(sql, details.reviewers))
    if details.owners:
        for _, resource in offers.offered(sql):
            found |= {user.key: user for user in offers.owners(sql, resource)}
    gone = things.removed_among(sql, sorted(found))
    return [found[key] for key in sorted(found) if key not in gone]


def _letter(review: Thing, waiting: int, url: str, *, begins: bool) -> tuple[str, str]:
    details, name = review.read(ReviewDetails), printable(review.name)
    then = "is revoked" if details.unanswered == "end" else "stays"
    many = "1 grant" if waiting == 1 else f"{waiting} grants"
    note = f"\n{_quoted(details.note)}\n" if details.note else ""
    subject = f"{many} to review: {name}" if begins else f"Still {many} to review: {name}"
    text = (
        f"The access review {name} waits for you to say of {many} whether it is still needed.\n{note}\n"
        f"Decide until {iso(details.due_at)}: {url}/home/reviews/{review.id}\n"
        f"What nobody has decided on by then {then}.\n"
    )
    return subject, text


def _quoted(text: str) -> str:
    """What somebody wrote, so that no line of it looks like one of ours."""
    return "\n".join(f"> {line}" for line in text.splitlines())
