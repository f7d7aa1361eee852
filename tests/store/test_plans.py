"""How SQLite finds what is asked for: by an index, however many other things there are."""

import pytest

from admit.core.links import Kind
from admit.store import renamed
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


@pytest.mark.parametrize("lookup", LOOKUPS)
def test_a_lookup_walks_no_list(system: System, lookup: str) -> None:
    where, index = LOOKUPS[lookup]
    said: list[str] = []
    with system.admit.store.read() as sql:
        if system.admit.store.is_sqlite:
            sql.connection.driver_connection.set_trace_callback(said.append)
        assert find(sql, where) == []
        # What PostgreSQL does with few rows says nothing of what it does with many.
        if system.admit.store.is_sqlite:
            sql.connection.driver_connection.set_trace_callback(None)
            plan = [row[3] for row in driver(sql)(f"explain query plan {said[-1]}")]
            assert any(index in step for step in plan), plan


def test_what_was_renamed_since_a_moment_is_looked_up(system: System) -> None:
    said: list[str] = []
    with system.admit.store.read() as sql:
        if system.admit.store.is_sqlite:
            sql.connection.driver_connection.set_trace_callback(said.append)
        assert renamed.since(sql, 0) == {}
        if system.admit.store.is_sqlite:
            sql.connection.driver_connection.set_trace_callback(None)
            plan = [row[3] for row in driver(sql)(f"explain query plan {said[-1]}")]
            assert any("changes_that_rename (revision>?)" in step for step in plan), plan
