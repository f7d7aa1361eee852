"""Bearer tokens from the command line."""

import json

from admit.cli.client import Client
from tests.cli.conftest import Run


def test_a_token_is_printed_once_listed_and_revoked(client: Client, run: Run) -> None:
    client.call("ram", "CreateUser", UserName="orders")

    made = run("token", "create", "orders", "--name", "production", "--for", "90d")
    assert made.stdout.startswith("admit_")
    (shown,) = json.loads(run("token", "list", "orders", "--json").stdout)
    assert (shown["Name"], shown["TokenId"]) == ("production", made.stdout.split("_")[1])

    assert run("token", "revoke", "orders", shown["TokenId"]).exit_code == 0
    assert json.loads(run("token", "list", "orders", "--json").stdout) == []
    assert run("token", "revoke", "orders", shown["TokenId"]).exit_code == 4


def test_a_token_has_one_end(run: Run) -> None:
    refused = run("token", "create", "orders", "--name", "x", "--for", "1d", "--until", "tomorrow")
    assert refused.exit_code == 2
