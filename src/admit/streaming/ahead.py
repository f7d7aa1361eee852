"""Sessions that are made ready before anybody asks for them, one after the other."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from admit.control.expected import Coming, Expected
from admit.streaming.refusals import Refused

log = structlog.get_logger("admit.streaming")


async def run(expected: Expected, make_ready: Callable[[Coming], Awaitable[None]]) -> None:
    """Make ready what is expected to be opened soon, for as long as this runs.

    What cannot be opened ahead is not: whoever comes is told why it cannot be opened.
    """
    loop, woken = asyncio.get_running_loop(), asyncio.Event()
    with expected.heard(lambda: loop.call_soon_threadsafe(woken.set)):
        while True:
            woken.clear()
            while (coming := expected.take()) is not None:
                await _tried(make_ready, coming)
            await woken.wait()


async def _tried(make_ready: Callable[[Coming], Awaitable[None]], coming: Coming) -> None:
    try:
        await make_ready(coming)
    except Refused as refused:
        log.debug("nothing was opened ahead", group=coming.wanted.group, why=refused.text)
    except Exception:
        # The other sessions must not end with it.
        log.exception("nothing could be opened ahead", group=coming.wanted.group)
