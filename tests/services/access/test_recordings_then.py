"""Recordings of a moment: what was recorded then, whatever became of it."""

from typing import Any

import pytest

from admit.control import things as verbs
from admit.control.live import recordings
from admit.core.links import Kind
from admit.core.validity import MINUTE
from admit.store import things
from admit.store.engine import Author, Tx
from tests.console.office import furnish, record
from tests.system import System

AUTHOR = Author("admit", "recording", "")


@pytest.fixture
def office(system: System) -> System:
    furnish(system)
    record(system, b"$ ls\r\n")
    system.advance(MINUTE)
    return system


def listed(office: System, **asked: Any) -> list[tuple[str, str, bool]]:
    answer = office.call("admit", "ListRecordings", **asked)
    assert answer["TotalCount"] == len(answer["Recordings"])
    return [(each["RecordingId"], each["State"], each.get("Removed", False)) for each in answer["Recordings"]]


def test_what_was_removed_since_is_listed_and_what_has_ended_since_is_live(office: System) -> None:
    began = office.clock.now() - MINUTE
    [(first, state, removed)] = listed(office)
    assert (state, removed) == ("complete", False)
    assert listed(office, At=began - MINUTE) == []

    def begin(tx: Tx) -> recordings.Begun:
        user = next(each for each in things.find(tx.sql, things.Where(Kind.USER, name="bob")) if each.parent)
        host = things.find(tx.sql, things.Where(Kind.HOST, name="db-1"))[0]
        of = recordings.Recorded("s-2", user, host, "root@db-1")
        return recordings.begin(tx, office.admit.world, of, "here")

    store = office.admit.store
    begun = store.write_now(AUTHOR, begin)
    office.advance(MINUTE)
    then = office.clock.now()
    office.advance(MINUTE)
    over = recordings.Ending("cut off", recordings.Position.start(begun.id), "gone")
    store.write_now(AUTHOR, lambda tx: recordings.finish(tx, begun.thing, over))
    store.write_now(AUTHOR, lambda tx: verbs.remove(tx, things.by_id_anywhere(tx.sql, Kind.RECORDING, first)))
    office.advance(MINUTE)

    assert listed(office) == [(begun.id, "cut off", False)]
    assert listed(office, At=then) == [(begun.id, "live", False), (first, "complete", True)]
    assert listed(office, At=then, State="live") == [(begun.id, "live", False)]
    assert listed(office, At=then, State="cut off") == []
    assert listed(office, At=then, State="complete", SessionId="s-2") == []
    assert listed(office, At=then, Person="bob", HostId=first.partition("-")[0])[-1:] != []
    assert listed(office, At=office.clock.now() - 1, State="cut off") == [(begun.id, "cut off", False)]
    assert listed(office, At=office.clock.now() + MINUTE) == listed(office)
    first_page = office.call("admit", "ListRecordings", At=then, MaxResults=1)
    second = office.call("admit", "ListRecordings", At=then, MaxResults=1, NextToken=first_page["NextToken"])
    assert [each["RecordingId"] for each in second["Recordings"]] == [first]
