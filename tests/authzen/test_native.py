"""What admit grants of itself, asked for through AuthZEN."""

import base64

import pytest

from admit.core.validity import MINUTE, iso_with_millis
from tests.authzen.asking import Program, question
from tests.callers import Callers
from tests.system import System

ALICE_ROOT = question("person:alice", "connect", "host-account:root@db-1")


def granted(office: System, subject: str = "group:dba", **more: int) -> None:
    office.call("admit", "GrantAccess", Subject=subject, Resource="root@db-1", **more)


def test_a_grant_is_answered_with_its_path_end_and_revision(office: System, program: Program) -> None:
    end = office.clock.now() + 10 * MINUTE
    granted(office, EndTime=end)

    answer = program.asks("evaluation", ALICE_ROOT)

    assert answer == {
        "decision": True,
        "context": {
            "reason": "granted",
            "text": "alice may use root@db-1.",
            "revision": office.revision(),
            "path": ["alice", "user:alice", "group:dba", "root@db-1"],
            "valid_until": iso_with_millis(end),
        },
    }


def test_a_refusal_is_an_answer_too_and_says_why(office: System, program: Program) -> None:
    granted(office, EndTime=office.clock.now() + MINUTE)
    office.advance(MINUTE)

    ended = program.asks("evaluation", ALICE_ROOT)
    never = program.asks("evaluation", question("person:bob", "connect", "host-account:root@db-1"))

    assert (ended["decision"], ended["context"]["reason"]) == (False, "has ended")
    assert (never["decision"], never["context"]["reason"]) == (False, "not granted")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (question("person:nobody", "connect", "host-account:root@db-1"), "unknown"),
        (question("person:alice", "connect", "host-account:root@nowhere"), "unknown"),
        (question("robot:alice", "connect", "host-account:root@db-1"), "unknown"),
        (question("person:alice", "connect", "teapot:1"), "unknown"),
        (question("person:alice", "launch", "host-account:root@db-1"), "other actions"),
    ],
)
def test_what_is_not_known_here_is_refused_and_is_no_error(
    office: System, program: Program, asked: dict[str, object], reason: str
) -> None:
    granted(office)
    answer = program.asks("evaluation", asked)
    assert (answer["decision"], answer["context"]["reason"]) == (False, reason)


def test_a_user_is_asked_for_as_that_user_a_group_as_itself(office: System, program: Program) -> None:
    granted(office)
    users = program.asks("search/subject", question("user", "connect", "host-account:root@db-1"))["results"]
    groups = program.asks("search/subject", question("user-group", "connect", "host:db-1"))["results"]

    assert len(users) == len(groups) == 1
    for found, what in ((users[0], "host-account:root@db-1"), (groups[0], "host:db-1")):
        asked = {**question("x:y", "connect", what), "subject": found}
        assert program.asks("evaluation", asked)["decision"] is True


def test_searches_from_all_three_sides_agree_with_single_decisions(office: System, program: Program) -> None:
    granted(office)
    granted(office, "bob")
    office.call("admit", "GrantAccess", Subject="bob", Resource="host:web-1")
    people, hosts = ("alice", "bob"), ("db-1", "web-1")
    allowed = {
        (person, host)
        for person in people
        for host in hosts
        if program.asks("evaluation", question(f"person:{person}", "connect", f"host:{host}"))["decision"]
    }
    assert allowed == {("alice", "db-1"), ("bob", "db-1"), ("bob", "web-1")}

    by_host = {
        (found["id"], host)
        for host in hosts
        for found in program.asks("search/subject", question("person", "connect", f"host:{host}"))["results"]
    }
    ids = {
        person: program.asks("search/resource", question(f"person:{person}", "connect", "host"))["results"]
        for person in people
    }
    by_action = {
        (person, host)
        for person in people
        for host in hosts
        if program.asks("search/action", question(f"person:{person}", None, f"host:{host}"))["results"]
        == [{"name": "connect"}]
    }
    assert by_host == by_action == allowed
    assert {person: len(found) for person, found in ids.items()} == {"alice": 1, "bob": 2}
    for person, found in ids.items():
        for each in found:
            asked = {**question(f"person:{person}", "connect", "host:x"), "resource": each}
            assert program.asks("evaluation", asked)["decision"] is True


def test_a_search_is_paged_by_a_token_that_remembers_how_long_pages_are(
    office: System, program: Program
) -> None:
    granted(office)
    granted(office, "bob")
    asked = question("person", "connect", "host-account:root@db-1")

    first = program.asks("search/subject", asked | {"page": {"limit": 1}})
    second = program.asks("search/subject", asked | {"page": {"token": first["page"]["next_token"]}})

    assert [each["id"] for each in first["results"] + second["results"]] == ["alice", "bob"]
    assert (first["page"]["count"], first["page"]["total"], second["page"]["next_token"]) == (1, 2, "")
    assert list(first) == ["page", "results"]
    other = question("person", "connect", "host:db-1") | {"page": {"token": first["page"]["next_token"]}}
    assert program.post("search/subject", other)[0] == 400
    assert program.post("search/subject", asked | {"page": {"token": "made-up"}})[0] == 400
    assert program.post("search/subject", asked | {"page": {"limit": -1}})[0] == 400


