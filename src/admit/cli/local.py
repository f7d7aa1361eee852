"""Calling the API in this process, on a data directory: the whole system is loaded for it."""

import asyncio
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import structlog

from admit.cli.client import Client
from admit.cli.faults import faults_told
from admit.cli.output import NOT_REACHABLE, fail
from admit.control.callers import SECRET, KeyDetails
from admit.core.links import Kind
from admit.main import Admit, open_admit
from admit.rpc.signing import SigningKey
from admit.settings import Settings, load
from admit.store import things


@contextmanager
def opened(data: Path | None, key: SigningKey | None) -> Iterator[Client]:
    """A client of the data directory that is named, or set; what can go wrong on the way is told."""
    with faults_told():
        settings = load({"data": data})
        if not settings.data.is_dir():
            fail(f"There is no data directory {settings.data}: `admit init` makes one.", NOT_REACHABLE)
        with local(settings, key) as client:
            yield client


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
