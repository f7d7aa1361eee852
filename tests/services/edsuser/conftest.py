"""What every test of convenience users may ask for."""

import pytest

from tests.services.edsuser.directory import Directory
from tests.system import System


@pytest.fixture
def directory(system: System) -> Directory:
    """Convenience users: nobody yet."""
    return Directory(system)
