"""Sessions in the ledger: that one is to end, and that one has ended."""

from dataclasses import replace

from sqlalchemy import Connection

from admit.control.access import ask_as_of
from admit.control.things import named
from admit.core.events import SessionEnded, SessionEndOrdered
from admit.core.validity import SECOND, Millis
from admit.store import changes, things
from admit.store import sessions as stored
from admit.store.changes import Change
from admit.store.engine import Author, Store, Tx
from admit.store.links import current_revision
from admit.store.sessions import Session

AT_ONCE = 500
"""How many ends one transaction records."""
PAUSE: Millis = SECOND
"""How long after a recording the next one begins; until then an end stands in its row, also after a crash."""
AUTHOR = Author("admit", "sessions", "")


def order_end(tx: Tx, session: Session, reason: str) -> bool:
    """Have the door that has a session end it; returns False if it is over, or was ordered already."""
    if session.ended_at is not None or session.ordered_by is not None:
        return False
    stored.order_end(tx.sql, session.id, tx.author.actor, reason)
    ends = things.by_keys(tx.sql, (session.person, session.resource))
    person, resource = named(ends[session.person]), named(ends[session.resource])
    tx.record(SessionEndOrdered(session.id, person, resource, reason))
    return True


def as_of(sql: Connection, session: Session, at: Millis) -> Session:
    """A session as it was known at a moment: when it would end by what stood then, and who had ordered it."""
    if session.ended_at is not None and session.ended_at <= at:
        return session
    known = things.by_keys(sql, (session.user, session.resource))
    decision = ask_as_of(sql, known[session.user].ref, known[session.resource].ref, at)
    order = None if session.ordered_by is None else _order(sql, session, at)
    return replace(
        session,
        ended_at=None,
        outcome=None,
        reason=None,
        seen_at=min(session.seen_at, at),
        # A grace lets a session go on where no grant does any more: of that its row alone tells.
        until=decision.valid_until if decision.allowed else session.until,
        ordered_by=None if order is None else order.actor,
    )


def _order(sql: Connection, session: Session, at: Millis) -> Change | None:
    """The order that a session end, if it was given by then: the end came soon, so it is among the newest."""
    until = changes.revision_at(sql, at, current_revision(sql))
    about = changes.Told(session.person, session.resource, until)
    newest = (change for change, _ in changes.newest(sql, about, changes.BEFORE_ALL, AT_ONCE))
    return next(
        (
            each
            for each in newest
            if isinstance(each.event, SessionEndOrdered) and each.event.session == session.id
        ),
        None,
    )


def record_ends(store: Store) -> int:
    """Put the ends that the ledger does not have yet into it; returns how many.

    A door only writes the row: the key of the ledger is none of its business.
    """
    with store.read() as sql:
        if not stored.unrecorded(sql, 1):
            return 0
    return store.write_now(AUTHOR, _record)


def _record(tx: Tx) -> int:
    over = stored.unrecorded(tx.sql, AT_ONCE)
    known = things.by_keys(tx.sql, sorted({key for each in over for key in (each.person, each.resource)}))
    for each in over:
        tx.record(
            SessionEnded(
                session=each.id,
                door=each.door,
                person=named(known[each.person]),
                resource=named(known[each.resource]),
                opened_at=each.opened_at,
                ended_at=each.ended_at or each.seen_at,
                outcome=each.outcome or "",
                reason=each.reason or "",
            )
        )
    stored.set_recorded(tx.sql, [each.key for each in over], tx.revision)
    return len(over)
