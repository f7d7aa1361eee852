"""The floors of the server: what answers the same requests under the same server, and does nothing else.

``python -m bench.floor_server KEY_ID SECRET``: ``/hello`` answers a constant; ``/`` reads the form, verifies
the signature and decodes the parameters, as admit must before it can begin.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import uvicorn

from admit.base.listening import listen
from admit.rpc import form
from admit.rpc.signature import Wire, business_parameters, read_claim, verify
from admit.server import CONNECTIONS, KEEP_ALIVE_S
from admit.server.protocol import LimitedProtocol

ANSWER = b'{"RequestId":"00000000-0000-4000-8000-000000000000"}'

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Floor:
    """A bare ASGI application."""

    access_key_id: str
    secret: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        message = await receive()
        if scope["path"] == "/":
            self._verify(scope, message["body"])
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(ANSWER)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": ANSWER})

    def _verify(self, scope: Scope, body: bytes) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query, fields = form.parse(scope["query_string"]), form.parse(body)
        wire = Wire(scope["method"], "/", query, fields, headers, body)
        claim = read_claim(wire)
        if claim.access_key_id != self.access_key_id:
            raise LookupError(claim.access_key_id)
        verify(wire, claim, self.secret)
        business_parameters(wire)


class _Server(uvicorn.Server):
    """A server that says where it answers."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        host, port = sockets[0].getsockname()
        print(f"floor is ready: http://{host}:{port}", flush=True)


async def _serve(floor: Floor) -> None:
    # As admit.server has it.
    config = uvicorn.Config(
        floor,
        http=LimitedProtocol,
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    await _Server(config).serve([listen("127.0.0.1:0")])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvicorn.Config(Floor("", "")).get_loop_factory()) as runner:
        runner.run(_serve(Floor(*sys.argv[1:])))
