import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from admit.base.clock import FakeClock
from admit.store import tokens
from admit.store.connections import in_transaction
from admit.store.engine import Store
from tests.store.conftest import LEDGER_KEY
from tests.store.writing import AUTHOR, add, names

T = TypeVar("T")


def elsewhere(body: Callable[[], T]) -> T:
    """What a body does on another thread, which is waited for here."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(body).result()


def use_nonce(store: Store) -> None:
    """Write what is no policy: nobody is told of it."""
    store.write_now(AUTHOR, lambda tx: tokens.use_nonces(tx.sql, ["once"], tx.now))


def nonces(store: Store) -> list[str]:
    with store.read() as sql:
        return [*tokens.recent_nonces(sql, 0)]


def test_who_reads_in_one_turn_reads_in_one_view_and_it_ends_with_the_turn(on_sqlite: Store):
    async def two_turns() -> None:
        with on_sqlite.read() as first:
            pass
        with on_sqlite.read() as second:
            assert second is first
        assert in_transaction(first)

        await asyncio.sleep(0)
        assert not in_transaction(first)

    asyncio.run(two_turns())


def test_without_a_turn_a_view_ends_with_its_reader(on_sqlite: Store):
    with on_sqlite.read() as sql, on_sqlite.read() as inner:
        assert inner is sql
    assert not in_transaction(sql)


def test_whoever_reads_after_a_change_was_announced_reads_it_in_the_same_turn(store: Store):
    async def one_turn() -> tuple[list[str], list[str]]:
        before = names(store)
        elsewhere(lambda: store.write_now(AUTHOR, add("dba")))
        return before, names(store)

    assert asyncio.run(one_turn()) == ([], ["dba"])


def test_whoever_writes_reads_it_in_the_same_turn_although_nobody_is_told(store: Store):
    async def one_turn() -> tuple[list[str], list[str]]:
        before = nonces(store)
        use_nonce(store)
        return before, nonces(store)

    assert asyncio.run(one_turn()) == ([], ["once"])


def test_what_is_told_of_in_a_later_turn_is_read_there(store: Store):
    async def two_turns() -> tuple[list[str], list[str]]:
        before = nonces(store)
        await asyncio.to_thread(use_nonce, store)
        return before, nonces(store)

    assert asyncio.run(two_turns()) == ([], ["once"])


def test_who_is_in_a_view_stays_in_it_whoever_writes_meanwhile(store: Store):
    async def one_turn() -> tuple[list[str], list[str], list[str]]:
        with store.read():
            before = names(store)
            store.write_now(AUTHOR, add("dba"))
            meanwhile = names(store)
        return before, meanwhile, names(store)

    assert asyncio.run(one_turn()) == ([], [], ["dba"])


def test_a_view_in_which_something_failed_is_not_read_in_again(on_sqlite: Store):
    async def one_turn() -> None:
        with pytest.raises(ZeroDivisionError), on_sqlite.read() as sql:
            raise ZeroDivisionError
        assert not in_transaction(sql)
        assert names(on_sqlite) == []

    asyncio.run(one_turn())


def test_a_view_that_a_loop_left_open_is_not_read_in_by_the_next(on_sqlite: Store):
    other = Store(str(on_sqlite.url), FakeClock(), LEDGER_KEY)
    loop = asyncio.new_event_loop()
    loop.call_soon(lambda: (names(on_sqlite), loop.stop()))
    loop.run_forever()
    loop.close()
    other.write_now(AUTHOR, add("dba"))
    other.close()

    async def read() -> list[str]:
        return names(on_sqlite)

    assert asyncio.run(read()) == ["dba"]


def test_a_store_may_be_closed_in_the_midst_of_a_turn(on_sqlite: Store):
    async def one_turn() -> None:
        assert names(on_sqlite) == []
        elsewhere(on_sqlite.close)
        await asyncio.sleep(0)

    asyncio.run(one_turn())
