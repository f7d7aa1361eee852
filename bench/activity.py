"""Writing activity down and finding it, in processor time: as it is, without an index, and by other indexes.

``python -m bench.activity`` fills one database for each, and writes calls and decisions to them in turns.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time

from sqlalchemy import text

from admit.base.clock import SystemClock
from admit.control.activity import BATCH
from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.store import activity
from admit.store.activity import Where
from admit.store.activity_tables import activity as kept
from admit.store.engine import Author, Store
from bench.figures import Measured, Row, figures, table

AUTHOR = Author("admit", "bench", "")
PEOPLE = 1_000
AT_ONCE = 5_000
WRITTEN = 10_000
"""Rows of one kind in a round."""
KINDS = {"a call": ActivityKind.API_CALL, "a decision": ActivityKind.DECISION}
ALONE, BY_WHAT = "the row alone", "by indexes that begin with what is looked for"
EVE = Mention("eve", 10**9)
"""Of whom there is one activity, the first of all."""
FOUND = {
    "the newest": Where(),
    "the newest refusals": Where(outcome=Outcome.REFUSED),
    "one person's": Where(person=Mention("person-7", 7)),
    "the one of somebody, the oldest": Where(person=EVE),
}


def _none(store: Store) -> None:
    for index in kept.indexes:
        store.write_now(AUTHOR, lambda tx, name=index.name: tx.sql.execute(text(f"drop index {name}")))


def _by_what(store: Store) -> None:
    _none(store)
    for name in ("kind", "actor", "person_key", "person_name", "resource_key", "resource_name"):
        where = "" if name in ("kind", "actor") else f" where {name} is not null"
        made = text(f"create index old_{name} on activity ({name}, at){where}")
        store.write_now(AUTHOR, lambda tx, made=made: tx.sql.execute(made))


WAYS: dict[str, Callable[[Store], None]] = {"": lambda _: None, ALONE: _none, BY_WHAT: _by_what}


def _made(kind: ActivityKind, at: int, chance: Random) -> Activity:
    if kind is ActivityKind.API_CALL:
        return Activity(
            at, kind, Outcome.OK, "acs:ram::1:root", "admit:CheckAccess", "OK", request_id="r" * 36
        )
    person, host = chance.randrange(PEOPLE), chance.randrange(PEOPLE)
    outcome, label = chance.choice((Outcome.OK, Outcome.REFUSED)), f"root@host-{host}"
    who, what = Mention(f"person-{person}", person), Mention(label, PEOPLE + host)
    told = {"revision": 7, "path": (who.name, label)}
    return Activity(
        at, kind, outcome, "acs:ram::1:root", "admit:Evaluate", "granted", who, None, what, details=told
    )


def _write(store: Store, batch: list[Activity]) -> None:
    store.write_now(AUTHOR, lambda tx: activity.add(tx.sql, batch))


def _filled(place: Path, rows: int, chance: Random) -> Store:
    store = Store(f"sqlite:///{place}", SystemClock(), b"bench")
    store.create()
    _write(store, [Activity(0, ActivityKind.SIGN_IN, Outcome.REFUSED, "eve", person=EVE)])
    kinds = tuple(KINDS.values())
    for start in range(0, rows, AT_ONCE):
        _write(store, [_made(chance.choice(kinds), at, chance) for at in range(start, start + AT_ONCE)])
    return store


def _round(stores: dict[str, Store], began: int, chance: Random, measured: Measured) -> None:
    for of, kind in KINDS.items():
        batch = [_made(kind, began, chance) for _ in range(WRITTEN)]
        for way, store in stores.items():
            started = process_time()
            for start in range(0, WRITTEN, BATCH):
                _write(store, batch[start : start + BATCH])
            measured.add(_row(of, way), (process_time() - started) / WRITTEN * 1e6)
    for of, where in FOUND.items():
        with stores[""].read() as sql:
            started = process_time()
            activity.find(sql, where, 101)
            measured.add(f"found, {of}", (process_time() - started) * 1000)


def _row(of: str, way: str) -> str:
    return f"{of} written, {way}" if way else f"{of} written"


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.activity", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="how many there are before (200,000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (5)")
    asked = parser.parse_args()
    measured, chance, stores = Measured(), Random(1), dict[str, Store]()  # noqa: S311 - the same rows each time
    Path("var").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="var", prefix="bench-") as place:
        for number, (way, prepare) in enumerate(WAYS.items()):
            stores[way] = _filled(Path(place) / f"{number}.db", asked.rows, Random(1))  # noqa: S311 - the same
            prepare(stores[way])
        for each in range(asked.rounds):
            _round(stores, asked.rows + each, chance, measured)
        for store in stores.values():
            store.close()
    rows = [
        Row(_row(of, way), "µs", _row(of, ALONE) if way != ALONE else None) for of in KINDS for way in WAYS
    ]
    rows += [Row(f"found, {of}", "ms") for of in FOUND]
    print(table(figures(rows, measured)))


if __name__ == "__main__":
    main()
