"""Durable first, told afterwards: answers, followers, and a disk that is full."""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Event

import msgspec

from admit.control import things
from admit.control.things import New
from admit.core.links import Kind
from admit.store import tokens
from admit.store.engine import Store, Tx
from admit.store.things import Thing
from tests.store.writing import AUTHOR, add, adding, assert_whole, held, names, revision


def test_an_answer_is_told_when_everybody_can_see_what_was_done(store: Store):
    seen: list[list[str]] = []
    told = Event()

    def look(_answer: Future[Thing]) -> None:
        seen.append(names(store))
        told.set()

    with held(store):
        store.write(AUTHOR, add("dba")).add_done_callback(look)

    assert told.wait(30)
    assert seen == [["dba"]]


def test_nothing_of_a_batch_is_told_before_all_of_it_is_committed(on_sqlite: Store):
    done_early: list[bool] = []
    with held(on_sqlite):
        first = on_sqlite.write(AUTHOR, add("first"))
        last = on_sqlite.write(AUTHOR, lambda _tx: done_early.append(first.done()))

    last.result(30)
    assert done_early == [False]
    assert first.result(30)


def test_followers_are_woken_with_the_revision_once_it_is_durable_and_only_by_policy(store: Store):
    woken: list[tuple[int, int]] = []
    store.on_commit(lambda n: woken.append((n, revision(store))))

    store.write_now(AUTHOR, add("dba"))
    store.write_now(AUTHOR, lambda tx: tokens.use_nonces(tx.sql, ["n"], tx.now))
    with suppress(ValueError):
        store.write_now(AUTHOR, adding("undone", ValueError()))
    store.write_now(AUTHOR, add("ops"))

    assert woken == [(1, 1), (2, 2)]


def test_a_follower_that_cannot_be_woken_takes_no_write_with_it(store: Store):
    woken: list[int] = []

    def closed(_n: int) -> None:
        raise RuntimeError("its event loop is closed")

    store.on_commit(closed)
    store.on_commit(woken.append)

    assert store.write_now(AUTHOR, add("dba")).name == "dba"
    assert store.write_now(AUTHOR, add("ops")).name == "ops"
    assert woken == [1, 2]


# -- a disk that is full -----------------------------------------------------------------------------


def limit(spare_pages: int | None) -> Callable[[Tx], None]:
    """A body after which the database may grow by so many pages, as if the disk were full then."""

    def body(tx: Tx) -> None:
        most = 2**30
        if spare_pages is not None:
            most = tx.sql.exec_driver_sql("pragma page_count").scalar_one() + spare_pages
        tx.sql.exec_driver_sql(f"pragma max_page_count = {most}")

    return body


class Noted(msgspec.Struct):
    """A thing about which there is something to say."""

    note: str


def much_ado(name: str) -> Callable[[Tx], None]:
    """A body that leaves little behind but 101 entries in the log."""

    def body(tx: Tx) -> None:
        thing = things.add(tx, New(Kind.GROUP, 0, name, Noted("-" * 200)))
        for mark in "+-" * 50:
            thing = things.change(tx, thing, details=Noted(mark * 200))

    return body


def big(name: str) -> Callable[[Tx], None]:
    """A body that needs many pages."""

    def body(tx: Tx) -> None:
        things.keep_secret(tx, add(name)(tx), "secret", bytes(200_000))

    return body


def test_a_commit_that_fails_fails_all_who_wait_for_it(on_sqlite: Store):
    on_sqlite.write_now(AUTHOR, limit(10))
    with held(on_sqlite):
        waiting = [on_sqlite.write(AUTHOR, much_ado(f"group-{n}")) for n in range(4)]
        failing = on_sqlite.write(AUTHOR, adding("failing", ZeroDivisionError("mine")))

    assert ["full" in str(each.exception(30)) for each in waiting] == [True] * 4
    assert isinstance(failing.exception(30), ZeroDivisionError)
    assert names(on_sqlite) == []

    on_sqlite.write_now(AUTHOR, limit(None))
    on_sqlite.write_now(AUTHOR, much_ado("after"))
    assert names(on_sqlite) == ["after"]
    assert_whole(on_sqlite, entries=101)


def test_a_body_that_fills_the_disk_leaves_nobody_with_an_answer_that_is_not_true(on_sqlite: Store):
    on_sqlite.write_now(AUTHOR, add("old"))
    on_sqlite.write_now(AUTHOR, limit(10))
    with held(on_sqlite):
        waiting = {
            "before": on_sqlite.write(AUTHOR, add("before")),
            "filling": on_sqlite.write(AUTHOR, big("filling")),
            "after": on_sqlite.write(AUTHOR, add("after")),
        }

    told = [name for name, answer in waiting.items() if answer.exception(30) is None]
    assert names(on_sqlite) == ["old", *told]
    assert "filling" not in told
    assert "full" in str(waiting["filling"].exception())
    on_sqlite.write_now(AUTHOR, limit(None))
    on_sqlite.write_now(AUTHOR, big("later"))
    assert names(on_sqlite) == ["old", *told, "later"]
    assert_whole(on_sqlite, entries=1 + len(told) + 2)
