"""Whoever writes into the database without the key gains nothing that `admit verify` does not name."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Column, Text, and_, select, text, update
from sqlalchemy.exc import IntegrityError

from admit.control.signing_in.passwords import PASSWORD
from admit.core.links import Kind, Link, Ref
from admit.core.validity import DAY, HOUR, SECOND
from admit.store import links as stored_links
from admit.store import things as stored
from admit.store.engine import Author, SilentChange, Tx
from admit.store.schema import metadata
from admit.store.verification import verify
from tests.callers import Callers, document, refused, statement
from tests.rpc.raw import served
from tests.services.access.asking import Desk
from tests.system import System


@pytest.fixture
def used(system: System) -> System:
    """A system with a RAM user, a person with an account, and a group with access, all changed since."""
    callers = Callers(system)
    callers.user("mallory", statement("Allow", "eiam:Get*"))
    callers.ram("CreateUser", UserName="former")
    callers.ram("UpdateUser", UserName="former", NewUserName="once", NewComments="gone soon")
    callers.ram("UpdateUser", UserName="once", NewComments="")
    callers.ram("DeleteUser", UserName="once")
    instance = system.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    root = system.call("eiam", "GetRootOrganizationalUnit", InstanceId=instance)["OrganizationalUnit"]
    unit = root["OrganizationalUnitId"]
    fields = [{"FieldName": "team", "FieldValue": "é"}]
    made = system.call(
        "eiam",
        "CreateUser",
        InstanceId=instance,
        Username="alice",
        PrimaryOrganizationalUnitId=unit,
        CustomFields=fields,
        Password="correct horse",
    )
    user = {"InstanceId": instance, "UserId": made["UserId"]}
    bob = {"InstanceId": instance, "Username": "bob", "PrimaryOrganizationalUnitId": unit}
    system.call("eiam", "CreateUser", **bob)
    system.advance(SECOND)
    system.call("eiam", "UpdateUser", **user, Email="alice@example.com", EmailVerified=True)
    system.call("eiam", "UpdateUser", **user, Email="", CustomFields=[{**fields[0], "Operation": "remove"}])
    system.call("eiam", "DisableUser", **user)
    return system


def fault(system: System) -> str | None:
    with system.admit.store.read() as sql:
        return verify(sql, system.admit.world.sealer.subkey("ledger")).fault


def tamper(system: System, change: str, place: str, **values: Any) -> None:
    with system.admit.store.engine.begin() as sql:
        assert sql.execute(text(f"{change} {place}"), values).rowcount == 1


def test_a_system_that_was_used_as_it_should_be_is_whole(used: System) -> None:
    assert fault(used) is None


ALLOW_ALL = {
    "type": "Custom",
    "description": "",
    "default_version": "v1",
    "document": document(statement("Allow", "*")),
}

POLICY = "where kind = 44 and name = 'of-mallory'"
MALLORY = "where kind = 41 and name = 'mallory'"
KEY = "where kind = 46 and parent = (select key from things where kind = 41 and name = 'mallory')"
FORMER = "where kind = 41 and name = 'once'"
EVE = """
    insert into things (kind, parent, id, name, details, created_at, changed_at)
    select kind, parent, 'x', 'eve', details, created_at, changed_at from things
