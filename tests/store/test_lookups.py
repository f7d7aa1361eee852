"""Things that were looked up are kept for their revision, and for no other."""

from contextlib import ExitStack

from admit.control import things
from admit.core.links import Kind
from admit.store import things as stored
from admit.store import views
from admit.store.connections import driver, read_only
from admit.store.engine import Store, Tx
from admit.store.things import Thing
from tests.store.writing import AUTHOR, add
from tests.system import System


def called(store: Store, name: str) -> list[Thing | None]:
    """Who bears a name, asked for in every way; each way twice, in one view."""
    with store.read() as sql:
        found: list[Thing | None] = []
        for _ in range(2):
            found += [stored.by_name(sql, Kind.GROUP, 0, name), *stored.named(sql, Kind.GROUP, name)]
        keys = [each.key for each in found if each is not None]
        return [*found, *stored.by_keys(sql, keys).values()]


def test_what_was_looked_up_is_found_anew_after_every_change(store: Store):
    assert called(store, "dba") == [None, None]
    dba = store.write_now(AUTHOR, add("dba"))
    assert [each and each.name for each in called(store, "dba")] == ["dba"] * 5

    store.write_now(AUTHOR, lambda tx: things.change(tx, dba, name="ops"))
    assert called(store, "dba") == [None, None]
    assert [each and each.name for each in called(store, "ops")] == ["ops"] * 5

    store.write_now(AUTHOR, lambda tx: things.remove(tx, stored.by_key(tx.sql, dba.key)))
    assert called(store, "ops") == [None, None]


def test_what_a_view_has_kept_is_not_what_a_transaction_sees(store: Store):
    dba = store.write_now(AUTHOR, add("dba"))
    called(store, "dba")

    def body(tx: Tx) -> list[str]:
        things.change(tx, stored.by_key(tx.sql, dba.key), name="ops")
        return [
            stored.by_key(tx.sql, dba.key).name,
            *(each.name for each in stored.by_keys(tx.sql, [dba.key]).values()),
        ]

    assert store.write_now(AUTHOR, body) == ["ops", "ops"]


def test_things_come_in_the_order_of_their_keys_whichever_were_known(store: Store):
    made = [store.write_now(AUTHOR, add(name)) for name in ("a", "b", "c")]
    keys = [each.key for each in made]

    with store.read() as sql:
        stored.by_key(sql, keys[1])
        found = stored.by_keys(sql, [keys[2], keys[1], keys[0]])

    assert [*found] == sorted(keys)


def test_who_writes_sees_nothing_of_who_read_by_the_same_connection(system: System):
    store = system.admit.store
    with ExitStack() as opened:
        # As many as a pool has: whoever writes next gets one of them.
        for _ in range(32 if not store.is_sqlite else 1):
            sql = opened.enter_context(read_only(store.engine, store.replica, is_sqlite=store.is_sqlite))
            driver(sql)("begin")
            views.begin(sql)
            assert stored.by_name(sql, Kind.GROUP, 0, "dba") is None
            driver(sql)("rollback")

    store.write_now(AUTHOR, add("dba"))
    seen = store.write_now(AUTHOR, lambda tx: stored.by_name(tx.sql, Kind.GROUP, 0, "dba"))
    assert seen is not None
