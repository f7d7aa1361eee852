"""Recordings kept: what is found out about their files, what becomes of those left over, and of the old."""

import asyncio

import pytest

from admit.control.live import recording_upkeep, recordings
from admit.control.live.recordings import RecordingLost, path_of
from admit.core.links import Kind
from admit.core.recordings import Opening
from admit.core.validity import DAY, HOUR
from admit.store import things
from admit.store.links import current_revision
from admit.store.things import Where
from admit.store.verification import verify
from tests.recorded import Studio
from tests.system import System


@pytest.fixture
def studio(system: System) -> Studio:
    return Studio(system)


@pytest.fixture
def recording_id(studio: Studio) -> str:
    return studio.record(b"first " * 20_000, b"second " * 20_000)


def path(studio, recording_id):
    return path_of(studio.system.admit.world, recording_id)


def left(studio):
    with studio.system.admit.store.read() as sql:
        return [each.id for each in things.find(sql, Where(Kind.RECORDING))]


def left_live(studio):
    """A recording whose writer died after the first words."""

    async def session(recording):
        recording.output(b"first words")
        recording.tick(studio.system.clock.now())
        await recording._writing
        recording._writer.close()

    return studio.run(session, end=False)


def recover(studio):
    return recording_upkeep.recover(studio.system.admit.store, studio.system.admit.world)


def sweep(studio, before):
    return recording_upkeep.sweep(studio.system.admit.store, studio.system.admit.world, before)


def test_a_recording_that_is_as_it_was_finished_has_no_fault(studio, recording_id):
    assert studio.fault(recording_id) is None


@pytest.mark.parametrize("place", [0, 20, 40, 400, -1])
def test_an_altered_file_is_found_out(studio, recording_id, place):
    octets = bytearray(path(studio, recording_id).read_bytes())
    octets[place] ^= 1
    path(studio, recording_id).write_bytes(octets)
    assert studio.fault(recording_id) is not None
    with pytest.raises(RecordingLost):
        studio.lines(recording_id)


def test_a_file_that_was_cut_off_later_is_found_out(studio, recording_id):
    octets = path(studio, recording_id).read_bytes()
    for length in (0, 10, 16, 300, len(octets) - 1):
        path(studio, recording_id).write_bytes(octets[:length])
        assert studio.fault(recording_id) is not None
        with pytest.raises(RecordingLost):
            studio.lines(recording_id)


def test_a_missing_file_is_found_out(studio, recording_id):
    path(studio, recording_id).unlink()
    assert "not among the recordings" in studio.fault(recording_id)


def test_one_recording_does_not_pass_for_another(studio, recording_id):
    other = studio.record(b"first " * 20_000, b"second " * 20_000)
    path(studio, other).replace(path(studio, recording_id))
    assert studio.fault(recording_id) is not None


def test_what_is_known_of_a_recording_is_in_the_ledger(studio, recording_id):
    with studio.system.admit.store.read() as sql:
        before = current_revision(sql)
        key = studio.system.admit.world.sealer.subkey("ledger")
        assert verify(sql, key).fault is None
    assert before == studio.system.revision()
    assert studio.details(recording_id).digest


def test_a_recording_left_by_a_gate_that_died_is_finished_with_the_truth(studio):
    recording_id = left_live(studio)
    assert recover(studio) == 1
    details = studio.details(recording_id)
    assert (details.state, details.reason) == ("cut off", "the gate stopped")
    assert [event[2] for event in studio.lines(recording_id)[1:]] == ["first words"]
    assert studio.fault(recording_id) is None
    assert recover(studio) == 0


def test_half_a_block_that_a_crash_left_does_no_harm(studio):
    recording_id = left_live(studio)
    with path(studio, recording_id).open("ab") as file:
        file.write(b"\x01\x00\x00\x01\x00half")
    recover(studio)
    assert [event[2] for event in studio.lines(recording_id)[1:]] == ["first words"]
    assert studio.fault(recording_id) is None


def test_a_file_that_was_altered_before_it_was_finished_is_told_to_be_broken(studio):
    recording_id = left_live(studio)
    octets = bytearray(path(studio, recording_id).read_bytes())
    octets[-1] ^= 1
    path(studio, recording_id).write_bytes(octets)
    recover(studio)
    assert studio.details(recording_id).state == "broken"
    assert studio.fault(recording_id) is None


def test_a_recording_without_a_file_is_given_time_to_make_it(studio):
    recording_id = left_live(studio)
    path(studio, recording_id).unlink()
    assert recover(studio) == 0
    studio.system.advance(HOUR)
    assert recover(studio) == 1
    assert studio.details(recording_id).state == "cut off"


def test_a_recording_that_is_written_is_left_alone(studio):
    async def session(recording):
        recording.output(b"still here")
        studio.system.advance(HOUR)
        assert await asyncio.to_thread(recover, studio) == 0

    assert studio.details(studio.run(session)).state == "complete"


def test_recordings_of_another_server_are_left_alone(studio):
    recording_id = left_live(studio)
    (studio.system.admit.world.recordings / "place").write_text("elsewhere")
    studio.system.advance(HOUR)
    assert recover(studio) == 0
    assert studio.details(recording_id).state == "live"


def test_old_recordings_go_with_key_and_file(studio, recording_id):
    studio.system.advance(DAY)
    young = studio.record(b"young")
    thing = studio.thing(recording_id)
    assert sweep(studio, studio.system.clock.now() - HOUR) == 1
    assert left(studio) == [young]
    assert not path(studio, recording_id).exists()
    assert path(studio, young).exists()
    with studio.system.admit.store.read() as sql:
        assert things.sealed(sql, thing.key, recordings.KEY) is None


def test_live_recordings_are_never_swept(studio):
    async def session(recording):
        studio.system.advance(1000 * DAY)
        await asyncio.to_thread(sweep, studio, studio.system.clock.now())
        recording.output(b"on")

    assert studio.lines(studio.run(session))[1:] == [[1000 * DAY / 1000, "o", "on"]]


def test_what_was_seen_on_a_host_outlives_it(studio, recording_id):
    studio.bastion.call("DeleteHost", HostId=studio.host_id)
    assert studio.fault(recording_id) is None


def test_two_recordings_begin_at_once(studio):
    async def both():
        recorder = studio.recorder()
        of = studio.of()
        begun = await asyncio.gather(
            *(recorder.begin(of, Opening(), studio.told.append) for _ in range(5)),
        )
        for number, recording in enumerate(begun):
            recording.output(str(number).encode())
        await asyncio.gather(*(recording.finished() for recording in begun))
        recorder.close()
        return [recording.id for recording in begun]

    ids = asyncio.run(both())
    assert [studio.lines(each)[1][2] for each in ids] == ["0", "1", "2", "3", "4"]
