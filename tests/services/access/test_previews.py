"""What calls would do: told before they are made, and nothing of them left."""

import json
from typing import Any

import pytest
from sqlalchemy import inspect

from admit.control import grants, people, things
from admit.control.answers import comparison, previews
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import MINUTE
from admit.services.access.grants import TOO_MANY
from admit.services.bastionhost.user_groups import UserGroupDetails
from admit.store import sessions
from admit.store import things as stored
from admit.store.engine import Author, Tx
from admit.store.sessions import NewSession
from tests.callers import Callers, refused, statement
from tests.system import System

AUTHOR = Author("acs:ram::1:root", "test", "request")


@pytest.fixture
def office(system: System) -> System:
    """alice in the group dba, which may use root on db-1; bob in none. alice has a live session there."""

    def body(tx: Tx) -> None:
        bastion = stored.find(tx.sql, stored.Where(Kind.BASTION))[0]
        empty = UserGroupDetails()
        alice = people.add_user(tx, New(Kind.USER, bastion.key, "alice", empty))
        people.add_user(tx, New(Kind.USER, bastion.key, "bob", empty))
        dba = things.add(tx, New(Kind.GROUP, bastion.key, "dba", empty))
        host = things.add(tx, New(Kind.HOST, bastion.key, "db-1", empty))
        root = things.add(tx, New(Kind.HOST_ACCOUNT, host.key, "root", empty))
        grants.grant(tx, alice, dba)
        grants.grant(tx, dba, host)
        grants.grant(tx, dba, root)
        person = people.person_of(tx, alice)
        live = NewSession(
            id="session-1",
            node="n",
            process="p",
            door="ssh",
            person=person.key,
            user=alice.key,
            resource=root.key,
            login="root",
            peer="127.0.0.1",
            client="test",
            what="shell",
            revision=1,
            until=2**62,
        )
        sessions.add(tx.sql, live, tx.now)

    system.admit.store.write_now(AUTHOR, body)
    return system


def found(system: System, kind: Kind, name: str) -> str:
    with system.admit.store.read() as sql:
        return stored.named(sql, kind, name)[0].id


def bastion(system: System) -> str:
    with system.admit.store.read() as sql:
        return stored.find(sql, stored.Where(Kind.BASTION))[0].id


def planned(service: str, action: str, **parameters: Any) -> dict[str, Any]:
    return {"Service": service, "Action": action, "Parameters": parameters}


def preview(system: System, *calls: dict[str, Any], key: Any = None) -> dict[str, Any]:
    return system.call("admit", "PreviewCalls", key, Calls=json.dumps(calls))


def pairs(changes: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(each["Person"], each["Resource"]) for each in changes}


def in_group(system: System, action: str, user: str) -> dict[str, Any]:
    return planned(
        "yundun-bastionhost",
        action,
        InstanceId=bastion(system),
        UserGroupId=found(system, Kind.GROUP, "dba"),
        UserIds=[found(system, Kind.USER, user)],
    )


BOTH = {("alice", "host:db-1"), ("alice", "root@db-1")}


def test_who_joins_a_group_gains_what_it_may_use(office: System) -> None:
    before = office.revision()

    told = preview(office, in_group(office, "AddUsersToGroup", "bob"))

    assert told["Results"] == [{"Service": "yundun-bastionhost", "Action": "AddUsersToGroup", "Code": "OK"}]
    assert (told["Complete"], pairs(told["Gained"])) == (True, {("bob", "host:db-1"), ("bob", "root@db-1")})
    assert (told["Lost"], told["Changed"], told["EndingSessions"]) == ([], [], [])
    assert [step["Label"] for step in told["Gained"][0]["Path"]] == [
        "bob",
        "user:bob",
        "group:dba",
        "host:db-1",
    ]
    assert office.revision() == before


def test_who_leaves_loses_it_and_the_live_session_ends(office: System) -> None:
    told = preview(office, in_group(office, "RemoveUsersFromGroup", "alice"))

    assert pairs(told["Lost"]) == BOTH
    assert [(each["SessionId"], each["Reason"]) for each in told["EndingSessions"]] == [
        ("session-1", "not granted")
    ]


