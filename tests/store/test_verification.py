"""The ledger is walked: what was altered, taken out, moved or added behind its back is found and named."""

from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import text

from admit.control import grants, things
from admit.control.things import New
from admit.core.events import ThingChanged
from admit.core.links import Kind
from admit.core.validity import HOUR, SECOND, Validity
from admit.store import things as stored
from admit.store.changes import entries_of
from admit.store.engine import Author, Store
from admit.store.ledger import chain
from admit.store.verification import Verdict, verify
from tests.store.conftest import LEDGER_KEY
from tests.system import System

AUTHOR = Author("admit", "test", "request")


class Details(msgspec.Struct):
    """Nothing is kept of these."""


def verdict(system: System, noted: str | None = None) -> Verdict:
    key = system.admit.world.sealer.subkey("ledger")
    with system.admit.store.read() as sql:
        return verify(sql, key, None if noted is None else bytes.fromhex(noted))


def change(system: System, body):
    system.advance(SECOND)
    return system.admit.store.write_now(AUTHOR, body)


def tamper(system: System, *statements: str) -> None:
    with system.admit.store.engine.begin() as sql:
        for statement in statements:
            assert sql.execute(text(statement)).rowcount > 0


@pytest.fixture
def used(system: System) -> System:
    """A system in which links and blocks began, changed and ended."""
    parent = system.admit.world.account_key
    kinds = {"dba": Kind.GROUP, "db-1": Kind.HOST, "db-2": Kind.HOST, "db-3": Kind.HOST}
    now = system.clock.now()

    def make(tx):
        return [things.add(tx, New(kind, parent, name, Details())) for name, kind in kinds.items()]

    group, first, second, third = change(system, make)

    def begin(tx):
        for host in (first, second, third):
            grants.grant(tx, group, host)
        things.block(tx, first, "locked")
        things.block(tx, third, "disabled")

    def end(tx):
        grants.set_validity(tx, group, first, Validity(now, now + HOUR))
        things.unblock(tx, third, "disabled")
        things.remove(tx, second)

    change(system, begin)
    change(system, end)
    return system


def test_a_ledger_nobody_touched_is_whole_and_its_head_can_be_noted(used):
    before = verdict(used)
    change(used, lambda tx: things.add(tx, New(Kind.GROUP, 1, "ops", Details())))
    after = verdict(used, before.head)

    assert (before.fault, after.fault) == (None, None)
    assert after.entries == before.entries + 1
    assert after.revision == used.revision()
    assert len(bytes.fromhex(after.head)) == 32


def test_a_new_system_is_whole(system):
    assert verdict(system).fault is None


def test_what_is_switched_off_on_and_off_within_one_millisecond_is_whole(system):
    host = change(system, lambda tx: things.add(tx, New(Kind.HOST, 1, "db-1", Details())))

    def flicker(tx):
        things.block(tx, host, "locked")
        things.unblock(tx, host, "locked")
        things.block(tx, host, "locked")

    change(system, flicker)

    assert verdict(system).fault is None


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (["update changes set fact = replace(fact, 'db-1', 'db-9')"], "does not fit what stands before it"),
        (["update transactions set actor = 'mallory' where revision = 3"], "Revision 3 does not fit"),
        (["update transactions set at = at + 1 where revision = 3"], "Revision 3 does not fit"),
        (["update transactions set hash = (select head from revision) where revision = 3"],
         "Revision 3 does not fit"),
        (["update changes set fact = '{}' where revision = 2"], "Revision 2 does not fit"),
        (["update changes set event = 'LinkRemoved' where event = 'LinkAdded'"], "Revision 3 does not fit"),
        (["update changes set about = about + 1 where revision = 3 and ordinal = 1"],
         "Entry 3/1 is kept under another thing than it is about"),
        (["update changes set about_too = null where revision = 3"], "Entry 3/0 is kept under another"),
        (["delete from changes where revision = 3"], "Entry 4/0 follows 2/3"),
        (["delete from transactions where revision = 3"], "Entry 4/0 follows 2/3"),
        (["delete from transactions where revision = (select n from revision)"],
         "entries at its end are missing"),
        (["update transactions set revision = 9 where revision = (select n from revision)"],
         "entries at its end are missing"),
        (["insert into transactions select 9, at, actor, action, request_id, hash from transactions limit 1"],
         "The ledger has 4 revisions, and 5 transactions"),
        (["insert into changes select 9, ordinal, event, fact, about, null from changes where revision = 2"],
         "4 are of no transaction"),
        (["insert into changes select 0, 0, event, fact, about, null from changes limit 1"],
         "1 are of no transaction"),
        (["delete from changes where revision = 1"], "Entry 2/0 follows nothing"),
        (["delete from changes where revision = 1 and ordinal = 1"], "Entry 1/2 follows 1/0"),
        (["update changes set revision = -1 where revision = 3",
          "update changes set revision = 3 where revision = 4",
          "update changes set revision = 4 where revision = -1"], "Revision 3 does not fit"),
        (["update changes set ordinal = -1 where revision = 3 and ordinal = 0",
          "update changes set ordinal = 0 where revision = 3 and ordinal = 1",
          "update changes set ordinal = 1 where revision = 3 and ordinal = -1"], "Revision 3 does not fit"),
        (["delete from changes where revision = (select n from revision)"], "entries at its end are missing"),
        (["delete from changes"], "The ledger ends with revision 0"),
        (["update revision set n = n + 1"], "entries at its end are missing"),
        (["update links set ends_at = 9 where target = (select key from things where name = 'db-1')"],
         "The link from group 'dba' to host 'db-1' is not as the ledger has it"),
        (["update links set added_at = added_at - 1"], "is not as the ledger has it"),
        (["insert into links select key, 1, key, 0, 9, 0, 1, null from things where name = 'db-1'"],
         "The link from host 'db-1' to host 'db-1' is not as"),
        (["delete from links where target = (select key from things where name = 'db-3')"],
         "The link from group 'dba' to host 'db-3' is in the ledger, and missing in the database"),
        (["update past_links set removed_at = 1 where target = (select key from things where name = 'db-2')"],
         "The link from group 'dba' to host 'db-2' was in the past not as the ledger has it"),
        (["delete from past_links where target = (select key from things where name = 'db-2')"],
         "The link from group 'dba' to host 'db-2' is in the ledger, and missing"),
        (["delete from blocks where word = 'locked'"], "That host 'db-1' is locked is not as the"),
        (["update blocks set removed_at = 1 where word = 'locked'"], "That host 'db-1' is locked is not as"),
        (["update blocks set removed_at = null where word = 'disabled'"], "That host 'db-3' is disabled"),
    ],
)  # fmt: skip
def test_what_was_done_behind_the_ledgers_back_is_found_and_named(used, statements, told):
    tamper(used, *statements)

    assert told in (verdict(used).fault or "")


