"""Numbers of things are those of the moment they are asked for, whoever asks."""

import pytest

from admit.control import things
from admit.control.things import New
from admit.core.links import Kind
from admit.store import things as stored
from admit.store import views
from admit.store.engine import Store, Tx
from admit.store.things import Where
from tests.store.writing import AUTHOR, Details

GROUPS = Where(Kind.GROUP, parent=3)


def make(store: Store, name: str) -> None:
    store.write_now(AUTHOR, lambda tx: things.add(tx, New(Kind.GROUP, 3, name, Details())))


def number(store: Store, where: Where = GROUPS) -> int:
    with store.read() as sql:
        return stored.count(sql, where)


def test_a_number_is_new_after_every_change(store: Store):
    numbers = [number(store)]
    for name in ("dba", "ops"):
        make(store, name)
        numbers += [number(store), number(store)]

    assert numbers == [0, 1, 1, 2, 2]


def test_numbers_of_different_lists_are_told_apart(store: Store):
    make(store, "dba")

    named = [number(store, Where(Kind.GROUP, parent=3, name=name)) for name in ("dba", "ops")]
    typed = [number(store, Where(kind, parent=3)) for kind in (Kind.GROUP, Kind.UNIT)]

    assert (named, typed, number(store, Where(Kind.GROUP, parent=4))) == ([1, 0], [1, 0], 0)


def test_a_transaction_counts_what_it_wrote_itself(store: Store):
    def body(tx: Tx) -> list[int]:
        seen = [stored.count(tx.sql, GROUPS)]
        things.add(tx, New(Kind.GROUP, 3, "dba", Details()))
        return [*seen, stored.count(tx.sql, GROUPS)]

    assert store.write_now(AUTHOR, body) == [0, 1]


def test_only_so_many_numbers_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(views, "REMEMBERED", 10)
    make(store, "dba")
    wheres = [Where(Kind.GROUP, parent=parent) for parent in range(12)]

    with store.read() as sql:
        found = [stored.count(sql, where) for where in wheres]
        kept = len(views.kept(sql, "counts") or ())

    assert (sum(found), kept) == (1, 2)


def pages(store: Store, order: tuple[int, ...], where: Where = GROUPS) -> list[list[str]]:
    """Pages of two, asked for in this order, each in a transaction of its own."""
    found = []
    for page in order:
        with store.read() as sql:
            found.append([each.name for each in stored.find(sql, where, offset=2 * page, limit=2)])
    return found


def test_pages_are_the_same_in_whatever_order_they_are_read(store: Store):
    for name in "abcde":
        make(store, name)

    assert pages(store, (0, 1, 2, 3)) == [["a", "b"], ["c", "d"], ["e"], []]
    assert pages(store, (2, 0, 1, 2, 1)) == [["e"], ["a", "b"], ["c", "d"], ["e"], ["c", "d"]]


def test_a_page_begins_where_it_does_now_although_the_one_before_was_read_earlier(store: Store):
    for name in "abcde":
        make(store, name)
    first = pages(store, (0,))
    with store.read() as sql:
        gone = stored.find(sql, GROUPS, limit=1)[0]
    store.write_now(AUTHOR, lambda tx: things.remove(tx, gone))

    assert (first, pages(store, (1, 0, 1))) == ([["a", "b"]], [["d", "e"], ["b", "c"], ["d", "e"]])


def test_pages_of_different_lists_are_told_apart(store: Store):
    for name in ("a1", "b1", "a2", "b2", "a3", "b3"):
        make(store, name)
    a, b = (Where(Kind.GROUP, parent=3, name_prefix=letter) for letter in "ab")

    assert (pages(store, (0, 1), a), pages(store, (0, 1), b)) == (
        [["a1", "a2"], ["a3"]],
        [["b1", "b2"], ["b3"]],
    )


def test_a_page_tells_how_many_there_are_in_all(store: Store):
    for name in "abc":
        make(store, name)

    with store.read() as sql:
        found = [stored.page(sql, GROUPS, offset, 2) for offset in (0, 2, 0)]

    assert [([each.name for each in page], total) for page, total in found] == [
        (["a", "b"], 3),
        (["c"], 3),
        (["a", "b"], 3),
    ]
