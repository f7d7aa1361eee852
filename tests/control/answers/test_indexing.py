"""Keeping the index: at the newest revision, or not at all, and told either way."""

from admit.control.answers import indexing
from tests.system import System


def told(system: System, name: str) -> float:
    lines = system.admit.world.metrics.text().decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(name + " "))


def test_the_index_is_kept_at_the_newest_revision_and_told(system: System) -> None:
    store, world = system.admit.store, system.admit.world

    assert indexing.keep(store, world)
    assert told(system, "admit_index_revision") == system.revision()
    assert told(system, "admit_index_bytes") > 0


def test_an_index_that_would_take_too_much_is_not_loaded(system: System) -> None:
    store, world = system.admit.store, system.admit.world
    store.replica.most_bytes = 1

    assert not indexing.keep(store, world)
    assert store.replica.newest is None
    assert told(system, "admit_index_bytes") == told(system, "admit_index_revision") == 0


def test_an_index_that_has_grown_too_large_is_given_up(system: System) -> None:
    store, world = system.admit.store, system.admit.world
    indexing.keep(store, world)
    assert store.replica.newest is not None
    store.replica.most_bytes = store.replica.newest.size_bytes - 1

    assert not indexing.keep(store, world)
    assert store.replica.newest is None
    assert told(system, "admit_index_bytes") == 0
