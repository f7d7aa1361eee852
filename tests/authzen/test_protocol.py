"""Requests as the certification text and suite send them, well formed and not."""

import json
from typing import Any

import pytest

from tests.authzen.asking import Program, question
from tests.system import System

ASKED = question("person:alice", "connect", "host-account:root@db-1")
ENDPOINTS = ("evaluation", "evaluations", "search/subject", "search/resource", "search/action")


def test_the_metadata_names_the_endpoints_where_they_are(office: System) -> None:
    status, body, headers = office.http("GET", "/.well-known/authzen-configuration", {"Host": "gate.test"})
    metadata = json.loads(body)

    assert (status, headers["content-type"]) == (200, "application/json")
    assert metadata["policy_decision_point"] == "http://gate.test"
    assert metadata["access_evaluation_endpoint"] == "http://gate.test/access/v1/evaluation"
    assert metadata["search_action_endpoint"] == "http://gate.test/access/v1/search/action"
    assert all(metadata.values())


MALFORMED = (
    b"",
    b"{",
    b"[]",
    b'"text"',
    b'{"subject": "\xff"}',
    b"[" * 100_000,
    json.dumps(ASKED | {"subject": "alice"}).encode(),
    json.dumps(ASKED | {"subject": {"type": 1, "id": "alice"}}).encode(),
    json.dumps(ASKED | {"resource": []}).encode(),
    json.dumps(ASKED | {"resource": {"id": "root@db-1"}}).encode(),
)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_what_cannot_be_read_is_a_bad_request_that_says_so(program: Program, path: str) -> None:
    for body in MALFORMED:
        status, text, headers = program.post(path, body)
        assert status == 400, body
        assert text.endswith(".")
        assert headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": {"name": 1}},
        {"action": "connect"},
        {"action": None},
        {"action": {"name": "connect", "properties": 1}},
        {"context": "x"},
        {"subject": {"type": "person"}},
    ],
)
def test_a_wrong_type_or_a_missing_key_of_a_question_is_a_bad_request(
    program: Program, wrong: dict[str, Any]
) -> None:
    assert program.post("evaluation", ASKED | wrong)[0] == 400


def test_only_json_is_read_with_or_without_a_charset(program: Program) -> None:
    assert program.post("evaluation", ASKED, content_type="text/plain")[0] == 400
    assert program.post("evaluation", ASKED, content_type="")[0] == 400
    assert program.post("evaluation", ASKED, content_type="application/json; charset=utf-8")[0] == 200


def test_everything_but_post_is_refused_and_told_by_its_request_id(office: System) -> None:
    for path in ENDPOINTS:
        for method, base in (("GET", ""), ("PUT", "/spaces/shop"), ("DELETE", "")):
            status, _, headers = office.http(method, f"{base}/access/v1/{path}", {"X-Request-ID": "Aa-1:x"})
            assert (status, headers["allow"], headers["x-request-id"]) == (405, "POST", "Aa-1:x")


def test_a_request_id_comes_back_unchanged_from_answers_and_errors(program: Program) -> None:
    for body in (ASKED, b"{"):
        assert program.post("evaluation", body, x_request_id="Aa-1:x")[2]["x-request-id"] == "Aa-1:x"
    assert "x-request-id" not in program.post("evaluation", ASKED)[2]


def test_requests_are_counted_by_what_came_of_them(program: Program) -> None:
    program.asks("evaluation", ASKED)
    program.post("evaluation", b"{")
    text = program.system.admit.world.metrics.text().decode()
    for code in ("200", "400"):
        assert f'action="Evaluate",code="{code}",service="authzen"}} 1.0' in text


