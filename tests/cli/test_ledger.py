"""The ledger from the command line, as it stands and as it grows."""

import json
import subprocess

from admit.cli.client import Client
from admit.settings import Settings
from tests.cli.conftest import Run
from tests.served import command


def test_entries_come_in_order_and_from_where_one_left_off(office: None, client: Client, run: Run) -> None:
    entries = [json.loads(line) for line in run("ledger", "--json").stdout.splitlines()]
    places = [(each["Revision"], each["Ordinal"]) for each in entries]
    assert places == sorted(places)
    client.call("admit", "GrantAccess", Subject="bob", Resource="host:db-1")

    more = run("ledger", "--json", "--after", str(places[-1][0]))

    (granted,) = [json.loads(line) for line in more.stdout.splitlines()]
    assert (granted["Event"], granted["Action"]) == ("LinkAdded", "admit:GrantAccess")
    assert [each["Name"] for each in granted["Things"]] == ["bob", "db-1"]
    assert len(granted["Hash"]) == 64
    told = run("ledger", "--after", str(places[-1][0])).stdout
    assert "root admit:GrantAccess: LinkAdded user bob → host db-1" in told


def test_what_is_written_is_followed_line_by_line(office: None, settings: Settings, run: Run) -> None:
    last = json.loads(run("ledger", "--json").stdout.splitlines()[-1])["Revision"]
    words = ("ledger", "--json", "--follow", "--after", str(last - 1), "--data", str(settings.data))
    line, variables = command(*words, PYTHONUNBUFFERED="1")
    with subprocess.Popen(line, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["Revision"] == last
        run("grant", "bob", "host:db-1")
        lines = iter(process.stdout.readline, "")
        followed = next(each for each in map(json.loads, lines) if each["Action"] == "admit:GrantAccess")
        process.terminate()
    assert followed["Revision"] > last