@pytest.mark.parametrize(
    ("kind", "name", "action", "parameter"),
    [
        (Kind.USER, "alice", "LockUsers", "UserIds"),
        (Kind.USER, "alice", "DeleteUser", "UserId"),
        (Kind.GROUP, "dba", "DeleteUserGroup", "UserGroupId"),
        (Kind.HOST, "db-1", "DeleteHost", "HostId"),
    ],
)
def test_locking_and_deleting_are_told_before_they_are_done(
    office: System, kind: Kind, name: str, action: str, parameter: str
) -> None:
    id_ = found(office, kind, name)
    value = [id_] if parameter.endswith("s") else id_
    service = "yundun-bastionhost"
    told = preview(office, planned(service, action, InstanceId=bastion(office), **{parameter: value}))

    assert [each["Code"] for each in told["Results"]] == ["OK"]
    assert pairs(told["Lost"]) == BOTH
    assert [each["SessionId"] for each in told["EndingSessions"]] == ["session-1"]
    check = office.call("admit", "CheckAccess", Person="alice", Resource="root@db-1")["Decision"]
    assert check["Allowed"] is True


def test_another_end_is_told_with_the_one_of_before(office: System) -> None:
    end = office.clock.now() + 10 * MINUTE
    asked = {"Subject": "group:dba", "Resource": "root@db-1", "EndTime": end}

    told = preview(office, planned("admit", "GrantAccess", **asked))

    (moved,) = told["Changed"]
    assert (moved["Person"], moved["Resource"], moved["ValidUntil"]) == ("alice", "root@db-1", end)
    assert "WasUntil" not in moved


def test_a_batch_is_one_change_and_what_is_refused_is_told_and_left_out(office: System) -> None:
    told = preview(
        office,
        in_group(office, "AddUsersToGroup", "bob"),
        planned("admit", "RevokeAccess", Subject="group:dba", Resource="root@db-1"),
        planned("admit", "GrantAccess", Subject="nobody", Resource="root@db-1"),
        planned("admit", "GrantAccess", Subject="bob", Resource="root@db-1", EndTime="tomorrow"),
    )

    codes = [each["Code"] for each in told["Results"]]
    assert codes == ["OK", "OK", "EntityNotExist", "InvalidParameter.EndTime"]
    assert pairs(told["Gained"]) == {("bob", "host:db-1")}
    assert pairs(told["Lost"]) == {("alice", "root@db-1")}


def test_what_a_call_makes_may_be_told_though_it_never_is(office: System) -> None:
    told = preview(office, planned("admit", "GrantAccess", Subject="bob", Resource="host:db-1"))
    assert pairs(told["Gained"]) == {("bob", "host:db-1")}


def test_a_revocation_that_is_only_tried_tells_the_sessions_too(office: System) -> None:
    asked = {"Subject": "group:dba", "Resource": "root@db-1", "Preview": True}
    told = office.call("admit", "RevokeAccess", **asked)["Result"]
    assert [each["Person"] for each in told["Lost"]] == ["alice"]
    assert [each["SessionId"] for each in told["EndingSessions"]] == ["session-1"]


