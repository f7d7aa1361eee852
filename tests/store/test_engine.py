"""Writing and reading: all or nothing, in one order, durable before it is told, and never in silence."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, Event

import pytest
from sqlalchemy import func, insert, select, text, update

from admit.base.clock import FakeClock
from admit.control import grants, things
from admit.control.things import New
from admit.core.events import ThingChanged
from admit.core.links import Kind, Link
from admit.store import links as stored_links
from admit.store import tables, tokens
from admit.store import things as stored
from admit.store.engine import READERS_KEPT, SilentChange, Store, Tx
from admit.store.links import current_revision
from tests.databases import Cluster, cluster
from tests.store.writing import AUTHOR, Details, add, adding, assert_whole, held, names, revision

# -- nothing in silence ------------------------------------------------------------------------------


def link_silently(tx: Tx) -> None:
    source, target = add("dba")(tx), add("db-1", Kind.HOST)(tx)
    tx.events.clear()
    stored_links.add(tx.sql, Link(source.ref, target.ref), tx.now, tx.revision)


def rename_silently(tx: Tx) -> None:
    tx.sql.execute(update(tables.things).values(name="other"))


def forget_silently(tx: Tx) -> None:
    stored.forget_secrets(tx.sql, 1)


def record_only_what_was_undone(tx: Tx) -> None:
    with suppress(ValueError), tx.part():
        adding("x", ValueError())(tx)
    rename_silently(tx)


@pytest.mark.parametrize(
    "body", [link_silently, rename_silently, forget_silently, record_only_what_was_undone]
)
def test_a_change_of_policy_that_records_nothing_is_refused_and_undone(store: Store, body):
    store.write_now(AUTHOR, add("ops"))

    with pytest.raises(SilentChange, match="test changed policy"):
        store.write_now(AUTHOR, body)

    assert names(store) == ["ops"]
    assert_whole(store, entries=1)


def test_what_is_no_policy_may_be_written_in_silence_and_makes_no_revision(store: Store):
    assert store.write_now(AUTHOR, lambda tx: tokens.use_nonces(tx.sql, ["n"], tx.now))

    assert revision(store) == 0
    with store.read() as sql:
        assert tokens.recent_nonces(sql, 0) == {"n": store.clock.now()}


# -- what is told once it is durable -----------------------------------------------------------------


def test_what_follows_a_commit_is_told_once_everybody_can_read_it(store: Store):
    seen: list[list[str]] = []

    def body(tx: Tx) -> None:
        add("dba")(tx)
        tx.after_commit(lambda: seen.append(elsewhere(store)))
        assert seen == []

    store.write_now(AUTHOR, body)
    assert seen == [["dba"]]


def elsewhere(store: Store) -> list[str]:
    """The names as another thread reads them."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(names, store).result()


def test_what_was_undone_has_nothing_that_follows_it(store: Store):
    told: list[str] = []

    def refused(tx: Tx) -> None:
        tx.after_commit(lambda: told.append("of a refusal"))
        raise ValueError("undone")

    def in_part(tx: Tx) -> None:
        tx.after_commit(lambda: told.append("of the whole"))
        with suppress(ValueError), tx.part():
            refused(tx)

    with pytest.raises(ValueError, match="undone"):
        store.write_now(AUTHOR, refused)
    store.write_now(AUTHOR, in_part)
    assert told == ["of the whole"]


