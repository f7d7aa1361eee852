"""Lists on the command line that somebody looks through now and then."""

import json

import pytest

from admit.cli.client import Client
from tests.cli.conftest import Run

pytestmark = pytest.mark.usefixtures("office")


def test_those_with_a_way_through_a_group_are_listed_with_it(run: Run):
    assert run("through", "group:dba").stderr == "Nobody has a way through group:dba.\n"
    run("grant", "group:dba", "root@db-1")

    told = json.loads(run("through", "group:dba", "--json").stdout)

    assert [each["Name"] for each in told] == ["alice"]


def test_what_ends_soon_is_listed_with_its_end(run: Run):
    assert run("ending").stderr == "Nothing ends within 24 hours.\n"
    run("grant", "alice", "root@db-1", "--for", "30h")
    assert run("ending").stdout == ""

    shown = run("ending", "--within", "2d").stdout.splitlines()

    assert shown[0].split("\t")[:2] == ["who", "what"]
    assert any("user:alice" in line and "root@db-1" in line for line in shown[1:])


def test_what_is_younger_than_the_time_asked_about_is_not_called_unused(run: Run):
    run("grant", "alice", "root@db-1")

    told = run("unused", "--for", "30d")

    assert (told.stdout, told.exit_code) == ("", 0)
    assert told.stderr == "Every grant that is older was used within 30 days.\n"


@pytest.fixture
def shop(office: None, client: Client) -> None:
    """mia may read order 17, and ship it if it is light."""
    for name, role, entity in (("user", "subject", "mia"), ("order", "resource", "17")):
        client.call("admit", "RegisterType", Space="shop", Name=name)
        entities = json.dumps([{"Id": entity}])
        client.call("admit", "PutEntities", Space="shop", Type=name, Role=role, Entities=entities)
    ends = {"Space": "shop", "Subject": "user:mia", "Resource": "order:17"}
    client.call("admit", "GrantActions", **ends, Actions=["ship"], Condition="context.weight < 30")
    client.call("admit", "GrantActions", **ends, Actions=["read"])


@pytest.mark.usefixtures("shop")
def test_what_depends_on_a_condition_is_listed_with_it_and_told_by_context(run: Run):
    def rows(*words: str) -> list[list[str]]:
        return [line.split("\t") for line in run(*words).stdout.splitlines()]

    head, (*row, only_if) = rows("who", "shop/order:17", "--action", "ship")
    assert (head[0], head[-1], row[0]) == ("person", "only if", "user:mia")
    assert only_if == "context.weight < 30 (context.weight is missing)"
    head, row = rows("what", "shop/user:mia", "--action", "ship", "--context", '{"weight": 3}')
    assert (head[-1], row[0]) == ("granted by", "order:17")
    heavy = run("what", "shop/user:mia", "--action", "ship", "--context", '{"weight": 300}')
    assert heavy.stderr == "shop/user:mia may use nothing.\n"


@pytest.mark.usefixtures("shop")
def test_a_check_may_name_an_action_and_a_context(run: Run):
    asked = ("shop/user:mia", "shop/order:17", "--action", "ship")

    for command in ("can", "explain"):
        assert run(command, *asked, "--context", '{"weight": 3}').exit_code == 0
        assert run(command, *asked).exit_code == 1
    assert "must be a JSON object" in run("can", *asked, "--context", "[3]").stderr
    assert "must be a JSON object" in run("can", *asked, "--context", "weight").stderr
