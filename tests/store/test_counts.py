"""Numbers of things are those of the moment they are asked for, whoever asks."""

from admit.control import things
from admit.control.things import New
from admit.core.links import Kind
from admit.store import counts
from admit.store import things as stored
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


def test_only_so_many_numbers_are_kept(store: Store):
    make(store, "dba")
    wheres = [Where(Kind.GROUP, parent=parent) for parent in range(counts.REMEMBERED + 2)]

    with store.read() as sql:
        found = [stored.count(sql, where) for where in wheres]
        kept = len(sql.info["counts"].numbers)

    assert (sum(found), kept) == (1, 2)
