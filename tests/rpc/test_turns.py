"""Taking turns: who brings one piece of work does not wait for all of somebody else's."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from admit.rpc.turns import Turns


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


def test_everybody_who_waits_has_one_piece_done_in_turn(thread: ThreadPoolExecutor):
    turns, begin, done = Turns(thread), threading.Event(), list[str]()
    first = turns.submit("ann", begin.wait)
    works = [
        turns.submit(name, lambda n=name: done.append(n))
        for name in ("ann", "ann", "ann", "bob", "cy", "bob")
    ]

    begin.set()
    first.result()
    for each in works:
        each.result()

    assert done == ["ann", "bob", "cy", "ann", "bob", "ann"]


def test_a_fault_is_told_to_whose_work_it_was(thread: ThreadPoolExecutor):
    turns = Turns(thread)

    def fail() -> None:
        raise LookupError("nothing there")

    failed, well = turns.submit("ann", fail), turns.submit("ann", lambda: 1)
    with pytest.raises(LookupError, match="nothing there"):
        failed.result()
    assert well.result() == 1


def test_what_was_called_off_is_not_begun(thread: ThreadPoolExecutor):
    turns, begin, done = Turns(thread), threading.Event(), list[int]()
    first = turns.submit("ann", begin.wait)
    off, last = (turns.submit("ann", partial(done.append, number)) for number in (1, 2))

    assert off.cancel()
    begin.set()
    first.result()
    last.result()

    assert done == [2]
