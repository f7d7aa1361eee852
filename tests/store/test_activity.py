"""Activity as it is kept: written in batches, found newest first, dropped when it is old."""

import re

import pytest
from sqlalchemy import event

from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.store import activity
from admit.store.activity import Where
from admit.store.activity_tables import BLOCK_BITS
from admit.store.engine import Author, Store
from admit.store.prepared import Prepared

AUTHOR = Author("admit", "test", "")
BLOCK = 1 << BLOCK_BITS
WHOLE = Activity(
    at=7,
    kind=ActivityKind.COMMAND,
    outcome=Outcome.FAILED,
    actor="alice",
    action="reboot",
    reason="exit status 1",
    person=Mention("alice", 1),
    user=Mention("alice@corp", 2),
    resource=Mention("root@db-1", 3),
    request_id="request",
    peer="192.0.2.7",
    session="session-1",
    details={"status": 1, "seconds": 0.5, "path": ("alice", "root@db-1"), "why": "busy"},
)


def call(at: int, actor: str = "root", outcome: Outcome = Outcome.OK) -> Activity:
    return Activity(at, ActivityKind.API_CALL, outcome, actor)


def decision(at: int, person: Mention, resource: Mention | None = None) -> Activity:
    return Activity(
        at,
        ActivityKind.DECISION,
        Outcome.REFUSED,
        "root",
        person=person,
        resource=resource,
        session=f"s-{at}",
    )


def keep(store: Store, *batch: Activity) -> None:
    store.write_now(AUTHOR, lambda tx: activity.add(tx.sql, batch))


def found(store: Store, where: Where, limit: int = 100) -> list[int]:
    """The moments of what is found."""
    with store.read() as sql:
        return [kept.activity.at for kept in activity.find(sql, where, limit)]


def test_an_activity_is_read_as_it_was_noted(store: Store) -> None:
    bare = call(8)
    keep(store, WHOLE, bare)

    with store.read() as sql:
        assert [kept.activity for kept in activity.find(sql, Where(), 10)] == [bare, WHOLE]


def test_each_question_finds_what_it_asks_for_and_nothing_else(store: Store) -> None:
    alice, bob = Mention("alice", 1), Mention("bob", 2)
    db = Mention("root@db-1", 3)
    keep(store, call(1), call(2, "eve"), call(3, outcome=Outcome.REFUSED))
    keep(store, decision(4, alice, db), decision(5, bob, db), decision(6, alice))

    assert found(store, Where()) == [6, 5, 4, 3, 2, 1]
    assert found(store, Where(kind=ActivityKind.API_CALL)) == [3, 2, 1]
    assert found(store, Where(actor="eve")) == [2]
    assert found(store, Where(outcome=Outcome.OK)) == [2, 1]
    assert found(store, Where(outcome=Outcome.REFUSED, kind=ActivityKind.API_CALL)) == [3]
    assert found(store, Where(person=alice)) == [6, 4]
    assert found(store, Where(resource=db)) == [5, 4]
    assert found(store, Where(person=alice, resource=db)) == [4]
    assert found(store, Where(session="s-5")) == [5]
    assert found(store, Where(since=2, until=4)) == [3, 2]


def test_a_name_finds_who_has_it_now_and_whoever_had_it_then(store: Store) -> None:
    keep(
        store,
        decision(1, Mention("alicia", 1)),  # alice, before she was renamed
        decision(2, Mention("alice", 9)),  # another alice, who is gone
        decision(3, Mention("alice")),  # a stranger who said so
        decision(4, Mention("alice", 1)),
        decision(5, Mention("bob", 2)),
    )

    assert found(store, Where(person=Mention("alice", 1))) == [4, 3, 2, 1]
    assert found(store, Where(person=Mention("alice", 1)), limit=3) == [4, 3, 2]
    assert found(store, Where(person=Mention("alice"))) == [4, 3, 2]


def test_pages_neither_skip_nor_repeat_also_where_moments_are_equal(store: Store) -> None:
    keep(store, *(call(at) for at in (1, 2, 2, 2, 3)))

    with store.read() as sql:
        ids, before = [], None
        while page := activity.find(sql, Where(before=before), 2):
            ids += [kept.id for kept in page]
            before = page[-1].id
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == 5


@pytest.mark.parametrize(
    "text", ["\0", "\ud800", "x" * 10_000, "naïve → \0\udfff"], ids=["nul", "surrogate", "long", "mixed"]
)
def test_whatever_a_stranger_sends_is_kept_in_some_form_and_can_be_told(store: Store, text: str) -> None:
    keep(
        store,
        Activity(
            1,
            ActivityKind.SIGN_IN,
            Outcome.REFUSED,
            text,
            action=text,
            reason=text,
            person=Mention(text),
            peer=text,
            details={"version": text, "asked": (text,)},
        ),
    )

    assert found(store, Where(person=Mention(text))) == [1]
    with store.read() as sql:
        (kept,) = activity.find(sql, Where(), 1)
    assert len(kept.activity.actor) <= activity.LONGEST
    kept.activity.actor.encode()


