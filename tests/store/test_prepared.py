"""Statements that go straight to the driver: many rows at once, and what wrote nothing."""

import pytest
from sqlalchemy import func, select

from admit.control import grants
from admit.core.links import Kind
from admit.store.engine import Store, Tx
from admit.store.prepared import ROWS_AT_ONCE, Conflict, PreparedRows
from admit.store.tables import nonces
from tests.store.writing import AUTHOR, add


@pytest.mark.parametrize("many", [0, 1, 15, 16, 17, 3 * ROWS_AT_ONCE[0] + 21])
def test_any_number_of_rows_is_written(store: Store, many: int):
    rows = PreparedRows(nonces)

    store.write_now(AUTHOR, lambda tx: rows.put(tx.sql, [(f"nonce {each}", each) for each in range(many)]))

    with store.read() as sql:
        found = sql.execute(select(func.count(), func.sum(nonces.c.at))).one()
    assert (found[0], found[1] or 0) == (many, sum(range(many)))


def test_a_row_that_is_there_already_is_a_conflict(store: Store):
    rows = PreparedRows(nonces)

    def body(tx: Tx) -> None:
        rows.put(tx.sql, [("one", 1), ("two", 2), ("one", 3)])

    with pytest.raises(Conflict):
        store.write_now(AUTHOR, body)


def test_of_rows_that_one_was_refused_of_none_is_left_when_their_part_is_undone(store: Store):
    rows = PreparedRows(nonces)

    def body(tx: Tx) -> None:
        rows.put(tx.sql, [("before", 1)])
        with pytest.raises(Conflict), tx.part():
            rows.put(tx.sql, [("one", 1), ("two", 2), ("before", 3), ("three", 4)])
        rows.put(tx.sql, [("after", 5)])

    store.write_now(AUTHOR, body)

    with store.read() as sql:
        assert sorted(sql.execute(select(nonces.c.nonce)).scalars()) == ["after", "before"]


def test_a_link_that_stands_is_not_granted_again_and_nothing_has_changed(store: Store):
    user = store.write_now(AUTHOR, add("ann", Kind.USER))
    group = store.write_now(AUTHOR, add("dba"))

    assert store.write_now(AUTHOR, lambda tx: grants.grant(tx, user, group))
    # It records nothing, and has written nothing that it should have recorded.
    assert not store.write_now(AUTHOR, lambda tx: grants.grant(tx, user, group))
