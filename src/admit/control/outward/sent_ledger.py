"""The ledger sent to a SIEM: entry by entry as syslog, in order, again until it was taken, none left out."""

from dataclasses import dataclass
from socket import gethostname

import msgspec
import structlog
from sqlalchemy import Connection

from admit.base.syslog import Message, SyslogServer
from admit.core.validity import MINUTE, SECOND, Millis, iso_with_millis
from admit.store import changes
from admit.store.changes import Change, Place
from admit.store.engine import Author, Store
from admit.store.links import current_revision

log = structlog.get_logger("admit.syslog")

FOLLOWER = "syslog"
BATCH = 200
"""About how many entries go over one connection."""
FIRST_PAUSE: Millis = SECOND
LONGEST_PAUSE: Millis = 5 * MINUTE
AUTHOR = Author("admit", "syslog", "")


@dataclass(frozen=True, slots=True)
class LedgerSender:
    """Sends what comes into the ledger. One that never ran begins with what comes next."""

    store: Store
    server: SyslogServer

    def send_next(self) -> bool:
        """Send the next entries, if it is time to; returns whether there were any, and they were taken.

        The place in the ledger moves once the connection was closed in order. Dying before that sends the
        last of them again: an entry is known by its revision and its ordinal.
        """
        with self.store.read() as sql:
            place, newest = changes.place(sql, FOLLOWER), current_revision(sql)
            if place is not None and (place.revision >= newest or place.retry_at > self.store.clock.now()):
                return False
            batch = [] if place is None else changes.entries_after(sql, place.revision, BATCH)
        if place is None:
            self._write(newest)
            return False
        try:
            with self.server.connect() as line:
                for change, digest in batch:
                    line.send(_message(change, digest).encoded())
                line.finish()
        except OSError as error:
            self._put_off(place, str(error))
            return False
        self._write(batch[-1][0].revision)
        return True

    def _put_off(self, place: Place, error: str) -> None:
        pause = min(FIRST_PAUSE << min(place.failures, 16), LONGEST_PAUSE)
        log.warning("the ledger cannot be sent", server=self.server.url, error=error, pause_ms=pause)

        def body(sql: Connection) -> None:
            changes.put_off(sql, FOLLOWER, place.failures + 1, self.store.clock.now() + pause)

        self.store.write_now(AUTHOR, lambda tx: body(tx.sql))

    def _write(self, revision: int) -> None:
        self.store.write_now(AUTHOR, lambda tx: changes.set_cursor(tx.sql, FOLLOWER, revision))


def _message(change: Change, digest: bytes) -> Message:
    """An entry as a message: all of it, as one JSON object."""
    at = iso_with_millis(change.at)
    told = {
        "revision": change.revision,
        "ordinal": change.ordinal,
        "at": at,
        "actor": change.actor,
        "action": change.action,
        "request_id": change.request_id,
        "event": type(change.event).__name__,
        "fact": change.event,
        "hash": digest.hex(),
    }
    return Message(at, gethostname(), type(change.event).__name__, msgspec.json.encode(told))