def forget(store: Store, before: int, limit: int) -> int:
    return store.write_now(AUTHOR, lambda tx: activity.forget(tx.sql, before, limit))


def test_what_is_old_is_dropped_and_nothing_else(store: Store) -> None:
    assert forget(store, 9, 2) == 0
    keep(store, *(call(at) for at in (5, 1, 2, 4, 3)))

    assert forget(store, 4, 2) == 2
    assert found(store, Where()) == [3, 4, 5]
    assert forget(store, 4, 2) == 1
    assert forget(store, 4, 2) == 0
    assert found(store, Where()) == [4, 5]


def test_what_is_seldom_is_found_among_many_blocks_of_other_things(store: Store) -> None:
    alice, many = Mention("alice", 1), 6 * BLOCK
    with store.engine.begin() as sql:
        for at in range(0, many, BLOCK):
            activity.add(sql, [call(each) for each in range(at, at + BLOCK)])
            if at in (0, 2 * BLOCK):
                activity.add(sql, [decision(at, alice), decision(at, Mention("bob"))])

    def counted(since: int, until: int | None = None) -> int:
        with store.read() as sql:
            return activity.how_many(sql, Outcome.REFUSED, since, until)

    assert found(store, Where(person=alice)) == [2 * BLOCK, 0]
    assert found(store, Where(person=alice), 1) == [2 * BLOCK]
    assert found(store, Where(person=alice, until=BLOCK)) == [0]
    assert found(store, Where(person=alice, since=1, until=2 * BLOCK)) == []
    assert found(store, Where(person=alice, since=many)) == []
    assert found(store, Where(since=BLOCK - 1, until=BLOCK + 2)) == [BLOCK + 1, BLOCK, BLOCK - 1]
    assert found(store, Where(actor="root"), 2 * BLOCK) == [*reversed(range(many - 2 * BLOCK, many))]
    assert (counted(0), counted(1), counted(0, 1), counted(1, BLOCK)) == (4, 2, 2, 0)
    assert forget(store, 3 * BLOCK, many) == 3 * BLOCK + 4
    assert found(store, Where(outcome=Outcome.REFUSED)) == []


def test_what_is_counted_is_counted_no_further_than_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "MOST_COUNTED", 2)
    keep(store, *(call(at, outcome=Outcome.REFUSED) for at in range(3)))

    with store.read() as sql:
        assert activity.how_many(sql, Outcome.REFUSED, 0) == 2


@pytest.mark.parametrize(
    ("where", "index"),
    [
        (Where(), "PRIMARY KEY"),
        (Where(since=1, until=9), "PRIMARY KEY"),
        (Where(since=1, until=9), "activity_by_time"),
        (Where(kind=ActivityKind.SIGN_IN), "activity_by_kind"),
        (Where(actor="root", before=9), "activity_by_actor"),
        (Where(outcome=Outcome.REFUSED), "activity_by_outcome"),
        (Where(session="s"), "activity_by_session"),
        (Where(person=Mention("alice", 1)), "activity_by_person_key"),
        (Where(person=Mention("alice", 1)), "activity_by_person_name"),
        (Where(resource=Mention("root@db-1", 1), since=1), "activity_by_resource_key"),
        (Where(resource=Mention("root@db-1")), "activity_by_resource_name"),
    ],
    ids=str,
)
def test_a_page_is_read_by_an_index_block_by_block(
    on_sqlite: Store, where: Where, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(on_sqlite, call(1))
    plans = []
    run = Prepared._execute

    def explained(self, sql, compiled, values):
        driver = sql.connection.driver_connection
        plans.append([row[3] for row in driver.execute(f"explain query plan {compiled.text}", values)])
        return run(self, sql, compiled, values)

    def explain(_conn, cursor, statement, parameters, *_rest):
        plans.append([row[3] for row in cursor.execute(f"explain query plan {statement}", parameters)])

    with on_sqlite.read() as sql:
        event.listen(sql.engine, "before_cursor_execute", explain)
        monkeypatch.setattr(Prepared, "_execute", explained)
        activity.find(sql, where, 10)
        if where.outcome is not None:
            activity.how_many(sql, where.outcome, 0)
    reads = [line for plan in plans for line in plan if "activity" in line]
    assert any(index in line for line in reads), plans
    # What is looked for in all there is goes by what is asked for and by the block, and never through it.
    assert all(_SEEKS.search(line) for line in reads), plans


_SEEKS = re.compile(
    r"USING (COVERING )?INDEX \w+ \(<expr>=\? AND (\w+[=<>]\?)|USING INTEGER PRIMARY KEY|^SEARCH activity$"
)
