"""A whole admit for a test, driven as its callers drive it."""

import asyncio
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from admit.base.clock import FakeClock
from admit.base.replies import Reply
from admit.control.founding import Founded
from admit.core.validity import Millis
from admit.main import Admit
from admit.rpc.signing import Call, SigningKey, sign_acs3
from admit.store.links import current_revision


class Refused(Exception):
    """An answer that is an error, as a client sees it."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body['Code']}: {body['Message']}")
        self.status = status
        self.code = body["Code"]
        self.message = body["Message"]
        self.body = body


@dataclass
class System:
    """A running system under a clock that stands still until it is moved."""

    admit: Admit
    clock: FakeClock
    founded: Founded
    peer: str = "127.0.0.1"
    """The address calls come from."""
    scheme: str = "http"
    """What calls come over; with TLS ``https``."""
    whole: bool = True
    """Whether requests come in one piece, and are answered at once where that can be."""
    key: SigningKey = field(init=False)
    _count: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.key = SigningKey(self.founded.access_key_id, self.founded.access_key_secret)

    def call(
        self, product: str, action: str, key: SigningKey | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """Sign a call with wire-named parameters and make it through the whole server.

        Lists and dictionaries travel in dotted form; what is given as text travels as it is.

        Raises:
            Refused: the answer is an error.
        """
        service = next(each for each in self.admit.registry.services if each.product == product)
        return self.send(service.version, action, flat(parameters), key)

    def send(
        self, version: str, action: str, parameters: Mapping[str, str], key: SigningKey | None = None
    ) -> dict[str, Any]:
        """The same with parameters that are flat already."""
        nonce = f"nonce-{next(self._count)}"
        call = Call("POST", "admit.test", action, version, {}, parameters, self.clock.now(), nonce)
        signed = sign_acs3(call, key or self.key)
        status, body, _ = self.http("POST", signed.target, signed.headers, signed.body)
        answer = json.loads(body)
        if status >= 400:
            raise Refused(status, answer)
        return answer

    def http(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"", peer: str | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """One raw HTTP request through the ASGI application: status, body, headers."""
        return asyncio.run(self._http(method, target, headers, body, peer or self.peer))

    async def _http(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, peer: str
    ) -> tuple[int, bytes, dict[str, str]]:
        path, _, query = target.partition("?")
        sent: list[Any] = []
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode("latin-1"),
            "scheme": self.scheme,
            "client": (peer, 40000),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        }

        bodies = [body]

        async def receive() -> dict[str, Any]:
            if not bodies:
                # The client stays, and says no more.
                await asyncio.Event().wait()
            return {"type": "http.request", "body": bodies.pop(), "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        found = self.admit.web.at_once(scope, body) if self.whole and method != "HEAD" else self.admit.web
        await (found.send(send) if isinstance(found, Reply) else found(scope, receive, send))
        answered: dict[str, str] = {}
        for name, value in sent[0]["headers"]:
            # Of cookies an answer may set several: a line each.
            before = f"{answered[name.decode()]}\n" if name.decode() in answered else ""
            answered[name.decode()] = before + value.decode()
        return sent[0]["status"], b"".join(each.get("body", b"") for each in sent[1:]), answered

    def revision(self) -> int:
        """The number of the newest policy change: equal before and after means nothing changed."""

        with self.admit.store.read() as sql:
            return current_revision(sql)

    def advance(self, span: Millis) -> None:
        """Let time pass."""
        self.clock.advance(span)


def flat(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Nested parameters in dotted form; None is left out."""
    found: dict[str, str] = {}
    for name, value in parameters.items():
        _flatten(name, value, found)
    return found


def _flatten(name: str, value: Any, into: dict[str, str]) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _flatten(f"{name}.{key}", item, into)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value, 1):
            _flatten(f"{name}.{number}", item, into)
    elif isinstance(value, bool):
        into[name] = "true" if value else "false"
    elif value is not None:
        into[name] = str(value)
