"""Taking turns: what waits for a thread is taken from everybody who waits, one piece each."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Turns:
    """The queue in front of some threads.

    Somebody who brings a thousand pieces of work at once waits for them; somebody who then brings one waits
    for one of those.
    """

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._waiting: dict[str, deque[tuple[Future[Any], Callable[[], Any]]]] = {}
        """By who brought it; whose turn comes next stands first."""
        self._lock = threading.Lock()

    def submit(self, whom: str, body: Callable[[], T]) -> Future[T]:
        """Let a piece of somebody's work wait for its turn."""
        future: Future[T] = Future()
        with self._lock:
            self._waiting.setdefault(whom, deque()).append((future, body))
        self._threads.submit(self._take)
        return future

    def _take(self) -> None:
        """On a thread that is free: do what comes next. There are as many calls of this as pieces of work."""
        future, body = self._next()
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = body()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is whose work it was
            future.set_exception(error)
        else:
            future.set_result(result)

    def _next(self) -> tuple[Future[Any], Callable[[], Any]]:
        with self._lock:
            whom = next(iter(self._waiting))
            theirs = self._waiting.pop(whom)
            found = theirs.popleft()
            if theirs:
                # Behind everybody else.
                self._waiting[whom] = theirs
            return found
