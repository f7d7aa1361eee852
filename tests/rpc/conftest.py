"""What tests of the engine may ask for."""

import pytest

from tests.rpc.raw import served
from tests.system import System


@pytest.fixture
def sampled(system: System) -> System:
    """A system that serves the sample service beside all others."""
    return served(system)
