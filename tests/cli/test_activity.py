"""Showing on the command line what has happened."""

import json
from itertools import islice

import pytest

from admit.cli.activity import COLUMNS, followed
from admit.cli.client import Client
from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.main import open_admit
from admit.settings import Settings
from admit.store import activity
from admit.store.engine import Author
from tests.cli.conftest import Run

pytestmark = pytest.mark.usefixtures("office")

NOTHING = dict.fromkeys(("Person", "Resource", "Kind", "Outcome", "Caller", "SessionId", "StartTime"))


def note(settings: Settings, *batch: Activity) -> None:
    """Write down what another process has seen."""
    admit = open_admit(settings)
    try:
        author = Author("admit", "test", "")
        admit.store.write_now(author, lambda tx: activity.add(tx.sql, batch))
    finally:
        admit.close()


def command(at: int, action: str) -> Activity:
    return Activity(1_780_000_000_000 + at, ActivityKind.COMMAND, Outcome.OK, "alice", action)


def test_what_happened_is_listed_newest_first_with_who_what_and_why(run: Run):
    run("grant", "group:dba", "root@db-1")
    run("can", "alice", "root@db-1")
    run("can", "bob", "root@db-1")
    result = run("activity", "--kind", "decision")

    head, *rows = (line.split("\t")[1:] for line in result.stdout.splitlines())
    assert head == list(COLUMNS[1:])
    assert rows == [
        ["refused", "decision", "bob", "root@db-1", "not granted", "admit:CheckAccess", "127.0.0.1"],
        [
            "ok",
            "decision",
            "alice",
            "root@db-1",
            "granted through group:dba",
            "admit:CheckAccess",
            "127.0.0.1",
        ],
    ]


def test_options_narrow_what_is_listed(run: Run):
    run("can", "alice", "root@db-1")
    run("can", "bob", "deploy@db-1")

    def persons(*options: str) -> list[str]:
        listed = run("activity", "--json", "--kind", "decision", *options)
        return [each["Person"] for each in json.loads(listed.stdout)]

    assert persons() == ["bob", "alice"]
    assert persons("--limit", "1") == ["bob"]
    assert persons("--person", "alice") == ["alice"]
    assert persons("--resource", "deploy@db-1") == ["bob"]
    assert persons("--until", "an hour ago") == []
    assert persons("--since", "an hour ago", "--outcome", "refused") == ["bob", "alice"]


def test_nothing_is_said_to_be_nothing(run: Run):
    result = run("activity", "--person", "mallory")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "Nothing" in result.stderr


def test_what_a_stranger_typed_can_neither_move_the_terminal_nor_make_a_line(run: Run, settings: Settings):
    name = "root\x1b[2J\nok\tadmin"
    tried = Activity(1, ActivityKind.SIGN_IN, Outcome.REFUSED, name, name, name, Mention(name), peer=name)
    note(settings, tried)
    result = run("activity", "--kind", "sign-in")

    assert len(result.stdout.splitlines()) == 2
    assert "\x1b" not in result.stdout
    assert result.stdout.splitlines()[1].count("\t") == len(COLUMNS) - 1


def test_following_shows_each_thing_once_the_newest_last_and_not_its_own_asking(
    client: Client, settings: Settings
):
    new = iter([[command(5_000, "fourth"), command(4_000, "written late")], [command(99_000, "fifth")]])
    note(settings, *(command(at, name) for at, name in ((1, "first"), (2, "second"), (3_000, "third"))))
    asking = command(3_001, "admit:ListActivity")._replace(kind=ActivityKind.API_CALL)

    def wait() -> None:
        note(settings, asking, *next(new))

    shown = [each["Action"] for each in islice(followed(client, {**NOTHING, "Caller": "alice"}, 2, wait), 5)]
    assert shown == ["second", "third", "fourth", "written late", "fifth"]


def test_following_cannot_end_before_it_begins(run: Run):
    assert run("activity", "--follow", "--until", "yesterday").exit_code == 2
