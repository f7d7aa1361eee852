"""Listing what has happened."""

from dataclasses import dataclass
from typing import Any, get_args

import pytest

from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.core.validity import HOUR, MINUTE
from admit.services.access.activities import KindWord, OutcomeWord
from admit.store import things
from tests.callers import Callers, refused, statement
from tests.services.appstream.streaming import Streaming
from tests.system import System


@dataclass
class Listed:
    """The activity of a system, as it is listed."""

    system: System

    def __call__(self, **asked: Any) -> list[dict[str, Any]]:
        return list(self.page(**asked)["Activities"])

    def page(self, **asked: Any) -> dict[str, Any]:
        world = self.system.admit.world
        world.activities.write(self.system.admit.store, world.metrics)
        return self.system.call("admit", "ListActivity", **asked)

    def decisions(self, **asked: Any) -> list[dict[str, Any]]:
        return self(Kind="decision", **asked)

    def note(self, kind: ActivityKind = ActivityKind.COMMAND, **fields: Any) -> None:
        """Note what no operation notes."""
        known: dict[str, Any] = {"at": self.system.clock.now(), "outcome": Outcome.OK, "actor": "alice"}
        self.system.admit.world.activities.note(Activity(kind=kind, **known | fields))


@pytest.fixture
def listed(system: System) -> Listed:
    return Listed(system)


@pytest.fixture
def office(system: System) -> str:
    """alice in the group dba, who may use root@db-1 for an hour; returns the ID of the host account."""
    bastion = system.call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"]

    def made(action: str, answer: str, **parameters: Any) -> str:
        return str(system.call("yundun-bastionhost", action, InstanceId=bastion, **parameters)[answer])

    for name in ("alice", "bob"):
        made("CreateUser", "UserId", Source="Local", UserName=name, Password="Secret-123")
    host = made(
        "CreateHost",
        "HostId",
        Source="Local",
        HostName="db-1",
        OSType="Linux",
        ActiveAddressType="Private",
        HostPrivateAddress="192.0.2.7",
    )
    account = made(
        "CreateHostAccount", "HostAccountId", HostId=host, ProtocolName="SSH", HostAccountName="root"
    )
    system.call(
        "admit", "GrantAccess", Subject="alice", Resource="root@db-1", EndTime=system.clock.now() + HOUR
    )
    return account


def test_the_words_of_the_wire_are_those_of_the_core() -> None:
    assert get_args(KindWord) == tuple(kind.value for kind in ActivityKind)
    assert get_args(OutcomeWord) == tuple(outcome.value for outcome in Outcome)


def test_a_decision_is_listed_with_its_reason_its_path_and_who_asked(listed: Listed, office: str) -> None:
    system = listed.system
    system.call("admit", "CheckAccess", Person="alice", Resource="root@db-1")

    (found,) = listed.decisions()
    assert (found["Outcome"], found["Reason"]) == ("ok", "granted")
    assert (found["Person"], found["User"], found["Resource"]) == ("alice", "user:alice", "root@db-1")
    assert found["ResourceId"] == office
    assert found["Caller"] == f"acs:ram::{system.founded.account_id}:root"
    assert (found["Action"], found["Peer"]) == ("admit:CheckAccess", "127.0.0.1")
    assert found["Details"] == {
        "revision": system.revision(),
        "path": ["alice", "user:alice", "root@db-1"],
        "until": system.clock.now() + HOUR,
    }


def test_a_refusal_is_found_by_its_outcome_and_says_why(listed: Listed, office: str) -> None:
    system = listed.system
    system.call("admit", "CheckAccess", Person="alice", Resource="root@db-1")
    system.call("admit", "ExplainAccess", Person="bob", Resource="root@db-1")
    system.advance(HOUR)
    system.call("admit", "ExplainAccess", Person="alice", Resource="root@db-1")

    found = listed.decisions(Outcome="refused")
    assert [(each["Person"], each["Reason"]) for each in found] == [
        ("alice", "has ended"),
        ("bob", "not granted"),
    ]
    assert {each["Action"] for each in found} == {"admit:ExplainAccess"}


def test_a_question_about_another_moment_is_told_from_a_decision_of_now(listed: Listed, office: str) -> None:
    moment = listed.system.clock.now() + MINUTE
    listed.system.call("admit", "CheckAccess", Person="alice", Resource="root@db-1", At=moment)

    assert listed.decisions()[0]["Details"]["about"] == moment


def test_a_call_is_listed_with_its_status_and_without_what_was_sent(listed: Listed) -> None:
    listed.system.call("yundun-bastionhost", "DescribeInstances")

    (found,) = listed(Kind="api-call")
    assert (found["Action"], found["Reason"]) == ("yundun-bastionhost:DescribeInstances", "OK")
    assert found["Details"].keys() == {"status", "duration_ms"}
    assert "Person" not in found


