"""``admit replay``: listed, played, taken out."""

import asyncio
import json
import os
import pty
import subprocess
import sys

import pytest

from admit.control.recorder import Keeping, Recorder
from admit.control.recordings import Recorded, path_of
from admit.core.links import Kind
from admit.core.recordings import Opening
from admit.main import open_admit
from admit.settings import Settings
from admit.store import things
from admit.store.things import Where
from tests.cli.conftest import Run


@pytest.fixture
def recorded(office: None, settings: Settings) -> str:
    """The ID of a recording of alice on db-1, of a host that tried something."""
    admit = open_admit(settings)
    with admit.store.read() as sql:
        user = next(each for each in things.find(sql, Where(Kind.USER)) if each.name == "alice")
        host = next(each for each in things.find(sql, Where(Kind.HOST)) if each.name == "db-1")

    async def session() -> str:
        recorder = Recorder(admit.store, admit.world, Keeping())
        of = Recorded("s-1", user, host, "root@db-1", "root", "192.0.2.1")
        recording = await recorder.begin(of, Opening(80, 24, "xterm"), lambda _: None)
        recording.output(b"hello \x1b[1mworld\x1b[0m\x1b]52;c;cm0=\x07\r\n")
        await recording.finished()
        recorder.close()
        return recording.id

    try:
        return asyncio.run(session())
    finally:
        admit.close()


def test_recordings_are_listed(run: Run, recorded: str):
    listed = run("replay")
    assert recorded in listed.output
    assert "root@db-1" in listed.output
    assert [each["RecordingId"] for each in json.loads(run("replay", "--json").output)] == [recorded]
    assert "no recordings" in run("replay", "--person", "bob").stderr


def test_a_pipe_gets_all_that_was_drawn(run: Run, recorded: str):
    played = run("replay", recorded)
    assert played.exit_code == 0
    assert played.stdout_bytes == b"hello \x1b[1mworld\x1b[0m\r\n"


def test_looking_at_one_is_noted(run: Run, recorded: str):
    run("replay", recorded)
    noted = json.loads(run("call", "admit", "ListActivity", "--Kind", "recording-viewed").output)
    assert [each["Resource"] for each in noted["Activities"]] == [recorded]


def test_a_file_holds_what_the_host_sent_and_belongs_to_its_owner(run: Run, recorded: str, tmp_path):
    file = tmp_path / "out.cast"
    assert run("replay", recorded, "--cast", str(file)).exit_code == 0
    header, event = map(json.loads, file.read_text("utf-8").splitlines())
    assert (header["version"], header["width"], header["title"]) == (2, 80, "root@db-1")
    assert event[1:] == ["o", "hello \x1b[1mworld\x1b[0m\x1b]52;c;cm0=\x07\r\n"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert run("replay", recorded, "--cast", str(file)).exit_code == 4


def test_one_that_does_not_exist_or_was_altered_is_refused(run: Run, recorded: str, settings: Settings):
    assert run("replay", "1-abcdefghijkl").exit_code == 4
    admit = open_admit(settings)
    path = path_of(admit.world, recorded)
    admit.close()
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    refused = run("replay", recorded)
    assert refused.exit_code == 4
    assert "tampered" in refused.stderr


def test_verify_finds_what_was_altered(run: Run, recorded: str, settings: Settings):
    good = run("verify")
    assert good.exit_code == 0
    assert "1 of 1 recordings are as they were finished." in good.output
    path = settings.recordings / f"{recorded}.rec"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    altered = run("verify")
    assert altered.exit_code == 1
    assert f"The recording {recorded} is not: its file was tampered with" in altered.output
    told = json.loads(run("verify", "--json").output)
    assert not told["whole"]
    assert list(told["recordings"]["faults"]) == [recorded]


def test_on_a_terminal_it_plays_and_leaves_the_terminal_as_it_was(recorded: str, settings: Settings):
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "admit.cli", "replay", recorded, "--data", str(settings.data)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"}
    with subprocess.Popen(words, env=environment, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        seen = b""
        while True:
            try:
                seen += os.read(ours, 4096)
            except OSError:
                break
    os.close(ours)
    assert b"hello \x1b[1mworld" in seen
    assert b"]52" not in seen
    assert b"\x1b[?25h" in seen
    assert b"the end of root@db-1" in seen
