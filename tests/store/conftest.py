"""Empty databases of both kinds, whichever the run is about."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from admit.base.clock import FakeClock
from admit.store.engine import Store
from tests.databases import Cluster, cluster

LEDGER_KEY = b"key"


@pytest.fixture(scope="session")
def server(postgres: Cluster | None) -> Iterator[Cluster]:
    """A PostgreSQL server, also where the run is about SQLite."""
    if postgres is not None:
        yield postgres
    else:
        with cluster() as own:
            yield own


@pytest.fixture(scope="session")
def created(server: Cluster) -> str:
    """A PostgreSQL database with the newest schema and nothing in it, to be copied."""
    name = server.new_database()
    store = Store(server.url(name), FakeClock(), LEDGER_KEY)
    store.create()
    store.close()
    return name


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Store]:
    """An empty SQLite database."""
    store = Store(f"sqlite:///{tmp_path / 'admit.db'}", FakeClock(), LEDGER_KEY)
    store.create()
    yield store
    store.close()


@pytest.fixture
def on_postgresql(server: Cluster, created: str) -> Iterator[Store]:
    """An empty PostgreSQL database."""
    name = server.new_database(created)
    store = Store(server.url(name), FakeClock(), LEDGER_KEY)
    yield store
    store.close()
    server.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty database of either kind."""
    return request.getfixturevalue(f"on_{request.param}")
