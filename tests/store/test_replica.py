"""The index that a store keeps up with its change log: exact, or not there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from admit.control import grants, things
from admit.control.things import New
from admit.core.access import Question, decide
from admit.core.index import Index
from admit.core.links import Kind
from admit.core.pages import KEYS
from admit.core.validity import Validity
from admit.store import lookups
from admit.store import replica as replicas
from admit.store import things as stored
from admit.store.engine import Store, Tx
from admit.store.facts import Scope, facts_about, source_of
from admit.store.links import current_revision
from admit.store.things import Thing
from tests.store.writing import AUTHOR, Details, add

MEMORY = 10**8


def chain(tx: Tx, name: str) -> list[Thing]:
    """A person, a user and a group of theirs, and a host it may use."""
    kinds = (Kind.PERSON, Kind.USER, Kind.GROUP, Kind.HOST)
    made = [things.add(tx, New(kind, 0, f"{name} {kind.word}", Details())) for kind in kinds]
    for source, target in pairwise(made):
        grants.grant(tx, source, target)
    return made


def keep(store: Store) -> Index:
    store.replica.most_bytes = store.replica.most_bytes or MEMORY
    with store.read() as sql:
        store.replica.keep(sql)
    assert store.replica.newest is not None
    return store.replica.newest


def agrees(store: Store, made: list[Thing]) -> bool:
    """Whether the index answers as the database does, and is asked."""
    person, host = made[0].ref, made[-1].ref
    with store.read() as sql:
        source = source_of(sql, Scope.CHECK, subject=person, resource=host)
        facts = facts_about(sql, Scope.CHECK, subject=person, resource=host)
        assert decide(Question(person, host), source, 5) == decide(Question(person, host), facts, 5)
        return isinstance(source, Index)


def test_what_stands_is_loaded_and_what_changes_is_taken_in_by_who_asks(store: Store):
    made = store.write_now(AUTHOR, lambda tx: chain(tx, "one"))
    assert not agrees(store, made)
    keep(store)
    assert agrees(store, made)

    store.write_now(AUTHOR, lambda tx: grants.set_validity(tx, made[1], made[2], Validity(3, 9)))
    assert agrees(store, made)
    store.write_now(AUTHOR, lambda tx: things.block(tx, made[1], "locked"))
    assert agrees(store, made)
    store.write_now(AUTHOR, lambda tx: (things.unblock(tx, made[1], "locked"), things.remove(tx, made[2])))
    assert agrees(store, made)


def test_many_keys_and_blocks_are_loaded_as_they_stand(store: Store):
    def many(tx: Tx) -> list[list[Thing]]:
        return [chain(tx, str(number)) for number in range(KEYS)]

    made = store.write_now(AUTHOR, many)
    store.write_now(AUTHOR, lambda tx: [things.block(tx, made[3][1], word) for word in ("locked", "off")])
    store.write_now(AUTHOR, lambda tx: grants.revoke(tx, made[5][2], made[5][3]))
    store.write_now(AUTHOR, lambda tx: grants.set_validity(tx, made[7][2], made[7][3], Validity(1, 4)))
    keep(store)

    assert all(agrees(store, each) for each in made)


def test_of_many_changes_who_asks_takes_none_in(store: Store):
    made = store.write_now(AUTHOR, lambda tx: chain(tx, "one"))
    keep(store)
    for number in range(replicas.AT_ONCE + 1):
        store.write_now(AUTHOR, add(f"group {number}"))

    assert not agrees(store, made)
    keep(store)
    assert agrees(store, made)


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_a_revision_is_taken_in_whole_however_many_changes_it_has(store: Store, batch: int, monkeypatch):
    monkeypatch.setattr(replicas, "BATCH", batch)
    keep(store)
    made = [store.write_now(AUTHOR, lambda tx, name=name: chain(tx, name)) for name in "abc"]
    index = keep(store)

    with store.read() as sql:
        assert index.revision == current_revision(sql)
    assert all(agrees(store, each) for each in made)


def test_who_began_to_read_before_a_change_is_answered_as_of_then(store: Store):
    made = store.write_now(AUTHOR, lambda tx: chain(tx, "one"))
    question = Question(made[0].ref, made[3].ref)
    keep(store)

    def change() -> None:
        store.write_now(AUTHOR, lambda tx: grants.revoke(tx, made[1], made[2]))
        assert agrees(store, made)

    with store.read() as sql, ThreadPoolExecutor(1) as other:
        current_revision(sql)
        other.submit(change).result()
        before = store.replica.at(sql)
        assert before is not None
        assert decide(question, before, 5).allowed
    with store.read() as sql:
        after = store.replica.at(sql)
        assert after is not None
        assert not decide(question, after, 5).allowed


def test_a_transaction_that_writes_is_not_answered_from_memory(store: Store):
    made = store.write_now(AUTHOR, lambda tx: chain(tx, "one"))
    keep(store)

    def body(tx: Tx) -> bool:
        grants.revoke(tx, made[1], made[2])
        source = source_of(tx.sql, Scope.CHECK, subject=made[0].ref, resource=made[3].ref)
        return decide(Question(made[0].ref, made[3].ref), source, 5).allowed

    assert not store.write_now(AUTHOR, body)


def test_more_than_may_be_kept_is_not_loaded(store: Store):
    made = store.write_now(AUTHOR, lambda tx: chain(tx, "one"))
    store.replica.most_bytes = 2 * replicas.OF_A_LINK
    with store.read() as sql, pytest.raises(OverflowError):
        store.replica.keep(sql)

    assert store.replica.newest is None
    assert not agrees(store, made)


def test_keys_that_are_too_large_are_not_loaded(store: Store, monkeypatch):
    made = store.write_now(AUTHOR, lambda tx: chain(tx, "one"))
    monkeypatch.setattr(replicas, "LARGEST", made[-1].key - 1)
    with store.read() as sql, pytest.raises(OverflowError):
        store.replica.keep(sql)

    assert not agrees(store, made)


def test_an_index_that_could_not_be_kept_up_is_read_anew(store: Store, monkeypatch):
    made = store.write_now(AUTHOR, lambda tx: chain(tx, "one"))
    keep(store)
    store.write_now(AUTHOR, lambda tx: grants.revoke(tx, made[1], made[2]))
    fail: Callable[..., Index] = lambda *_: (_ for _ in ()).throw(RuntimeError("broken"))  # noqa: E731
    with monkeypatch.context() as broken:
        broken.setattr(Index, "after", fail)
        with store.read() as sql, pytest.raises(RuntimeError, match="broken"):
            store.replica.keep(sql)
    assert store.replica.newest is None

    keep(store)
    assert agrees(store, made)


# -- what was read of things -------------------------------------------------------------------------


def keep_things(store: Store, most: int = 100) -> None:
    store.replica.most_things = most
    keep(store)


def read(store: Store, some: list[Thing]) -> list[Thing]:
    """Things, as a view shows them that asks for nothing else."""
    with store.read() as sql:
        return [*stored.by_keys(sql, [each.key for each in some]).values()]


def stands(store: Store) -> set[int]:
    """The keys of what need not be read."""
    with store.read() as sql:
        return set(store.replica.things_at(sql) or ())


def test_what_was_read_of_things_stays_while_others_change(store: Store, monkeypatch):
    one, two = (store.write_now(AUTHOR, lambda tx, name=name: chain(tx, name)) for name in ("one", "two"))
    keep_things(store)
    before = read(store, one)
    store.write_now(AUTHOR, lambda tx: things.change(tx, two[0], name="other"))
    store.write_now(AUTHOR, lambda tx: grants.revoke(tx, one[1], one[2]))
    assert stands(store) == {each.key for each in one}

    monkeypatch.delattr(lookups, "_BY_KEYS")
    assert read(store, one) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda tx, thing: things.change(tx, thing, name="other"),
        lambda tx, thing: things.set_fields(tx, thing, {"note": "other"}),
        lambda tx, thing: things.block(tx, thing, "locked"),
        lambda tx, thing: (things.block(tx, thing, "locked"), things.unblock(tx, thing, "locked")),
        things.remove,
    ],
)
def test_what_has_changed_of_things_is_read_anew(store: Store, change: Callable[[Tx, Thing], object]):
    made = store.write_now(AUTHOR, lambda tx: chain(tx, "one"))
    keep_things(store)
    read(store, made)
    store.write_now(AUTHOR, lambda tx: change(tx, made[3]))

    assert stands(store) == {each.key for each in made[:3]}
    keys = [each.key for each in made]
    truth = store.write_now(AUTHOR, lambda tx: [*stored.by_keys(tx.sql, keys).values()])
    assert read(store, made) == truth


def test_who_began_to_read_before_a_change_reads_things_as_of_then(store: Store):
    made = store.write_now(AUTHOR, lambda tx: chain(tx, "one"))
    keep_things(store)

    def change() -> None:
        store.write_now(AUTHOR, lambda tx: things.change(tx, made[3], name="other"))
        assert read(store, made)[3].name == "other"

    with store.read() as sql, ThreadPoolExecutor(1) as other:
        current_revision(sql)
        other.submit(change).result()
        assert stored.by_key(sql, made[3].key).name == "one host"
    assert read(store, made)[3].name == "other"


def test_of_things_no_more_is_kept_than_may_be(store: Store):
    made = store.write_now(AUTHOR, lambda tx: chain(tx, "one"))
    keep_things(store, 2)
    for some, kept in ((made[:1], made[:1]), (made[:2], made[:2]), (made[2:3], made[2:3]), (made, [])):
        assert [each.key for each in read(store, some)] == [each.key for each in some]
        assert stands(store) == {each.key for each in kept}


def test_where_rows_may_change_untold_nothing_is_kept_of_things(store: Store):
    made = store.write_now(AUTHOR, lambda tx: chain(tx, "one"))
    keep(store)
    read(store, made)
    with store.read() as sql:
        assert store.replica.things_at(sql) is None