"""


@pytest.mark.parametrize(
    ("change", "place", "named"),
    [
        ("update things set details = :allow", POLICY, "of-mallory"),
        ("update things set parent = (select key from things where kind = 40)", KEY, "parent"),
        ("update things set name = 'admin'", MALLORY, "'admin'"),
        ("update things set id = '1'", MALLORY, "id"),
        ("update things set kind = 43", POLICY, "kind"),
        ("update things set removed_at = null", FORMER, "removed_at"),
        ("update things set removed_at = 1", POLICY, "removed_at"),
        ("update things set created_at = 1", MALLORY, "created_at"),
        ("delete from things", POLICY, "missing"),
        (EVE, MALLORY, "never made"),
        ("delete from blocks", "where word = 'disabled'", "disabled"),
        ("delete from links", "where source = (select key from things where name = 'mallory')", "missing"),
    ],
)
def test_whoever_writes_into_the_database_is_found_out(
    used: System, change: str, place: str, named: str
) -> None:
    values = {"allow": json.dumps(ALLOW_ALL)} if ":allow" in change else {}
    tamper(used, change, place, **values)

    found = fault(used)
    assert found is not None
    assert named in found


def test_what_a_forged_policy_would_allow_is_worth_finding(used: System) -> None:
    """The premise: what the database says is obeyed, so that only the ledger tells it from what is forged."""
    callers = Callers(used)
    mallory = callers.key_of("mallory")
    assert refused(callers.ram, "ListUsers", mallory) == (403, "NoPermission")
    tamper(used, "update things set details = :allow", POLICY, allow=json.dumps(ALLOW_ALL))
    callers.ram("CreateUser", UserName="any-change-of-callers")

    assert callers.ram("ListUsers", mallory)["Users"]
    assert "of-mallory" in str(fault(used))


def test_a_sealed_secret_opens_in_no_other_place(used: System) -> None:
    callers = Callers(used)
    mallory = callers.key_of("mallory")
    # mallory's secret, put where the account's own stands.
    tamper(
        used,
        "update secrets set sealed = (select sealed from secrets where thing = "
        "(select key from things where kind = 46 and id = :mine))",
        "where thing = (select key from things where kind = 46 and id = :account)",
        mine=mallory.access_key_id,
        account=used.key.access_key_id,
    )
    restarted = served(used)
    assert refused(restarted.call, "sts", "GetCallerIdentity") == (500, "InternalError")


@pytest.mark.parametrize(
    ("altered", "told"),
    [
        # Whoever asks for a user by the name of one finds the other.
        (["update things set handle = null where key = :alice",
          "update things set handle = 'alice' where key = :bob"], "is not as the ledger has it: handle"),
        (["update things set handle = null where key = :bob"], "user 'bob' is not as"),
        (["update things set handle = 'elsewhere' where name = 'once'"], "'once' is not as"),
        (["delete from secrets where thing = :alice"], "user 'alice' lacks the secret 'password hash'"),
        (["update secrets set thing = :bob where thing = :alice"], "user 'bob' has another secret"),
        (["update secrets set purpose = 'x' where thing = :alice"], "user 'alice' has another secret 'x'"),
        (["insert into secrets select :bob, purpose, sealed from secrets where thing = :alice"],
         "user 'bob' has another secret 'password hash'"),
        (["delete from secrets where thing = :alice",
          "insert into secrets select :alice, 'password hash', sealed from secrets limit 1"],
         "user 'alice' has another secret 'password hash'"),
    ],
)  # fmt: skip
def test_handles_and_secrets_are_what_the_ledger_knows(used: System, altered: list[str], told: str) -> None:
    keys = {"alice": key_of(used, "alice"), "bob": key_of(used, "bob")}
    for each in altered:
        tamper(used, each, "", **{name: key for name, key in keys.items() if f":{name}" in each})

    assert told in str(fault(used))


UNTOLD = {"things.changed_at", "revision.only", "revision.callers"}
"""When a thing was last changed is shown to people alone; which change was the newest to callers, only says
when a server has to read anew who may call."""


def test_another_value_in_any_column_of_policy_or_ledger_is_found(used: System) -> None:
    reviewed(used)
    key = used.admit.world.sealer.subkey("ledger")
    for table in metadata.sorted_tables:
        if not (table.info.get("policy") or table.name in ("changes", "transactions", "revision")):
            continue
        with used.admit.store.read() as sql:
            rows = [row._mapping for row in sql.execute(select(table))]
        assert rows, table
        for column in table.c:
            for row in (rows[0], rows[-1]) if str(column) not in UNTOLD else ():
                here = and_(*(each == row[each] for each in table.primary_key.columns))
                change = update(table).where(here).values({column.name: another(row[column], column)})
                with used.admit.store.engine.connect() as sql, sql.begin() as undone:
                    with suppress(IntegrityError):
                        assert sql.execute(change).rowcount == 1
                        assert verify(sql, key).fault, (str(column), row)
                    undone.rollback()


def reviewed(system: System) -> None:
    """A review in which something was kept and then ended, and something is undecided."""
    desk = Desk(system)
    for name in ("carol", "dave"):
        desk.user(name)
        desk.call("GrantAccess", Subject=name, Resource="root@db-1", EndTime=system.clock.now() + HOUR)
    due = system.clock.now() + 7 * DAY
    review = desk.call("CreateReview", Name="Q4", DueAt=due, Unanswered="keep")["Review"]["ReviewId"]
    for verdict in ("keep", "end"):
        desk.call("DecideReviewItems", ReviewId=review, Items=[1], Verdict=verdict, Comment="left")
    assert fault(system) is None


def another(value: Any, column: Column[Any]) -> Any:
    """What might stand instead of a value."""
    if column.name == "details":
        return json.dumps({**json.loads(value), "more": 1})
    match value:
        case None:
            return "x" if isinstance(column.type, Text) else 1
        case bytes():
            return value[:-1] + bytes([value[-1] ^ 1])
        case str():
            return value + "x"
    return value - 1


@pytest.mark.parametrize(
    "altered",
    [
        "update things set kind = 999 where name = 'mallory'",
        "delete from revision",
        "insert into revision select 2, n, head, callers from revision",
        "update things set details = '[]' where name = 'mallory'",
        "update changes set event = 'Nothing' where revision = 3",
        "update changes set fact = 'no JSON' where revision = 3",
    ],
)
def test_what_nobody_can_read_is_told_and_not_stumbled_over(used: System, altered: str) -> None:
    with used.admit.store.engine.begin() as sql:
        assert sql.execute(text(altered)).rowcount > 0
    assert fault(used)


def key_of(system: System, user: str) -> int:
    with system.admit.store.read() as sql:
        (found,) = stored.named(sql, Kind.USER, user)
    return found.key


def test_a_password_that_is_put_back_to_the_one_before_is_found(used: System) -> None:
    alice = key_of(used, "alice")
    with used.admit.store.read() as sql:
        former = stored.sealed(sql, alice, PASSWORD)
        user = stored.by_keys(sql, [alice])[alice]
    call = {"InstanceId": used.call("eiam", "ListInstances")["Instances"][0]["InstanceId"], "UserId": user.id}
    used.call("eiam", "UpdateUserPassword", **call, Password="battery staple")
    assert fault(used) is None

    tamper(used, "update secrets set sealed = :former", "where thing = :key", former=former, key=alice)
    assert "user 'alice' has another secret 'password hash' than the ledger has" in str(fault(used))


def test_a_secret_that_was_forgotten_and_one_that_went_with_its_owner_leave_a_whole_ledger(
    used: System,
) -> None:
    callers = Callers(used)
    callers.user("carol", statement("Allow", "*"))
    callers.ram("CreateLoginProfile", UserName="mallory", Password="Correct-Horse-7")
    callers.ram("DeleteLoginProfile", UserName="mallory")
    key = callers.key_of("carol").access_key_id
    callers.ram("DeleteAccessKey", UserName="carol", UserAccessKeyId=key)

    assert fault(used) is None


def _new_thing(tx: Tx) -> None:
    values = {"kind": 3, "parent": 0, "id": "x", "name": "x", "handle": None, "details": "{}"}
    stored.insert_thing(tx.sql, {**values, "created_at": tx.now, "changed_at": tx.now})


def _account(tx: Tx) -> int:
    return stored.find(tx.sql, stored.Where(Kind.ACCOUNT))[0].key


PERSON, USER = Ref(Kind.PERSON, 7001), Ref(Kind.USER, 7002)


@pytest.mark.parametrize(
    "write",
    [
        _new_thing,
        lambda tx: stored.update_thing(tx.sql, _account(tx), {"name": "mine"}),
        lambda tx: stored.add_block(tx.sql, _account(tx), "locked", tx.now),
        lambda tx: stored.end_block(tx.sql, _some_link(tx)[1].key, "disabled", tx.now),
        lambda tx: stored.seal(tx.sql, _account(tx), "password", b"x"),
        lambda tx: stored.seal(tx.sql, _account(tx), "password", None),
        lambda tx: stored.forget_secrets(tx.sql, _account(tx)),
        lambda tx: stored_links.add(tx.sql, Link(PERSON, USER), tx.now, tx.revision),
        lambda tx: stored_links.close(tx.sql, *_some_link(tx), tx.now, tx.revision),
    ],
)
def test_nothing_is_written_to_the_policy_without_an_entry(used: System, write: Callable[[Tx], None]) -> None:
    before = used.revision()
    with pytest.raises(SilentChange):
        used.admit.store.write_now(Author("admit", "test", "request"), write)
    assert used.revision() == before
    assert fault(used) is None


def _some_link(tx: Tx) -> tuple[Ref, Ref]:
    """A link that stands: of the person alice and their account."""
    (person,) = stored.named(tx.sql, Kind.PERSON, "alice")
    ((_, user),) = stored_links.of(tx.sql, person.key, inward=False)
    return person.ref, user
