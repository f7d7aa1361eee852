"""Comparing moments, and calls seen before they are made, from the command line."""

import json

from admit.cli.client import Client
from tests.cli.conftest import Run


def test_what_was_granted_since_is_told_with_who_did_it(office: None, run: Run) -> None:
    before = run("diff", "1 minute ago")
    run("grant", "bob", "host:db-1")
    after = run("diff", "2026-01-01 00:00")

    assert "nobody gains" not in after.stdout
    assert "gains   bob → host:db-1" in after.stdout
    assert "user:bob was joined to host:db-1 by root (admit:GrantAccess)" in after.stdout
    assert (before.exit_code in (0, 1), after.exit_code) == (True, 1)
    assert json.loads(run("diff", "2026-01-01", "--json").stdout)["Complete"] is True


def test_a_call_can_be_seen_before_it_is_made(office: None, client: Client, run: Run) -> None:
    asked = ("call", "admit", "GrantAccess", "--Subject", "bob", "--Resource", "host:db-1", "--preview")

    seen = run(*asked)

    assert seen.exit_code == 0
    assert "gains   bob → host:db-1" in seen.stdout
    assert json.loads(run(*asked, "--json").stdout)["Gained"][0]["Person"] == "bob"
    decision = client.call("admit", "CheckAccess", Person="bob", Resource="host:db-1")["Decision"]
    assert decision["Allowed"] is False


def test_a_call_that_would_be_refused_says_so(office: None, run: Run) -> None:
    seen = run("call", "admit", "GrantAccess", "--Subject", "nobody", "--Resource", "host:db-1", "--preview")
    assert seen.exit_code == 4
    assert "EntityNotExist" in seen.stderr
