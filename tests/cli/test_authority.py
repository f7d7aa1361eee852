"""The authorities that others are asked to trust, on the command line."""

import json

from tests.cli.conftest import Run


def test_the_ssh_authority_is_printed_as_a_host_takes_it(run: Run):
    result = run("authority", "ssh")
    assert (result.exit_code, result.stderr) == (0, "")
    (line,) = result.stdout.splitlines()
    kind, _, name = line.split()
    assert (kind, name) == ("ssh-ed25519", "admit")
    assert json.loads(run("authority", "ssh", "--json").stdout) == {"public_key": line}
