"""Answers over HTTP that are there whole, and applications that may have one without waiting for anything."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Protocol, TypeAlias

import msgspec

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Header: TypeAlias = tuple[bytes, bytes]


class Reply(msgspec.Struct, frozen=True):
    """A whole answer. Its headers say how long it is."""

    status: int
    headers: Sequence[Header]
    body: bytes

    async def send(self, send: Send, *, head: bool = False) -> None:
        """Send it the way of ASGI; of an answer to HEAD the body stays."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"" if head else self.body})


class AtOnce(Protocol):
    """An application of ASGI that answers a request at once which is there whole, if it can.

    To HEAD it is not asked for an answer at once.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, however it comes."""
        ...

    def at_once(self, scope: Scope, body: bytes) -> Reply | Application:
        """The answer to a request with this body; or what answers it, where that has to wait."""
        ...
