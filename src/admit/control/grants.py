"""The verbs for links: grant, revoke, change for how long."""

from admit.control.things import close, named
from admit.core.events import GraceSet, LinkAdded, LinkChanged
from admit.core.links import Link
from admit.core.validity import PERMANENT, Millis, Validity
from admit.store import links as stored
from admit.store.engine import Tx
from admit.store.links import Held
from admit.store.things import Thing


def find(tx: Tx, source: Thing, target: Thing) -> Held | None:
    """The link between two things, in force or not."""
    return stored.find(tx.sql, source.ref, target.ref)


def grant(tx: Tx, source: Thing, target: Thing, validity: Validity = PERMANENT) -> bool:
    """Join two things; returns False, and changes nothing, if they are joined already."""
    if not stored.add(tx.sql, Link(source.ref, target.ref, validity), tx.now, tx.revision):
        return False
    tx.record(LinkAdded(named(source), named(target), validity.start, validity.end))
    return True


def revoke(tx: Tx, source: Thing, target: Thing) -> bool:
    """Part two things; returns False, and changes nothing, if they are not joined."""
    if find(tx, source, target) is None:
        return False
    close(tx, source.ref, target.ref)
    return True


def set_validity(tx: Tx, source: Thing, target: Thing, validity: Validity) -> bool:
    """Let a link hold for another period; returns False if there is no link.

    The link as it was goes to the past, so that history answers by what held then.
    """
    held = find(tx, source, target)
    if held is None:
        return False
    if held.validity == validity:
        return True
    grace = stored.grace(tx.sql, source.ref, target.ref)
    stored.close(tx.sql, source.ref, target.ref, tx.now, tx.revision)
    stored.add(tx.sql, Link(source.ref, target.ref, validity), tx.now, tx.revision)
    was = held.validity
    tx.record(LinkChanged(named(source), named(target), validity.start, validity.end, was.start, was.end))
    if grace:
        _let_go_on(tx, source, target, grace)
    return True


def set_grace(tx: Tx, source: Thing, target: Thing, grace: Millis) -> bool:
    """Let live sessions go on for ``grace`` after a link's end, ``FOREVER`` until they are finished.

    It is of this one link: another path, or the same granted anew, has its own. Only an end that comes by
    the clock leaves it; what is taken back ends at once. Returns False if that is how it was.
    """
    if stored.grace(tx.sql, source.ref, target.ref) == grace:
        return False
    _let_go_on(tx, source, target, grace)
    return True


def _let_go_on(tx: Tx, source: Thing, target: Thing, grace: Millis) -> None:
    stored.set_grace(tx.sql, source.ref, target.ref, grace)
    tx.record(GraceSet(named(source), named(target), grace))
