"""Offices for the console: one that many tests look at, and one for each test that changes something."""

import shutil
from collections.abc import Iterator

import pytest

from admit.base.chance import Chance
from admit.base.clock import FakeClock
from admit.main import open_admit
from admit.settings import Settings
from tests.browsing import Pages
from tests.conftest import Template
from tests.console.office import allow, as_admin, as_caller, furnish
from tests.system import System


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, template: Template) -> Iterator[System]:
    """An office that no test of a module changes."""
    directory = tmp_path_factory.mktemp("office") / "data"
    shutil.copytree(template.directory, directory)
    clock = FakeClock()
    admit = open_admit(Settings(data=directory), clock, Chance.seeded(2))
    office = System(admit, clock, template.founded)
    furnish(office)
    yield office
    admit.close()


@pytest.fixture(scope="module")
def newcomer(shared: System) -> Pages:
    """A browser of a caller who may call nothing."""
    allow(shared, "newcomer")
    return as_caller(shared, "newcomer")


@pytest.fixture(scope="module")
def admin(shared: System) -> Pages:
    """A browser of the administrator."""
    return as_admin(shared)


@pytest.fixture
def office(system: System) -> System:
    """An office of a test's own."""
    furnish(system)
    return system
