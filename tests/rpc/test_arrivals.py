"""Arrivals: what other threads finish reaches those who wait on the loop."""

import asyncio
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor

import pytest

from admit.rpc.arrivals import Arrivals


def test_every_result_arrives_whatever_thread_it_comes_from():
    async def arrive() -> list[int]:
        arrivals = Arrivals(asyncio.get_running_loop())
        with ThreadPoolExecutor(4) as threads:
            asked = [arrivals.result(threads.submit(lambda n: n * n, n)) for n in range(500)]
            return await asyncio.gather(*asked)

    assert asyncio.run(arrive()) == [n * n for n in range(500)]


def test_what_was_done_together_wakes_the_loop_once():
    async def wakes() -> int:
        loop = asyncio.get_running_loop()
        woken = []
        wake = loop.call_soon_threadsafe
        loop.call_soon_threadsafe = lambda *call: (woken.append(call), wake(*call))[1]  # type: ignore[method-assign]
        arrivals = Arrivals(loop)
        futures: list[Future[int]] = [Future() for _ in range(10)]
        waiting = [asyncio.create_task(arrivals.result(each)) for each in futures]
        await asyncio.sleep(0)
        for each in futures:
            each.set_result(1)
        await asyncio.gather(*waiting)
        return len(woken)

    assert asyncio.run(wakes()) == 1


def test_an_error_arrives_as_one():
    async def arrive() -> None:
        future: Future[None] = Future()
        future.set_exception(LookupError("gone"))
        await Arrivals(asyncio.get_running_loop()).result(future)

    with pytest.raises(LookupError, match="gone"):
        asyncio.run(arrive())


def test_what_was_called_off_elsewhere_is_called_off_here():
    async def arrive() -> None:
        future: Future[None] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        await Arrivals(asyncio.get_running_loop()).result(future)

    with pytest.raises((asyncio.CancelledError, CancelledError)):
        asyncio.run(arrive())


def test_who_stops_waiting_calls_off_what_has_not_begun():
    async def leave() -> bool:
        future: Future[None] = Future()
        waiting = asyncio.create_task(Arrivals(asyncio.get_running_loop()).result(future))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return future.cancelled()

    assert asyncio.run(leave())


def test_what_finishes_after_its_waiter_has_left_disturbs_nobody():
    async def finish() -> int:
        arrivals = Arrivals(asyncio.get_running_loop())
        begun: Future[int] = Future()
        begun.set_running_or_notify_cancel()
        waiting = asyncio.create_task(arrivals.result(begun))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        begun.set_result(1)
        other: Future[int] = Future()
        other.set_result(2)
        return await arrivals.result(other)

    assert asyncio.run(finish()) == 2
