"""Recordings over the wire: who may see which, and what looking at one leaves behind."""

import base64
import json

import pytest

from admit.control.live.recordings import path_of
from tests.callers import Callers, refused, statement
from tests.recorded import Studio, alter
from tests.system import System


@pytest.fixture
def studio(system: System) -> Studio:
    return Studio(system)


def call(studio, action, key=None, **parameters):
    return studio.system.call("admit", action, key, **parameters)


def test_recordings_are_listed_newest_first_and_page_by_page(studio):
    first, second, third = (studio.record(b"x") for _ in range(3))
    page = call(studio, "ListRecordings", MaxResults=2)
    assert [each["RecordingId"] for each in page["Recordings"]] == [third, second]
    assert page["TotalCount"] == 3
    rest = call(studio, "ListRecordings", MaxResults=2, NextToken=page["NextToken"])
    assert [each["RecordingId"] for each in rest["Recordings"]] == [first]
    assert "NextToken" not in rest


def test_a_listing_is_restricted_by_host_person_session_and_state(studio):
    other = studio.host("db-2")
    there = studio.record(b"x", host_id=other)
    studio.record(b"x")

    def listed(**wanted):
        return [each["RecordingId"] for each in call(studio, "ListRecordings", **wanted)["Recordings"]]

    assert listed(HostId=other) == [there]
    assert len(listed(Person="alice", SessionId="s-1", State="complete")) == 2
    assert listed(Person="bob") == listed(SessionId="s-2") == listed(State="live") == []


def test_a_recording_is_read_part_by_part(studio):
    recording_id = studio.record(*(bytes([65 + number]) * 100_000 for number in range(10)))
    text, token, parts = "", None, 0
    while True:
        answer = call(studio, "GetRecording", RecordingId=recording_id, NextToken=token)
        text, token, parts = text + answer["Content"], answer.get("NextToken"), parts + 1
        if token is None:
            break
    header, *events = map(json.loads, text.splitlines())
    assert header["title"] == "root@db-1"
    assert sum(len(event[2]) for event in events) == 1_000_000
    assert 3 <= parts <= 5
    assert answer["Recording"]["State"] == "complete"


def test_who_may_see_recordings_is_granted_host_by_host(studio):
    other = studio.host("db-2")
    here, there = studio.record(b"x"), studio.record(b"x", host_id=other)
    resource = f"acs:admit:*:*:host/{studio.host_id}/recording/*"
    actions = ["admit:GetRecording", "admit:ListRecordings", "admit:DeleteRecording"]
    key = Callers(studio.system).user("auditor", statement("Allow", actions, resource))
    assert "Content" in call(studio, "GetRecording", key, RecordingId=here)
    assert call(studio, "ListRecordings", key, HostId=studio.host_id)["TotalCount"] == 1
    for action, asked in (
        ("GetRecording", {"RecordingId": there}),
        ("DeleteRecording", {"RecordingId": there}),
        ("ListRecordings", {"HostId": other}),
        ("ListRecordings", {}),
        ("GetRecording", {"RecordingId": f"*{there[len(other) :]}"}),
        ("GetRecording", {"RecordingId": there, "HostId": studio.host_id}),
    ):
        assert refused(call, studio, action, key, **asked) == (403, "NoPermission")


def test_one_recording_can_be_granted(studio):
    one, another = studio.record(b"x"), studio.record(b"x")
    resource = f"acs:admit:*:*:host/*/recording/{one}"
    key = Callers(studio.system).user("auditor", statement("Allow", "admit:GetRecording", resource))
    assert "Content" in call(studio, "GetRecording", key, RecordingId=one)
    assert refused(call, studio, "GetRecording", key, RecordingId=another) == (403, "NoPermission")


def test_each_viewing_is_noted_once(studio):
    recording_id = studio.record(b"x" * 1_000_000, b"y" * 1_000_000)
    answer = call(studio, "GetRecording", RecordingId=recording_id)
    call(studio, "GetRecording", RecordingId=recording_id, NextToken=answer["NextToken"])
    world = studio.system.admit.world
    world.activities.write(studio.system.admit.store, world.metrics)
    (noted,) = call(studio, "ListActivity", Kind="recording-viewed")["Activities"]
    assert (noted["Resource"], noted["SessionId"]) == (recording_id, "s-1")
    assert noted["Caller"].endswith(":root")


def test_a_token_that_was_made_up_opens_nothing(studio):
    recording_id = studio.record(b"x" * 1_000_000)
    token = call(studio, "GetRecording", RecordingId=recording_id)["NextToken"]
    octets = bytearray(base64.urlsafe_b64decode(token[2:]))
    octets[-1] ^= 1
    forged = "RP" + base64.urlsafe_b64encode(octets).decode()
    asked = {"RecordingId": recording_id, "NextToken": forged}
    assert refused(call, studio, "GetRecording", **asked) == (409, "RecordingUnreadable")
    for nonsense in ("x", "RP", "RPAAAA", token + "=", "RP" + "/" * 64):
        asked = {"RecordingId": recording_id, "NextToken": nonsense}
        status, _ = refused(call, studio, "GetRecording", **asked)
        assert status in (400, 409)


def test_a_removed_recording_can_be_read_no_more_and_its_removal_is_known(studio):
    recording_id = studio.record(b"x")
    revision = studio.system.revision()
    call(studio, "DeleteRecording", RecordingId=recording_id)
    assert studio.system.revision() == revision + 1
    for action in ("GetRecording", "DeleteRecording"):
        assert refused(call, studio, action, RecordingId=recording_id) == (404, "EntityNotExist")


def test_an_altered_recording_is_told_to_be(studio):
    recording_id = studio.record(b"x")
    path = path_of(studio.system.admit.world, recording_id)
    alter(path)
    assert refused(call, studio, "GetRecording", RecordingId=recording_id) == (409, "RecordingUnreadable")


def test_a_live_recording_can_be_looked_at_and_not_removed(studio):
    seen = []

    async def session(recording):
        recording.output(b"hello")
        recording.tick(studio.system.clock.now())
        await recording._writing
        seen.append(recording.id)

    recording_id = studio.run(session, end=False)
    answer = call(studio, "GetRecording", RecordingId=recording_id)
    assert answer["Recording"]["State"] == "live"
    assert '"hello"' in answer["Content"]
    assert refused(call, studio, "DeleteRecording", RecordingId=recording_id) == (409, "RecordingLive")
