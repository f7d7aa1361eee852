"""One view for all who read in the same turn of an event loop."""

import asyncio
import threading
from collections.abc import Callable

from sqlalchemy import Connection


class Shared(threading.local):
    """The view that this thread's readers have in common, until the turn of its event loop ends.

    Requests that arrive together are read for by one transaction: to begin and to end one costs as much as
    the reading. Nobody is answered by anything older than what was told to anybody before: a commit is
    announced before it is told, and whoever comes after an announcement begins another view. What is
    committed without one, such as a session, is told in a later turn, and by then this view has ended.
    """

    def __init__(
        self, begin: Callable[[], Connection], release: Callable[[Connection], None], *, lasting: bool
    ) -> None:
        self._begin = begin
        self._release = release
        self._lasting = lasting
        """Whether a view lasts for a turn: without, each ends when nobody is in it."""
        self._sql: Connection | None = None
        self._readers = 0
        self._over = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._announced = -1

    def enter(self, announced: int) -> Connection:
        """The view of this turn, if one began in it since this revision was announced; or a new one."""
        loop = _running() if self._lasting else None
        # Where the loop is another, the last one ended in the midst of a turn.
        if announced != self._announced or loop is not self._loop:
            self.end()
        sql = self._sql
        if sql is None:
            sql = self._sql = self._begin()
            self._announced, self._loop, self._over = announced, loop, loop is None
            if loop is not None:
                loop.call_soon(self.end)
        self._readers += 1
        return sql

    def leave(self, *, failed: bool) -> None:
        """Have read. A view in which something failed, the database may have ended: it is not used again."""
        self._readers -= 1
        if failed or self._over:
            self.end()

    def end(self) -> None:
        """End the view as soon as nobody is in it."""
        self._over = True
        if not self._readers and self._sql is not None:
            sql, self._sql = self._sql, None
            self._release(sql)


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