def test_a_fault_in_what_follows_a_commit_is_none_of_the_write(store: Store):
    told: list[str] = []

    def body(tx: Tx) -> str:
        tx.after_commit(lambda: 1 // 0)
        tx.after_commit(lambda: told.append("the next"))
        return "done"

    assert store.write_now(AUTHOR, body) == "done"
    assert told == ["the next"]


# -- parts -------------------------------------------------------------------------------------------


def test_a_part_that_fails_is_undone_with_its_events_and_nothing_else_is(store: Store):
    def body(tx: Tx) -> int:
        add("before")(tx)
        with suppress(ValueError), tx.part():
            adding("undone", ValueError())(tx)
        with tx.part():
            add("kept")(tx)
            with suppress(ValueError), tx.part():
                with tx.part():
                    add("undone with what is around it")(tx)
                raise ValueError
        return len(tx.events)

    assert store.write_now(AUTHOR, body) == 2
    assert names(store) == ["before", "kept"]
    assert_whole(store, entries=2)


def test_a_call_of_which_every_part_was_undone_changed_nothing_and_is_no_silent_change(store: Store):
    def body(tx: Tx) -> str:
        with suppress(ValueError), tx.part():
            adding("undone", ValueError())(tx)
        return "done"

    assert store.write_now(AUTHOR, body) == "done"
    assert revision(store) == 0


def test_a_part_that_the_database_refused_is_undone_and_the_work_goes_on(store: Store):
    new = New(Kind.GROUP, 0, "dba", Details(), handle="dba")

    def body(tx: Tx) -> None:
        things.add(tx, new)
        with suppress(stored.HandleTaken), tx.part():
            things.add(tx, new)
        add("ops")(tx)

    store.write_now(AUTHOR, body)
    assert names(store) == ["dba", "ops"]
    assert_whole(store, entries=2)


# -- all or nothing, for each ------------------------------------------------------------------------


def test_a_body_that_raises_changes_nothing_and_leaves_the_others_of_its_batch_intact(store: Store):
    with held(store):
        first = store.write(AUTHOR, add("first"))
        failing = store.write(AUTHOR, adding("failing", ZeroDivisionError("mine")))
        last = store.write(AUTHOR, add("last"))

    assert (first.result(30).name, last.result(30).name) == ("first", "last")
    assert isinstance(failing.exception(30), ZeroDivisionError)
    assert sorted(names(store)) == ["first", "last"]
    assert revision(store) == 2
    assert_whole(store, entries=2)


def test_an_event_that_cannot_be_written_undoes_its_call_alone(store: Store):
    def body(tx: Tx) -> None:
        thing = add("half told")(tx)
        tx.record(ThingChanged(things.named(thing), {"note": "\ud800"}))

    with held(store):
        first, failing = store.write(AUTHOR, add("first")), store.write(AUTHOR, body)

    assert first.result(30)
    assert isinstance(failing.exception(30), UnicodeEncodeError)
    assert names(store) == ["first"]
    assert_whole(store, entries=1)


def test_concurrent_writers_get_distinct_and_consecutive_revisions(store: Store):
    def write(number: int) -> int:
        def body(tx: Tx) -> int:
            add(f"group-{number}")(tx)
            return tx.revision

        return store.write_now(AUTHOR, body)

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(write, range(40)))

    assert sorted(told) == list(range(1, 41))
    assert_whole(store, entries=40)


def test_a_write_that_is_called_off_before_it_began_is_never_begun_and_stops_no_other(store: Store):
    ran: list[str] = []
    with held(store):
        waiting = [store.write(AUTHOR, lambda _tx: ran.append("begun")) for _ in range(20)]
        called_off = [each for each in waiting if each.cancel()]

    begun = [each.result(30) for each in waiting if each not in called_off]
    assert called_off
    assert len(ran) == len(begun)
    assert store.write_now(AUTHOR, lambda _tx: "after") == "after"


def test_a_write_that_has_begun_cannot_be_called_off(store: Store):
    begun, done = Event(), Event()

    def hold(_tx):
        begun.set()
        assert done.wait(30)
        return "held"

    writing = store.write(AUTHOR, hold)
    assert begun.wait(30)
    assert not writing.cancel()
    done.set()

    assert writing.result(30) == "held"


# -- reading -----------------------------------------------------------------------------------------


