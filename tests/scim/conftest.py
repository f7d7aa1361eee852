"""What every test of the door for directories may ask for."""

import pytest

from tests.scim.directory import Directory, connect
from tests.system import System


@pytest.fixture
def directory(system: System) -> Directory:
    """A directory that feeds the first instance and nothing else."""
    return connect(system)
