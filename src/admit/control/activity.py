"""Noting what happens all the time: at once in memory, and soon after in the store."""

import threading
from collections import deque
from functools import partial

import structlog

from admit.base.metrics import Metrics
from admit.core.activity import Activity
from admit.core.validity import SECOND, Millis
from admit.store import activity as stored
from admit.store.engine import Author, Store, Tx

log = structlog.get_logger("admit.activity")

CAPACITY = 50_000
"""How many activities may wait to be written down, some 50 MB: what comes while a disk is stuck."""
BATCH = 500
"""How many are written in one transaction: others wait for it, some milliseconds."""
PAUSE: Millis = SECOND
"""How long after a writing the next one begins: what a crash may lose."""
AUTHOR = Author("admit", "activity", "")
"""It changes no policy, so that it stands in no ledger."""


class Activities:
    """What has happened and is not written down yet."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._waiting: deque[Activity] = deque()
        self._writing = threading.Lock()
        self._losing = threading.Lock()
        self._lost = 0

    def note(self, activity: Activity) -> None:
        """Take one, from any thread. It never waits and never fails; without room it is lost, and counted."""
        if len(self._waiting) < self._capacity:
            self._waiting.append(activity)
        else:
            self._lose(1)

    def write(self, store: Store, metrics: Metrics) -> None:
        """Write down all that waits, and tell what was lost since the last time.

        What could not be written waits on.

        Raises:
            Exception: whatever the store does.
        """
        with self._writing:
            self._tell_lost(metrics)
            while batch := self._taken():
                try:
                    store.write_now(AUTHOR, partial(_add, batch))
                except BaseException:
                    self._waiting.extendleft(reversed(batch))
                    raise

    def finish(self, store: Store, metrics: Metrics) -> None:
        """Write down all that waits; what cannot be written now never will."""
        try:
            self.write(store, metrics)
        except Exception:
            log.exception("activity cannot be written")
            self._lose(len(self._waiting))
            self._tell_lost(metrics)

    def _taken(self) -> list[Activity]:
        return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def _lose(self, many: int) -> None:
        with self._losing:
            self._lost += many

    def _tell_lost(self, metrics: Metrics) -> None:
        with self._losing:
            lost, self._lost = self._lost, 0
        if lost:
            metrics.activity_dropped.inc(lost)
            log.warning("activity dropped", count=lost)


def _add(batch: list[Activity], tx: Tx) -> None:
    stored.add(tx.sql, batch)
