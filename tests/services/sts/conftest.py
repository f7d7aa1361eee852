"""What tests of STS may ask for."""

import pytest

from tests.callers import Callers
from tests.system import System


@pytest.fixture
def callers(system: System) -> Callers:
    """STS of a new system."""
    return Callers(system)