def test_of_what_is_not_compared_it_is_told_what_is_known(
    office: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked = {"Subject": "group:dba", "Resource": "root@db-1"}
    whole = office.call("admit", "RevokeAccess", **revoked, Preview=True)["Result"]
    assert (whole["Untold"], len(whole["Lost"])) == ([], 1)

    monkeypatch.setattr(previews, "MOST_PAIRS", 0)
    cut = office.call("admit", "RevokeAccess", **revoked, Preview=True)["Result"]
    assert (cut["Changed"], cut["Lost"]) == (True, [])
    assert cut["Untold"] == [
        previews.TOO_MUCH,
        "Of 1 lists that may differ 0 were compared.",
        "Not compared: who may use root@db-1; at least 1 are joined to what it is granted to.",
    ]
    # Nor is it walked who is left once the link is gone: there are none to compare them with.
    monkeypatch.setattr(comparison, "_listed", None)
    granted = planned("admit", "RevokeAccess", **revoked)
    assert preview(office, granted)["Untold"] == cut["Untold"]
    # The session of one of them is asked about, however long the lists are.
    assert [each["SessionId"] for each in cut["EndingSessions"]] == ["session-1"]


def test_whoever_is_granted_several_things_is_counted_once(
    office: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(previews, "MOST_PAIRS", 0)
    monkeypatch.setattr(previews, "MOST_NAMED", 0)
    monkeypatch.setattr(previews, "many_in", lambda _sql, key, _most: asked.append(key) or 1)
    revoked = [
        planned("admit", "RevokeAccess", Subject="group:dba", Resource=each)
        for each in ("root@db-1", "host:db-1")
    ]

    assert "Of 2 lists that may differ 0 were compared." in preview(office, *revoked)["Untold"]
    assert len(asked) == 1


def test_of_many_lists_the_first_are_compared(office: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "MOST_WALKS", 1)
    told = preview(
        office,
        planned("admit", "GrantAccess", Subject="bob", Resource="host:db-1"),
        in_group(office, "AddUsersToGroup", "bob"),
    )

    assert pairs(told["Gained"]) == {("bob", "host:db-1")}
    assert told["Untold"] == [
        previews.TOO_MUCH,
        "Of 2 lists that may differ 1 were compared.",
        "Not compared: what bob may use.",
    ]


def test_each_call_needs_its_own_permission(office: System) -> None:
    key = Callers(office).user("looker", statement("Allow", "admit:PreviewCalls"))
    grant = planned("admit", "GrantAccess", Subject="bob", Resource="root@db-1")

    told = preview(office, grant, key=key)

    assert [each["Code"] for each in told["Results"]] == ["NoPermission"]
    assert told["Gained"] == []
    stranger = Callers(office).user("stranger", statement("Allow", "admit:GrantAccess"))
    body = {"Calls": json.dumps([grant])}
    assert refused(office.call, "admit", "PreviewCalls", stranger, **body) == (403, "NoPermission")


@pytest.mark.parametrize(
    ("service", "action"),
    [
        ("admit", "ListWho"),
        ("admit", "Nothing"),
        ("nowhere", "X"),
        ("admit", "PreviewCalls"),
        ("sts", "AssumeRole"),
    ],
)
def test_what_changes_nothing_has_no_preview(office: System, service: str, action: str) -> None:
    asked = {"Calls": json.dumps([planned(service, action)])}
    assert refused(office.call, "admit", "PreviewCalls", **asked) == (400, "InvalidParameter.Calls")


def test_nothing_is_left_neither_mail_nor_notes_nor_entries(office: System) -> None:
    call = planned("eds-user", "CreateUsers", Users=[{"EndUserId": "carol", "Email": "carol@example.com"}])
    before = dump(office)

    told = preview(office, call)

    assert [each["Code"] for each in told["Results"]] == ["OK"]
    assert dump(office) == before


def dump(system: System) -> dict[str, int]:
    """How many rows each table has, but for nonces, which stay used."""
    with system.admit.store.read() as sql:
        return {
            name: sql.exec_driver_sql(f"select count(*) from {name}").scalar_one()  # noqa: S608 - a table's name
            for name in inspect(sql).get_table_names()
            if name not in ("nonces", "activity")
        }


def test_permissions_of_callers_are_said_to_be_untold(office: System) -> None:
    told = preview(office, planned("ram", "CreateUser", UserName="x"))
    assert (told["Complete"], told["Untold"]) == (
        False,
        ["What callers may do with the API is not compared."],
    )


def test_a_grant_that_touches_very_many_is_made_without_walking_all_of_them(
    office: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admit.services.access.grants.MOST_WALKED", 0)

    told = office.call("admit", "RevokeAccess", Subject="group:dba", Resource="root@db-1")["Result"]
    assert (told["Changed"], told["Lost"], told["Untold"]) == (True, [], [TOO_MANY])

    office.call("admit", "GrantAccess", Subject="group:dba", Resource="root@db-1")
    told = office.call("admit", "GrantAccess", Subject="bob", Resource="root@db-1")["Result"]
    assert [each["Person"] for each in told["Gained"]] == ["bob"]
    assert "Untold" not in told
    told = office.call("admit", "RevokeAccess", Subject="bob", Resource="root@db-1")["Result"]
    assert [each["Person"] for each in told["Lost"]] == ["bob"]
    told = office.call("admit", "GrantAccess", Subject="alice", Resource="root@db-1")["Result"]
    assert (told["Changed"], told["Gained"]) == (True, [])
