"""Lists on the command line that somebody looks through now and then."""

import json

import pytest

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
