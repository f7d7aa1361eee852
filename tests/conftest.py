"""What every test may ask for: a whole system, on the database the run is about."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from admit.base.chance import Chance
from admit.base.clock import FakeClock
from admit.base.log import configure
from admit.control.founding import Founded
from admit.main import create, open_admit
from admit.settings import Settings
from tests.databases import Cluster, cluster
from tests.system import System


def pytest_configure() -> None:
    """Plain logs: a traceback that shows every local value takes seconds to draw."""
    configure(json=True, level="ERROR")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--database`` chooses the database the whole suite runs on."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Cluster | None]:
    """The PostgreSQL server, if the run is about PostgreSQL."""
    if request.config.getoption("--database") == "sqlite":
        yield None
    else:
        with cluster() as server:
            yield server


@pytest.fixture(scope="session")
def founded_directory(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Founded]:
    """A data directory made once; each test gets a copy."""
    directory = tmp_path_factory.mktemp("founded") / "data"
    founded = create(Settings(data=directory), FakeClock(), Chance.seeded(1))
    return directory, founded


@pytest.fixture
def system(
    tmp_path: Path, founded_directory: tuple[Path, Founded], postgres: Cluster | None
) -> Iterator[System]:
    """A whole system under a fake clock, new for each test."""
    clock, chance = FakeClock(), Chance.seeded(2)
    directory = tmp_path / "data"
    if postgres is None:
        template, founded = founded_directory
        shutil.copytree(template, directory)
        settings = Settings(data=directory)
    else:
        settings = Settings(data=directory, database_url=postgres.new_database())
        founded = create(settings, clock, chance)
    admit = open_admit(settings, clock, chance)
    yield System(admit, clock, founded)
    admit.close()
