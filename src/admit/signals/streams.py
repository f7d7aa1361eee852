"""Streams as receivers configure them: each caller sees and changes their own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection

from admit.base.chance import Chance
from admit.control.callers import Caller
from admit.control.outward import signals
from admit.control.outward.signals import SUPPORTED, Status, StreamDetails
from admit.control.world import World
from admit.store.engine import Author, Store, Tx
from admit.store.things import Thing

T = TypeVar("T")

PUSH = "urn:ietf:rfc:8935"
MOST = 10
"""How many streams one caller may have."""


class Refused(Exception):
    """What is asked for cannot be; an HTTP status and a text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Delivery(msgspec.Struct):
    """How events come to the receiver."""

    method: str
    endpoint_url: str | None = None
    authorization_header: str | None = None


class Configured(msgspec.Struct):
    """A stream as a receiver asks for it."""

    stream_id: str | None = None
    delivery: Delivery | None = None
    events_requested: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one caller."""

    store: Store
    world: World
    caller: Caller

    async def create(self, wanted: Configured) -> dict[str, Any]:
        """Make a stream."""
        if wanted.delivery is None:
            raise Refused(400, "delivery is missing.")
        endpoint = _endpoint(wanted.delivery)
        details = StreamDetails(self.caller.principal_id, endpoint, endpoint, _events(wanted))
        authorization = wanted.delivery.authorization_header

        def body(tx: Tx) -> dict[str, Any]:
            if len(signals.streams(tx.sql, self.world, self.caller.principal_id)) >= MOST:
                raise Refused(409, f"There are {MOST} streams already.")
            return stream_told(self.world, signals.create(tx, self.world, details, authorization))

        return await self._write("CreateSignalStream", body)

    async def read(self, stream_id: str | None) -> Any:
        """One stream, or all."""

        def look(sql: Connection) -> Any:
            if stream_id is not None:
                return stream_told(self.world, self._own(sql, stream_id))
            found = signals.streams(sql, self.world, self.caller.principal_id)
            return [stream_told(self.world, each) for each in found]

        return await self._read(look)

    async def update(self, wanted: Configured, *, whole: bool) -> dict[str, Any]:
        """Change what is given of a stream; the whole of it takes what is not given from the defaults."""

        def body(tx: Tx) -> dict[str, Any]:
            stream = self._own(tx.sql, wanted.stream_id or "")
            details, delivery = stream.read(StreamDetails), wanted.delivery
            if whole and delivery is None:
                raise Refused(400, "delivery is missing.")
            if delivery is not None:
                endpoint = _endpoint(delivery)
                details = msgspec.structs.replace(details, endpoint=endpoint, audience=endpoint)
                signals.keep_authorization(tx, self.world, stream, delivery.authorization_header)
            if whole or wanted.events_requested is not None:
                details = msgspec.structs.replace(details, requested=_events(wanted))
            return stream_told(self.world, signals.change(tx, stream, details))

        return await self._write("UpdateSignalStream", body)

    async def remove(self, stream_id: str) -> None:
        """End a stream."""
        await self._write("DeleteSignalStream", lambda tx: signals.remove(tx, self._own(tx.sql, stream_id)))

    async def status(self, stream_id: str) -> dict[str, Any]:
        """Whether a stream runs."""
        return await self._read(lambda sql: _status_told(self._own(sql, stream_id)))

    async def set_status(self, stream_id: str, status: Status, reason: str) -> dict[str, Any]:
        """Let a stream run, wait, or tell nothing."""

        def body(tx: Tx) -> dict[str, Any]:
            stream = self._own(tx.sql, stream_id)
            wanted = msgspec.structs.replace(stream.read(StreamDetails), status=status, reason=reason[:256])
            return _status_told(signals.change(tx, stream, wanted))

        return await self._write("UpdateSignalStream", body)

    async def verify(self, stream_id: str, state: str | None) -> None:
        """Have an event sent that proves that the stream works."""

        def body(tx: Tx) -> None:
            stream = self._own(tx.sql, stream_id)
            details = stream.read(StreamDetails)
            if state is not None and len(state) > 256:
                raise Refused(400, "state is too long.")
            count = details.verifications + 1
            asked = msgspec.structs.replace(details, verification=state, verifications=count)
            signals.change(tx, stream, asked)

        await self._write("VerifySignalStream", body)

    def _own(self, sql: Connection, stream_id: str) -> Thing:
        found = signals.streams(sql, self.world, self.caller.principal_id)
        stream = next((each for each in found if each.id == stream_id), None)
        if stream is None:
            raise Refused(404, "There is no such stream.")
        return stream

    async def _read(self, look: Callable[[Connection], T]) -> T:
        def body() -> T:
            with self.store.read() as sql:
                return look(sql)

        return await asyncio.to_thread(body)

    async def _write(self, action: str, body: Callable[[Tx], T]) -> T:
        author = Author(self.caller.arn, f"admit:{action}", Chance().request_id())
        return await asyncio.wrap_future(self.store.write(author, body))


def _endpoint(delivery: Delivery) -> str:
    """Where to push: over TLS, but to this machine.

    Raises:
        Refused: it is no such address, or delivery is another.
    """
    if delivery.method != PUSH or delivery.endpoint_url is None:
        raise Refused(400, f"delivery.method must be {PUSH}, with an endpoint_url.")
    try:
        parts = urlsplit(delivery.endpoint_url)
        # That a port is none is told only to whoever asks for it.
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Refused(400, "delivery.endpoint_url is no address.") from None
    local = host in ("127.0.0.1", "localhost", "::1")
    if not host or (parts.scheme != "https" and not (parts.scheme == "http" and local)):
        raise Refused(400, "delivery.endpoint_url must be an https address.")
    header = delivery.authorization_header or ""
    if not (header.isascii() and header.isprintable()):
        raise Refused(400, "delivery.authorization_header is no header.")
    return delivery.endpoint_url


def _events(wanted: Configured) -> tuple[str, ...]:
    asked = SUPPORTED if wanted.events_requested is None else wanted.events_requested
    return tuple(each for each in SUPPORTED if each in asked)


def stream_told(world: World, stream: Thing) -> dict[str, Any]:
    """A stream as its receiver is told of it; what it shows with each push is not."""
    details = stream.read(StreamDetails)
    return {
        "stream_id": stream.id,
        "iss": world.url,
        "aud": details.audience,
        "events_supported": list(SUPPORTED),
        "events_requested": list(details.requested),
        "events_delivered": list(details.requested),
        "delivery": {"method": PUSH, "endpoint_url": details.endpoint},
    }


def _status_told(stream: Thing) -> dict[str, Any]:
    details = stream.read(StreamDetails)
    told = {"stream_id": stream.id, "status": details.status}
    return told | ({"reason": details.reason} if details.reason else {})
