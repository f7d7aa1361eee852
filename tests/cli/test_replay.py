"""``admit replay``: listed, played, taken out."""

import asyncio
import json
import os
import pty
import subprocess
import sys

import pytest

from admit.control.live.recorder import Keeping, Recorder
from admit.control.live.recordings import Recorded, path_of
from admit.core.links import Kind
from admit.core.recordings import Opening
from admit.main import open_admit
from admit.settings import Settings
from admit.store import things
from admit.store.things import Where
from tests.casts import strictly
from tests.cli.conftest import Run
from tests.recorded import alter


def record(settings: Settings, *shown: bytes) -> str:
    """Record alice on db-1, and a resize after each part; returns the recording's ID."""
    admit = open_admit(settings)
    with admit.store.read() as sql:
        user = next(each for each in things.find(sql, Where(Kind.USER)) if each.name == "alice")
        host = next(each for each in things.find(sql, Where(Kind.HOST)) if each.name == "db-1")

    async def session() -> str:
        recorder = Recorder(admit.store, admit.world, Keeping())
        of = Recorded("s-1", user, host, "root@db-1", "root", "192.0.2.1")
        recording = await recorder.begin(of, Opening(80, 24, "xterm"), lambda _: None)
        for number, part in enumerate(shown):
            if number:
                recording.resized(80 + number, 24)
            recording.output(part)
        await recording.finished()
        recorder.close()
        return recording.id

    try:
        return asyncio.run(session())
    finally:
        admit.close()


@pytest.fixture
def recorded(office: None, settings: Settings) -> str:
    """The ID of a recording of alice on db-1, of a host that tried something."""
    return record(settings, b"hello \x1b[1mworld\x1b[0m\x1b]52;c;cm0=\x07\r\n")


def test_whatever_a_host_shows_a_file_is_strictly_a_cast(
    office: None, settings: Settings, run: Run, tmp_path
):
    every_byte = bytes(range(256))
    wide = "竜\u2028\U0001f9ea".encode()
    shown = (every_byte * 200, wide[:2], wide[2:], b"\xed\xa0\x80", b"\r\n\0" * 9)
    file = tmp_path / "out.cast"
    assert run("replay", record(settings, *shown), "--cast", str(file)).exit_code == 0
    header, events = strictly(file.read_bytes())
    assert header["title"] == "root@db-1"
    assert [content for _, code, content in events if code == "r"] == ["81x24", "82x24", "83x24", "84x24"]
    assert wide.decode() in "".join(content for _, code, content in events if code == "o")


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
    alter(path)
    refused = run("replay", recorded)
    assert refused.exit_code == 4
    assert "tampered" in refused.stderr


def test_verify_finds_what_was_altered(run: Run, recorded: str, settings: Settings):
    good = run("verify")
    assert good.exit_code == 0
    assert "1 of 1 recordings are as they were finished." in good.output
    path = settings.recordings / f"{recorded}.rec"
    alter(path)
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
