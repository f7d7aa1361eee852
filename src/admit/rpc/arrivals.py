"""From the writer's thread to the event loop: what is done together arrives together."""

import asyncio
import types
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


@types.coroutine
def next_turn() -> Generator[None, None, None]:
    """Until the loop has dealt with all that it had to at this moment.

    Who is about to hand something to another thread waits for it: all that arrived together is then handed
    over together, by a loop that has nothing else to do. Otherwise the two threads would take the
    interpreter's lock from each other at each statement of either.
    """
    yield


class Arrivals:
    """Results for those who wait on one event loop.

    A loop that is woken for each of the writes that one commit made durable is
    woken for nothing most of the time: waking costs more than delivering does.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._done: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._woken = False

    async def result(self, future: Future[T]) -> T:
        """What the future comes to. Who stops waiting calls it off, if it has not begun."""
        waiting: asyncio.Future[T] = self.loop.create_future()
        future.add_done_callback(lambda done: self._arrive(waiting, done))
        try:
            return await waiting
        except asyncio.CancelledError:
            future.cancel()
            raise

    def _arrive(self, waiting: asyncio.Future[Any], done: Future[Any]) -> None:
        """On whatever thread: put down what is done, and wake the loop unless somebody has."""
        self._done.append((waiting, done))
        if not self._woken:
            self._woken = True
            self.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # First: what arrives from here on wakes the loop again, if this does not deliver it as well.
        self._woken = False
        while self._done:
            waiting, done = self._done.popleft()
            if waiting.done():
                continue
            if done.cancelled():
                waiting.cancel()
            elif (error := done.exception()) is not None:
                waiting.set_exception(error)
            else:
                waiting.set_result(done.result())
