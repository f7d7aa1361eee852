"""Requests for access on the command line."""

import json

import pytest

from admit.control import names
from admit.control.requests import access_requests
from admit.control.requests.access_requests import Wish
from admit.core.links import Kind
from admit.core.validity import HOUR
from admit.main import open_admit
from admit.settings import Settings
from admit.store import things
from admit.store.engine import Author, Tx
from tests.cli.conftest import Run


@pytest.fixture
def asked(office: None, run: Run, settings: Settings) -> str:
    """The ID of alice's request for root at db-1."""
    run("call", "admit", "OfferAccess", "--Resource", "root@db-1")
    run("grant", "alice", "host:db-1")
    admit = open_admit(settings)

    def body(tx: Tx) -> str:
        person, resource = names.person(tx.sql, "alice"), names.resource(tx.sql, "root@db-1")
        where = things.Where(Kind.USER, linked_from=person.key)
        users = tuple(things.find(tx.sql, where))
        return access_requests.ask(tx, users, resource, Wish("ticket 7", HOUR)).id

    request = admit.store.write_now(Author("alice", "home:AskForAccess", "r"), body)
    admit.close()
    return request


def test_what_waits_is_listed_and_approved_for_less(run: Run, asked: str) -> None:
    seen = run("requests", "approve", asked, "--for", "30m", "--preview")
    assert seen.exit_code == 0
    assert "gains" in seen.output
    assert run("can", "alice", "root@db-1").exit_code == 1
    listed = run("requests").output
    assert "root@db-1" in listed
    assert "ticket 7" in listed
    assert "1h" in listed
    told = run("requests", "approve", asked, "--for", "30m", "--comment", "go on")
    assert told.exit_code == 0
    assert told.output.startswith("approved  alice for root@db-1 until ")
    assert run("can", "alice", "root@db-1").exit_code == 0
    assert "Nobody asks" in run("requests").stderr
    (kept,) = json.loads(run("requests", "--all", "--json").output)
    assert kept["Comment"] == "go on"


def test_a_declined_one_grants_nothing(run: Run, asked: str) -> None:
    assert run("requests", "decline", asked).output == "declined  alice for root@db-1\n"
    assert run("can", "alice", "root@db-1").exit_code == 1
    assert run("requests", "approve", asked).exit_code == 4


def test_a_decision_names_a_request(run: Run, office: None) -> None:
    assert run("requests", "approve").exit_code == 2
    assert run("requests", "decline", "1", "--for", "1h").exit_code == 2
    assert run("requests", "decline", "1", "--preview").exit_code == 2