def test_a_reader_can_write_nothing_in_any_way(store: Store):
    store.write_now(AUTHOR, add("dba"))

    for attempt in (
        lambda sql: sql.execute(update(tables.things).values(name="x")),
        lambda sql: sql.execute(insert(tables.nonces).values(nonce="n", at=1)),
        lambda sql: sql.execute(text("delete from things")),
        lambda sql: sql.execute(text("create table more (x integer)")),
        lambda sql: tokens.use_nonces(sql, ["n"], 1),
    ):
        with pytest.raises(Exception, match=r"read-?only"), store.read() as sql:
            attempt(sql)

    assert names(store) == ["dba"]


def test_a_reader_sees_one_moment_from_its_first_look_on(store: Store):
    store.write_now(AUTHOR, add("dba"))
    with store.read() as sql:
        count = select(func.count()).select_from(tables.things)
        before = sql.execute(count).scalar_one()
        store.write_now(AUTHOR, add("ops"))
        again = (sql.execute(count).scalar_one(), current_revision(sql))

    assert (before, again) == (1, (1, 1))
    assert (names(store), revision(store)) == (["dba", "ops"], 2)


def test_a_reader_that_failed_can_read_again(store: Store):
    with pytest.raises(ZeroDivisionError), store.read():
        raise ZeroDivisionError
    with pytest.raises(Exception, match="nowhere"), store.read() as sql:
        sql.execute(text("select * from nowhere"))

    assert revision(store) == 0


def test_what_is_waiting_when_a_store_is_closed_is_finished_first(store: Store):
    with held(store):
        waiting = [store.write(AUTHOR, add(f"group-{n}")) for n in range(5)]
    store.close()

    assert [each.result(0).name for each in waiting] == [f"group-{n}" for n in range(5)]
    assert len(names(store)) == 5


@pytest.mark.postgres
def test_a_database_server_that_was_restarted_is_found_again(on_postgresql: Store, server: Cluster):
    store, group = on_postgresql, on_postgresql.write_now(AUTHOR, add("dba"))
    host = store.write_now(AUTHOR, add("db-1", Kind.HOST))
    assert names(store) == ["dba"]

    server.disconnect(str(store.url.database))
    assert names(store) == ["dba"]
    server.disconnect(str(store.url.database))
    assert store.write_now(AUTHOR, lambda tx: grants.grant(tx, group, host))
    assert revision(store) == 3


@pytest.mark.postgres
@pytest.mark.parametrize("way", ["sqlalchemy", "driver"])
def test_who_was_reading_when_the_server_was_restarted_reads_again(
    on_postgresql: Store, server: Cluster, way: str
):
    store = on_postgresql

    def broken_off() -> None:
        with store.read() as sql:
            server.disconnect(str(store.url.database))
            if way == "driver":
                current_revision(sql)
            sql.execute(text("select 1"))

    with pytest.raises(store.faults):
        broken_off()
    for _ in range(2):
        with store.read() as sql:
            assert sql.execute(text("select 1")).scalar_one() == current_revision(sql) + 1


@pytest.mark.postgres
def test_who_reads_while_the_server_is_away_reads_again_once_it_is_back():
    with cluster() as own:
        store = Store(own.url(own.new_database()), FakeClock(), b"key")
        store.create()
        assert names(store) == []
        own.stop()
        for _ in range(2):
            with pytest.raises(store.faults):
                names(store)
        own.restart()
        assert names(store) == []
        store.close()


def test_more_threads_than_a_pool_has_connections_may_read_from_a_server(on_postgresql: Store):
    everybody = Barrier(READERS_KEPT + 4)

    def look() -> int:
        with on_postgresql.read() as sql:
            everybody.wait()
            return current_revision(sql)

    with ThreadPoolExecutor(everybody.parties) as threads:
        for _ in range(2):
            looks = [threads.submit(look) for _ in range(everybody.parties)]
            assert [each.result() for each in looks] == [0] * everybody.parties
    assert on_postgresql.engine.pool.checkedout() == READERS_KEPT  # type: ignore[attr-defined]
