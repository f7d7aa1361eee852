"""A porter to ask."""

import pytest

from tests.porter.lobby import Lobby
from tests.system import System


@pytest.fixture
def lobby(system: System) -> Lobby:
    return Lobby(system)
