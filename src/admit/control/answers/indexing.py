"""Keeping the index: loaded beside the answering of requests, kept up, let go of when it takes too much."""

import structlog

from admit.control.world import World
from admit.core.validity import SECOND, Millis
from admit.store.engine import Store

log = structlog.get_logger("admit.index")

PAUSE: Millis = SECOND
"""How long after one look for changes comes the next: who asks meanwhile takes in a few first."""


def keep(store: Store, world: World) -> bool:
    """Bring the index up to now, and tell how it is; returns whether it may be kept.

    Raises:
        Exception: whatever the store does. The next time it is read anew.
    """
    replica, metrics = store.replica, world.metrics
    fits = True
    with store.read() as sql:
        try:
            replica.keep(sql)
        except OverflowError:
            fits = False
    index = replica.newest
    size = 0 if index is None else index.size_bytes
    if size > replica.most_bytes:
        fits = False
    if not fits:
        replica.drop()
        log.warning("the index does not fit, and the database is asked instead", size_bytes=size)
    metrics.index_bytes.set(size if fits else 0)
    metrics.index_revision.set(index.revision if fits and index is not None else 0)
    return fits
