"""Calling the API: over the network, or in this process on a data directory."""

import asyncio
import json
import logging
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.control.callers import SECRET, KeyDetails
from admit.core.links import Kind
from admit.main import SERVICES, Admit, open_admit
from admit.rpc.operation import Operation
from admit.rpc.signing import Call, SigningKey, sign_acs3
from admit.settings import Settings
from admit.store import things

TIMEOUT_S = 60.0


class Unreachable(Exception):
    """The server cannot be reached."""


class Refused(Exception):
    """The server's answer is an error."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(body.get("Code", ""))
        self.message = str(body.get("Message", ""))
        self.request_id = str(body.get("RequestId", ""))
        super().__init__(f"{self.code}: {self.message}")


@dataclass(frozen=True, slots=True)
class Client:
    """Signs calls with one key and makes them."""

    key: SigningKey
    host: str
    send: Callable[[httpx.Request], httpx.Response]

    def call(self, product: str, action: str, **parameters: Any) -> dict[str, Any]:
        """Make a call with wire-named parameters; structures travel as JSON, None not at all.

        Raises:
            Refused: the answer is an error.
            Unreachable: there is no answer.
        """
        operation = operation_named(product, action)
        query, form = _places(operation, parameters)
        nonce = Chance().text(32)
        now = SystemClock().now()
        call = Call("POST", self.host, action, operation.service.version, query, form, now, nonce)
        signed = sign_acs3(call, self.key)
        request = httpx.Request(
            "POST", f"http://{self.host}{signed.target}", headers=signed.headers, content=signed.body
        )
        answer = self.send(request)
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Unreachable(f"{self.host} answered, but not as admit does.")
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise Refused(answer.status_code, body)
        return body


def operation_named(product: str, action: str) -> Operation:
    """A declared operation.

    Raises:
        LookupError: there is none.
    """
    for service in SERVICES:
        if service.product == product:
            return service.operations[action]
    raise LookupError(product)


def _places(operation: Operation, parameters: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Query and form, by where the operation's parameters belong."""
    query: dict[str, str] = {}
    form: dict[str, str] = {}
    for name, value in parameters.items():
        if value is None:
            continue
        declared = operation.by_name.get(name.partition(".")[0])
        place = form if declared is not None and declared.position == "body" else query
        place[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return query, form


@contextmanager
def remote(endpoint: str, key: SigningKey, ca_file: str | None) -> Iterator[Client]:
    """A client of a server elsewhere; ``endpoint`` is ``http://host:port`` or ``https://host:port``.

    Raises:
        Unreachable: the endpoint is no address, or the authority's file cannot be read.
    """
    url = _address(endpoint)
    host = url.netloc.decode()
    try:
        verify = ssl.create_default_context(cafile=ca_file) if url.scheme == "https" else False
    except OSError as error:
        raise Unreachable(f"{ca_file} is no authority's certificate: {error}") from None
    with httpx.Client(verify=verify, timeout=TIMEOUT_S) as http:

        def send(request: httpx.Request) -> httpx.Response:
            request.url = request.url.copy_with(scheme=url.scheme)
            try:
                return http.send(request)
            except httpx.TransportError as error:
                raise Unreachable(f"{endpoint} cannot be reached: {error}") from None

        yield Client(key, host, send)


def _address(endpoint: str) -> httpx.URL:
    try:
        url = httpx.URL(endpoint if "://" in endpoint else f"http://{endpoint}")
    except httpx.InvalidURL as error:
        raise Unreachable(f"{endpoint} is no address: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise Unreachable(f"{endpoint} is no address: write http(s)://host:port.")
    return url


@contextmanager
def local(settings: Settings, key: SigningKey | None = None) -> Iterator[Client]:
    """A client of a data directory: the whole system runs in this process, for as long as it is needed.

    Without a key it calls as the account itself: who can read the key file is trusted with that.
    """
    # The answer says what became of a request: only what went wrong inside is worth a line, and not among
    # what the command prints. Nothing is cached: whoever configures logging next is heard.
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    admit = open_admit(settings)
    transport = httpx.ASGITransport(admit.web)
    try:
        with _looping() as loop:

            def send(request: httpx.Request) -> httpx.Response:
                # Callers of several threads may wait at once, as those of a server do.
                return asyncio.run_coroutine_threadsafe(_answered(transport, request), loop).result()

            yield Client(key or _root_key(admit), "admit.local", send)
    finally:
        admit.close()


@contextmanager
def _looping() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs on a thread of its own; what is still under way at the end is called off."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        loop = runner.get_loop()
        thread = threading.Thread(target=loop.run_forever, name="admit-loop")
        thread.start()
        try:
            yield loop
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


async def _answered(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
    response = await transport.handle_async_request(request)
    await response.aread()
    return response


def _root_key(admit: Admit) -> SigningKey:
    """An access key of the account itself that can sign, of which there always is one."""
    world = admit.world
    with admit.store.read() as sql:
        keys = things.find(sql, things.Where(Kind.ACCESS_KEY, parent=world.account_key))
        key = next(each for each in keys if each.read(KeyDetails).status == "Active")
        sealed = things.sealed(sql, key.key, SECRET)
    if sealed is None:
        raise LookupError(f"the access key {key.id} has no secret")
    return SigningKey(key.id, world.sealer.open(sealed, f"{SECRET}:{key.id}").decode())
