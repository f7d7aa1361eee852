"""Who is connected, on the command line, and ending a session."""

import json

import pytest

from admit.control import names
from admit.control.access import ask
from admit.core.sessions import Outcome
from admit.main import open_admit
from admit.settings import Settings
from admit.store import sessions as stored
from admit.store.engine import Author, Tx
from tests.cli.conftest import Run

AUTHOR = Author("admit", "test", "request")


@pytest.fixture
def opened(office: None, run: Run, settings: Settings) -> str:
    """The ID of a session that alice has as root at db-1."""
    run("grant", "alice", "root@db-1", "--for", "8h")
    admit = open_admit(settings)

    def body(tx: Tx) -> None:
        person, resource = names.person(tx.sql, "alice"), names.resource(tx.sql, "root@db-1")
        decision = ask(tx.sql, person.ref, resource.ref, tx.now)
        new = stored.NewSession(
            id="s-1",
            node="gate",
            process="other",
            door="ssh",
            person=person.key,
            user=decision.because[0].target.key,
            resource=resource.key,
            login="root",
            peer="192.0.2.7",
            client="test",
            what="shell",
            revision=decision.revision,
            until=decision.valid_until,
        )
        stored.add(tx.sql, new, tx.now)

    admit.store.write_now(AUTHOR, body)
    admit.close()
    return "s-1"


def end(settings: Settings, session: str) -> None:
    admit = open_admit(settings)
    how = stored.End(admit.world.clock.now(), Outcome.CLOSED, "the shell ended")
    admit.store.write_now(AUTHOR, lambda tx: stored.end(tx.sql, {session: how}))
    admit.close()


def test_who_is_connected_is_a_table(run: Run, opened: str) -> None:
    head, row = run("sessions").stdout.splitlines()

    assert head.split("\t") == ["session", "person", "resource", "what", "from", "opened", "until"]
    assert row.split("\t")[:5] == [opened, "alice", "root@db-1", "shell", "192.0.2.7"]
    assert "(in 8 h)" in row
    assert json.loads(run("sessions", "--json").stdout)[0]["SessionId"] == opened


def test_a_session_is_ended_by_its_id(run: Run, opened: str) -> None:
    assert run("sessions", "end", opened, "--reason", "maintenance").stdout == "ended  alice at root@db-1\n"

    assert run("sessions").stdout.splitlines()[1].endswith("\tending")
    again = run("sessions", "end", opened)
    assert (again.stdout, again.exit_code) == (f"nothing to do  {opened} is ending already\n", 0)


def test_what_is_over_is_not_ended_and_shown_only_when_asked_for(
    run: Run, opened: str, settings: Settings
) -> None:
    end(settings, opened)

    assert run("sessions").stderr == "Nobody is connected.\n"
    assert run("sessions", "--past").stdout.splitlines()[1].endswith(", the shell ended")
    assert run("sessions", "end", opened).exit_code == 1


def test_an_end_without_an_id_is_a_mistake(run: Run, opened: str) -> None:
    assert run("sessions", "end").exit_code == 2


def test_a_grant_lets_its_sessions_go_on_for_a_while_or_until_they_are_finished_but_not_both(
    run: Run, office: None
) -> None:
    assert run("grant", "alice", "root@db-1", "--for", "1h", "--grace", "10m").exit_code == 0
    assert run("grant", "alice", "root@db-1", "--for", "1h", "--drain").exit_code == 0
    assert run("grant", "alice", "root@db-1", "--for", "1h", "--drain", "--grace", "1m").exit_code == 2
