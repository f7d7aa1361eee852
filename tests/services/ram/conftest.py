"""What tests of RAM may ask for."""

import pytest

from tests.callers import Callers
from tests.system import System


@pytest.fixture
def callers(system: System) -> Callers:
    """RAM of a new system."""
    return Callers(system)
