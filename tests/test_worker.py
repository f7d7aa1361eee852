"""What runs beside the answering of requests takes nothing from it."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from admit import worker
from admit.settings import Settings

SLOW = 30
"""More receivers than asyncio has threads of its own on a small machine."""


@dataclass
class Slow:
    """Pushes to receivers that take an event and do not answer."""

    asked: set[str] = field(default_factory=set)
    all_asked: threading.Event = field(default_factory=threading.Event)
    answered: threading.Event = field(default_factory=threading.Event)

    def due(self) -> list[Any]:
        return [SimpleNamespace(id=str(number)) for number in range(SLOW)]

    def push_next(self, stream: Any) -> bool:
        self.asked.add(stream.id)
        if len(self.asked) == SLOW:
            self.all_asked.set()
        self.answered.wait(60)
        return False


@pytest.fixture
def slow() -> Iterator[Slow]:
    made = Slow()
    yield made
    made.answered.set()


def test_receivers_that_do_not_answer_keep_nobody_else_waiting(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "Pusher", lambda *_: slow)

    async def story() -> bool:
        admit: Any = SimpleNamespace(store=None, world=None, settings=Settings())
        running = asyncio.create_task(worker.run(admit))
        try:
            # It is asked on a thread, as whatever must not wait is.
            return await asyncio.wait_for(asyncio.to_thread(slow.all_asked.wait, 20), 20)
        finally:
            slow.answered.set()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    assert asyncio.run(story())
