"""What every test may ask for: a whole system, on the database the run is about."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from admit.base.chance import Chance
from admit.base.clock import FakeClock
from admit.base.log import configure
from admit.control.founding import Founded
from admit.main import create, open_admit
from admit.settings import Settings
from tests.databases import Cluster, cluster
from tests.put_back import Lasting
from tests.system import System

MEMORY = Path("/dev/shm")
"""Where files never reach a disk, which no test is about: a process that is killed leaves them here as well.
Thousands of databases come and go: on a disk each costs a third more, on PostgreSQL several times as much."""
ROOM_BYTES = 4 << 30


def pytest_configure(config: pytest.Config) -> None:
    """Plain logs: a traceback that shows every local value takes seconds to draw.

    The hundreds of processes that tests start are not traced: what must be covered is, in the tests' own.
    """
    configure(json=True, level="ERROR")
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        tempfile.tempdir = os.environ["TMPDIR"] = str(MEMORY)
    if hasattr(config, "workerinput"):
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """What is imported and collected stays for good: to look through it again and again, and find that none
    of it can go, would take a sixth of the time of all tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--database`` chooses the database the whole suite runs on."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Function]) -> None:
    """On PostgreSQL only what runs on the chosen database is run again."""
    if config.getoption("--database") == "postgresql":
        others = [item for item in items if "system" not in item.fixturenames]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if "system" in item.fixturenames]


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Cluster | None]:
    """The PostgreSQL server, if the run is about PostgreSQL."""
    if request.config.getoption("--database") == "sqlite":
        yield None
    else:
        with cluster() as server:
            yield server


@dataclass(frozen=True, slots=True)
class Template:
    """A system made once; each test gets a copy of it."""

    directory: Path
    founded: Founded
    database: str | None
    """The PostgreSQL database's name, if the run is about PostgreSQL."""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, postgres: Cluster | None) -> Template:
    """The system that tests begin with."""
    directory = tmp_path_factory.mktemp("founded") / "data"
    database = None if postgres is None else postgres.new_database()
    url = "" if postgres is None or database is None else postgres.url(database)
    founded = create(Settings(data=directory, database_url=url), FakeClock(), Chance.seeded(1))
    return Template(directory, founded, database)


@pytest.fixture(scope="session")
def database(template: Template, postgres: Cluster | None) -> Iterator[Lasting | None]:
    """The PostgreSQL database of all tests, if the run is about PostgreSQL."""
    if postgres is None or template.database is None:
        yield None
    else:
        database = Lasting(postgres, template.database)
        yield database
        database.close()


@pytest.fixture
def system(tmp_path: Path, template: Template, database: Lasting | None) -> Iterator[System]:
    """A whole system under a fake clock, new for each test."""
    clock, chance = FakeClock(), Chance.seeded(2)
    directory = tmp_path / "data"
    shutil.copytree(template.directory, directory)
    if database is None:
        admit = open_admit(Settings(data=directory), clock, chance)
        yield System(admit, clock, template.founded)
        admit.close()
    else:
        with database.reached():
            admit = open_admit(Settings(data=directory, database_url=database.url), clock, chance)
            yield System(admit, clock, template.founded)
            admit.close()
        database.put_back()
