"""Noting activity: at once, from anywhere, and never at the cost of what is noted."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from admit.control.activity import BATCH, Activities
from admit.core.activity import Activity, ActivityKind, Outcome
from admit.main import open_admit
from admit.store import activity
from admit.store.activity import Where
from admit.store.engine import Author
from tests.system import System


def call(at: int) -> Activity:
    return Activity(at, ActivityKind.API_CALL, Outcome.OK, "root")


def written(system: System) -> list[int]:
    """The moments of what was written down, newest first."""
    with system.admit.store.read() as sql:
        return [kept.activity.at for kept in activity.find(sql, Where(), 100_000)]


def write(system: System, activities: Activities) -> None:
    activities.write(system.admit.store, system.admit.world.metrics)


def dropped(system: System) -> str:
    """How the metric stands."""
    lines = system.admit.world.metrics.text().decode().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("admit_activity_dropped_total"))


def break_table(system: System, *, broken: bool) -> None:
    """Take the table away, or put it back."""
    names = ("activity", "broken") if broken else ("broken", "activity")
    author = Author("admit", "test", "")
    rename = text(f"alter table {names[0]} rename to {names[1]}")
    system.admit.store.write_now(author, lambda tx: tx.sql.execute(rename))


def test_what_many_threads_note_is_written_in_full(system: System) -> None:
    activities = Activities()

    def note(thread: int) -> None:
        for number in range(BATCH):
            activities.note(call(thread * BATCH + number))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(note, range(4)))
        write(system, activities)
    # Which thread comes first is the machine's affair.
    assert sorted(written(system)) == list(range(4 * BATCH))
    assert dropped(system) == "0.0"


def test_writing_changes_no_policy(system: System) -> None:
    before = system.revision()
    activities = Activities()
    activities.note(call(1))
    write(system, activities)

    assert system.revision() == before


def test_what_finds_no_room_is_lost_and_counted_and_what_found_some_is_not(system: System) -> None:
    activities = Activities(capacity=2)
    for at in (1, 2, 3, 4, 5):
        activities.note(call(at))
    write(system, activities)
    activities.note(call(6))
    write(system, activities)

    assert written(system) == [6, 2, 1]
    assert dropped(system) == "3.0"


def test_what_could_not_be_written_waits_in_its_order(system: System) -> None:
    activities = Activities()
    for at in range(BATCH + 1):
        activities.note(call(at))
    break_table(system, broken=True)
    with pytest.raises(system.admit.store.faults):
        write(system, activities)
    activities.note(call(BATCH + 1))
    break_table(system, broken=False)
    write(system, activities)

    assert written(system) == list(reversed(range(BATCH + 2)))
    assert dropped(system) == "0.0"


def test_at_the_end_what_cannot_be_written_is_counted_and_stops_nothing(system: System) -> None:
    activities = Activities()
    activities.note(call(1))
    break_table(system, broken=True)
    activities.finish(system.admit.store, system.admit.world.metrics)
    break_table(system, broken=False)

    assert dropped(system) == "1.0"
    assert written(system) == []


def test_what_waits_when_the_system_is_closed_is_written(system: System) -> None:
    system.admit.world.activities.note(call(1))
    system.admit.close()

    again = open_admit(system.admit.settings, system.clock)
    try:
        assert written(replace(system, admit=again)) == [1]
    finally:
        again.close()
