"""How SQLite finds what is asked for: by an index, however many other things there are."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from admit.core.links import Kind
from admit.store import renamed, reviews, sessions
from admit.store.connections import driver
from admit.store.things import Where, find
from tests.system import System

LOOKUPS = {
    "the user of a directory entry": (
        Where(Kind.USER, parent=2, details={"source": "Ram", "source_user_id": "1"}),
        "things_by_source_user_id",
    ),
    "the user of an external id": (
        Where(Kind.USER, parent=2, details={"external_id": "1"}),
        "things_by_external_id",
    ),
    "what stands for a role in every rule": (
        Where(Kind.RULE_RESOURCE, grandparent=2, handle="carole_1"),
        "a_handle_is_held_by_one (kind=? AND parent=? AND handle=?)",
    ),
}


def assert_planned(system: System, ask: Callable[[Connection], object], step: str) -> None:
    """The last statement that is asked goes by an index, on SQLite; on either it finds nothing yet."""
    said: list[str] = []
    # What PostgreSQL does with few rows says nothing of what it does with many.
    with system.admit.store.read() as sql:
        if system.admit.store.is_sqlite:
            sql.connection.driver_connection.set_trace_callback(said.append)
        assert not ask(sql)
        if system.admit.store.is_sqlite:
            sql.connection.driver_connection.set_trace_callback(None)
            plan = [row[3] for row in driver(sql)(f"explain query plan {said[-1]}")]
            assert any(step in each for each in plan), plan


@pytest.mark.parametrize("lookup", LOOKUPS)
def test_a_lookup_walks_no_list(system: System, lookup: str) -> None:
    where, index = LOOKUPS[lookup]
    assert_planned(system, lambda sql: find(sql, where), index)


def test_what_was_renamed_since_a_moment_is_looked_up(system: System) -> None:
    assert_planned(system, lambda sql: renamed.since(sql, 0), "changes_that_rename (revision>?)")


@pytest.mark.parametrize("at", [None, 7])
def test_what_lives_is_not_looked_for_among_all_sessions_there_were(system: System, at: int | None) -> None:
    which = sessions.Which(live=True, at=at)
    assert_planned(system, lambda sql: sessions.find(sql, which, 7), "sessions_by_end (ended_at=?")


def test_what_few_were_decided_of_a_review_is_not_looked_for_among_all_of_it(system: System) -> None:
    kept = reviews.Wanted(state="kept")
    assert_planned(
        system,
        lambda sql: reviews.items(sql, 1, kept, 0, 7),
        "review_items_by_verdict (review=? AND verdict=?)",
    )
