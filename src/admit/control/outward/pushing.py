"""Pushing security events to receivers (RFC 8935): in order, again until they are taken, none left out."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from admit.base.later import httpx
from admit.control.eiam import signing_keys
from admit.control.outward import signals
from admit.control.outward.signals import StreamDetails
from admit.control.world import World
from admit.core.validity import MINUTE, SECOND, Millis
from admit.store import changes, things
from admit.store.changes import Change
from admit.store.engine import Author, Store
from admit.store.links import current_revision
from admit.store.things import Thing

log = structlog.get_logger("admit.signals")

BATCH = 100
TIMEOUT_S = 10.0
SAID_BYTES = 200
"""How much is logged of what a receiver says that refuses an event."""
CLAIM: Millis = 2 * MINUTE
"""How long a sender keeps a stream from others; it says again that it lives with each batch."""
FIRST_PAUSE: Millis = SECOND
LONGEST_PAUSE: Millis = 5 * MINUTE
AUTHOR = Author("admit", "signals", "")


class _Delayed(Exception):
    """A receiver has not taken an event, and may take it later; the text says why."""


@dataclass(frozen=True, slots=True)
class Pusher:
    """Sends each stream's events to its receiver."""

    store: Store
    world: World

    def due(self) -> list[Thing]:
        """The streams that have something to look at now."""
        now = self.store.clock.now()
        with self.store.read() as sql:
            newest = current_revision(sql)
            return [
                stream
                for stream in signals.streams(sql, self.world)
                if stream.read(StreamDetails).status == "enabled" and _is_due(sql, stream, newest, now)
            ]

    def push_next(self, stream: Thing) -> bool:
        """Tell a stream's receiver of the next changes; returns whether it took all of them.

        Its place in the change log moves behind what was taken, revision by revision. Dying before that
        tells the last of them again, with the same ``jti``.
        """
        name = signals.follower_of(stream)
        with self.store.read() as sql:
            place = changes.place(sql, name)
            if place is None:
                return False
            batch = changes.after(sql, place.revision, BATCH)
            authorization = signals.authorization_of(sql, self.world, stream)
        if not batch:
            return False
        self._write(lambda sql: changes.put_off(sql, name, place.failures, self.store.clock.now() + CLAIM))
        taken = place.revision
        try:
            with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False) as client:
                for change, last in zip(batch, [*(each.revision for each in batch[1:]), 0], strict=True):
                    self._push(client, stream, authorization, change)
                    if last != change.revision:
                        taken = change.revision
        except _Delayed as delay:
            pause = min(FIRST_PAUSE << min(place.failures, 16), LONGEST_PAUSE)
            log.warning("signal delayed", stream=stream.id, error=str(delay), pause_ms=pause)
            self._write(lambda sql: self._stop(sql, name, taken, place.failures + 1, pause))
            return False
        self._write(lambda sql: changes.set_cursor(sql, name, taken))
        return True

    def _stop(self, sql: Connection, name: str, taken: int, failures: int, pause: Millis) -> None:
        changes.set_cursor(sql, name, taken)
        changes.put_off(sql, name, failures, self.store.clock.now() + pause)

    def _push(self, client: "httpx.Client", stream: Thing, authorization: str | None, change: Change) -> None:
        told = signals.claims(self.world, stream, change)
        if told is None:
            return
        with self.store.read() as sql:
            account = things.by_key(sql, self.world.account_key)
        key = signing_keys.current(self.store, self.world, account)
        headers = {"Content-Type": "application/secevent+jwt", "Accept": "application/json"}
        if authorization is not None:
            headers["Authorization"] = authorization
        endpoint = stream.read(StreamDetails).endpoint
        try:
            signed = signals.signed(key, told)
            with client.stream("POST", endpoint, content=signed, headers=headers) as answer:
                # What comes first, as it comes: there may be no end of it, and unpacked much more.
                said = next(answer.iter_raw(), b"")[:SAID_BYTES].decode("utf-8", "replace")
        except httpx.HTTPError as error:
            raise _Delayed(f"{endpoint} cannot be reached: {error}") from None
        if answer.status_code == httpx.codes.BAD_REQUEST:
            # The receiver says that it will never take this one (RFC 8935, 2.4): others must not wait for it.
            log.error("signal refused", stream=stream.id, jti=told["jti"], answer=said)
        elif not answer.is_success:
            raise _Delayed(f"{endpoint} answered {answer.status_code}")

    def _write(self, body: Callable[[Connection], None]) -> None:
        self.store.write_now(AUTHOR, lambda tx: body(tx.sql))


def _is_due(sql: Connection, stream: Thing, newest: int, now: Millis) -> bool:
    place = changes.place(sql, signals.follower_of(stream))
    return place is not None and place.revision < newest and place.retry_at <= now
