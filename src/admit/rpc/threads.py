"""Threads for what would hold up everybody if it were done where requests are read or written down."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from admit.rpc.turns import Turns

T = TypeVar("T")

READING = 8
"""How many requests are read for at once where that waits for a database server."""
READING_ALONE = 1
"""The same on SQLite, for long lists. It waits for nobody, so that a second thread would only make the loop
wait twice as often for its turn."""
MOST_PREPARING = 8
"""A password takes 19 MiB to hash, a private key a core for seconds."""


def preparing_threads(cores: int) -> int:
    """How many slow pieces of work are done at once: one core stays free for everybody else."""
    return min(max(cores - 1, 1), MOST_PREPARING)


class Threads:
    """The threads of one process; what finds none free waits its turn."""

    def __init__(self, *, is_sqlite: bool) -> None:
        reading = READING_ALONE if is_sqlite else READING
        self._reading = ThreadPoolExecutor(reading, "admit-read")
        self._preparing = ThreadPoolExecutor(preparing_threads(os.cpu_count() or 1), "admit-prepare")
        self._turns = Turns(self._preparing)

    async def read(self, body: Callable[[], T]) -> T:
        """The result of a body that waits for the database, or reads for long."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, body)

    async def prepare(self, whom: str, body: Callable[[], T]) -> T:
        """The result of a body that takes a core for itself; everybody who waits has one done in turn."""
        return await asyncio.wrap_future(self._turns.submit(whom, body))

    def close(self) -> None:
        """Finish what is under way; what has not begun is not begun any more."""
        for threads in (self._reading, self._preparing):
            threads.shutdown(cancel_futures=True)