def test_a_token_is_good_for_the_search_it_was_given_out_by_and_for_no_other(
    office: System, program: Program
) -> None:
    """The IDs of what is searched for are ignored: one body may be sent to each of the searches."""
    granted(office)
    granted(office, "bob")
    asked = question("person:alice", "connect", "host-account:root@db-1")
    given = program.asks("search/subject", asked | {"page": {"limit": 1}})["page"]["next_token"]
    again = asked | {"page": {"token": given}}

    program.base = "/spaces/shop"
    elsewhere = program.post("search/subject", again)[0]
    program.base = ""
    others = [program.post(f"search/{what}", again)[0] for what in ("resource", "action")]
    assert (elsewhere, others) == (400, [400, 400])
    assert program.asks("search/subject", again)["results"] == [{"type": "person", "id": "bob"}]


def test_decisions_are_among_what_happened(office: System, program: Program) -> None:
    granted(office)
    program.asks("evaluation", ALICE_ROOT)
    office.admit.world.activities.write(office.admit.store, office.admit.world.metrics)

    found = office.call("admit", "ListActivity", Kind="decision")["Activities"]

    assert [(each["Action"], each["Outcome"], each["Person"]) for each in found] == [
        ("admit:Evaluate", "ok", "alice")
    ]
    assert found[0]["Caller"].endswith(":user/orders")


def test_an_access_key_opens_by_basic(office: System, program: Program) -> None:
    granted(office)
    key = Callers(office).key_of("orders")
    shown = base64.b64encode(f"{key.access_key_id}:{key.secret}".encode()).decode()
    wrong = base64.b64encode(f"{key.access_key_id}:{key.secret}x".encode()).decode()

    assert program.post("evaluation", ALICE_ROOT, authorization=f"Basic {shown}")[0] == 200
    assert program.post("evaluation", ALICE_ROOT, authorization=f"Basic {wrong}")[0] == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer admit_a_b", "Basic ?", "Digest x"])
def test_who_proves_nothing_is_told_how_to(program: Program, header: str) -> None:
    status, _, headers = program.post("evaluation", ALICE_ROOT, authorization=header)
    assert status == 401
    assert headers["www-authenticate"].startswith('Bearer realm="admit"')


def test_a_token_is_good_until_it_is_revoked_or_ends(office: System, program: Program) -> None:
    end = office.clock.now() + MINUTE
    made = office.call("admit", "CreateBearerToken", UserName="orders", Name="short", EndTime=end)
    short = f"Bearer {made['Token']}"
    assert program.post("evaluation", ALICE_ROOT, authorization=short)[0] == 200

    office.advance(MINUTE)
    assert program.post("evaluation", ALICE_ROOT, authorization=short)[0] == 401
    listed = office.call("admit", "ListBearerTokens", UserName="orders")["Tokens"]
    assert [each["Name"] for each in listed] == ["test", "short"]
    assert program.post("evaluation", ALICE_ROOT)[0] == 200
    office.call("admit", "DeleteBearerToken", UserName="orders", TokenId=program.token_id)
    assert program.post("evaluation", ALICE_ROOT)[0] == 401


def test_a_token_goes_with_its_user_and_its_secret_is_kept_nowhere(office: System, program: Program) -> None:
    secret = program.token.rpartition("_")[2]
    database = office.admit.settings.database_file
    assert all(secret.encode() not in file.read_bytes() for file in database.parent.glob(f"{database.name}*"))

    callers = Callers(office)
    callers.ram("DetachPolicyFromUser", PolicyType="Custom", PolicyName="of-orders", UserName="orders")
    (key,) = callers.ram("ListAccessKeys", UserName="orders")["AccessKeys"]["AccessKey"]
    callers.ram("DeleteAccessKey", UserName="orders", UserAccessKeyId=key["AccessKeyId"])
    callers.ram("DeleteUser", UserName="orders")

    assert program.post("evaluation", ALICE_ROOT)[0] == 401


def test_ram_says_what_a_token_is_good_for(office: System) -> None:
    narrow = Program(office, "narrow", may=("admit:Evaluate",))
    assert narrow.post("evaluation", ALICE_ROOT)[0] == 200
    assert narrow.post("evaluations", ALICE_ROOT)[0] == 200
    assert narrow.post("search/subject", question("person", "connect", "host:db-1"))[0] == 403
