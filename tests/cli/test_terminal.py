"""Commands as a person meets them: on a terminal, and broken off with Ctrl-C."""

import os
import pty
import re
import signal
import subprocess
import sys

import pytest

from admit.cli.local import local
from admit.settings import Settings
from tests.cli.conftest import BASTION, Run, Write, counts

PEOPLE = "name,email,groups\ncarol,carol@example.com,dba\ndan,dan@example.com,dba\n"


def admit(settings: Settings, *words: str) -> list[str]:
    return [sys.executable, "-m", "admit.cli", *words, "--data", str(settings.data)]


@pytest.fixture
def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "80", "TERM": "xterm"}


def test_ctrl_c_tells_what_is_done_and_a_second_run_does_the_rest(
    run: Run, write: Write, settings: Settings, environment: dict[str, str]
):
    lines = "".join(f"user{n},u{n}@example.com\n" for n in range(400))
    file = write("people.csv", f"name,email\nbad name,\n{lines}")
    # Whatever runs in the background ignores the signal, and so would all that it starts.
    listening = ["env", "--default-signal=INT"]
    words = [*listening, *admit(settings, "import", "people", file, "--into", "idaas")]
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        assert started.stderr is not None
        # The fault is told before the first line is imported.
        assert "line 2" in started.stderr.readline()
        started.send_signal(signal.SIGINT)
        _, said = started.communicate()
    again = run("import", "people", file, "--into", "idaas")

    assert started.returncode == 1
    assert "Run it again for the rest." in said
    made, _, unchanged, _ = counts(again)["idaas", "people"]
    assert made + unchanged == 400


def test_a_terminal_shows_a_bar_and_a_drawn_table(
    write: Write, settings: Settings, environment: dict[str, str]
):
    ours, theirs = pty.openpty()
    words = admit(settings, "import", "people", write("people.csv", PEOPLE), "--into", "idaas")
    subprocess.run(words, env=environment, stdout=theirs, stderr=theirs, check=True, timeout=60)
    os.close(theirs)
    shown = _all_of(ours)

    assert "━" in shown
    assert "where  what         made  changed  unchanged  left out" in re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_a_terminal_shows_long_names_whole(
    run: Run, settings: Settings, environment: dict[str, str], office: None
):
    long = "a-group-that-is-called-by-a-name-of-fifty-letters-"
    with local(settings) as client:
        bastion = client.call(BASTION, "DescribeInstances")["Instances"][0]["InstanceId"]
        group = client.call(BASTION, "CreateUserGroup", InstanceId=bastion, UserGroupName=long)["UserGroupId"]
        user = client.call(BASTION, "ListUsers", InstanceId=bastion, UserName="bob")["Users"][0]["UserId"]
        client.call(BASTION, "AddUsersToGroup", InstanceId=bastion, UserGroupId=group, UserIds=[user])
    run("grant", f"group:{long}", "root@db-1")
    ours, theirs = pty.openpty()
    words = admit(settings, "who", "root@db-1")
    subprocess.run(words, env=environment, stdout=theirs, stderr=theirs, check=True, timeout=60)
    os.close(theirs)
    head, *rows = re.sub(r"\x1b\[[0-9;]*m", "", _all_of(ours)).splitlines()
    start, end = head.index("through"), head.index("granted by")

    assert "".join(row[start:end].strip() for row in rows) == f"group:{long}"


def _all_of(terminal: int) -> str:
    """What was written to a terminal that nobody holds open any more."""
    parts = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:
        # Linux says so that the other end is closed.
        pass
    os.close(terminal)
    return b"".join(parts).decode()
