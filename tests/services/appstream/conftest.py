"""What every test of App Streaming may ask for."""

import pytest

from tests.services.appstream.streaming import Streaming
from tests.system import System


@pytest.fixture
def streaming(system: System) -> Streaming:
    """App Streaming with the first image, and alice, bob and carol."""
    found = Streaming(system)
    found.directory.add("alice", "bob", "carol")
    return found