def test_keys_nobody_knows_are_ignored_and_equal_requests_get_equal_answers(program: Program) -> None:
    more = {**ASKED, "color": "red", "subject": {**ASKED["subject"], "shoe": 42}}
    answers = [program.asks("evaluation", more) for _ in range(3)]
    assert answers == [program.asks("evaluation", ASKED)] * 3


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (json.dumps(ASKED).encode(), {"x_request_id": "r-1"}),
        (json.dumps(ASKED).encode(), {"authorization": "Bearer wrong"}),
        (json.dumps(ASKED).encode(), {"content_type": "text/plain"}),
        (json.dumps(ASKED).encode(), {"x_admit_at_least_revision": "1"}),
        (json.dumps(ASKED).encode(), {"x_admit_at_least_revision": "x"}),
        (b"{", {}),
    ],
)
def test_a_request_in_pieces_is_answered_like_a_whole_one(
    program: Program, body: bytes, headers: dict[str, str]
) -> None:
    whole = program.post("evaluation", body, **headers)
    program.system.whole = False

    assert program.post("evaluation", body, **headers) == whole


def test_a_body_that_is_too_long_is_not_read(program: Program) -> None:
    assert program.post("evaluation", ASKED | {"x": "y" * 2**20})[0] == 400


@pytest.fixture
def batch(office: System, program: Program) -> Program:
    """alice may connect to db-1, not to web-1."""
    office.call("admit", "GrantAccess", Subject="alice", Resource="host:db-1")
    return program


YES = {"resource": {"type": "host", "id": "db-1"}}
NO = {"resource": {"type": "host", "id": "web-1"}}
COMMON = {"subject": {"type": "person", "id": "alice"}, "action": {"name": "connect"}}


def decisions(answer: dict[str, Any]) -> list[bool]:
    assert "decision" not in answer
    return [each["decision"] for each in answer["evaluations"]]


def test_a_batch_is_answered_in_its_order(batch: Program) -> None:
    assert decisions(batch.asks("evaluations", COMMON | {"evaluations": [YES, NO, YES]})) == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("semantic", "expected"),
    [
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_a_batch_is_cut_where_its_semantics_say(batch: Program, semantic: str, expected: list[bool]) -> None:
    body = COMMON | {"evaluations": [YES, NO, YES], "options": {"evaluations_semantic": semantic}}
    assert decisions(batch.asks("evaluations", body)) == expected


@pytest.mark.parametrize("semantic", ["other", 1, None])
def test_other_semantics_are_a_bad_request(batch: Program, semantic: object) -> None:
    body = COMMON | {"evaluations": [YES], "options": {"evaluations_semantic": semantic}}
    assert batch.post("evaluations", body)[0] == 400


@pytest.mark.parametrize("none", [{}, {"evaluations": []}])
def test_a_batch_of_nothing_is_a_single_question(batch: Program, none: dict[str, Any]) -> None:
    answer = batch.asks("evaluations", COMMON | YES | none)
    assert (answer["decision"], "evaluations" in answer) == (True, False)
    assert batch.post("evaluations", COMMON | none)[0] == 400


def test_a_question_of_a_batch_that_cannot_be_read_is_answered_no(batch: Program) -> None:
    body = COMMON | {"evaluations": [YES, {}, {**YES, "subject": "alice"}, 7]}
    answer = batch.asks("evaluations", body)
    assert decisions(answer) == [True, False, False, False]
    assert answer["evaluations"][1]["context"]["error"] == {"status": 400, "message": "resource is missing."}
    alone = batch.asks("evaluations", {"evaluations": [{**YES, "action": {"name": "connect"}}]})
    assert alone["evaluations"][0]["context"]["error"]["message"] == "subject is missing."


def test_an_item_replaces_what_is_said_for_all_but_takes_a_key_it_must_have(batch: Program) -> None:
    body = {
        **COMMON,
        "resource": {"type": "host", "properties": {"tier": "gold"}},
        "evaluations": [{"resource": {"id": "db-1"}}, {"resource": {"id": "web-1"}}, {"resource": {}}],
    }
    answer = batch.asks("evaluations", body)
    assert decisions(answer) == [True, False, False]
    assert answer["evaluations"][2]["context"]["error"]["message"] == "resource.id is missing."


def test_a_batch_has_a_limit(batch: Program) -> None:
    assert batch.post("evaluations", COMMON | {"evaluations": [NO] * 1001})[0] == 400
