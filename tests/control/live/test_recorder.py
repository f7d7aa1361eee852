"""Recording sessions: what is in a recording, when it is on the disk, and what ends it."""

import asyncio
import errno
import os

import pytest

from admit.control.live import recorder as rooms
from admit.control.live.recorder import Keeping
from admit.control.live.recordings import path_of
from admit.core.recordings import Opening, RecordingRefused
from admit.core.validity import SECOND
from tests.recorded import Studio
from tests.system import System


@pytest.fixture
def studio(system: System) -> Studio:
    return Studio(system)


def path(studio, recording_id):
    return path_of(studio.system.admit.world, recording_id)


def test_a_recording_is_an_asciicast_of_what_was_shown_and_when(studio):
    async def session(recording):
        recording.output(b"$ ")
        studio.system.clock.advance(1500)
        recording.output("grün\r\n".encode())
        recording.resized(40, 12)

    recording_id = studio.run(session)
    header, *events = studio.lines(recording_id)
    assert header == {
        "version": 2,
        "width": 100,
        "height": 30,
        "timestamp": studio.thing(recording_id).created_at // SECOND,
        "title": "root@db-1",
        "env": {"TERM": "xterm"},
    }
    assert events == [[0.0, "o", "$ "], [1.5, "o", "grün\r\n"], [1.5, "r", "40x12"]]


def test_what_is_typed_is_absent_unless_it_is_switched_on(studio):
    async def session(recording):
        recording.output(b"Password: ")
        recording.input(b"swordfish\r")

    assert all(event[1] != "i" for event in studio.lines(studio.run(session))[1:])
    studio.keeping = Keeping(input=True)
    assert [0.0, "i", "swordfish\r"] in studio.lines(studio.run(session))


def test_a_character_that_comes_in_two_reads_is_one(studio):
    octets = "数据".encode()
    shown = studio.lines(studio.record(*(octets[at : at + 1] for at in range(len(octets)))))
    assert "".join(event[2] for event in shown[1:]) == "数据"


def test_bytes_that_are_no_text_are_marked_where_they_stood(studio):
    shown = studio.lines(studio.record(b"a\xffb", b"\xe6\x95"))
    assert "".join(event[2] for event in shown[1:]) == "a\ufffdb\ufffd"


def test_nothing_of_it_can_be_read_on_the_disk(studio):
    recording_id = studio.record(b"the secret plan " * 1000)
    assert b"secret" not in path(studio, recording_id).read_bytes()
    assert path(studio, recording_id).stat().st_mode & 0o777 == 0o600
    assert path(studio, recording_id).parent.stat().st_mode & 0o777 == 0o700


def test_a_finished_recording_is_complete_and_its_hash_is_known(studio):
    recording_id = studio.record(b"hello")
    details = studio.details(recording_id)
    assert (details.state, details.person, details.session_id) == ("complete", "alice", "s-1")
    assert details.size_bytes == path(studio, recording_id).stat().st_size
    assert len(bytes.fromhex(details.digest)) == 32
    assert studio.fault(recording_id) is None


def test_a_megabyte_and_more_comes_back_whole_and_in_parts(studio):
    shown = [os.urandom(70_000).hex().encode() for _ in range(20)]
    recording_id = studio.record(*shown)
    for largest in (1, 100_000, 1 << 30):
        events = studio.lines(recording_id, largest)[1:]
        assert "".join(event[2] for event in events).encode() == b"".join(shown)


def test_control_characters_in_a_flood_still_fit_their_blocks(studio):
    recording_id = studio.record(b"\x1b" * 1_000_000)
    assert sum(len(event[2]) for event in studio.lines(recording_id)[1:]) == 1_000_000


def test_what_was_shown_is_on_the_disk_at_the_next_tick(studio):
    async def session(recording):
        recording.output(b"first words")
        recording.tick(studio.system.clock.now())
        await recording._writing
        assert [event[2] for event in studio.lines(recording.id)[1:]] == ["first words"]
        assert studio.details(recording.id).state == "live"

    studio.run(session)