def test_entries_before_the_first_bad_one_are_counted(used):
    tamper(used, "update transactions set actor = 'mallory' where revision = 3")

    found = verdict(used)
    with used.admit.store.read() as sql:
        good = sql.execute(text("select count(*) from changes where revision < 3")).scalar_one()
    assert (found.entries, found.revision) == (good, 2)


def test_a_ledger_put_back_to_an_earlier_state_is_found_by_the_noted_head_alone(used):
    noted = verdict(used).head
    tamper(
        used,
        "delete from changes where revision > 2",
        "delete from transactions where revision > 2",
        "update revision set n = 2, head = (select hash from transactions where revision = 2)",
        "delete from links where added_in > 2",
        "delete from past_links where added_in > 2",
        "delete from blocks",
    )

    fault = verdict(used, noted).fault or ""
    assert "The head that was noted is not in the ledger" in fault


def test_another_key_finds_no_entry_fitting(used):
    with used.admit.store.read() as sql:
        fault = verify(sql, b"another").fault or ""
    assert "Revision 1 does not fit" in fault


def test_a_head_that_was_noted_within_a_transaction_is_found(used):
    """as they were when each entry had its hash, and as somebody keeps them who collected entries then"""
    key = used.admit.world.sealer.subkey("ledger")
    with used.admit.store.read() as sql:
        before = sql.execute(text("select hash from transactions where revision = 2")).scalar_one()
        first, *others = entries_of(sql, 3)

    assert others
    assert verdict(used, chain(key, bytes(before), first).hex()).fault is None


def test_what_a_node_of_before_writes_beside_this_one_is_whole(used):
    """It tells neither handles nor seals: what it changed of them is compared from its next change on."""

    def made(tx):
        host = things.add(tx, New(Kind.HOST, 1, "db-4", Details(), handle="db-4"))
        things.keep_secret(tx, host, "key", b"sealed")
        return host

    def changed(tx):
        stored.update_thing(tx.sql, host.key, {"name": "db-5", "handle": "db-5"})
        tx.record(ThingChanged(replace(things.named(host), name="db-5"), {"name": "db-5"}))
        stored.seal(tx.sql, host.key, "key", b"sealed anew")
        tx.record(ThingChanged(replace(things.named(host), name="db-5"), secrets=("key",)))

    host = change(used, made)
    change(used, changed)
    assert verdict(used).fault is None

    with used.admit.store.read() as sql:
        (host,) = stored.named(sql, Kind.HOST, "db-5")
    change(used, lambda tx: things.change(tx, host, name="db-6", handle="db-6"))
    assert verdict(used).fault is None
    tamper(used, "update things set handle = 'db-7' where name = 'db-6'")
    assert verdict(used).fault == "host 'db-6' is not as the ledger has it: handle."


@pytest.mark.parametrize(
    ("altered", "why"),
    [
        ("drop table secrets", "no such table: secrets"),
        ("update things set name = cast(x'ff' as text)", "Could not decode to UTF-8"),
    ],
)
def test_what_the_database_itself_cannot_read_is_told(on_sqlite: Store, altered: str, why: str) -> None:
    on_sqlite.write_now(AUTHOR, lambda tx: things.add(tx, New(Kind.GROUP, 0, "dba", Details())))
    with on_sqlite.engine.begin() as sql:
        sql.execute(text(altered))
    with on_sqlite.read() as sql:
        fault = verify(sql, LEDGER_KEY).fault
    assert fault is not None
    assert fault.startswith("The database cannot be read")
    assert why in fault
