"""``admit review``: a campaign from its beginning to its report."""

import csv
import io
import json

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def begun(office: None, run: Run) -> str:
    """The ID of a review of what alice and bob are granted on db-1."""
    for person in ("alice", "bob"):
        run("grant", person, "root@db-1")
    made = run("review", "begin", "Q4", "--for", "14d", "--unanswered", "end", "--json")
    assert made.exit_code == 0, made.output
    return str(json.loads(made.output)["Review"]["ReviewId"])


def items(run: Run, review: str) -> dict[str, str]:
    """The numbers of its items, by who has what."""
    shown = json.loads(run("review", "show", review, "--json").output)
    return {f"{each['Subject']['Name']} {each['Resource']['Label']}": str(each["Item"]) for each in shown}


def test_grants_are_kept_and_ended_and_reported(run: Run, begun: str) -> None:
    numbers = items(run, begun)
    assert "Q4" in run("review", "list").output
    kept = run("review", "keep", begun, numbers["bob root@db-1"], "--comment", "still on call")
    assert kept.output == f"kept  {numbers['bob root@db-1']}\n"
    seen = run("review", "end", begun, numbers["alice root@db-1"], "--preview")
    assert seen.exit_code == 0
    assert "loses   alice" in seen.output
    assert run("can", "alice", "root@db-1").exit_code == 0
    ended = run("review", "end", begun, numbers["alice root@db-1"], "999")
    assert ended.exit_code == 1
    assert "refused  999  There is no such item." in ended.output
    assert run("can", "alice", "root@db-1").exit_code == 1
    assert run("can", "bob", "root@db-1").exit_code == 0
    assert "never" in run("review", "show", begun, "--state", "kept").output
    rows = {
        (each["who"], each["may_use"]): each
        for each in csv.DictReader(io.StringIO(run("review", "report", begun).output))
    }
    assert rows["bob", "root@db-1"]["comment"] == "still on call"
    assert rows["alice", "root@db-1"]["state"] == "ended"
    report = json.loads(run("review", "report", begun, "--json").output)
    assert report["Review"]["Ended"] == 1


def test_a_review_is_closed_early(run: Run, begun: str) -> None:
    closed = run("review", "close", begun, "--unanswered", "keep")
    assert closed.output.startswith("closing  Q4: ")
    assert "No review is going on" in run("review", "list").stderr
    assert "closing" in run("review", "list", "--all").output
    assert run("review", "end", begun, "1").exit_code == 4


def test_it_says_when_it_is_due_and_on_what_nobody_can_decide(office: None, run: Run) -> None:
    run("grant", "alice", "root@db-1")
    assert run("review", "begin", "Q4", "--unanswered", "end").exit_code == 2
    made = run("review", "begin", "Q4", "--for", "14d", "--unanswered", "keep", "--text", "db-1")
    assert "only callers of the API can decide" in made.stderr
    assert "due" in made.output
    assert run("review", "show", "999").exit_code == 4