def test_a_full_block_does_not_wait_for_the_tick(studio):
    async def session(recording):
        recording.output(b"x" * 70_000)
        await recording._writing
        assert sum(len(event[2]) for event in studio.lines(recording.id)[1:]) >= 64 * 1024

    studio.run(session)


def test_the_recorder_writes_for_all_that_live_and_syncs_after_seconds(studio, monkeypatch):
    synced = []
    fsync = os.fsync

    async def session():
        recorder, clock = studio.recorder(), studio.system.clock
        recording = await recorder.begin(studio.of(), Opening(), studio.told.append)
        monkeypatch.setattr(os, "fsync", lambda file: synced.append(clock.now()) or fsync(file))
        ticking = asyncio.create_task(recorder.run())
        recording.output(b"something")
        began = clock.now()
        while not synced:
            for _ in range(20):
                await asyncio.wait((asyncio.ensure_future(asyncio.to_thread(int)),))
            clock.advance(rooms.TICK)
            assert clock.now() - began < 10 * SECOND
        ticking.cancel()
        await recording.finished()
        recorder.close()

    asyncio.run(session())


def test_a_full_disk_ends_the_session_and_says_so(studio, monkeypatch):
    async def session(recording):
        recording.output(b"kept")
        recording.tick(studio.system.clock.now())
        await recording._writing

        def full(file, octets):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "write", full)
        recording.output(b"lost")
        recording.tick(studio.system.clock.now())
        await recording.keep_up()
        await asyncio.wait((recording._writing,))
        with pytest.raises(RecordingRefused, match="the disk is full"):
            recording.output(b"more")

    recording_id = studio.run(session)
    monkeypatch.undo()
    assert studio.told == ["admit: this session must be recorded, and cannot be: the disk is full"]
    assert studio.details(recording_id).state == "cut off"
    assert studio.details(recording_id).reason == "the disk is full"
    assert [event[2] for event in studio.lines(recording_id)[1:]] == ["kept"]
    assert studio.fault(recording_id) is None


def test_no_recording_begins_where_too_little_is_free(studio):
    studio.keeping = Keeping(free_bytes=1 << 60)
    with pytest.raises(RecordingRefused, match="too little room"):
        studio.record(b"")


def test_no_recording_begins_where_the_directory_cannot_be_used(studio):
    studio.system.admit.world.recordings.write_text("a file stands in its place")
    with pytest.raises(RecordingRefused, match="cannot be written"):
        studio.record(b"")


def test_a_recording_ends_at_its_greatest_length(studio):
    studio.keeping = Keeping(most_bytes=100_000)

    async def session(recording):
        while recording.refusal is None:
            recording.output(os.urandom(50_000))
            await recording._write()
        assert "too long" in recording.refusal.text

    recording_id = studio.run(session)
    assert len(studio.told) == 1
    assert path(studio, recording_id).stat().st_size < 400_000
    assert studio.fault(recording_id) is None


def test_a_session_waits_for_a_disk_that_is_far_behind(studio):
    async def session(recording):
        for _ in range(20):
            recording.output(b"y" * (1 << 20))
            await recording.keep_up()
            assert recording._put - recording._taken <= rooms.BEHIND

    studio.run(session)


def test_a_clock_that_is_set_back_does_not_turn_a_recording_around(studio):
    async def session(recording):
        studio.system.clock.advance(5000)
        recording.output(b"a")
        studio.system.clock.advance(-3000)
        recording.output(b"b")

    times = [event[0] for event in studio.lines(studio.run(session))[1:]]
    assert times == [5.0, 5.0]


def test_finishing_twice_is_finishing_once(studio):
    async def session(recording):
        await recording.finished()
        revision = studio.system.revision()
        await recording.finished()
        assert studio.system.revision() == revision

    studio.run(session)
