"""The public vectors against a running server, with the scenarios loaded through the API."""

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from admit.main import create
from admit.settings import Settings
from tests.authzen import vectors
from tests.authzen.asking import ALL
from tests.callers import document, statement
from tests.served import Caller, serving

PRESENT = vectors.HERE.is_dir()
FILES = [(space, file) for space, files in vectors.FILES.items() for file in files] if PRESENT else []


class Asked:
    """A decision point of the server, asked over one connection."""

    def __init__(self, address: str, token: str) -> None:
        self.connection = HTTPConnection(address, timeout=30)
        self.token = token

    def __call__(self, space: str, endpoint: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        path = f"/spaces/{space}/access/v1/{endpoint}"
        self.connection.request("POST", path, json.dumps(body), headers)
        response = self.connection.getresponse()
        answer = response.read()
        assert response.status == 200, answer
        return json.loads(answer)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """A server with every scenario in a space of its own."""
    data = tmp_path_factory.mktemp("vectors") / "data"
    founded = create(Settings(data=data))
    with serving(data) as served:
        caller = Caller(served.urls["http"], founded)
        caller.call("ram", "CreateUser", UserName="suite")
        allowed = document(statement("Allow", list(ALL)))
        caller.call("ram", "CreatePolicy", PolicyName="ask", PolicyDocument=allowed)
        caller.call("ram", "AttachPolicyToUser", PolicyType="Custom", PolicyName="ask", UserName="suite")
        for name, fill in vectors.SCENARIOS.items():
            fill(vectors.Space(caller, name))
        made = caller.call("admit", "CreateBearerToken", UserName="suite", Name="suite")
        caller.connection.close()
        asked = Asked(served.urls["http"], made["Token"])
        yield asked
        asked.connection.close()


def told(answer: Any) -> Any:
    """What vectors compare of an answer: decisions in their order, results in any."""
    if "results" in answer:
        return sorted(json.dumps(each, sort_keys=True) for each in answer["results"])
    if "evaluations" in answer:
        return [each["decision"] for each in answer["evaluations"]]
    return answer["decision"]


def expected_of(expected: Any) -> Any:
    if isinstance(expected, list):
        return [each["decision"] for each in expected]
    return expected if isinstance(expected, bool) else told(expected)


@pytest.mark.parametrize(("space", "file"), FILES)
def test_every_public_vector_is_answered_as_it_says(ask: Asked, space: str, file: str) -> None:
    cases = list(vectors.cases(file))
    wrong = [
        (endpoint, request, expected)
        for endpoint, request, expected in cases
        if told(ask(space, endpoint, request)) != expected_of(expected)
    ]
    assert cases
    assert wrong == []


def certified(ask: Asked) -> None:
    fixture = vectors.read("certification-fixture.json")
    for rule in fixture["rules"]:
        answer = ask("certification", "evaluation", rule["request"])
        assert answer["decision"] is rule["decision"], rule
    for rule in fixture["search"]:
        found = ask("certification", f"search/{rule['api']}", rule["request"])["results"]
        assert all(each in found for each in rule["at_least"]), (rule, found)


def merged(ask: Asked) -> None:
    """The suite sends a default with a type alone, and an item with an id and properties."""
    body = {
        "subject": {"type": "user", "id": "alice"},
        "action": {"name": "read"},
        "resource": {"type": "record"},
        "evaluations": [{"resource": {"id": "record-1", "properties": {"status": "active"}}}],
    }
    assert told(ask("certification", "evaluations", body)) == [True]


def found_by_force(ask: Asked) -> None:
    """Each search has just those results that are allowed one by one."""
    users = [{"type": "user", "id": row["id"]} for row in vectors.read("interop-search-data-users.json")]
    action = {"name": "edit"}
    for number in range(101, 121):
        resource = {"type": "record", "id": str(number)}
        found = ask(
            "search", "search/subject", {"subject": {"type": "user"}, "action": action, "resource": resource}
        )
        asked = [{"subject": user, "action": action, "resource": resource} for user in users]
        allowed = told(ask("search", "evaluations", {"evaluations": asked}))
        assert [user for user, yes in zip(users, allowed, strict=True) if yes] == found["results"]


@pytest.mark.parametrize("assert_that", [certified, merged, found_by_force] if PRESENT else [])
def test_the_certification_fixture_is_answered_as_it_says(
    ask: Asked, assert_that: Callable[[Asked], None]
) -> None:
    assert_that(ask)


if not PRESENT:

    def test_no_public_vector_was_run_because_they_are_not_beside_the_repository() -> None:
        assert not vectors.HERE.exists(), vectors.HERE