def test_a_name_finds_what_bears_it_also_under_the_name_it_had_before(listed: Listed, office: str) -> None:
    with listed.system.admit.store.read() as sql:
        account = things.named(sql, things.Kind.HOST_ACCOUNT, "root")[0]
    listed.note(resource=Mention("root@db-old", account.key), action="uptime")
    listed.note(resource=Mention("root@db-1"), action="of one that is gone")
    listed.note(resource=Mention("root@db-2"), action="of another")

    assert [each["Action"] for each in listed(Resource="root@db-1")] == ["of one that is gone", "uptime"]
    assert [each["Action"] for each in listed(Resource="root@db-2")] == ["of another"]
    assert listed(Resource="nothing is called so") == []


def test_what_is_asked_for_is_found_by_caller_session_person_and_time(listed: Listed) -> None:
    start = listed.system.clock.now()
    listed.note(session="session-1", person=Mention("alice"), action="first")
    listed.system.advance(MINUTE)
    listed.note(session="session-2", actor="bob", action="second")

    assert [each["Action"] for each in listed(SessionId="session-1")] == ["first"]
    assert [each["Action"] for each in listed(Caller="bob")] == ["second"]
    assert [each["Action"] for each in listed(Person="alice")] == ["first"]
    command = {"Kind": "command"}
    assert [each["Action"] for each in listed(EndTime=start + MINUTE, **command)] == ["first"]
    assert [each["Action"] for each in listed(StartTime=start + MINUTE, **command)] == ["second"]


def test_pages_go_on_where_the_last_one_ended_while_more_happens(listed: Listed) -> None:
    for number in range(5):
        listed.note(action=f"{number}")

    seen, token = [], None
    while True:
        page = listed.page(Kind="command", MaxResults=2, NextToken=token)
        seen += [each["Action"] for each in page["Activities"]]
        listed.note(action="meanwhile")
        token = page.get("NextToken")
        if token is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]


def test_a_token_that_was_not_given_out_is_refused(listed: Listed) -> None:
    assert (
        refused(listed.system.call, "admit", "ListActivity", NextToken="MKx")[1]
        == "InvalidParameter.NextToken"
    )


def test_whoever_has_no_right_to_it_is_told_nothing(listed: Listed) -> None:
    callers = Callers(listed.system)
    bob = callers.user("bob", statement("Allow", "admit:CheckAccess"))
    eve = callers.user("eve", statement("Allow", "admit:ListActivity"))

    assert refused(listed.system.call, "admit", "ListActivity", bob)[0] == 403
    assert "Activities" in listed.system.call("admit", "ListActivity", eve)


@pytest.fixture
def streaming(system: System) -> Streaming:
    found = Streaming(system)
    found.directory.add("alice", "bob")
    return found


def test_a_ticket_is_a_decision_and_a_refused_one_says_to_the_auditor_alone_why(
    listed: Listed, streaming: Streaming
) -> None:
    group = streaming.create()
    streaming.authorize(group, "alice")
    for name in ("alice", "bob", "nobody"):
        streaming.connects(name)
    streaming.connects("alice", app="no-such-app")

    told = [(each["Person"], each["Outcome"], each["Reason"]) for each in listed.decisions()]
    assert told == [
        ("alice", "refused", "nothing there is fits the request"),
        ("nobody", "refused", "no user of this name can be used"),
        ("bob", "refused", "not granted"),
        ("alice", "ok", "granted"),
    ]
    (alice,) = listed.decisions(Outcome="ok")
    assert (alice["Action"], alice["Peer"]) == ("appstream-center:GetConnectionTicket", "127.0.0.1")
    assert alice["Details"]["path"][-1] == alice["Resource"]


def test_a_group_that_lets_everybody_in_is_noted_as_that(listed: Listed, streaming: Streaming) -> None:
    streaming.create(SecurityPolicy='{"SkipUserAuthCheck":true}')
    streaming.connects("bob")

    (found,) = listed.decisions()
    assert (found["Person"], found["Outcome"], found["Reason"]) == ("bob", "ok", "granted")
    assert found["Details"]["path"] == ["user:bob", "account:account", "delivery-group:Office"]


def test_a_locked_user_who_is_refused_is_found_by_the_name_of_the_person(
    listed: Listed, streaming: Streaming
) -> None:
    streaming.authorize(streaming.create(), "alice")
    streaming.directory.call("LockUsers", Users=["alice"])
    streaming.connects("alice")

    assert [each["Reason"] for each in listed.decisions(Person="alice")] == [
        "no user of this name can be used"
    ]
