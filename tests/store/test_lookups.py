"""Things that were looked up are kept for their revision, and for no other."""

from contextlib import ExitStack, closing

from admit.base.clock import FakeClock
from admit.control import grants, names, things
from admit.core.links import Kind
from admit.core.validity import Validity
from admit.store import links, views
from admit.store import things as stored
from admit.store.connections import driver, read_only
from admit.store.engine import Store, Tx
from admit.store.things import Thing, Where
from tests.store.conftest import LEDGER_KEY
from tests.store.writing import AUTHOR, add, held
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


def test_what_hangs_on_things_is_found_anew_after_every_change(store: Store):
    alice = store.write_now(AUTHOR, add("alice", Kind.PERSON))
    user = store.write_now(AUTHOR, add("alice", Kind.USER))

    def seen() -> tuple[set[int], dict[int, Validity], str]:
        """Twice in one view, and once in the next one."""
        found = []
        for times in (2, 1):
            with store.read() as sql:
                for _ in range(times):
                    blocked = stored.blocked_among(sql, [alice.key, user.key], "locked")
                    validities = links.validities(sql, [alice.key, user.key], Kind.PERSON)
                    found.append((blocked, validities, names.labels(sql, [alice.key])[alice.key].label))
        assert found == [found[0]] * 3
        return found[0]

    assert seen() == (set(), {}, "alice")
    store.write_now(AUTHOR, lambda tx: things.block(tx, user, "locked"))
    assert seen() == ({user.key}, {}, "alice")
    store.write_now(AUTHOR, lambda tx: grants.grant(tx, alice, user, Validity(5, 7)))
    assert seen() == ({user.key}, {user.key: Validity(5, 7)}, "alice")
    store.write_now(AUTHOR, lambda tx: grants.set_validity(tx, alice, user, Validity(5, 8)))
    assert seen() == ({user.key}, {user.key: Validity(5, 8)}, "alice")
    store.write_now(AUTHOR, lambda tx: things.unblock(tx, user, "locked"))
    store.write_now(AUTHOR, lambda tx: grants.revoke(tx, alice, user))
    store.write_now(AUTHOR, lambda tx: things.change(tx, alice, name="alicia"))
    assert seen() == (set(), {}, "alicia")


def test_a_list_that_was_read_can_be_changed_by_who_read_it(store: Store):
    store.write_now(AUTHOR, add("dba"))

    with store.read() as sql:
        stored.find(sql, Where(Kind.GROUP), limit=1).clear()
        again = [each.name for each in stored.find(sql, Where(Kind.GROUP), limit=1)]

    assert again == ["dba"]


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


# -- what who writes keeps ---------------------------------------------------------------------------


def seen(tx: Tx, name: str) -> list[str]:
    """What a transaction finds by a name, asked for twice: the second time it may have kept it."""
    found = [stored.by_name(tx.sql, Kind.GROUP, 0, name) for _ in range(2)]
    return [each.name for each in found if each is not None]


def test_who_writes_sees_each_change_of_those_before_and_its_own(on_sqlite: Store):
    dba = on_sqlite.write_now(AUTHOR, add("dba"))

    def rename(tx: Tx) -> list[str]:
        before = seen(tx, "dba")
        things.change(tx, dba, name="ops")
        return [*before, *seen(tx, "dba"), *seen(tx, "ops")]

    with held(on_sqlite):
        looked = on_sqlite.write(AUTHOR, lambda tx: [*seen(tx, "dba"), *seen(tx, "ops")])
        renamed = on_sqlite.write(AUTHOR, rename)
        after = on_sqlite.write(AUTHOR, lambda tx: [*seen(tx, "dba"), *seen(tx, "ops")])

    assert looked.result(30) == ["dba", "dba"]
    assert after.result(30) == ["ops", "ops"]
    assert renamed.result(30) == ["dba", "dba", "ops", "ops"]
    assert on_sqlite.write_now(AUTHOR, lambda tx: [*seen(tx, "dba"), *seen(tx, "ops")]) == ["ops", "ops"]


def test_who_writes_sees_nothing_of_a_change_that_was_undone(store: Store):
    def fail(tx: Tx) -> None:
        add("dba")(tx)
        assert seen(tx, "dba") == ["dba", "dba"]
        raise ZeroDivisionError

    with held(store):
        failed = store.write(AUTHOR, fail)
        after = store.write(AUTHOR, lambda tx: seen(tx, "dba"))

    assert isinstance(failed.exception(30), ZeroDivisionError)
    assert after.result(30) == []
    assert store.write_now(AUTHOR, lambda tx: seen(tx, "dba")) == []


def test_who_writes_sees_what_another_process_has_changed_since(store: Store):
    dba = store.write_now(AUTHOR, add("dba"))
    assert store.write_now(AUTHOR, lambda tx: seen(tx, "dba")) == ["dba", "dba"]

    url = store.url.render_as_string(hide_password=False)
    with closing(Store(url, FakeClock(), LEDGER_KEY)) as other:
        other.write_now(AUTHOR, lambda tx: things.change(tx, dba, name="ops"))

    assert store.write_now(AUTHOR, lambda tx: [*seen(tx, "dba"), *seen(tx, "ops")]) == ["ops", "ops"]


def test_what_who_writes_has_found_outlasts_grants_and_no_change_of_a_thing(on_sqlite: Store):
    user, dba = (on_sqlite.write_now(AUTHOR, add(*each)) for each in (("ann", Kind.USER), ("dba",)))
    kept: list[Thing | None] = []

    def look(tx: Tx) -> None:
        kept.append(stored.by_name(tx.sql, Kind.GROUP, 0, "dba"))

    on_sqlite.write_now(AUTHOR, look)
    on_sqlite.write_now(AUTHOR, lambda tx: grants.grant(tx, user, dba))
    on_sqlite.write_now(AUTHOR, look)
    on_sqlite.write_now(AUTHOR, lambda tx: things.change(tx, user, name="anna"))
    on_sqlite.write_now(AUTHOR, look)

    first, second, third = kept
    assert first == second == third
    assert first is second
    assert second is not third
